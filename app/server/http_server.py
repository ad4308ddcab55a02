"""The local server as the app has it: switched on and off at a port of this computer."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from app.base import log
from app.base.errors import LocalServerPortTaken, LocalServerUnstartable
from app.server.dialects import dialects
from app.server.endpoints import Endpoints
from app.server.gate import Gate
from app.serving import ADDRESS, ServerParts, ServerStatus, ServingChanged

if TYPE_CHECKING:
    from app.server.admission import Admission
    from app.server.listener import Listener

_CONNECTIONS = 256
_DESCRIPTORS = 1024  # that the process may have open, where macOS gives it 256


class HttpServer:
    """The server over ``parts``; see `app.serving.LocalServer`."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts
        self._lock = threading.RLock()
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self._admission: Admission | None = None
        self._port = 0

    def start(self, port: int, token: str) -> None:
        """See `app.serving.LocalServer.start`. Port 0 means any that is free."""
        from app.server.listener import Listener

        with self._lock:
            self.stop()
            sock = _bound(port)
            self._port = sock.getsockname()[1]
            gate = Gate(self._port, token, self._parts.origins)
            app = Endpoints(self._parts, gate, dialects())
            try:
                listener = Listener(app, gate, sock, _connections())
            except OSError as error:  # such as no more file descriptors
                sock.close()
                raise LocalServerUnstartable(port, error.strerror or str(error)) from error
            self._admission, self._listener = app.admission, listener
            self._thread = threading.Thread(
                target=_run, args=(listener,), name="local server", daemon=True
            )
            self._thread.start()
        self._parts.changed(ServingChanged())

    def stop(self) -> None:
        """See `app.serving.LocalServer.stop`."""
        with self._lock:
            listener, thread = self._listener, self._thread
            if not listener or not thread:
                return
            self._listener = self._thread = None
            if self._admission:
                self._admission.close()
            listener.stop()
            thread.join()
            listener.join()
        self._parts.changed(ServingChanged())

    def set_token(self, token: str) -> None:
        """See `app.serving.LocalServer.set_token`."""
        with self._lock:
            if self._listener:
                self._listener.gate.token = token

    def status(self) -> ServerStatus:
        """See `app.serving.LocalServer.status`."""
        admission = self._admission
        if not self._listener or not admission:
            return ServerStatus(False, self._port)
        return ServerStatus(True, self._port, admission.requests(), admission.served)

    def stop_request(self, number: int) -> None:
        """See `app.serving.LocalServer.stop_request`."""
        if self._admission:
            self._admission.stop(number)


def _run(listener: Listener) -> None:
    try:
        listener.run()
    except Exception as error:  # noqa: BLE001 - a fault of waitress or the system
        log.report(error, "the local server")


def _bound(port: int) -> socket.socket:
    """Return a socket at a port, which no other program may then have, too."""
    if sys.platform == "darwin" and _answers(port):
        raise LocalServerPortTaken(port, _holder(port))
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((ADDRESS, port))
        sock.listen()
    except OSError as error:
        sock.close()
        holder = _holder(port) if error.errno in (errno.EADDRINUSE, errno.EACCES) else ""
        if error.errno == errno.EADDRINUSE or holder:
            raise LocalServerPortTaken(port, holder) from error
        raise LocalServerUnstartable(port, error.strerror or str(error)) from error
    except OverflowError as error:
        sock.close()
        raise LocalServerUnstartable(port, str(error)) from error
    return sock


def _answers(port: int) -> bool:
    """Return whether somebody listens on a port.

    On macOS, a port of all addresses can be had by another program at one of them.
    """
    with socket.socket() as probe:
        probe.settimeout(1)
        return port > 0 and probe.connect_ex((ADDRESS, port)) == 0


def _holder(port: int) -> str:
    """Return the name of the program that listens on a port; empty if it is another user's."""
    for process in psutil.process_iter():
        try:
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                    return _name(process)
        except (psutil.Error, OSError):
            continue
    return ""


def _name(process: psutil.Process) -> str:
    """Return a process's name: of Python's scripts their own."""
    name: str = process.name()
    words: list[str] = process.cmdline()
    if name.lower().startswith("python") and len(words) > 1 and not words[1].startswith("-"):
        return Path(words[1]).name
    return name


def _connections() -> int:
    """Return how many connections there may be, after more of them were allowed if necessary."""
    if sys.platform == "win32":
        return _CONNECTIONS
    import resource

    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < _DESCRIPTORS:
        wanted = _DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, _DESCRIPTORS)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
            allowed = wanted
        except (ValueError, OSError):
            pass
    return _CONNECTIONS if allowed == resource.RLIM_INFINITY else min(_CONNECTIONS, allowed // 2)
