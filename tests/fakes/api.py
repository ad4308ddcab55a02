"""A client of the local server: of its application without a socket, or at a socket."""

from __future__ import annotations

import http.client
import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote_to_bytes

from app.base.types import FileLocation, ModelRef
from app.engine.backend import Backend
from app.server.dialect import Dialect
from app.server.dialects import dialects
from app.server.endpoints import Endpoints
from app.server.gate import Gate
from app.server.http_server import HttpServer
from app.serving import ADDRESS, ServerParts

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

TOKEN = "the-token"
PORT = 8817
NAME = "gpt-oss-20b"
MODEL = ModelRef(FileLocation(Path(f"{NAME}.gguf")), NAME)


@dataclass
class ApiAnswer:
    """An answer whose body is read when it is asked for. Names of ``headers`` are lower-case."""

    status: int
    headers: dict[str, str]
    pieces: Iterator[bytes]
    close: Callable[[], object] = field(default=lambda: None)
    _body: bytes | None = None  # not a cached_property: one for all answers at a time is computed

    @property
    def body(self) -> bytes:
        if self._body is None:
            try:
                self._body = b"".join(self.pieces)
            finally:
                self.close()
        return self._body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """The error in OpenAI's form."""
        return self.json["error"]

    def events(self) -> Iterator[tuple[str, Any]]:
        """Yield the name and the data of server-sent events, as they come; comments are left out.

        Data is parsed, except for ``[DONE]``.
        """
        rest = b""
        for piece in self.pieces:
            *whole, rest = (rest + piece).split(b"\n\n")
            for block in whole:
                lines = dict(line.split(": ", 1) for line in block.decode().split("\n"))
                if "data" in lines:
                    data = lines["data"]
                    yield lines.get("event", ""), data if data == "[DONE]" else json.loads(data)
        assert not rest, f"an event has no end: {rest!r}"
        self.close()


class Asks(Protocol):
    """Asks one request; ``gone`` is set when the client goes away."""

    def __call__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        gone: threading.Event,
    ) -> ApiAnswer: ...


class Api:
    """A client that is allowed to ask. ``headers`` replace its own; None leaves one out."""

    def __init__(self, asks: Asks, port: int = PORT, token: str = TOKEN) -> None:
        self._asks = asks
        self.port = port
        self.token = token

    @classmethod
    def over(
        cls,
        engine: Backend,
        known: dict[str, Dialect] | None = None,
        model: ModelRef = MODEL,
        *,
        log: Path | None = None,
        origins: tuple[str, ...] = (),
        planned: Callable[[ModelRef], int] = lambda model: 0,
    ) -> Api:
        """Return a client of the application over ``engine``, without a socket."""
        file = log or Path(os.devnull)
        parts = ServerParts(engine, lambda: model, file, origins=origins, planned=planned)
        gate = Gate(PORT, TOKEN, origins)
        return cls(Calling(Endpoints(parts, gate, dialects() if known is None else known)))

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str | None] | None = None,
        gone: threading.Event | None = None,
    ) -> ApiAnswer:
        """Ask; a body that is not bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else b"" if body is None else _json(body)
        own: dict[str, str | None] = {
            "Host": f"{ADDRESS}:{self.port}",
            "Authorization": f"Bearer {self.token}",
            "User-Agent": "tests/1",
        }
        if body is not None:
            own |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
        replaced = {name.lower() for name in headers or {}}
        sent = {name: value for name, value in own.items() if name.lower() not in replaced}
        sent |= headers or {}
        given = {name: value for name, value in sent.items() if value is not None}
        return self._asks(method, path, given, data, gone or threading.Event())

    def get(self, path: str, headers: Mapping[str, str | None] | None = None) -> ApiAnswer:
        return self.ask("GET", path, None, headers)

    def post(
        self,
        path: str,
        body: object,
        headers: Mapping[str, str | None] | None = None,
        gone: threading.Event | None = None,
    ) -> ApiAnswer:
        return self.ask("POST", path, body, headers, gone)


class Calling:
    """Calls a WSGI application, as waitress does."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        gone: threading.Event,
    ) -> ApiAnswer:
        told: list[Any] = []

        def start(status: str, given: list[tuple[str, str]], exc_info: object = None) -> Any:
            told[:] = [status, given]
            return lambda data: None

        uri = path
        path, _, query = path.partition("?")
        if "://" in path:
            path = f"/{path.partition('://')[2].partition('/')[2]}"
        environ: dict[str, Any] = {
            "REQUEST_URI": uri,
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "waitress.invalid",
            "SERVER_PORT": str(PORT),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": ADDRESS,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "waitress.client_disconnected": gone.is_set,
        }
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            bare = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
            environ[key if bare else f"HTTP_{key}"] = value
        pieces = self._app(environ, start)
        status, given = told
        close = getattr(pieces, "close", lambda: None)
        names = {name.lower(): value for name, value in given}
        return ApiAnswer(int(status[:3]), names, _until(pieces, gone, close), close)


def _until(
    pieces: Iterable[bytes], gone: threading.Event, close: Callable[[], object]
) -> Iterator[bytes]:
    """Yield pieces until the client is gone, when waitress closes what makes them."""
    for piece in pieces:
        if gone.is_set():
            close()
            return
        yield piece


class Connecting:
    """Sends each request over a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __call__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        gone: threading.Event,
    ) -> ApiAnswer:
        connection = http.client.HTTPConnection(ADDRESS, self._port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}

        def close() -> None:
            answer.close()
            connection.close()

        if answer.length is None:
            return ApiAnswer(answer.status, names, _received(answer), close)
        whole = answer.read()
        close()
        return ApiAnswer(answer.status, names, iter([whole]))


def _received(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := answer.read1(65536):
        yield piece


@contextmanager
def served_at_socket(parts: ServerParts) -> Iterator[tuple[Api, HttpServer]]:
    """Yield a client of a server at a free port, and the server."""
    server = HttpServer(parts)
    server.start(0, TOKEN)
    port = server.status().port
    try:
        yield Api(Connecting(port), port), server
    finally:
        server.stop()


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
