"""Check the servers, and print a table; the package's docstring has the rest."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.clients.api.environments import Unavailable
from tests.clients.servers.bench import Bench
from tests.clients.servers.checks import ServerCheck, check
from tests.clients.servers.kinds import SERVERS, RealServer


def main() -> int:
    servers = {server.name: server for server in SERVERS}
    parser = argparse.ArgumentParser(description="the remote backend against real servers")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these servers")
    parser.add_argument("--fresh", action="store_true", help="install the servers anew")
    parser.add_argument("--list", action="store_true", help="print their names")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # no server is left running
    if unknown := set(options.names) - set(servers):
        parser.error(f"no server has the name {', '.join(sorted(unknown))}: see --list")
    if options.list:
        print("\n".join(servers))
        return 0
    chosen = [servers[name] for name in options.names] or list(servers.values())
    print("| server | check | | seen |\n| --- | --- | --- | --- |")
    return 1 if sum(_try(server, fresh=options.fresh) for server in chosen) else 0


def _try(server: RealServer, *, fresh: bool) -> int:
    """Check one server and print a row for each check; return how many surprises there were."""
    try:
        version = server.install(fresh=fresh)
        with tempfile.TemporaryDirectory() as folder, server.serve(Path(folder)) as running:
            print(f"| **{server.name}** | | | {version} |", flush=True)
            checks = check(Bench(server, running, Path(folder)))
            return sum([_report(server, each) for each in checks])
    except Unavailable as reason:
        words = " ".join(str(reason).split())
        print(f"| **{server.name}** | | skipped | it cannot be had here: {words} |", flush=True)
        return 0


def _report(server: RealServer, check: ServerCheck) -> bool:
    """Print a check; return whether it is a surprise."""
    known = server.expected.get(check.name)
    good = "ok" if check.good else f"fails, as expected: {known}" if known else "**FAILS**"
    seen = " ".join(check.seen.split()).replace("|", "\\|")
    print(f"| {server.name} | {check.name} | {good} | {seen} |", flush=True)
    return check.good == (known is not None)


if __name__ == "__main__":
    sys.exit(main())
