"""Run the server's clients; the package's docstring has the rest."""

from __future__ import annotations

import argparse
import os
import sys

from tests.clients.api.environments import Unavailable, environment
from tests.clients.api.peer import Peer
from tests.clients.api.peers import all_peers
from tests.clients.api.running import Check, run
from tests.clients.api.served import served


def main() -> int:
    peers = {peer.name: peer for peer in all_peers()}
    parser = argparse.ArgumentParser(description="the local server's real clients")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these clients")
    parser.add_argument("--demo", action="store_true", help="the demo model answers")
    parser.add_argument("--fresh", action="store_true", help="install the clients anew")
    parser.add_argument("--list", action="store_true", help="print their names")
    options = parser.parse_args()
    if unknown := set(options.names) - set(peers):
        parser.error(f"no client has the name {', '.join(sorted(unknown))}: see --list")
    if options.list:
        print("\n".join(peers))
        return 0
    chosen = [peers[name] for name in options.names] or list(peers.values())
    print("| client | check | |\n| --- | --- | --- |")
    return 1 if sum(_try(peer, options) for peer in chosen) else 0


def _try(peer: Peer, options: argparse.Namespace) -> int:
    """Run one peer and print its checks; return how many surprises there were."""
    if options.demo and not peer.demo:
        return 0
    for name, meant in peer.needs.items():
        if name not in os.environ:
            print(f"| {peer.name} | | skipped: {name} has to be set, to {meant} |", flush=True)
            return 0
    try:
        installed = environment(peer, fresh=options.fresh)
    except Unavailable as reason:
        print(f"| {peer.name} | | skipped: it cannot be installed here: {reason} |", flush=True)
        return 0
    with served(demo=options.demo) as service:
        checks = run(peer, installed, service, demo=options.demo)
    versions = ", ".join(f"{name} {version}" for name, version in installed.versions.items())
    good = sum(check.good for check in checks)
    print(f"| {peer.name} | {good} of {len(checks)} | {versions} |", flush=True)
    return sum([_report(peer, check) for check in checks])


def _report(peer: Peer, check: Check) -> bool:
    """Print a check; return whether it is a surprise."""
    known = peer.expected.get(check.name)
    if check.good:
        result = "ok, though it was expected to fail" if known else "ok"
    else:
        detail = " ".join(check.detail.split()).replace("|", "\\|")
        result = f"fails, as expected: {known}" if known else f"**FAILS**: {detail}"
    print(f"| {peer.name} | {check.name} | {result} |", flush=True)
    return check.good == (known is not None)


if __name__ == "__main__":
    sys.exit(main())
