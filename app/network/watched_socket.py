"""Connections whose every step ends soon: when time is over, when cancelled, when offline.

A socket's own timeout is for each step, so a server that sends a byte now and then would hold a
reader for ever, and nothing would end a step that waits. Here each waits a moment at a time, and
looks at a `Watch` in between.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import httpcore2

from app.base.errors import Cancelled, Offline
from app.network.page_faults import (
    CertificateRefused,
    HostSilent,
    HostUnreachable,
    NameUnknown,
    NoNetwork,
    PageFault,
    ProxyRefuses,
)

T = TypeVar("T")

NEXT_ADDRESS_S = 0.3
"""How long an address may take before the next one is tried, too."""
MOST_ADDRESSES = 8
"""Of one host."""

_MOMENT_S = 0.02  # a stop takes no longer to be noticed
_ALIVE = {
    "TCP_KEEPIDLE": 15,  # seconds
    "TCP_KEEPALIVE": 15,  # the same on macOS
    "TCP_KEEPINTVL": 5,  # seconds
    "TCP_KEEPCNT": 6,
    "TCP_USER_TIMEOUT": 45_000,  # milliseconds, on Linux: for what was sent
}
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)
_NO_WAY = (errno.ENETUNREACH, errno.ENETDOWN)
_NO_ANSWER = (socket.EAI_AGAIN, socket.EAI_FAIL)
"""What a name server that cannot be reached gives; on some systems, such a host is just unknown."""


class Watch:
    """How long, and whether still, something is waited for: ``seconds`` from now in all."""

    def __init__(
        self, seconds: float, cancel: threading.Event, is_offline: Callable[[], bool]
    ) -> None:
        self._end = time.monotonic() + seconds
        self._cancel, self._is_offline = cancel, is_offline

    def check(self) -> None:
        """Raise Cancelled, Offline, or HostSilent once the time is over."""
        if self._cancel.is_set():
            raise Cancelled
        if self._is_offline():
            raise Offline
        if time.monotonic() >= self._end:
            raise HostSilent

    def end_within(self, seconds: float) -> None:
        """Wait no longer than ``seconds`` from now on."""
        self._end = min(self._end, time.monotonic() + seconds)

    def pause(self, seconds: float) -> None:
        """Wait. Raises as `check` does."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            self._cancel.wait(min(left, _MOMENT_S))
        self.check()


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, the one to be tried first first. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def dial(address: str, port: int) -> socket.socket:
    """Return a socket that is being connected to an address. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if (code := made.connect_ex((address, port))) not in _UNDER_WAY:
            raise OSError(code, os.strerror(code))
    except BaseException:
        made.close()
        raise
    return made


def resolved(host: str, port: int, watch: Watch, seconds: float) -> list[str]:
    """Return the addresses of a host.

    The system cannot be told to stop looking a name up, so a thread does it, which is left alone
    when nobody waits for it any more. Raises as `Watch.check` does, and NameUnknown and NoNetwork.
    """
    answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(resolve(host, port))
        except (OSError, ValueError) as error:  # the latter: no name of a host
            answer.put(error)

    threading.Thread(target=look_up, name=f"look up {host}"[:60], daemon=True).start()
    end = time.monotonic() + seconds
    while True:
        watch.check()
        try:
            found = answer.get(timeout=_MOMENT_S)
        except queue.Empty:
            if time.monotonic() > end:
                raise HostSilent from None
            continue
        if isinstance(found, socket.gaierror):
            unknown = found.errno not in _NO_ANSWER
            raise (NameUnknown(host) if unknown else NoNetwork()) from found
        if isinstance(found, Exception):
            raise NameUnknown(host) from found
        if not found:
            raise NameUnknown(host)
        return found


def connected(addresses: list[str], port: int, watch: Watch, seconds: float) -> socket.socket:
    """Return a socket that is connected to the first of the addresses that answers.

    Each next one is tried when those before have not answered soon, as RFC 8305 has it, since of
    IPv6 and IPv4 one may lead nowhere. Raises as `Watch.check` does, and HostSilent,
    HostUnreachable and NoNetwork.
    """
    end, next_at = time.monotonic() + seconds, 0.0
    waiting, fault = list(addresses[:MOST_ADDRESSES]), cast("PageFault", NoNetwork())
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as tried:
        while waiting or selector.get_map():
            watch.check()
            now = time.monotonic()
            if now >= end:
                raise HostSilent
            try:
                if waiting and (now >= next_at or not selector.get_map()):
                    made = tried.enter_context(dial(waiting.pop(0), port))
                    selector.register(made, selectors.EVENT_WRITE)
                    next_at = now + NEXT_ADDRESS_S
                for key, _ in selector.select(_MOMENT_S):
                    made = cast("socket.socket", key.fileobj)
                    selector.unregister(made)
                    if code := made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                        raise OSError(code, os.strerror(code))
                    return _kept(made)
            except OSError as error:
                if error.errno not in _NO_WAY:  # as those of IPv6 are where there is only IPv4
                    fault = HostUnreachable(error.strerror or str(error))
    raise fault


def _kept(made: socket.socket) -> socket.socket:
    """Return a socket that stays open when the given one is closed."""
    return socket.socket(made.family, made.type, made.proto, made.detach())


def keep_alive(made: socket.socket) -> None:
    """Let the system notice within a minute that the other end cannot be reached any more.

    Its system answers, also while a program there says nothing for long.
    """
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _ALIVE.items():
        if option := getattr(socket, name, None):
            with contextlib.suppress(OSError):  # an old Windows has the name, but not the option
                made.setsockopt(socket.IPPROTO_TCP, option, value)


class WatchedStream(httpcore2.NetworkStream):
    """A connection, as httpcore2 uses it."""

    def __init__(self, sock: socket.socket, watch: Watch) -> None:
        self._socket, self._watch = sock, watch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._step(partial(self._socket.recv, max_bytes), timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        try:
            while left:
                left = left[self._step(partial(self._socket.send, left), timeout) :]
        except httpcore2.ReadError as error:  # then an answer may still be read: why it was refused
            raise httpcore2.WriteError(str(error)) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> WatchedStream:
        if isinstance(self._socket, ssl.SSLSocket):  # to a proxy: TLS within TLS
            raise ProxyRefuses("a proxy that is reached over TLS cannot pass TLS on")
        stream = self
        try:
            safe = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            stream = WatchedStream(safe, self._watch)
            stream._step(safe.do_handshake, timeout)
            return stream
        except BaseException as error:
            stream.close()
            if isinstance(error, (ssl.SSLError, ValueError)):  # the latter: no name of a host
                reason = getattr(error, "verify_message", "") or getattr(error, "reason", "")
                code = getattr(error, "verify_code", None)
                raise CertificateRefused(reason or str(error), code) from error
            raise

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "ssl_object" if isinstance(self._socket, ssl.SSLSocket):
                return self._socket
            case "is_readable":
                with selectors.DefaultSelector() as selector:
                    selector.register(self._socket, selectors.EVENT_READ)
                    return bool(selector.select(0))
        return None

    def _step(self, attempt: Callable[[], T], timeout: float | None) -> T:
        end = time.monotonic() + timeout if timeout else None
        while True:
            self._watch.check()
            self._socket.settimeout(_MOMENT_S)
            try:
                return attempt()
            except TimeoutError as error:
                if error.errno:  # the system's own: the host has not answered `keep_alive`
                    raise httpcore2.ReadError(error.strerror) from error
                if end and time.monotonic() > end:
                    raise HostSilent from None
            except ssl.SSLError:
                raise
            except OSError as error:
                raise httpcore2.ReadError(error.strerror or str(error)) from error
