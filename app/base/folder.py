"""A folder of the user's, and the only way to what is in it: nothing outside it can be reached.

On POSIX systems (`folder_on_posix`) each part of a path is opened relative to its parent, which is
held open, and links are refused at that opening; so nobody can swap a link in between a check and
its use. On Windows (`folder_on_windows`) it is what was opened that is checked. A hard link is the
file itself.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from app.base.folder_paths import PathRefused, path_parts

if sys.platform == "win32":
    from app.base.folder_on_windows import REMOTE
    from app.base.folder_on_windows import WindowsTree as _Tree
else:
    from app.base.folder_on_posix import PosixTree as _Tree

MOST_ENTRIES = 200_000
"""The entries of one folder that are looked at."""
_DATALESS = 0x40000000  # macOS: SF_DATALESS, a file that is in the cloud only


@dataclass(frozen=True, slots=True)
class FolderItem:
    """A file or a folder.

    ``name`` is as the system has it: bytes that are no UTF-8 are lone surrogates, as in `os`.
    ``hidden``: by its name or its attributes. ``is_remote``: to read it, the system would fetch it
    from the network.
    """

    name: str
    is_folder: bool
    size: int = 0
    mtime_ns: int = 0
    hidden: bool = False
    is_remote: bool = False


class Folder:
    """A folder, held open. Use it as a context manager, or call `close`.

    Paths in it are relative, with "/" between their parts. Only files and folders are found: links,
    pipes, sockets and devices are as if they were not there, and to open one raises PathRefused.
    Nothing blocks, as far as the disk does not. Raises OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tree = _Tree(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        self._tree.close()

    def entries(self, relative: str = "", *, most: int = MOST_ENTRIES) -> list[FolderItem]:
        """Return the files and folders in a folder, at most so many, in no order."""
        found: list[FolderItem] = []
        with self._tree.scanned(path_parts(relative)) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):  # it has gone meanwhile
                    if item := _item(entry.name, entry.stat(follow_symlinks=False)):
                        found.append(item)
                if len(found) >= most:
                    break
        return found

    def status(self, relative: str) -> FolderItem:
        """Return what there is at a path."""
        parts = path_parts(relative)
        item = _item(parts[-1] if parts else self.path.name, self._tree.status(parts))
        if item is None:
            raise PathRefused(relative, "neither a file nor a folder")
        return item

    def open_file(self, relative: str) -> BinaryIO:
        """Open a file to be read."""
        parts = path_parts(relative)
        if not parts:
            raise PathRefused(relative, "a folder")
        return os.fdopen(self._tree.open_file(parts), "rb")

    def read(self, relative: str, limit: int) -> bytes:
        """Return the first bytes of a file, at most ``limit``."""
        with self.open_file(relative) as file:
            return file.read(limit)


def _item(name: str, status: os.stat_result) -> FolderItem | None:
    """Return what a name stands for, None for what is neither a file nor a folder."""
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return None
    hidden, is_remote = name.startswith("."), False
    if sys.platform == "win32":
        if status.st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT:
            return None
        hidden |= bool(status.st_file_attributes & stat.FILE_ATTRIBUTE_HIDDEN)
        is_remote = bool(status.st_file_attributes & REMOTE)
    elif sys.platform == "darwin":
        hidden |= bool(status.st_flags & stat.UF_HIDDEN)
        is_remote = bool(status.st_flags & _DATALESS)
    is_folder = stat.S_ISDIR(status.st_mode)
    return FolderItem(
        name, is_folder, 0 if is_folder else status.st_size, status.st_mtime_ns, hidden, is_remote
    )
