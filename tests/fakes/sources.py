"""Source files of other projects on loopback, as GitHub and PyPI send them."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Sources:
    """The content of the servers.

    ``files`` by "<owner>/<name>/<path>", ``wheels`` by project, each with its files by path;
    ``hashes`` by project, of the files in its index; ``listed_as``: a sha256 told instead of the
    right one; ``uploaded`` by "<project>/<version>": when, as PyPI tells it.
    """

    files: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, dict[str, int]] = field(default_factory=dict)
    wheels: dict[str, dict[str, str]] = field(default_factory=dict)
    listed_as: str = ""
    uploaded: dict[str, str] = field(default_factory=dict)
    address: str = ""

    def answer(self, path: str) -> bytes | None:
        first, _, way = path.strip("/").partition("/")
        if first == "pypi" and (project := way.removesuffix("/json")) in self.wheels:
            return json.dumps(self._listing(project)).encode()
        if first == "pypi" and (release := way.removesuffix("/json")) in self.uploaded:
            times = [{"upload_time_iso_8601": self.uploaded[release]}]
            return json.dumps({"urls": times}).encode()
        if first == "simple" and way in self.hashes:
            told = self.hashes[way].items()
            files = [{"size": size, "hashes": {"sha256": digest}} for digest, size in told]
            return json.dumps({"files": files}).encode()
        if first == "wheels" and way in self.wheels:
            return self._wheel(way)
        name, _, rest = way.partition("/HEAD/")
        text = self.files.get(f"{first}/{name}/{rest}")
        return None if text is None else text.encode()

    def _listing(self, project: str) -> dict[str, Any]:
        """Return the part of PyPI's answer that tells a wheel from a source archive."""
        digest = self.listed_as or hashlib.sha256(self._wheel(project)).hexdigest()
        digests = {"sha256": digest}
        address = f"../../wheels/{project}"
        return {
            "info": {"version": "3.0"},
            "urls": [
                {"packagetype": "sdist", "url": f"{address}.tar.gz", "digests": {"sha256": "0"}},
                {"packagetype": "bdist_wheel", "url": address, "digests": digests},
            ],
        }

    def _wheel(self, project: str) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as wheel:
            for path, text in self.wheels[project].items():
                wheel.writestr(zipfile.ZipInfo(path), text)  # dated 1980, always the same
        return content.getvalue()


@contextmanager
def serving() -> Iterator[Sources]:
    sources = Sources()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            body = sources.answer(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    sources.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield sources
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
