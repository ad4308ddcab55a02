"""The HTTP server that plays a dialect, on loopback."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fakes.remote.faults import Cut, Fault, Hold, Step, elsewhere, sent
from tests.fakes.remote.said import Said
from tests.fakes.remote.wire import Asked, Dialect, Reply


class Player:
    """A server that speaks ``dialect``, from now on until `close`. Use ``serving()``.

    ``asked`` are the requests, in order. While it holds an answer back, ``holding`` is set; it goes
    on after `go_on`. ``left`` is set once a client has gone before its answer ended.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.asked: list[Asked] = []
        self.unexpected: list[Asked] = []
        """The requests for which the model had nothing to say."""
        self.holding, self.left, self.closing = (threading.Event() for _ in range(3))
        self._on = threading.Event()
        self._said: deque[Said] = deque()
        self._fault: Fault | None = None
        self._times = 0
        self._method = "POST"
        self._http = _Http(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.005,))
        self._thread.start()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def url(self) -> str:
        """The address that users enter."""
        return self.root + self.dialect.base

    @property
    def answers(self) -> list[Asked]:
        """The requests for answers."""
        return [each for each in self.asked if each.method == "POST"]

    def say(self, *said: Said) -> None:
        """Let the model say this next, one for each request."""
        self._said += said

    def fail(self, fault: Fault | None, times: int = 1_000_000, *, method: str = "POST") -> None:
        """Damage the next answers to requests of this method."""
        self._fault, self._times, self._method = fault, times, method

    def go_on(self) -> None:
        """Let go of what is held back."""
        self._on.set()

    def close(self) -> None:
        """End it, with all connections."""
        self.closing.set()
        self._http.shutdown()
        self._http.hang_up()
        self._http.server_close()
        self._thread.join()

    def reply(self, asked: Asked) -> tuple[Reply, list[Step]]:
        """Return the answer to a request, and the steps in which its body is sent."""
        fault = self._fault if self._times and asked.method == self._method else None
        if fault is not None:
            self._times -= 1
        reply = elsewhere(fault, self.dialect, self.root) if fault else None
        if reply is None:
            whole = fault is Fault.NOT_STREAMED and asked.body
            heard = _unstreamed(asked) if whole else asked
            reply = self.dialect.answer(heard, lambda: self._next(asked))
        return reply, sent(reply, fault, self.dialect)

    def hold(self, connection: socket.socket) -> bool:
        """Wait until `go_on`; return False if the client has gone, or the server closes."""
        self.holding.set()
        while not self._on.is_set():
            if self.closing.is_set():
                return False
            if select.select([connection], [], [], 0.02)[0]:
                with contextlib.suppress(ConnectionError):
                    if connection.recv(1, socket.MSG_PEEK):
                        continue
                self.left.set()
                return False
        return True

    def _next(self, asked: Asked) -> Said:
        if not self._said:
            self.unexpected.append(asked)
            return Said("The test gave me nothing to say.")
        return self._said.popleft()


def _unstreamed(asked: Asked) -> Asked:
    return replace(asked, body=json.dumps(asked.json | {"stream": False}).encode())


@contextmanager
def serving(dialect: Dialect) -> Iterator[Player]:
    """Play a dialect meanwhile."""
    player = Player(dialect)
    try:
        yield player
    finally:
        player.close()
    assert not player.unexpected


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 50

    def __init__(self, player: Player) -> None:
        self.player = player
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End all connections, so that no handler waits for what is asked next."""
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: what matters is in ``left``."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        self._play()

    def do_POST(self) -> None:
        self._play()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""

    def _play(self) -> None:
        player = self.server.player
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        asked = Asked(self.command, self.path, headers, body)
        player.asked.append(asked)
        reply, steps = player.reply(asked)
        try:
            whole = self._send(reply, steps)
        except ConnectionError:
            player.left.set()
            whole = False
        if not whole:
            self.close_connection = True

    def _send(self, reply: Reply, steps: list[Step]) -> bool:
        """Send an answer. Return False if its end is missing."""
        player = self.server.player
        started = False
        for step in steps:
            match step:
                case Hold():
                    if not player.hold(self.connection):
                        return False
                    continue
                case Cut():
                    return False
                case bytes():
                    pass
            if not started:
                self._begin(reply, b"".join(each for each in steps if isinstance(each, bytes)))
                started = True
            if reply.frames is None:
                self.wfile.write(step)
            elif step:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(step), step))
        if not started:
            self._begin(reply, b"")
        if reply.frames is not None:
            self.wfile.write(b"0\r\n\r\n")
        return True

    def _begin(self, reply: Reply, body: bytes) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.frames is None:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
