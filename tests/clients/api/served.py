"""The server in a process of its own, for clients: ``python -m tests.clients.api.served``.

It prints its address, token and model as one line of JSON, and serves until its input ends.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Service:
    """Where a server listens, its token, and the name of its model."""

    url: str
    token: str
    model: str


@contextmanager
def served(*, demo: bool) -> Iterator[Service]:
    """Run a server while the block runs."""
    command = [sys.executable, "-m", "tests.clients.api.served", *["--demo"] * demo]
    environment = os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        try:
            line = process.stdout.readline()
            assert line, f"the server ended with {process.wait(30)}"
            yield Service(**json.loads(line))
        finally:
            process.stdin.close()
            process.wait(30)


def main() -> None:
    """Serve the demo model, or a scripted one, by its name."""
    parser = argparse.ArgumentParser(description="the local server, for clients")
    parser.add_argument("--demo", action="store_true", help="the demo model answers")
    demo = parser.parse_args().demo

    from app.base.settings import Folders
    from app.host import Host
    from app.server import open_server
    from app.serving import model_name
    from tests.fakes.served_engine import ServedEngine

    with tempfile.TemporaryDirectory() as folder:
        host = Host(
            Folders(Path(folder)),
            lambda event: None,
            backend=None if demo else ServedEngine(),
            open_server=open_server,
        )
        try:
            server, token = host.server, secrets.token_urlsafe(32)
            assert server
            server.start(_free_port(), token)
            address = f"{server.status().address}/v1"
            print(json.dumps(asdict(Service(address, token, model_name(host.chosen_model())))))
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            host.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
