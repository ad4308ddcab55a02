"""A socket in a folder that only this user may enter.

The folder is new and has a random name, so nobody can have been there before; it is in the data
folder, or where the path of a socket may be short enough for the system: in the user's runtime
folder, or the one for temporary files. Who is at the other end is asked of the system, on both
sides.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import socket
import stat
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from app.base.log import note_kind
from app.engine.shared.frames import Door, DoorClosed, FrameLink, LinkLost

if sys.platform != "win32":
    _PREFIX = ".engine-"
    _NAME = "socket"
    _LONGEST_PATH = 103  # bytes without the last 0; 107 on Linux
    _PAUSE_S = 0.05
    _PATIENCE_S = 2.0  # to be let in: the queue of the door may be full
    _WAITING = 64  # connections that have not been accepted
    _CREDENTIALS = struct.Struct("3i")  # Linux: pid, uid, gid
    _READABLE = select.POLLIN
    _WRITABLE = select.POLLOUT

    class SocketLink(FrameLink):
        """A connected socket."""

        def __init__(self, connected: socket.socket) -> None:
            super().__init__()
            connected.setblocking(False)
            self._socket = connected

        def end(self) -> None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

        def close(self) -> None:
            self._socket.close()

        def _write(self, data: memoryview, timeout: float) -> int:
            ending = time.monotonic() + timeout
            while True:
                try:
                    return self._socket.send(data)
                except BlockingIOError:
                    if not self._ready(_WRITABLE, max(0.0, ending - time.monotonic())):
                        raise LinkLost("it does not read") from None
                except OSError as error:
                    raise LinkLost(str(error)) from error

        def _read(self, size: int, timeout: float | None) -> bytes | None:
            while True:
                try:
                    piece = self._socket.recv(size)
                except BlockingIOError:
                    if not self._ready(_READABLE, timeout):
                        return None
                    continue
                except OSError as error:
                    raise LinkLost(str(error)) from error
                if not piece:
                    raise LinkLost("it has ended")
                return piece

        def _ready(self, events: int, timeout: float | None) -> bool:
            waiting = select.poll()
            waiting.register(self._socket, events)
            return bool(waiting.poll(None if timeout is None else timeout * 1000))

    class UnixDoor(Door):
        """A listening socket."""

        def __init__(self, folder: Path) -> None:
            self._socket, path = _bound(folder)
            self.address = str(path)
            self._closed = False
            self._ours, self._theirs = socket.socketpair()  # wakes `accept`
            self._removing = threading.Lock()

        def accept(self) -> FrameLink | None:
            waiting = select.poll()
            waiting.register(self._socket, _READABLE)
            waiting.register(self._ours, _READABLE)
            while not self._closed:
                waiting.poll()
                try:
                    connected, _ = self._socket.accept()
                    return _link(connected)
                except BlockingIOError:
                    continue
                except DoorClosed as error:
                    note_kind(f"engine: a connection was refused: {error}")
                except OSError as error:  # too many files, or it was gone before it came
                    note_kind(f"engine: no connection was accepted: {error.strerror}")
                    time.sleep(_PAUSE_S)
            self._socket.close()
            self._ours.close()
            return None

        def close(self) -> None:
            with self._removing:
                if not self._closed:
                    self._closed = True
                    remove_socket(self.address)
                    self._theirs.close()

    def connect_socket(address: str) -> FrameLink:
        """See `app.engine.shared.door.connect`."""
        connected = socket.socket(socket.AF_UNIX)
        try:
            connected.settimeout(_PATIENCE_S)
            connected.connect(os.fsencode(address))
        except OSError as error:
            connected.close()
            raise DoorClosed(str(error)) from error
        return _link(connected)

    def remove_socket(address: str) -> None:
        """Remove a socket and its folder, if that is what there is."""
        path = Path(address)
        if path.name != _NAME or not path.parent.name.startswith(_PREFIX):
            return
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                path.unlink()
        with contextlib.suppress(OSError):
            path.parent.rmdir()

    def _bound(folder: Path) -> tuple[socket.socket, Path]:
        """Return a listening socket and its path, in the first place that is fit for one."""
        fault = OSError("there is no place for a socket")
        for parent in _places(folder):
            path = None
            listening = socket.socket(socket.AF_UNIX)
            try:
                path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent), _NAME)
                if len(os.fsencode(path)) > _LONGEST_PATH:
                    raise OSError("the path is too long")
                if not _is_private(path.parent):
                    raise OSError("the folder is open to others")
                listening.bind(os.fsencode(path))
                path.chmod(0o600)
                listening.listen(_WAITING)
                listening.setblocking(False)
                return listening, path
            except OSError as error:
                fault = error
                listening.close()
                if path:
                    remove_socket(str(path))
        raise fault

    def _places(folder: Path) -> Iterator[Path]:
        yield folder
        if runtime := os.environ.get("XDG_RUNTIME_DIR"):
            yield Path(runtime)
        yield Path(tempfile.gettempdir())

    def _is_private(folder: Path) -> bool:
        """Return whether only this user may enter; some file systems have no permissions."""
        status = folder.lstat()
        return status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077

    def _link(connected: socket.socket) -> SocketLink:
        """Return the connection, if the same user is at its other end. Raises DoorClosed."""
        try:
            user = _peer(connected)
        except OSError as error:
            connected.close()
            raise DoorClosed(str(error)) from error
        if user != os.geteuid():
            connected.close()
            raise DoorClosed("another user is at its other end")
        return SocketLink(connected)

    def _peer(connected: socket.socket) -> int:
        """Return the user at the other end. Raises OSError."""
        if sys.platform == "linux":
            raw = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            _, user, _ = _CREDENTIALS.unpack(raw)
            return int(user)
        owner, group = ctypes.c_uint32(), ctypes.c_uint32()
        asked = ctypes.CDLL(None, use_errno=True).getpeereid
        if asked(connected.fileno(), ctypes.byref(owner), ctypes.byref(group)):
            raise OSError(ctypes.get_errno(), "getpeereid")
        return owner.value
