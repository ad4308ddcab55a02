"""A web page in Chromium that tries to reach the local server in every way that a page has.

Its host is another one for the browser, as is that of a page after its name was bound to this
computer. With ``FIRESIDE_RECORD=1`` the requests are recorded for `tests/unit/test_gate.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.server.dialects import dialects
from app.server.endpoints import Endpoints
from app.server.gate import Gate
from app.server.listener import Listener
from app.serving import ADDRESS, ServerParts
from tests.fakes.api import MODEL, TOKEN, Api, Connecting
from tests.fakes.served_engine import ServedEngine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

CASES = Path(__file__).parents[1] / "cases" / "web_page"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
EVIL = "evil.example"

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")


class Recorder:
    """The application, and what was asked of it and answered, without its own test's requests."""

    def __init__(self, app: Endpoints) -> None:
        self._app = app
        self.asked: list[dict[str, str]] = []
        self.statuses: list[int] = []

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def recorded(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if not environ.get("HTTP_USER_AGENT", "").startswith("tests/"):
                kept = ("REQUEST_", "PATH_", "HTTP_", "CONTENT_TYPE")
                self.asked.append(
                    {name: environ[name] for name in environ if name.startswith(kept)}
                )
                self.statuses.append(int(status[:3]))
                assert not [name for name, _ in headers if name.startswith("Access-Control")]
            return start(status, headers, *rest)

        return self._app(environ, recorded)


class Page(BaseHTTPRequestHandler):
    """The page's own server, which gets the results."""

    html = b""
    results: dict[str, str] | None = None
    done = threading.Event()

    def do_GET(self) -> None:
        self._send(self.html if self.path == "/" else b"")

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        Page.results = json.loads(self.rfile.read(length))
        self._send(b"")
        Page.done.set()

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running(server: ThreadingHTTPServer | Listener) -> Iterator[None]:
    hosts = isinstance(server, ThreadingHTTPServer)
    target = server.serve_forever if isinstance(server, ThreadingHTTPServer) else server.run
    thread = threading.Thread(target=target)
    thread.start()
    try:
        yield
    finally:
        if isinstance(server, ThreadingHTTPServer):
            server.shutdown()
            server.server_close()
        else:
            server.stop()
        thread.join()
        if not hosts:
            server.join()  # type: ignore[union-attr]


@contextmanager
def browsing(address: str, profile: Path) -> Iterator[None]:
    """Show a page in Chromium, for which every host is this computer."""
    process = subprocess.Popen(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-dev-shm-usage", f"--user-data-dir={profile}"),
            f"--host-resolver-rules=MAP {EVIL} {ADDRESS}",
            address,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(20)


def test_no_page_gets_further_than_the_gate(tmp_path: Path) -> None:
    sock = socket.create_server((ADDRESS, 0))
    port = sock.getsockname()[1]
    engine = ServedEngine()
    gate = Gate(port, TOKEN)
    parts = ServerParts(engine, lambda: MODEL, tmp_path / "connections.log")
    recorder = Recorder(Endpoints(parts, gate, dialects()))
    listener = Listener(recorder, gate, sock, 256)
    pages = ThreadingHTTPServer((ADDRESS, 0), Page)
    bases = [f"http://{host}:{port}" for host in (ADDRESS, "localhost", EVIL)]
    script = (CASES / "page.html").read_text(encoding="utf-8")
    values = f"const BASES = {json.dumps(bases)}, TOKEN = {json.dumps(TOKEN)};"
    Page.html = script.replace("<script>", f"<script>{values}", 1).encode()
    api = Api(Connecting(port), port)
    with running(listener), running(pages):
        with browsing(f"http://{EVIL}:{pages.server_port}/", tmp_path / "profile"):
            while not Page.done.wait(0.2):
                assert api.get("/v1/models").status == 200, "who may ask is answered meanwhile"
        assert api.get("/v1/models").status == 200
    assert Page.results
    for name, told in sorted(Page.results.items()):
        print(f"{name}: {told}")
    assert [name for name, told in Page.results.items() if told.startswith("read")] == []
    print(f"{len(recorder.statuses)} requests: {sorted(set(recorder.statuses))}")
    assert set(recorder.statuses) == {403}
    assert not engine.requests, "nothing reached the engine"
    if os.environ.get("FIRESIDE_RECORD"):
        text = json.dumps(unique(recorder.asked, port), indent=1, ensure_ascii=False)
        (CASES / "chromium.json").write_text(f"{text}\n", encoding="utf-8")


def unique(asked: list[dict[str, str]], port: int) -> list[dict[str, str]]:
    """Return each kind of request once, with PORT for the port, and without what is the same."""
    same = ("HTTP_USER_AGENT", "HTTP_ACCEPT", "HTTP_CONNECTION", "HTTP_CACHE", "HTTP_PRAGMA")
    found = {}
    for request in asked:
        kept = {
            name: value.replace(str(port), "PORT")
            for name, value in request.items()
            if not name.startswith((*same, "HTTP_SEC_CH", "HTTP_SEC_WEBSOCKET_"))
        }
        if "boundary" in kept.get("CONTENT_TYPE", ""):
            kept["CONTENT_TYPE"] = "multipart/form-data; boundary=x"
        found[json.dumps(kept)] = kept
    return [*found.values()]
