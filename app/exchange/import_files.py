"""The files of JSON in what a person has chosen: files, folders, archives, archives in those.

The names in an archive are shown and nothing else: nothing is written by them, and only what has
no name is written (an archive within one, for as long as it is read). What an archive unpacks to
has a limit.
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
_DEEP = 4  # archives in archives; those of OpenAI's Privacy Portal are two
_RATIO, _FLOOR = 200, 256_000_000  # of an archive's bytes, and as many more; JSON packs to a tenth
_WANTED = (".json", ".jsonl", ".zip")
_MARK = " › "


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file by itself, in a folder that was chosen, or in an archive. ``place`` has its name and
    the folders before it, below what was chosen; ``above`` those that this is in. ``time`` is when
    it was last changed, in POSIX seconds; ``found``, whether it was in a folder, and not chosen by
    itself; ``inside``, its names in archives."""

    path: Path
    place: tuple[str, ...]
    above: tuple[str, ...]
    time: float
    found: bool = False
    inside: tuple[str, ...] = ()

    @property
    def shown(self) -> Path:
        """What it is called, for people. There is no such file where it is in an archive."""
        names = [file_name(PurePosixPath(name).name, "", set()) for name in self.inside]
        return self.path.with_name(_MARK.join((self.path.name, *names)))


def pieces(paths: Iterable[Path]) -> Iterator[tuple[ImportFile, io.BufferedReader | ExchangeError]]:
    """Each file once, with what is in it, which is there until the next one comes, or with the
    reason why it cannot be read."""
    met: set[str] = set()
    for path in paths:
        for piece in _found(path):
            key = os.path.realpath(piece.path)
            if key not in met:
                met.add(key)
                yield from _open(piece)


def _found(path: Path) -> Iterator[ImportFile]:
    """A file, or those in a folder that may have chats, in the order of their names."""
    path = path.absolute()
    if not path.is_dir():
        yield ImportFile(path, (path.name,), path.parts[:-1], _changed(path))
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(_WANTED) and not name.startswith("."):
                file = Path(folder, name)
                place = file.relative_to(path).parts
                yield ImportFile(file, place, path.parts, _changed(file), found=True)


def _changed(path: Path) -> float:
    try:
        return max(path.stat().st_mtime, 0.0)
    except OSError:
        return 0.0  # opening it will say why


def _open(piece: ImportFile) -> Iterator[tuple[ImportFile, io.BufferedReader | ExchangeError]]:
    try:
        if piece.path.exists() and not piece.path.is_file():  # a pipe would be waited for
            raise ExchangeUnreadable(piece.shown, "it is no file")
        with typed_errors(piece.shown), piece.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            yield from _look(piece, file, _Budget(_RATIO * size + _FLOOR))
    except ExchangeError as error:
        yield piece, error


def _look(
    piece: ImportFile, file: io.BufferedReader, budget: _Budget
) -> Iterator[tuple[ImportFile, io.BufferedReader | ExchangeError]]:
    """A file of JSON, or what is in an archive; told by how it begins."""
    head = file.peek(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        if len(piece.inside) >= _DEEP:
            raise TooMuch("it has archives in archives in archives")
        with contextlib.ExitStack() as stack:
            whole: IO[bytes] = file
            if piece.inside:  # what is packed can only be read from its beginning on
                whole = stack.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(file, whole, 1 << 20)
            yield from _unpack(piece, stack.enter_context(zipfile.ZipFile(whole)), budget)
    elif head.decode(_encoding(head), "ignore").lstrip()[:1] in ("{", "["):
        yield piece, file
    else:
        yield piece, ExchangeUnknown(piece.shown)


def _unpack(
    piece: ImportFile, archive: zipfile.ZipFile, budget: _Budget
) -> Iterator[tuple[ImportFile, io.BufferedReader | ExchangeError]]:
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        place = PurePosixPath(info.filename.replace("\\", "/")).parts
        if not place or info.is_dir() or not place[-1].lower().endswith(_WANTED):
            continue
        if place[0] == "__MACOSX" or place[-1].startswith("."):
            continue
        inside = (*piece.inside, info.filename)
        inner = replace(piece, place=place, time=_dated(info) or piece.time, inside=inside)
        if info.flag_bits & 1:
            yield inner, ExchangeUnreadable(inner.shown, "it has a password")
            continue
        try:
            with typed_errors(inner.shown), archive.open(info) as member:
                yield from _look(inner, io.BufferedReader(_Metered(member, budget)), budget)
        except ExchangeError as error:
            yield inner, error


def _dated(info: zipfile.ZipInfo) -> float:
    """When an entry was last changed, by the clock of this place; 0 where it does not say."""
    if info.date_time[0] <= 1980:
        return 0.0
    try:
        return datetime(*info.date_time).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


class TooMuch(Exception):
    """An archive is made to unpack to more than anybody can want; the text says how."""


class _Budget:
    """How many bytes an archive, and those in it, may still unpack to."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise TooMuch("it unpacks to far more than its size allows")


class _Metered(io.RawIOBase):
    """What is unpacked, at the cost of a budget."""

    def __init__(self, file: IO[bytes], budget: _Budget) -> None:
        self._file, self._budget = file, budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._budget.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


@contextlib.contextmanager
def typed_errors(path: Path) -> Iterator[None]:
    """What goes wrong with a file that is read, as ExchangeErrors."""
    try:
        yield
    except OSError as error:
        raise ExchangeUnreadable(path, error.strerror or str(error)) from error
    except TooLarge as error:
        raise ExchangeTooLarge(path, LARGEST) from error
    except Newer as error:
        raise ExchangeNewer(path, *error.args) from error
    except UnicodeDecodeError as error:
        raise ExchangeDamaged(path, "it is not UTF-8") from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError) as error:
        raise ExchangeDamaged(path, "its compression is broken") from error
    except (FieldError, NotJson, TooMuch) as error:
        raise ExchangeDamaged(path, str(error)) from error


def as_text(file: io.BufferedReader) -> io.TextIOWrapper:
    """What JSON is read from."""
    return io.TextIOWrapper(file, encoding=_encoding(file.peek(_HEAD)), newline="")


def _encoding(head: bytes) -> str:
    """UTF-8, or what PowerShell makes of it."""
    return "utf-16" if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
