"""A partially downloaded file, at its place in huggingface_hub's cache.

The layout of the cache is in huggingface_hub's manual, "Understand caching". Beside the future
blob, ``blobs/<etag>``, there are::

    <etag>.fireside           the bytes: a sparse file of the full size from the beginning
    <etag>.fireside.blocks    the journal of what has arrived: a line of JSON that identifies the
                              file, then a line "<block> <crc32>" for each complete block, and
                              after a pause "<block> <crc32> <bytes>" for each incomplete one

A block is entered once it has been handed to the operating system, so a killed process loses none.
A crash of the computer may lose some, so the crc32 is checked before a block of an earlier run is
trusted.
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
from pathlib import Path
from typing import Protocol

from app.models.cache_path import CachePath, write_text

PART = ".fireside"
JOURNAL = ".fireside.blocks"
_FORMAT = 1  # of the journal


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from ``start`` to before ``end``, for one connection to fetch."""

    start: int
    end: int


def forget(repository: Path, files: Collection[str], keep: Collection[str] = ()) -> bool:
    """Remove the partial data of ``files`` from the folder of a repository.

    All versions are removed except those whose ETags are in ``keep``. Returns whether there was
    anything.
    """
    removed = False
    for journal in list(repository.glob(f"blobs/*{JOURNAL}")):
        etag = journal.name.removesuffix(JOURNAL)
        if etag not in keep and _file_of(journal) in files:
            with contextlib.suppress(OSError):
                journal.with_name(etag + PART).unlink(missing_ok=True)
                journal.unlink()
                removed = True
    return removed


