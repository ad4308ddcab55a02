"""What `app.base.folder` asks of POSIX systems."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from app.base.folder_paths import PathRefused

if sys.platform != "win32":

    class PosixTree:
        """A folder, held open."""

        def __init__(self, path: Path) -> None:
            self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

        def close(self) -> None:
            """Let go of the root."""
            root, self._root = self._root, -1
            if root >= 0:
                os.close(root)

        @contextlib.contextmanager
        def scanned(self, parts: tuple[str, ...]) -> Iterator[Iterator[os.DirEntry[str]]]:
            """Yield the entries of a folder."""
            # One of its own even for the root: the place in a listing belongs to what was opened.
            with self._parent((*parts, ".")) as folder:
                own = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
                try:
                    with os.scandir(own) as entries:
                        yield entries
                finally:
                    os.close(own)

        def status(self, parts: tuple[str, ...]) -> os.stat_result:
            """Return the status of a path, of a link its own."""
            if not parts:
                return os.fstat(self._root)
            with self._parent(parts) as folder:
                return os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)

        def open_file(self, parts: tuple[str, ...]) -> int:
            """Open a file."""
            relative = "/".join(parts)
            with self._parent(parts) as folder:
                # A look before, so that no pipe or device is opened; what counts is the one after.
                before = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
                if not stat.S_ISREG(before.st_mode):
                    raise PathRefused(relative, "not a file")
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
                handle = _opened(relative, parts[-1], flags, folder)
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                os.close(handle)
                raise PathRefused(relative, "not a file")
            return handle

        @contextlib.contextmanager
        def _parent(self, parts: tuple[str, ...]) -> Iterator[int]:
            """Yield the open folder of the last part."""
            if self._root < 0:
                raise OSError(errno.EBADF, "the folder was closed")
            folder = self._root
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            try:
                for part in parts[:-1]:
                    inner = _opened("/".join(parts), part, flags, folder)
                    if folder != self._root:
                        os.close(folder)
                    folder = inner
                yield folder
            finally:
                if folder != self._root:
                    os.close(folder)

    def _opened(relative: str, part: str, flags: int, folder: int) -> int:
        """Open one part of a path in its parent, but never a link."""
        try:
            return os.open(part, flags, dir_fd=folder)
        except OSError as error:
            # Linux says ENOTDIR of a link where a folder was asked for, FreeBSD EMLINK.
            if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR, errno.ENXIO):
                raise PathRefused(relative, "a link, or no folder") from error
            raise
