r"""What `app.base.folder` asks of Windows.

What was opened is checked, not what is about to be: it is no reparse point itself, and the path
that the system tells of it is the one that was asked for, so that no part of it was a link, a
junction, a short name (``GIT~1``) or another spelling. Paths begin with ``\\?\``, which Windows
takes as they are.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

REMOTE = 0x1000 | 0x40000 | 0x400000
"""FILE_ATTRIBUTE_OFFLINE, RECALL_ON_OPEN and RECALL_ON_DATA_ACCESS: only the cloud has the data."""

if sys.platform == "win32":
    import msvcrt
    from ctypes import wintypes

    from app.base.folder_paths import PathRefused

    _GENERIC_READ = 0x80000000
    _READ_ATTRIBUTES = 0x80
    _SHARED = 1 | 2 | 4  # reading, writing, deleting
    _SHARED_IN_PLACE = 1 | 2  # neither renamed nor deleted meanwhile
    _OPEN_EXISTING = 3
    _BACKUP_SEMANTICS = 0x02000000  # for folders
    _OPEN_REPARSE_POINT = 0x00200000
    _DISK = 1
    _LONGEST = 32_768

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _create = _kernel.CreateFileW
    _create.restype = wintypes.HANDLE
    _create.argtypes = [
        wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD,
        wintypes.DWORD, wintypes.HANDLE,
    ]  # fmt: skip
    _final_path = _kernel.GetFinalPathNameByHandleW
    _final_path.restype = wintypes.DWORD
    _final_path.argtypes = [wintypes.HANDLE, wintypes.LPWSTR, wintypes.DWORD, wintypes.DWORD]
    _file_type = _kernel.GetFileType
    _file_type.restype = wintypes.DWORD
    _file_type.argtypes = [wintypes.HANDLE]
    _close = _kernel.CloseHandle
    _close.argtypes = [wintypes.HANDLE]
    _NO_HANDLE = wintypes.HANDLE(-1).value

    class WindowsTree:
        """A folder, held open."""

        def __init__(self, path: Path) -> None:
            access = _GENERIC_READ  # so that what may not be listed is refused here
            self._root = _opened(str(path.absolute()), access, _SHARED, _BACKUP_SEMANTICS)
            try:
                self._path = _path_of(self._root).rstrip("\\")
                if not os.path.isdir(self._path + "\\"):
                    raise NotADirectoryError(str(path))
            except OSError:
                self.close()
                raise

        def close(self) -> None:
            """Let go of the root."""
            root, self._root = self._root, 0
            if root:
                _close(root)

        @contextlib.contextmanager
        def scanned(self, parts: tuple[str, ...]) -> Iterator[Iterator[os.DirEntry[str]]]:
            """Yield the entries of a folder, which cannot be replaced meanwhile."""
            path, handle = self._checked(parts, _READ_ATTRIBUTES, _SHARED_IN_PLACE)
            try:
                with os.scandir(path + "\\") as entries:
                    yield entries
            finally:
                _close(handle)

        def status(self, parts: tuple[str, ...]) -> os.stat_result:
            """Return the status of a path."""
            return self._with_descriptor(parts, _READ_ATTRIBUTES)[0]

        def open_file(self, parts: tuple[str, ...]) -> int:
            """Open a file."""
            status, descriptor = self._with_descriptor(parts, _GENERIC_READ, keep=True)
            if not stat.S_ISREG(status.st_mode):
                os.close(descriptor)
                raise PathRefused("/".join(parts), "not a file")
            return descriptor

        def _with_descriptor(
            self, parts: tuple[str, ...], access: int, *, keep: bool = False
        ) -> tuple[os.stat_result, int]:
            """Return the status of a path, and what it was opened as, which is closed if not kept.

            A link has none.
            """
            _, handle = self._checked(parts, access, _SHARED)
            descriptor = msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT)
            try:
                status = os.fstat(descriptor)
                if status.st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT:
                    raise PathRefused("/".join(parts), "a link")
            except OSError:
                os.close(descriptor)
                raise
            if not keep:
                os.close(descriptor)
            return status, descriptor

        def _checked(self, parts: tuple[str, ...], access: int, share: int) -> tuple[str, int]:
            """Open a path, and return it with its handle, if it is where it seems to be."""
            relative = "/".join(parts)
            path = "\\".join((self._path, *parts))
            flags = _BACKUP_SEMANTICS | _OPEN_REPARSE_POINT
            handle = _opened(path + ("" if parts else "\\"), access, share, flags)
            try:
                if _file_type(handle) != _DISK or _path_of(handle).rstrip("\\") != path:
                    raise PathRefused(relative, "a link, a device, or another spelling")
            except OSError:
                _close(handle)
                raise
            return path, handle

    def _opened(path: str, access: int, share: int, flags: int) -> int:
        handle = _create(path, access, share, None, _OPEN_EXISTING, flags, None)
        if handle in (None, _NO_HANDLE):
            raise ctypes.WinError(ctypes.get_last_error())
        return int(handle)

    def _path_of(handle: int) -> str:
        """Return where an open file is, by the system's own spelling."""
        text = ctypes.create_unicode_buffer(_LONGEST)
        if not 0 < _final_path(handle, text, _LONGEST, 0) < _LONGEST:
            raise ctypes.WinError(ctypes.get_last_error())
        return text.value
