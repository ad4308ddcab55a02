"""waitress, with the limits that it lacks: only this module and `http_server` know it.

One thread has the socket and all connections, and hands on complete requests only; see `Listener`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher

from app.base import log
from app.server.api_error import ApiError
from app.server.dialect import openai_error
from app.server.endpoints import SAFE_HEADERS
from app.server.gate import Gate
from app.server.json_body import LARGEST, too_large

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

_THREADS = 32  # requests that are answered or wait for that; more of them wait unread
_HEADERS = 64 * 1024  # bytes
_HEADERS_S, _BODY_S, _IDLE_S = 10, 60, 15
_UNREAD_S = 30  # that a client may take nothing of its answer; twice the time between pings
_AHEAD = 64 * 1024  # bytes of requests that come before the one before is answered
_LINGER_S, _LINGER = 2, 64 * 1024 * 1024
_LOOK_S = 1  # between looks at what is overdue
_PAUSE_S = 0.5  # without accepting connections, if there is no file descriptor for one


class GatedRequest(HTTPRequestParser):
    """A request while it comes. What the gate refuses by its headers has no body."""

    path = ""  # waitress logs it of what is no request, too, and fails without

    def __init__(self, gate: Gate, adj: Adjustments) -> None:
        super().__init__(adj)
        self._gate = gate
        self.refused = False

    def received(self, data: bytes) -> int:
        taken = super().received(data)
        return len(data) if self.refused else taken

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # of more digits than Python takes for a number
            raise ParsingError("Content-Length is invalid") from error
        # Two lengths of one body are how requests are hidden in others: RFC 9112, 6.1.
        if "TRANSFER_ENCODING" in self.headers or (
            self.chunked and "CONTENT_LENGTH" in self.headers
        ):
            raise ParsingError("Content-Length and Transfer-Encoding contradict each other")
        if self.body_rcv is None:
            return
        try:
            self._gate.check(self._environ())
        except ApiError:  # the application says so again, to whoever asks
            self.refused = True
            self.body_rcv, self.content_length, self.expect_continue = None, 0, False
            self.headers: Mapping[str, str] = {**self.headers, "CONNECTION": "close"}
        if self.content_length > LARGEST:
            self.expect_continue = False

    def _environ(self) -> dict[str, object]:
        own: Any = self
        named = {f"HTTP_{name}": value for name, value in self.headers.items()}
        return named | {
            "REQUEST_METHOD": own.command,
            "PATH_INFO": own.path,
            "REQUEST_URI": own.request_uri,
            "CONTENT_TYPE": self.headers.get("CONTENT_TYPE", ""),
        }


class RefusedTask(ErrorTask):
    """The answer to what is no request."""

    def execute(self) -> None:
        found: Any = self.request.error  # type: ignore[attr-defined]
        match found.code:
            case 413:
                error = too_large()
            case 431:
                told = f"The headers may have at most {_HEADERS // 1024} KiB."
                error = ApiError(431, told, code="headers_too_large")
            case _:
                told = f"This is not valid HTTP: {found.body.rstrip('.')}."
                error = ApiError(found.code, told, code="no_http")
        log.note_kind(f"local server: refused, {error.code}")
        body = json.dumps(openai_error(error)).encode()
        self.status = f"{found.code} {found.reason}"
        self.response_headers = [("Content-Type", "application/json"), *SAFE_HEADERS]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class HttpConnection(HTTPChannel):
    """A connection: one request at a time, each of a limited duration until it is complete.

    A client that goes away is noticed at any time, since the socket is read at all times; what it
    sends ahead is kept until the request before is answered.
    """

    error_task_class = RefusedTask

    def __init__(self, listener: Listener, sock: socket.socket, address: Any) -> None:
        self._order = threading.Lock()  # of received bytes
        self._ahead = b""
        self._began = time.monotonic()
        self._unread = 0.0  # since when
        self._lingers = 0.0  # until when
        self._deaf = False
        self._dropped = 0
        self.parser_class: Any = partial(GatedRequest, listener.gate)
        super().__init__(listener, sock, address, listener.adj, map=listener.connections)

    def readable(self) -> bool:
        if not self.connected or self.will_close:
            return False
        return bool(self._lingers) or not self.close_when_flushed

    def writable(self) -> bool:
        return self.connected and bool(super().writable())

    def received(self, data: bytes) -> bool:
        with self._order:
            if self._deaf:
                return self._drop(data)
            if self.requests or self._ahead:
                self._ahead += data
                if len(self._ahead) > _AHEAD:
                    self.will_close = True
                return True
            if self.request is None:
                self._began = time.monotonic()
            return self._parse(data)

    def service(self) -> None:
        super().service()
        with self._order:
            ahead, self._ahead = self._ahead, b""
            self._began = time.monotonic()
            if self.close_when_flushed or self._lingers:
                self._deaf = True
            elif ahead:
                self._parse(ahead)

    def handle_read(self) -> None:
        if not self._lingers:
            super().handle_read()
            return
        with contextlib.suppress(OSError):
            self._drop(self.recv(1024 * 1024))

    def handle_write(self) -> None:
        if self.socket is None:
            return  # it was closed while it was read, in the same round of the loop
        if not self.will_close:
            # waitress flushes without the lock where no request runs, though the thread of the last
            # one may just then send that the next one's body is wanted.
            self._flush_exception(self._flush_some_if_lockable)  # type: ignore[attr-defined]
        if self.will_close:
            self.handle_close()
        elif self.close_when_flushed and self.connected and not self.total_outbufs_len:
            self._linger()

    def handle_expt(self) -> None:
        self.handle_close()  # urgent data, of which HTTP has none

    def overdue(self, now: float) -> bool:
        """Return whether it has to be closed at a time of the monotonic clock."""
        silent = time.time() - self.last_activity
        if self.will_close or 0 < self._lingers < now:
            return True
        if self.total_outbufs_len:  # perhaps only since a moment, after minutes of work
            self._unread = self._unread or now
            return min(silent, now - self._unread) > _UNREAD_S
        self._unread = 0.0
        if self.requests or self._lingers:
            return False
        if self.request is None:
            return silent > _IDLE_S
        limit = _BODY_S if self.request.headers_finished else _HEADERS_S
        return now - self._began > limit

    def _parse(self, data: bytes) -> bool:
        parsed = super().received(data)
        requests: Any = self.requests
        self._deaf = any(each.error or each.refused for each in requests)
        return parsed

    def _drop(self, data: bytes) -> bool:
        """Take what follows a request that is refused."""
        self._dropped += len(data)
        if self._dropped > _LINGER:
            self.will_close = True
        return True

    def _linger(self) -> None:
        """End the answer, and read on for a while.

        If a socket is closed with unread data, the client may lose the answer: RFC 9112, 9.6.
        """
        self._lingers = time.monotonic() + _LINGER_S
        self.close_when_flushed = False
        try:
            if self.socket:
                self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.handle_close()


class Listener(TcpWSGIServer):
    """A server over a socket that is bound. `run` returns after `stop`, from another thread.

    There are at most ``most`` connections: for another one, the one is closed that has waited for
    the longest time without a complete request.
    """

    active_channels: dict[int, HttpConnection]  # type: ignore[assignment]
    trigger: Any

    def __init__(self, app: WSGIApplication, gate: Gate, sock: socket.socket, most: int) -> None:
        never = sys.maxsize  # nothing is ever written into a temporary file
        self.gate = gate
        self._most = most
        self._overdue: list[HttpConnection] = []
        self._paused_until = 0.0
        self._end = threading.Lock()
        self._ended = False
        self.connections: dict[int, Any] = {}
        _tell_our_log()
        settings: dict[str, Any] = {
            "host": sock.getsockname()[0],
            "port": sock.getsockname()[1],
            "ident": None,
            "threads": _THREADS,
            "connection_limit": never,
            "channel_request_lookahead": 1,
            "asyncore_use_poll": True,
            "recv_bytes": 64 * 1024,
            "log_socket_errors": False,
            "clear_untrusted_proxy_headers": False,
            "max_request_header_size": _HEADERS,
            "max_request_body_size": LARGEST + 1,
            "inbuf_overflow": never,
            "outbuf_overflow": never,
        }
        adjusted = Adjustments(**settings)
        adjusted.cleanup_interval = adjusted.asyncore_loop_timeout = _LOOK_S
        super().__init__(
            app,
            map=self.connections,
            _sock=sock,
            dispatcher=ThreadedTaskDispatcher(),
            adj=adjusted,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
            bind_socket=False,
        )
        end: Any = self.trigger.trigger
        if sys.platform == "win32":
            end.setblocking(False)
        else:
            os.set_blocking(end, False)
        self.task_dispatcher.set_thread_count(_THREADS)

    def set_reuse_addr(self) -> None:
        pass  # it is bound, and on Windows the option would share the port

    def readable(self) -> bool:
        for connection in self._overdue:
            connection.handle_close()
        self._overdue.clear()
        return super().readable() and time.monotonic() >= self._paused_until

    def maintenance(self, now: float) -> None:
        connections = [*self.active_channels.values()]
        for connection in connections:
            if connection.overdue(time.monotonic()):
                connection.handle_close()

    def handle_accept(self) -> None:
        try:
            accepted = self.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self._paused_until = time.monotonic() + _PAUSE_S
                self._make_room()
            return
        if not accepted:
            return
        sock, address = accepted
        try:
            self.set_socket_options(sock)
        except OSError:  # macOS: the client has gone already
            sock.close()
            return
        if len(self.active_channels) >= self._most:
            self._make_room()
        HttpConnection(self, sock, address)

    def pull_trigger(self) -> None:
        self._wake(None)

    def run(self) -> None:
        try:
            super().run()
        finally:
            self._close_all()

    def stop(self) -> None:
        """Close the socket and all connections; requests that run find their clients gone."""
        self._wake(self._close_all)

    def join(self) -> None:
        """Wait for the threads that answer, after `run` has returned."""
        self.task_dispatcher.shutdown()

    def _wake(self, task: Callable[[], None] | None) -> None:
        """Wake the loop up, and have it do a task. Nothing happens once it has ended.

        The lock is held since the descriptor may then be another file's. If it takes no more, the
        loop wakes up anyway.
        """
        with self._end, contextlib.suppress(BlockingIOError):
            if not self._ended:
                self.trigger.pull_trigger(task)

    def _close_all(self) -> None:
        for connection in [*self.active_channels.values()]:
            connection.handle_close()
        with self._end:
            self._ended = True
            self.close()

    def _make_room(self) -> None:
        """Close a connection, but after this round of the loop: its descriptor is in use there."""
        taken = {id(connection) for connection in self._overdue}
        waiting = [
            connection
            for connection in self.active_channels.values()
            if not connection.requests and id(connection) not in taken
        ]
        if waiting:
            self._overdue.append(min(waiting, key=lambda each: each.last_activity))


class _OurLog(logging.Handler):
    """Writes what waitress says into our log, without paths and other texts of clients."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and (error := record.exc_info[1]):
            log.report(error, "the local server")
        else:
            log.note_kind(f"local server: {str(record.msg).partition(' (')[0]}", record.levelno)


def _tell_our_log() -> None:
    logger = logging.getLogger("waitress")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    if not logger.handlers:
        logger.addHandler(_OurLog(logging.WARNING))
        logger.propagate = False
