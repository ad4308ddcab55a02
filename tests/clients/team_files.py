"""Check the files of installers/team by what is published for them, and run their proxy.

``python -m tests.clients.team_files FOLDER [--caddy FILE]``: FOLDER gets an environment with
check-jsonschema and kubernetes-validate from PyPI, which bring the schemas of Compose and of
Kubernetes. FILE is Caddy, by default the one in PATH: it is run with the Caddyfile before a server
that answers anything, to see what it lets through, and that it passes tokens on as they come.
What cannot be had is left out in words. Ends with 0 if nothing was found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

TEAM = Path(__file__).parents[2] / "installers" / "team"
PACKAGES = ("check-jsonschema", "kubernetes-validate")
THROUGH = ("/v1/models", "/v1/chat/completions", "/v1/responses")
HELD_BACK = (
    "/", "/v1", "/v1/completions", "/v1/models/x", "/v1/load_lora_adapter", "/invocations",
    "/pause", "/metrics", "/update_weights", "/tokenize", "/v1/models/../../pause", "/v1//../pause",
)  # fmt: skip
"""Addresses of vLLM that nobody may reach, most of which need no key."""
_PATIENCE_S = 30


def main() -> int:
    """Check everything; print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--caddy", default=shutil.which("caddy"))
    options = parser.parse_args()
    fine = _schemas(options.folder)
    if options.caddy:
        fine &= _proxy(options.caddy)
    else:
        print("The Caddyfile was not run: there is no caddy in PATH, and none was named.")
    return 0 if fine else 1


# --- The schemas ----------------------------------------------------------------------------------


def _schemas(folder: Path) -> bool:
    """Check both files by their schemas, and that the schemas refuse what is wrong."""
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not (scripts / "check-jsonschema").exists():
        venv.create(folder, with_pip=True)
        install = [str(scripts / "python"), "-m", "pip", "install", "--quiet", *PACKAGES]
        if subprocess.run(install, check=False).returncode:
            print(f"The schemas were not checked: {' and '.join(PACKAGES)} could not be had.")
            return True
    compose = [str(scripts / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    cluster = [str(scripts / "kubernetes-validate"), "--strict"]
    fine = _is_accepted(compose, TEAM / "compose.yaml")
    fine &= _is_accepted(cluster, TEAM / "kubernetes.yaml")
    with tempfile.TemporaryDirectory() as place:  # they can refuse, too
        for command, name, right, wrong in (
            (compose, "compose.yaml", "restart: unless-stopped", "restart: 3"),
            (cluster, "kubernetes.yaml", "replicas: 1", 'replicas: "one"'),
        ):
            broken = Path(place) / name
            text = (TEAM / name).read_text(encoding="utf-8")
            broken.write_text(text.replace(right, wrong, 1), encoding="utf-8")
            ran = subprocess.run([*command, str(broken)], capture_output=True, check=False)
            if not ran.returncode:
                print(f"{name}: its schema accepts {wrong!r}")
                fine = False
    return fine


def _is_accepted(command: list[str], path: Path) -> bool:
    ran = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    print(f"{path.name}: {'valid' if not ran.returncode else ran.stdout + ran.stderr}")
    return not ran.returncode


# --- The proxy ------------------------------------------------------------------------------------


class _Behind(BaseHTTPRequestHandler):
    """A server that answers everything; a POST gets two events, the second once it is told."""

    may_go_on: ClassVar[threading.Event] = threading.Event()
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: 1\n\n")
        self.wfile.flush()
        self.may_go_on.wait(_PATIENCE_S)
        self.wfile.write(b"data: 2\n\n")

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


def _proxy(caddy: str) -> bool:
    with _behind() as port, _running(caddy, port) as front:
        wrong = [path for path in THROUGH if _status(front, path) != 200]
        wrong += [path for path in HELD_BACK if _status(front, path) == 200]
        reached = [path for path in _Behind.asked if path not in THROUGH]
        streams = _streams(front)
    print(f"Caddyfile: {len(THROUGH)} addresses let through, {len(HELD_BACK)} held back")
    if wrong or reached:
        print(f"Caddyfile: wrong: {wrong}, reached: {reached}")
    print(f"Caddyfile: tokens are passed on {'as they come' if streams else 'LATE'}")
    return streams and not wrong and not reached


@contextmanager
def _behind() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Behind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _running(caddy: str, behind: int) -> Iterator[int]:
    """Run Caddy with the Caddyfile, a certificate of its own, and other ports."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        front = free.getsockname()[1]
    text = (TEAM / "Caddyfile").read_text(encoding="utf-8")
    text = text.replace("vllm:8000", f"127.0.0.1:{behind}")
    text = text.replace("\t@api", "\ttls internal\n\t@api", 1)
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "Caddyfile"
        file.write_text(options + text, encoding="utf-8")
        said = Path(place) / "said"
        with said.open("w") as log:
            process = subprocess.Popen(
                [caddy, "run", "--config", str(file), "--adapter", "caddyfile"],
                env=os.environ | {"FIRESIDE_HOST": f"localhost:{front}", "HOME": place},
                stdout=log,
                stderr=log,
            )
        try:
            deadline = time.monotonic() + _PATIENCE_S
            while time.monotonic() < deadline and process.poll() is None:
                with suppress(OSError):
                    _status(front, THROUGH[0])
                    break
                time.sleep(0.1)
            else:
                raise SystemExit(f"Caddy does not run:\n{said.read_text()}")
            yield front
        finally:
            process.terminate()
            process.wait()


def _connect(front: int) -> HTTPSConnection:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # its own authority
    return HTTPSConnection("localhost", front, context=context, timeout=_PATIENCE_S / 3)


def _status(front: int, path: str) -> int:
    connection = _connect(front)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _streams(front: int) -> bool:
    """Return whether the first event arrives while the second has not been written."""
    connection = _connect(front)
    try:
        connection.request("POST", "/v1/chat/completions", body=b"{}")
        response: HTTPResponse = connection.getresponse()
        first = response.readline()
        _Behind.may_go_on.set()
        return first == b"data: 1\n" and b"data: 2\n" in response.read()
    except OSError:
        return False
    finally:
        _Behind.may_go_on.set()
        connection.close()


if __name__ == "__main__":
    raise SystemExit(main())
