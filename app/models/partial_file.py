"""A file of the hub while it arrives, in the place where the hub's cache wants it.

Beside the blob that is to be, ``blobs/<etag>``, there are::

    <etag>.fireside           its bytes, as long as the whole from the beginning, with holes
    <etag>.fireside.blocks    what has arrived: a line of JSON that says of what, then a line
                              "<block> <crc32>" for each block when it is whole, and at a pause
                              "<block> <crc32> <bytes>" for those that have begun

A block is claimed as soon as it has been given to the system, so a killed process loses none. What
a failing computer may lose is told by the crc32, which is compared before a block from an earlier
day is believed. The layout of the cache is huggingface_hub's ("Understand caching" in its manual).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import threading
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from huggingface_hub import constants

from app.base.files import replacing

PART = ".fireside"
JOURNAL = ".fireside.blocks"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from ``start`` to ``end``, which one connection is to bring."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CachePath:
    """Where a file of a repository belongs in the cache at ``cache``."""

    cache: Path
    repository: str
    file: str
    revision: str
    commit: str
    etag: str

    @property
    def folder(self) -> Path:
        """The repository's own."""
        return folder_of(self.cache, self.repository)

    @property
    def blob(self) -> Path:
        return self.folder / "blobs" / self.etag

    @property
    def lock(self) -> Path:
        """The lock that huggingface_hub takes for the same blob."""
        return self.cache / ".locks" / self.folder.name / f"{self.etag}.lock"

    @property
    def snapshot(self) -> Path:
        """The file by its own name."""
        return self.folder / "snapshots" / self.commit / PurePosixPath(self.file)

    def publish(self) -> Path:
        """Shows the finished blob under its name. Raises OSError."""
        target = self.snapshot
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.blob.exists() and not (target.exists() and target.samefile(self.blob)):
            target.unlink(missing_ok=True)
            self._point(target)
        # A commit by its own name is no news of what main is; but other programs look for files
        # by what a ref names, so there has to be one.
        branch = constants.DEFAULT_REVISION if self.revision == self.commit else self.revision
        ref = self.folder / "refs" / branch
        if self.revision != self.commit or not ref.exists():
            ref.parent.mkdir(parents=True, exist_ok=True)
            _replace(ref, self.commit)
        return target

    def _point(self, target: Path) -> None:
        if not constants.HF_HUB_DISABLE_SYMLINKS:
            with contextlib.suppress(OSError):
                target.symlink_to(os.path.relpath(self.blob, target.parent))
                return
        self.blob.replace(target)  # as huggingface_hub does where there are no links

    def there(self, size: int) -> bool:
        """Is all of it here, whoever brought it?"""
        return any(
            path.is_file() and path.stat().st_size == size for path in (self.blob, self.snapshot)
        )


def folder_of(cache: Path, repository: str) -> Path:
    """Where a repository is in the cache."""
    return cache / ("models--" + repository.replace("/", "--"))


def forget(repository: Path, files: Collection[str], keep: Collection[str] = ()) -> bool:
    """Removes what has arrived of ``files``, of any version but those whose ETags are to be kept,
    from the folder of a repository. Whether there was anything."""
    found = False
    for journal in list(repository.glob(f"blobs/*{JOURNAL}")):
        etag = journal.name.removesuffix(JOURNAL)
        if etag not in keep and _file_of(journal) in files:
            with contextlib.suppress(OSError):
                journal.with_name(etag + PART).unlink(missing_ok=True)
                journal.unlink()
                found = True
    return found