def _file_of(journal: Path) -> object:
    """Return the file name in a journal, None if the journal is damaged."""
    try:
        with journal.open(encoding="ascii") as lines:
            return json.loads(lines.readline())["file"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


class PartialFile:
    """The bytes of ``place`` that have arrived, of ``size`` in all. Thread-safe.

    Methods raise OSError if the disk fails, and ValueError once it is closed.
    """

    def __init__(self, place: CachePath, size: int) -> None:
        self.size = size
        self.block = 4 << 20 if size >= 64 << 20 else 1 << 20
        self.count = -(-size // self.block)
        self._blob = place.blob
        self._path = place.blob.with_name(place.etag + PART)
        self._journal_path = place.blob.with_name(place.etag + JOURNAL)
        self._identity = {"format": _FORMAT, "size": size, "block": self.block}
        self._header = json.dumps(self._identity | {"file": place.file})
        self.changed = threading.Condition()
        """Guards all that follows, and is notified when a block arrives, is lost or released."""
        self._done: dict[int, int] = {}  # the crc32 of each complete block
        self._begun: dict[int, tuple[int, int]] = {}  # of each incomplete one: bytes, their crc32
        self._taken: set[int] = set()  # blocks that a connection is fetching
        self._fresh: set[int] = set()  # blocks that arrived as a whole in this run
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._read_journal()
        self._older = set(self._begun)  # blocks that were begun in an earlier run
        if not self._done and not self._begun:
            self._path.unlink(missing_ok=True)
        self._path.touch()
        self._file = self._path.open("r+b", buffering=0)
        try:
            self._file.truncate(size)
            lines = "".join(f"{index} {crc:08x}\n" for index, crc in self._done.items())
            write_text(self._journal_path, f"{self._header}\n{lines}{self._begun_lines()}")
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
        if not self._is_same_file(header):
            return
        for line in lines[:-1]:  # the last is empty, or incomplete
            with contextlib.suppress(ValueError):
                block, crc, *size = line.split(" ")
                index = int(block)
                if 0 <= index < self.count and not size:
                    self._done[index] = int(crc, 16)
                    self._begun.pop(index, None)
                elif 0 <= index < self.count and 0 < int(size[0]) < self._length(index):
                    self._begun[index] = int(size[0]), int(crc, 16)
                    self._done.pop(index, None)

    def _is_same_file(self, header: str) -> bool:
        """Return whether the journal is of the same bytes, whatever the file's name."""
        try:
            found = json.loads(header)
        except ValueError:
            return False
        return isinstance(found, dict) and self._identity.items() <= found.items()

    def _begun_lines(self) -> str:
        parts = self._begun.items()
        return "".join(f"{index} {crc:08x} {count}\n" for index, (count, crc) in parts)

    def close(self) -> None:
        """Close the files, and keep them for another run."""
        with self.changed:
            with contextlib.suppress(OSError, ValueError):  # disk full, or file closed
                self._journal.write(self._begun_lines().encode("ascii"))
            self._file.close()
            self._journal.close()

    @property
    def have(self) -> int:
        """The number of bytes that have arrived."""
        with self.changed:
            whole = sum(map(self._length, self._done))
            return whole + sum(count for count, _ in self._begun.values())

    @property
    def complete(self) -> bool:
        """Whether all blocks have arrived."""
        with self.changed:
            return len(self._done) == self.count

    def _length(self, index: int) -> int:
        return min(self.block, self.size - index * self.block)

    def span(self, index: int) -> ByteRange:
        """Return the range of a block."""
        return ByteRange(index * self.block, index * self.block + self._length(index))

    def take(self, shares: int) -> ByteRange | None:
        """Reserve some missing bytes for one of ``shares`` connections, until `release`.

        With 0 shares, all missing bytes in one range. Returns None if there are none.
        """
        with self.changed:
            free = [i for i in range(self.count) if i not in self._done and i not in self._taken]
            if not free:
                return None
            most = len(free)
            if shares:
                most = max(1, min((32 << 20) // self.block, most // (2 * shares)))
            run = [free[0]]
            for index in free[1:most]:
                if index != run[-1] + 1 or index in self._begun:
                    break
                run.append(index)
            self._taken.update(run)
            start = run[0] * self.block + self._begun.get(run[0], (0, 0))[0]
            return ByteRange(start, self.span(run[-1]).end)

    def release(self, run: ByteRange) -> None:
        """End the reservation of `take`, whether the bytes arrived or not."""
        with self.changed:
            first = run.start // self.block
            self._taken.difference_update(range(first, -(-run.end // self.block)))
            self.changed.notify_all()

    def write(self, offset: int, data: memoryview) -> None:
        """Store data at ``offset``, which must be where the previous data of that block ended."""
        while data:
            index = offset // self.block
            count, crc = self._begun.get(index, (0, 0))
            part = data[: self._length(index) - count]
            crc = zlib.crc32(part, crc)
            with self.changed:
                self._put(offset, part)
                if count + len(part) < self._length(index):
                    self._begun[index] = count + len(part), crc
                else:
                    self._begun.pop(index, None)
                    self._enter(index, crc)
            offset += len(part)
            data = data[len(part) :]

    def _put(self, offset: int, data: memoryview) -> None:
        self._file.seek(offset)
        while data:
            data = data[self._file.write(data) :]

    def _enter(self, index: int, crc: int) -> None:
        """Record a complete block in the journal."""
        self._journal.write(f"{index} {crc:08x}\n".encode("ascii"))
        self._done[index] = crc
        if index in self._older:
            self._older.discard(index)  # not fresh: its beginning was written in an earlier run
        else:
            self._fresh.add(index)
        self.changed.notify_all()

    def replace(self, index: int, data: bytes) -> None:
        """Overwrite a complete block."""
        with self.changed:
            self._put(index * self.block, memoryview(data))
            self._enter(index, zlib.crc32(data))

    def read(self, index: int, buffer: bytearray) -> memoryview:
        """Read a block from the disk into ``buffer``, which has to be large enough."""
        with self._path.open("rb", buffering=0) as file, memoryview(buffer) as room:
            file.seek(index * self.block)
            count = 0
            while more := file.readinto(room[count : self._length(index)]):
                count += more
        return memoryview(buffer)[:count]

    def wait_for(self, index: int, seconds: float) -> bool:
        """Wait for a block to arrive, and return whether it has."""
        with self.changed:
            return self.changed.wait_for(lambda: index in self._done, seconds)

    def is_sound(self, index: int, data: memoryview) -> bool:
        """Return whether ``data`` is what arrived for a block; if not, mark it as missing."""
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
        """Move the file, which must be complete, to the blob's place."""
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
    """The hash of a partial file, computed in order as blocks arrive.

    The hub's ETag is the sha256 of a file in its large storage, and git's sha1 of a small one. With
    any other ETag, there is nothing to compare it with.
    """

    def __init__(self, file: PartialFile, etag: str) -> None:
        self._file = file
        self._etag = etag
        self._states = [self._start()]  # the hash before each block
        self._buffer = bytearray(file.block)  # reused, since fresh memory is slow

    def _start(self) -> _Hash:
        if len(self._etag) == 40:
            return hashlib.sha1(b"blob %d\0" % self._file.size, usedforsecurity=False)
        return hashlib.sha256()

    @property
    def checked(self) -> int:
        """The number of bytes that have been hashed."""
        return min(self._file.size, (len(self._states) - 1) * self._file.block)

    def follow(self, ended: threading.Event) -> bool | None:
        """Hash to the end as blocks arrive, and return whether the hash is right.

        None if ``ended`` was set before that.
        """
        while (index := len(self._states) - 1) < self._file.count:
            while not self._file.wait_for(index, 0.1):
                if ended.is_set():
                    return None
            if ended.is_set():
                return None
            data = self._file.read(index, self._buffer)
            if self._file.is_sound(index, data):
                state = self._states[-1].copy()
                state.update(data)
                self._states.append(state)
        known = len(self._etag) in (40, 64)
        return not known or self._states[-1].hexdigest() == self._etag

    def back_to(self, index: int) -> None:
        """Discard the hash from the block ``index`` on, which has changed."""
        del self._states[index + 1 :]


def free_space(path: Path) -> int:
    """Return the free bytes on the disk where ``path`` is or will be. Raises OSError."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def allocated(place: CachePath) -> int:
    """Return how many bytes of the disk the partial file already occupies."""
    try:
        found = place.blob.with_name(place.etag + PART).stat()
    except OSError:
        return 0
    # Windows has no st_blocks, and allocates all of a file at once.
    return min(found.st_size, getattr(found, "st_blocks", found.st_size) * 512)
