"""A small web on this computer: many sites behind two ports, with names, redirects and TLS.

``serving_web()`` yields it. Meanwhile `app.network.watched_socket` looks names up here, and what it
connects to at an address of the internet ends at one of the ports, for port 443 at the one with
TLS, whose certificates SSL_CERT_FILE vouches for. So the addresses that are checked are like real
ones, and nothing leaves this computer. What would connect to another address fails, and is in
``dialled`` nevertheless.

Sites are filled by hand, or by `tests.fakes.web_sites`. In another process, such as a driver of
``e2e``, enter ``serving_web()`` in that process before the app begins.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from app.network import watched_socket
from app.network.public_address import is_public
from tests.fakes.authority import Authority

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class WebRequest:
    """A request that came; ``path`` with its query, ``headers`` with names in lower case."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    secure: bool = False

    @property
    def address(self) -> str:
        return f"http{'s' if self.secure else ''}://{self.host}{self.path}"


@dataclass
class Reply:
    """An answer of the web; ``act``, if there is one, writes it to the handler instead."""

    body: bytes = b""
    media_type: str = HTML
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    act: Callable[[WebHandler], None] | None = None


@dataclass
class LocalWeb:
    """The sites, and what was asked of them.

    ``replies`` are by host and path; a path without its query also answers for any query. ``names``
    are the addresses of a host, as lists for each lookup in turn, the last for all others.
    ``released`` is set when the web closes, for replies that wait.
    """

    replies: dict[tuple[str, str], Reply] = field(default_factory=dict)
    names: dict[str, list[list[str]]] = field(default_factory=dict)
    requests: list[WebRequest] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    dialled: list[tuple[str, int]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    ports: dict[int, int] = field(default_factory=dict)

    def put(
        self,
        host: str,
        path: str,
        body: str | bytes = b"",
        media_type: str = HTML,
        status: int = 200,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Let a site answer a path with this."""
        data = body.encode() if isinstance(body, str) else body
        self.site(host)
        self.replies[host, path] = Reply(data, media_type, status, tuple(headers))

    def act(self, host: str, path: str, act: Callable[[WebHandler], None]) -> None:
        """Let a site answer a path by a function that writes to the handler's ``wfile``."""
        self.site(host)
        self.replies[host, path] = Reply(act=act)

    def redirect(self, host: str, path: str, to: str, status: int = 302) -> None:
        """Let a path lead elsewhere."""
        self.put(host, path, status=status, headers=[("Location", to)])

    def site(self, host: str) -> None:
        """Give a host an address of the internet, unless it has one."""
        self.names.setdefault(
            host, [[f"151.101.{len(self.names) // 200}.{len(self.names) % 200 + 1}"]]
        )

    def addresses(self) -> list[str]:
        """Return the addresses of all requests, in order."""
        return [each.address for each in self.requests]

    def resolve(self, host: str, port: int) -> list[str]:
        """Stand in for `watched_socket.resolve`."""
        try:
            return [socket.inet_ntoa(socket.inet_aton(host))]  # also 127.1, and other old forms
        except OSError:
            if ":" in host:
                return [host]
        self.looked_up.append(host)
        lookups = self.names.get(host.rstrip("."))
        if not lookups:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return lookups.pop(0) if len(lookups) > 1 else lookups[0]

    def dial(self, address: str, port: int) -> socket.socket:
        """Stand in for `watched_socket.dial`."""
        self.dialled.append((address, port))
        if not is_public(address):
            raise OSError(errno.ECONNREFUSED, "a connection to the inside")
        made = socket.socket()
        made.setblocking(False)
        made.connect_ex(("127.0.0.1", self.ports[port]))
        return made


class WebHandler(BaseHTTPRequestHandler):
    """What a reply may write to."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client has gone, or does not trust us
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.do_handshake()
            super().handle()

    def answer(self) -> None:
        web = self.server.web
        host = self.headers.get("Host", "").partition(":")[0]
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        is_safe = isinstance(self.connection, ssl.SSLSocket)
        web.requests.append(WebRequest(self.command, host, self.path, headers, body, is_safe))
        self.close_connection = True
        reply = web.replies.get((host, self.path))
        reply = reply or web.replies.get((host, self.path.partition("?")[0]))
        if reply is None:
            reply = Reply(b"<title>Not found</title>", status=404)
        if reply.act:
            reply.act(self)
            return
        self.send_response(reply.status)
        if reply.media_type:
            self.send_header("Content-Type", reply.media_type)
        for name, value in reply.headers:
            self.send_header(name, value.encode().decode("latin-1"))  # the bytes of UTF-8
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def do_CONNECT(self) -> None:
        """Pass a connection on to the port with TLS, as a proxy does."""
        web = self.server.web
        host = self.path.partition(":")[0]
        web.requests.append(WebRequest("CONNECT", host, "", {}))
        self.close_connection = True
        if ("CONNECT", host) in web.replies:
            self.send_error(web.replies["CONNECT", host].status)
            return
        with socket.create_connection(("127.0.0.1", web.ports[443])) as beyond:
            self.send_response(200)
            self.end_headers()
            there = threading.Thread(target=_pass_on, args=(self.connection, beyond))
            there.start()
            _pass_on(beyond, self.connection)
            there.join()

    do_GET = do_POST = answer

    def log_message(self, format: str, *args: object) -> None:
        pass


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, web: LocalWeb, tls: ssl.SSLContext | None, address: tuple[str, int] = ("127.0.0.1", 0)
    ) -> None:
        super().__init__(address, WebHandler)
        self.web, self._tls = web, tls

    def get_request(self) -> tuple[Any, Any]:
        connection, peer = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, peer


@contextlib.contextmanager
def serving_web() -> Iterator[LocalWeb]:
    """Let the app see a web on this computer instead of the internet."""
    web, real = LocalWeb(), (watched_socket.resolve, watched_socket.dial)
    watched_socket.resolve, watched_socket.dial = web.resolve, web.dial
    trusted = os.environ.get("SSL_CERT_FILE")
    try:
        with tempfile.TemporaryDirectory() as folder, running(web, Path(folder)):
            os.environ["SSL_CERT_FILE"] = str(Path(folder) / "ca.pem")
            yield web
    finally:
        watched_socket.resolve, watched_socket.dial = real
        os.environ.pop("SSL_CERT_FILE", None)
        if trusted is not None:
            os.environ["SSL_CERT_FILE"] = trusted


@contextlib.contextmanager
def running(
    web: LocalWeb, folder: Path, host: str = "127.0.0.1", ports: tuple[int, int] = (0, 0)
) -> Iterator[None]:
    """Serve a web at two ports; ``folder`` gets ``ca.pem``, which vouches for its sites."""
    tls = Authority(folder).context()
    servers = [_Server(web, None, (host, ports[0])), _Server(web, tls, (host, ports[1]))]
    web.ports = {80: servers[0].server_port, 443: servers[1].server_port}
    threads = [threading.Thread(target=each.serve_forever, args=(0.01,)) for each in servers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        web.released.set()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
