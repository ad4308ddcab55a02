"""The JSON files in what a user has chosen: files, folders, archives, archives in archives.

Names in an archive are only displayed, never used as paths: an archive within another is unpacked
to an unnamed temporary file. The size that an archive unpacks to is limited.
"""

from __future__ import annotations

import contextlib
import io
import lzma
import os
import shutil
import tempfile
import zipfile
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from app.base.codec import FieldError
from app.base.errors import (
    ExchangeDamaged,
    ExchangeError,
    ExchangeNewer,
    ExchangeTooLarge,
    ExchangeUnknown,
    ExchangeUnreadable,
)
from app.exchange.file_names import file_name
from app.exchange.foreign_json import Newer
from app.exchange.json_stream import LARGEST, NotJson, TooLarge

_HEAD = 4096  # bytes
_MAX_NESTING = 4  # archives in archives; those of OpenAI's Privacy Portal are two
_RATIO, _FLOOR = 200, 256_000_000  # limit: times an archive's bytes, plus; JSON packs to a tenth
_SUFFIXES = (".json", ".jsonl", ".zip")
_SEPARATOR = " › "


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file that was chosen itself, was found in a folder, or is a member of an archive.

    ``place`` has its folders below what was chosen, then its name; ``above`` the folders above
    that. ``time`` is the time of its last change, in POSIX seconds; ``found``: whether it was found
    in a folder; ``inside`` has the member's names, one for each archive around it.
    """

    path: Path
    place: tuple[str, ...]
    above: tuple[str, ...]
    time: float
    found: bool = False
    inside: tuple[str, ...] = ()

    @property
    def shown(self) -> Path:
        """The path to show to the user; if it is in an archive, no such file exists."""
        names = [file_name(PurePosixPath(name).name, "", set()) for name in self.inside]
        return self.path.with_name(_SEPARATOR.join((self.path.name, *names)))


def read_entries(
    paths: Iterable[Path],
) -> Iterator[tuple[ImportFile, io.BufferedReader | ExchangeError]]:
    """Yield each file once with its content, or with the reason why it cannot be read.

    The content is open until the next entry is asked for.
    """
    seen: set[str] = set()
    for path in paths:
        for entry in _found(path):
            key = os.path.realpath(entry.path)
            if key not in seen:
                seen.add(key)
                yield from _open(entry)


def _found(path: Path) -> Iterator[ImportFile]:
    """Yield a file, or those in a folder that may have chats, sorted by name."""
    path = path.absolute()
    if not path.is_dir():
        yield ImportFile(path, (path.name,), path.parts[:-1], _changed(path))
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(_SUFFIXES) and not name.startswith("."):
                file = Path(folder, name)
                place = file.relative_to(path).parts
                yield ImportFile(file, place, path.parts, _changed(file), found=True)


def _changed(path: Path) -> float:
    try:
        return max(path.stat().st_mtime, 0.0)
    except OSError:
        return 0.0  # opening it will raise the error


def _open(entry: ImportFile) -> Iterator[tuple[ImportFile, io.BufferedReader | ExchangeError]]:
    try:
        if entry.path.exists() and not entry.path.is_file():  # a pipe would block
            raise ExchangeUnreadable(entry.shown, "not a file")
        with typed_errors(entry.shown), entry.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            yield from _read_entry(entry, file, _UnpackLimit(_RATIO * size + _FLOOR))
    except ExchangeError as error:
        yield entry, error


def _read_entry(
    entry: ImportFile, file: io.BufferedReader, limit: _UnpackLimit
) -> Iterator[tuple[ImportFile, io.BufferedReader | ExchangeError]]:
    """Yield a JSON file, or the members of an archive, recognised by the first bytes."""
    head = file.peek(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        if len(entry.inside) >= _MAX_NESTING:
            raise UnpackLimitExceeded("it has archives in archives in archives")
        with contextlib.ExitStack() as stack:
            seekable: IO[bytes] = file
            if entry.inside:  # a compressed member is not seekable
                seekable = stack.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(file, seekable, 1 << 20)
            yield from _unpack(entry, stack.enter_context(zipfile.ZipFile(seekable)), limit)
    elif head.decode(_encoding(head), "ignore").lstrip()[:1] in ("{", "["):
        yield entry, file
    else:
        yield entry, ExchangeUnknown(entry.shown)


def _unpack(
    entry: ImportFile, archive: zipfile.ZipFile, limit: _UnpackLimit
) -> Iterator[tuple[ImportFile, io.BufferedReader | ExchangeError]]:
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        place = PurePosixPath(info.filename.replace("\\", "/")).parts
        if not place or info.is_dir() or not place[-1].lower().endswith(_SUFFIXES):
            continue
        if place[0] == "__MACOSX" or place[-1].startswith("."):
            continue
        inside = (*entry.inside, info.filename)
        member_entry = replace(entry, place=place, time=_dated(info) or entry.time, inside=inside)
        if info.flag_bits & 1:
            yield member_entry, ExchangeUnreadable(member_entry.shown, "password-protected")
            continue
        try:
            with typed_errors(member_entry.shown), archive.open(info) as member:
                yield from _read_entry(
                    member_entry, io.BufferedReader(_LimitedReader(member, limit)), limit
                )
        except ExchangeError as error:
            yield member_entry, error


def _dated(info: zipfile.ZipInfo) -> float:
    """Return when a member was last changed, taken as local time; 0 if unknown."""
    if info.date_time[0] <= 1980:
        return 0.0
    try:
        return datetime(*info.date_time).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


class UnpackLimitExceeded(Exception):
    """An archive unpacks to, or nests, more than is plausible; the text says which."""


class _UnpackLimit:
    """The number of bytes that an archive and those nested in it may still unpack to."""

    def __init__(self, remaining: int) -> None:
        self._remaining = remaining

    def spend(self, size: int) -> None:
        self._remaining -= size
        if self._remaining < 0:
            raise UnpackLimitExceeded("it unpacks to far more than its size allows")


class _LimitedReader(io.RawIOBase):
    """An archive's member, read against a limit."""

    def __init__(self, file: IO[bytes], limit: _UnpackLimit) -> None:
        self._file, self._limit = file, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._limit.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


@contextlib.contextmanager
def typed_errors(path: Path) -> Iterator[None]:
    """Turn faults of reading a file into ExchangeErrors."""
    try:
        yield
    except OSError as error:
        raise ExchangeUnreadable(path, error.strerror or str(error)) from error
    except TooLarge as error:
        raise ExchangeTooLarge(path, LARGEST) from error
    except Newer as error:
        raise ExchangeNewer(path, *error.args) from error
    except UnicodeDecodeError as error:
        raise ExchangeDamaged(path, "not UTF-8") from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError) as error:
        raise ExchangeDamaged(path, "invalid compressed data") from error
    except (FieldError, NotJson, UnpackLimitExceeded) as error:
        raise ExchangeDamaged(path, str(error)) from error


def as_text(file: io.BufferedReader) -> io.TextIOWrapper:
    """Open JSON as text, in its encoding."""
    return io.TextIOWrapper(file, encoding=_encoding(file.peek(_HEAD)), newline="")


def _encoding(head: bytes) -> str:
    """Return the encoding: UTF-8, or UTF-16 as PowerShell writes it."""
    return "utf-16" if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