def _file_of(journal: Path) -> object:
    try:
        with journal.open(encoding="ascii") as lines:
            return json.loads(lines.readline())["file"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


class PartialFile:
    """The bytes of ``place``, ``size`` in all, of which some are there. Thread-safe. Raises
    OSError where the disk does; ValueError once closed."""

    def __init__(self, place: CachePath, size: int) -> None:
        self.size = size
        self.block = 4 << 20 if size >= 64 << 20 else 1 << 20
        self.count = -(-size // self.block)
        self._blob = place.blob
        self._path = place.blob.with_name(place.etag + PART)
        self._journal_path = place.blob.with_name(place.etag + JOURNAL)
        self._about = {"format": _FORMAT, "size": size, "block": self.block}
        self._header = json.dumps(self._about | {"file": place.file})
        self.changed = threading.Condition()
        self._partial: dict[int, tuple[int, int]] = {}  # bytes there, and their crc32
        self._claimed: set[int] = set()
        self._fresh: set[int] = set()  # arrived in this process, from the beginning
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._done: dict[int, int] = {}  # the crc32 of whole blocks
        self._read_journal()
        self._older = set(self._partial)
        if not self._done and not self._partial:
            self._path.unlink(missing_ok=True)
        self._path.touch()
        self._file = self._path.open("r+b", buffering=0)
        try:
            self._file.truncate(size)
            lines = "".join(f"{index} {crc:08x}\n" for index, crc in self._done.items())
            _replace(self._journal_path, f"{self._header}\n{lines}{self._begun()}")
            self._journal = self._journal_path.open("ab", buffering=0)
        except BaseException:
            self._file.close()
            raise

    def _read_journal(self) -> None:
        try:
            if self._path.stat().st_size != self.size:
                return
            header, *lines = self._journal_path.read_text(encoding="ascii").split("\n")
        except (OSError, ValueError):
            return
        if not self._is_ours(header):
            return
        for line in lines[:-1]:  # the last is empty, or was being written
            with contextlib.suppress(ValueError):
                block, crc, *begun = line.split(" ")
                index = int(block)
                if 0 <= index < self.count and not begun:
                    self._done[index] = int(crc, 16)
                    self._partial.pop(index, None)
                elif 0 <= index < self.count and 0 < int(begun[0]) < self._length(index):
                    self._partial[index] = int(begun[0]), int(crc, 16)
                    self._done.pop(index, None)

    def _is_ours(self, header: str) -> bool:
        """Whether the journal is of the same bytes, whatever the file was called then."""
        try:
            told = json.loads(header)
        except ValueError:
            return False
        return isinstance(told, dict) and self._about.items() <= told.items()

    def _begun(self) -> str:
        parts = self._partial.items()
        return "".join(f"{index} {crc:08x} {count}\n" for index, (count, crc) in parts)

    def close(self) -> None:
        """Lets go of the files, which stay."""
        with self.changed:
            with contextlib.suppress(OSError, ValueError):  # the disk is full, or it is closed
                self._journal.write(self._begun().encode("ascii"))
            self._file.close()
            self._journal.close()

    @property
    def have(self) -> int:
        """How many bytes are there."""
        with self.changed:
            whole = sum(map(self._length, self._done))
            return whole + sum(count for count, _ in self._partial.values())

    @property
    def complete(self) -> bool:
        """Are all blocks there?"""
        with self.changed:
            return len(self._done) == self.count

    def _length(self, index: int) -> int:
        return min(self.block, self.size - index * self.block)

    def span(self, index: int) -> ByteRange:
        """The bytes of a block."""
        return ByteRange(index * self.block, index * self.block + self._length(index))

    def take(self, shares: int) -> ByteRange | None:
        """Some bytes that nobody else fetches, for one of ``shares`` connections (0: as many as
        there are in one piece); they are given back by `release`. None if there are none."""
        with self.changed:
            free = [i for i in range(self.count) if i not in self._done and i not in self._claimed]
            if not free:
                return None
            most = len(free)
            if shares:
                most = max(1, min((32 << 20) // self.block, most // (2 * shares)))
            run = [free[0]]
            for index in free[1:most]:
                if index != run[-1] + 1 or index in self._partial:
                    break
                run.append(index)
            self._claimed.update(run)
            start = run[0] * self.block + self._partial.get(run[0], (0, 0))[0]
            return ByteRange(start, self.span(run[-1]).end)

    def release(self, run: ByteRange) -> None:
        """Nobody fetches these any more, whether they came or not."""
        with self.changed:
            first = run.start // self.block
            self._claimed.difference_update(range(first, -(-run.end // self.block)))
            self.changed.notify_all()

    def write(self, offset: int, data: memoryview) -> None:
        """Keeps what arrived at ``offset``, which is where the last that came for that block
        ended."""
        while data:
            index = offset // self.block
            count, crc = self._partial.get(index, (0, 0))
            part = data[: self._length(index) - count]
            crc = zlib.crc32(part, crc)
            with self.changed:
                self._put(offset, part)
                if count + len(part) < self._length(index):
                    self._partial[index] = count + len(part), crc
                else:
                    self._partial.pop(index, None)
                    self._claim(index, crc)
            offset += len(part)
            data = data[len(part) :]

    def _put(self, offset: int, data: memoryview) -> None:
        self._file.seek(offset)
        while data:
            data = data[self._file.write(data) :]

    def _claim(self, index: int, crc: int) -> None:
        self._journal.write(f"{index} {crc:08x}\n".encode("ascii"))
        self._done[index] = crc
        if index in self._older:
            self._older.discard(index)  # its beginning is compared with what the disk has
        else:
            self._fresh.add(index)
        self.changed.notify_all()

    def replace(self, index: int, data: bytes) -> None:
        """Puts other bytes in the place of a block."""
        with self.changed:
            self._put(index * self.block, memoryview(data))
            self._claim(index, zlib.crc32(data))

    def read(self, index: int, buffer: bytearray) -> memoryview:
        """A block, as it is on the disk, in the ``buffer``, which has room for it."""
        with self._path.open("rb", buffering=0) as file, memoryview(buffer) as room:
            file.seek(index * self.block)
            count = 0
            while more := file.readinto(room[count : self._length(index)]):
                count += more
        return memoryview(buffer)[:count]

    def wait_for(self, index: int, seconds: float) -> bool:
        """Is this block there, now or soon?"""
        with self.changed:
            return self.changed.wait_for(lambda: index in self._done, seconds)

    def is_sound(self, index: int, data: memoryview) -> bool:
        """Is ``data`` what arrived for this block? If not, it is to be fetched again."""
        with self.changed:
            if index in self._fresh:
                return True
        crc = zlib.crc32(data)
        with self.changed:
            if self._done.get(index) == crc:
                return True
            self._done.pop(index, None)
            self.changed.notify_all()
            return False

    def finish(self) -> None:
        """Makes it the finished blob, which it must be."""
        with self.changed:
            os.fsync(self._file.fileno())
            self._file.close()
            self._journal.close()
        self._path.replace(self._blob)
        self._journal_path.unlink(missing_ok=True)


class _Hash(Protocol):
    def update(self, data: memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...
    def copy(self) -> _Hash: ...


class Checker:
    """The hash of a blob, computed in order behind the blocks that arrive.

    The hub's ETag is the sha256 of a file in its large storage, and git's own sha1 of a small
    one. Where it is neither, there is nothing to check.
    """

    def __init__(self, blob: PartialFile, etag: str) -> None:
        self._blob = blob
        self._etag = etag
        self._before = [self._start()]  # the state in front of each block
        self._buffer = bytearray(blob.block)  # one for all: the system's new memory is slow

    def _start(self) -> _Hash:
        if len(self._etag) == 40:
            return hashlib.sha1(b"blob %d\0" % self._blob.size, usedforsecurity=False)
        return hashlib.sha256()

    @property
    def checked(self) -> int:
        """How many bytes were hashed."""
        return min(self._blob.size, (len(self._before) - 1) * self._blob.block)

    def follow(self, ended: threading.Event) -> bool | None:
        """Hashes to the end, as it arrives: is it right? None if ``ended`` came first."""
        while (index := len(self._before) - 1) < self._blob.count:
            while not self._blob.wait_for(index, 0.1):
                if ended.is_set():
                    return None
            if ended.is_set():
                return None
            data = self._blob.read(index, self._buffer)
            if self._blob.is_sound(index, data):
                state = self._before[-1].copy()
                state.update(data)
                self._before.append(state)
        known = len(self._etag) in (40, 64)
        return not known or self._before[-1].hexdigest() == self._etag

    def back_to(self, index: int) -> None:
        """The block ``index`` has changed."""
        del self._before[index + 1 :]


def free_space(path: Path) -> int:
    """Bytes that are free where ``path`` is or will be. Raises OSError."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def allocated(place: CachePath) -> int:
    """Bytes of the disk that the unfinished blob takes already."""
    try:
        found = place.blob.with_name(place.etag + PART).stat()
    except OSError:
        return 0
    # Windows does not tell, and gives a file all of its space at once.
    return min(found.st_size, getattr(found, "st_blocks", found.st_size) * 512)


def _replace(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text)
