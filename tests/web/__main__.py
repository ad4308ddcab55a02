"""The commands of `tests.web`."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.web import LocalWeb, running
from tests.fakes.web_sites import fill
from tests.web import checks, namespace


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.web", description="a web in a namespace")
    parser.add_argument("task", choices=["serve", "checks", *checks.INSIDE])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if reason := namespace.missing():
        print(f"Skipped: {reason}.")
        return 0
    if options.task == "checks":
        return checks.run_all()
    if not namespace.is_inside():
        return namespace.again_inside([options.task, *options.command])
    if options.task in checks.INSIDE:
        return checks.INSIDE[options.task]()
    with world() as web:
        command = options.command or [os.environ.get("SHELL", "sh")]
        code = subprocess.run(command, check=False).returncode
        print("\nRequests that came:", file=sys.stderr)
        for request in web.requests:
            print(f"  {request.method} {request.address}", file=sys.stderr)
        return code


@contextlib.contextmanager
def world() -> Iterator[LocalWeb]:
    """Serve the sites at addresses of the internet that are this namespace's own."""
    web = LocalWeb()
    fill(web)
    hosts = ["127.0.0.1 localhost", "::1 localhost"]
    namespace.ip("link", "set", "lo", "up")
    for host, (addresses, *_) in web.names.items():
        namespace.ip("address", "add", f"{addresses[0]}/32", "dev", "lo")
        hosts.append(f"{addresses[0]} {host}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        namespace.replace_file("/etc/hosts", "\n".join(hosts) + "\n", folder)
        with running(web, folder, "0.0.0.0", (80, 443)):
            os.environ["SSL_CERT_FILE"] = os.environ["CURL_CA_BUNDLE"] = str(folder / "ca.pem")
            yield web


if __name__ == "__main__":
    sys.exit(main())
