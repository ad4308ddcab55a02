r"""A named pipe of Windows that only this user may open.

Its name is random, nobody can have made a pipe of that name before, and it is reached from this
computer only. Who is at the other end is asked of the system, on both sides. Nothing of this was
run on Windows yet.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time

from app.base.log import note_kind
from app.engine.shared.frames import Door, DoorClosed, FrameLink, LinkLost

if sys.platform == "win32":
    import _winapi
    from ctypes import wintypes

    _PREFIX = "\\\\.\\pipe\\fireside-"
    _REJECT_REMOTE = 0x8
    _FIRST = 0x00080000
    _UNLIMITED = 255
    _BUFFER = 1 << 16
    _IDENTIFY_ONLY = 0x00100000 | 0x00010000  # SECURITY_SQOS_PRESENT, SECURITY_IDENTIFICATION
    _QUERY_LIMITED, _TOKEN_QUERY, _TOKEN_USER = 0x1000, 0x8, 1
    _CONNECTED = 535  # ERROR_PIPE_CONNECTED
    _NO_DATA, _BUSY = 232, 231  # ERROR_NO_DATA, ERROR_PIPE_BUSY
    _LOOK_MS = 100  # how often it is seen that a connection has been ended here
    _PATIENCE_MS = 2000

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _security = ctypes.WinDLL("advapi32", use_last_error=True)
    _kernel.OpenProcess.restype = wintypes.HANDLE
    _kernel.OpenProcess.argtypes = [wintypes.DWORD, wintypes.BOOL, wintypes.DWORD]
    _kernel.LocalFree.argtypes = [wintypes.LPVOID]
    _kernel.CloseHandle.argtypes = [wintypes.HANDLE]
    for _ask in (_kernel.GetNamedPipeClientProcessId, _kernel.GetNamedPipeServerProcessId):
        _ask.argtypes = [wintypes.HANDLE, ctypes.POINTER(wintypes.ULONG)]
    _security.OpenProcessToken.argtypes = [
        wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE),
    ]  # fmt: skip
    _security.GetTokenInformation.argtypes = [
        wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD,
        ctypes.POINTER(wintypes.DWORD),
    ]  # fmt: skip
    _security.ConvertSidToStringSidW.argtypes = [
        wintypes.LPVOID, ctypes.POINTER(wintypes.LPWSTR),
    ]  # fmt: skip
    _security.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = [
        wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(wintypes.LPVOID), wintypes.LPVOID,
    ]  # fmt: skip

    class _SecurityAttributes(ctypes.Structure):
        _fields_ = (
            ("nLength", wintypes.DWORD),
            ("lpSecurityDescriptor", wintypes.LPVOID),
            ("bInheritHandle", wintypes.BOOL),
        )

    class _TokenUser(ctypes.Structure):
        _fields_ = (("Sid", wintypes.LPVOID), ("Attributes", wintypes.DWORD))

    class PipeLink(FrameLink):
        """A connected pipe."""

        def __init__(self, handle: int) -> None:
            super().__init__()
            self._handle = handle
            self._ended = False
            self._reading: _winapi.Overlapped | None = None

        def end(self) -> None:
            self._ended = True

        def close(self) -> None:
            self._ended = True
            if self._reading:
                self._reading.cancel()
            if self._handle:
                _winapi.CloseHandle(self._handle)
                self._handle = 0

        def _write(self, data: memoryview, timeout: float) -> int:
            try:
                writing, _ = _winapi.WriteFile(self._handle, bytes(data[:_BUFFER]), overlapped=True)
                if not self._over(writing, timeout):
                    writing.cancel()
                    raise LinkLost("it does not read")
                count, error = writing.GetOverlappedResult(True)
            except OSError as fault:
                raise LinkLost(str(fault)) from fault
            if error:
                raise LinkLost(f"error {error}")
            return count

        def _read(self, size: int, timeout: float | None) -> bytes | None:
            try:
                if self._reading is None:
                    self._reading, _ = _winapi.ReadFile(self._handle, size, overlapped=True)
                if not self._over(self._reading, timeout):
                    return None  # it goes on with the next call
                reading, self._reading = self._reading, None
                _, error = reading.GetOverlappedResult(True)
                data = reading.getbuffer()
            except OSError as fault:
                self._reading = None
                raise LinkLost(str(fault)) from fault
            if error or not data:
                raise LinkLost(f"error {error}")
            return bytes(data)

        def _over(self, work: _winapi.Overlapped, timeout: float | None) -> bool:
            """Wait for an operation; return whether it is over. Raises LinkLost once ended here."""
            ending = None if timeout is None else time.monotonic() + timeout
            while True:
                if self._ended:
                    work.cancel()
                    raise LinkLost("it was ended")
                left = _LOOK_MS
                if ending is not None:
                    left = min(left, max(0, int((ending - time.monotonic()) * 1000)))
                if _winapi.WaitForMultipleObjects([work.event], False, left) == 0:
                    return True
                if ending is not None and time.monotonic() >= ending:
                    return False

    class PipeDoor(Door):
        """A listening pipe."""

        def __init__(self) -> None:
            self.address = _PREFIX + os.urandom(16).hex()
            self._closed = False
            self._next = self._instance(_FIRST)

        def accept(self) -> FrameLink | None:
            while not self._closed:
                handle = 0
                try:
                    handle, self._next = self._next or self._instance(0), 0
                    self._next = self._instance(0)
                    if not self._connected(handle):
                        _winapi.CloseHandle(handle)
                        break
                    return _link(handle, _kernel.GetNamedPipeClientProcessId)
                except DoorClosed as error:
                    note_kind(f"engine: a connection was refused: {error}")
                except OSError as error:
                    note_kind(f"engine: no connection was accepted: {error.strerror}")
                    if handle:
                        _winapi.CloseHandle(handle)
                    time.sleep(_LOOK_MS / 1000)
            if self._next:
                _winapi.CloseHandle(self._next)
            return None

        def close(self) -> None:
            self._closed = True

        def _connected(self, handle: int) -> bool:
            """Wait for a client; return False once the door is closed."""
            try:
                waiting = _winapi.ConnectNamedPipe(handle, overlapped=True)
            except OSError as error:
                if error.winerror in (_CONNECTED, _NO_DATA):
                    return True  # it came, and perhaps went, before
                raise
            while _winapi.WaitForMultipleObjects([waiting.event], False, _LOOK_MS) != 0:
                if self._closed:
                    waiting.cancel()
                    return False
            waiting.GetOverlappedResult(True)
            return True

        def _instance(self, first: int) -> int:
            """Return another end of the pipe, for one connection."""
            descriptor = wintypes.LPVOID()
            _check(
                _security.ConvertStringSecurityDescriptorToSecurityDescriptorW(
                    f"D:P(A;;GA;;;{_user(os.getpid())})", 1, ctypes.byref(descriptor), None
                )
            )
            try:
                attributes = _SecurityAttributes(
                    ctypes.sizeof(_SecurityAttributes), descriptor, False
                )
                return _winapi.CreateNamedPipe(
                    self.address,
                    _winapi.PIPE_ACCESS_DUPLEX | _winapi.FILE_FLAG_OVERLAPPED | first,
                    _REJECT_REMOTE,
                    _UNLIMITED,
                    _BUFFER,
                    _BUFFER,
                    0,
                    ctypes.addressof(attributes),
                )
            finally:
                _kernel.LocalFree(descriptor)

    def connect_pipe(address: str) -> FrameLink:
        """See `app.engine.shared.door.connect`."""
        if not address.startswith(_PREFIX):
            raise DoorClosed("no pipe of Fireside")
        for busy in (False, True):
            try:
                if busy:
                    _winapi.WaitNamedPipe(address, _PATIENCE_MS)
                handle = _winapi.CreateFile(
                    address,
                    _winapi.GENERIC_READ | _winapi.GENERIC_WRITE,
                    0,
                    0,
                    _winapi.OPEN_EXISTING,
                    _winapi.FILE_FLAG_OVERLAPPED | _IDENTIFY_ONLY,
                    0,
                )
                return _link(handle, _kernel.GetNamedPipeServerProcessId)
            except OSError as error:
                if busy or error.winerror != _BUSY:
                    raise DoorClosed(str(error)) from error
        raise DoorClosed("it is busy")

    def _link(handle: int, ask: ctypes._NamedFuncPointer) -> PipeLink:
        """Return the connection, if the same user is at its other end. Raises DoorClosed."""
        peer = wintypes.ULONG()
        try:
            _check(ask(handle, ctypes.byref(peer)))
            ours = _user(peer.value) == _user(os.getpid())
        except OSError as error:
            _winapi.CloseHandle(handle)
            raise DoorClosed(str(error)) from error
        if not ours:
            _winapi.CloseHandle(handle)
            raise DoorClosed("another user is at its other end")
        return PipeLink(handle)

    def _user(pid: int) -> str:
        """Return the user of a process, as a SID. Raises OSError."""
        process = _kernel.OpenProcess(_QUERY_LIMITED, False, pid)
        _check(process)
        token = wintypes.HANDLE()
        try:
            _check(_security.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)))
            found = ctypes.create_string_buffer(256)
            size = wintypes.DWORD()
            _check(
                _security.GetTokenInformation(
                    token, _TOKEN_USER, found, len(found), ctypes.byref(size)
                )
            )
            text = wintypes.LPWSTR()
            sid = _TokenUser.from_buffer(found).Sid
            _check(_security.ConvertSidToStringSidW(sid, ctypes.byref(text)))
            user = text.value or ""
            _kernel.LocalFree(text)
            return user
        finally:
            if token:
                _kernel.CloseHandle(token)
            _kernel.CloseHandle(process)

    def _check(succeeded: object) -> None:
        if not succeeded:
            raise ctypes.WinError(ctypes.get_last_error())
