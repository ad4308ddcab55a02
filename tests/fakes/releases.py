"""GitHub's list of releases on loopback: a real HTTP server that answers as the API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Releases:
    """The answers, and the requests: paths, and the headers of the last one."""

    tag: str | None = "v1.2.0"
    status: int = 200
    said: bytes | None = None  # replaces a release
    silent: bool = False  # until the server is closed
    address: str = ""
    asked: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)

    def answer(self) -> bytes:
        """Return the fields of GitHub's answer that Fireside could read; it has more."""
        told: dict[str, Any] = {
            "url": "https://api.github.com/repos/o/n/releases/1",
            "html_url": "https://evil.example/download",  # must never be opened
            "tag_name": self.tag,
            "name": "Fireside",
            "draft": False,
            "prerelease": False,
            "assets": [{"name": "fireside.deb", "size": 1}],
            "body": "What is new",
        }
        return json.dumps(told).encode() if self.said is None else self.said


@contextmanager
def serving(**changes: Any) -> Iterator[Releases]:
    releases = Releases(**changes)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            releases.asked.append(self.path)
            releases.headers = dict(self.headers)
            if releases.silent:
                releases.closing.wait(60)
                return
            body = releases.answer()
            self.send_response(releases.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    releases.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield releases
    finally:
        releases.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
