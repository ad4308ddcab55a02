"""Chats out of a file of this or another program, told by what is in it."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, TextIO

from app.base.errors import (
    ExchangeDamaged,
    ExchangeNewer,
    ExchangeTooLarge,
    ExchangeUnknown,
    ExchangeUnreadable,
)
from app.base.types import Message, Role
from app.exchange import chatgpt, lmstudio, openwebui, ours
from app.exchange.fields import Foreign, Newer, Wrong
from app.exchange.stream import LARGEST, NotJson, Reader, TooLarge
from app.exchange.tree import Left
from app.store import Store, Tree
from app.store.rows import clean

_BATCH = 500  # messages that are written in one go
_HEAD = 4096  # bytes
_OURS = re.compile(r'\s*\{\s*"format"\s*:\s*"fireside-chats"')
_IN_ZIP = re.compile(r"(?:.*/)?conversations(?:-\d+)?\.json")

Seen = Callable[[int], None]
"""Is told how many chats are done. What it raises ends the work."""


class Source(StrEnum):
    """Who wrote a file."""

    FIRESIDE = "Fireside"
    CHATGPT = "ChatGPT"
    LM_STUDIO = "LM Studio"
    OPEN_WEBUI = "Open WebUI"


_FOREIGN = {
    Source.CHATGPT: chatgpt,
    Source.OPEN_WEBUI: openwebui,
    Source.LM_STUDIO: lmstudio,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did. ``known`` chats were there before and have been left alone."""

    chats: int
    messages: int
    known: int


@dataclass(frozen=True, slots=True)
class Import:
    """A file that has been read to its end without a fault, and what is in it."""

    path: Path
    source: Source
    chats: int
    messages: int
    left: Mapping[Left, int]
    """How often something was left out, by why."""

    def into(self, store: Store, seen: Seen = lambda done: None) -> Report:
        """Puts the chats into the store but those that are there already: begun at the same
        moment with the same message. Those in the bin do not count. Chats arrive some at a time,
        each whole; doing it again after a fault adds the others. Raises ExchangeError, where the
        file has changed, and StoreError."""
        known = _Known(store)
        batch: list[Tree] = []
        chats = count = skipped = 0
        for number, tree in enumerate(_Reading(self.path).trees(), start=1):
            if known.take(tree):
                skipped += 1
            else:
                batch.append(tree)
                chats += 1
                count += len(tree.messages)
            if sum(len(tree.messages) + 1 for tree in batch) >= _BATCH:
                store.add_trees(batch)
                batch.clear()
            seen(number)
        store.add_trees(batch)
        return Report(chats, count, skipped)


def read(path: Path, seen: Seen = lambda done: None) -> Import:
    """Finds out what a file is and reads all of it, so that a fault shows before anything is
    imported: an export of Fireside, of ChatGPT (its zip file, too) or Open WebUI, or a
    conversation of LM Studio. Raises ExchangeError."""
    reading = _Reading(path)
    chats = count = 0
    for tree in reading.trees():
        chats += 1
        count += len(tree.messages)
        seen(chats)
    if reading.source is None:
        raise ExchangeUnknown(path)
    left = {why: number for why, number in reading.left.items() if number}
    return Import(path, reading.source, chats, count, left)


class _Reading:
    """One way through a file. ``source`` and ``left`` are whole at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.source: Source | None = None
        self.left: Counter[Left] = Counter()

    def trees(self) -> Iterator[Tree]:
        with typed_errors(self._path), self._path.open("rb") as file:
            for text in self._texts(file):
                yield from self._chats(text)

    def _texts(self, file: IO[bytes]) -> Iterator[TextIO]:
        """The JSON in a file, or in the files of an archive."""
        head = file.read(_HEAD)
        file.seek(0)
        if head.startswith(b"PK\x03\x04"):
            yield from self._unpacked(file)
        elif head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
            yield as_text(file)
        else:
            raise ExchangeUnknown(self._path)

    def _unpacked(self, file: IO[bytes]) -> Iterator[TextIO]:
        with zipfile.ZipFile(file) as archive:
            wanted = [info for info in archive.infolist() if _IN_ZIP.fullmatch(info.filename)]
            if not wanted:
                raise ExchangeUnknown(self._path)
            for info in sorted(wanted, key=lambda info: info.filename):
                if info.flag_bits & 1:
                    raise ExchangeUnreadable(self._path, "it has a password")
                with archive.open(info) as member:
                    yield as_text(member)

    def _chats(self, text: TextIO) -> Iterator[Tree]:
        reader = Reader(text)
        if reader.peek() == "[":
            for _ in reader.items():
                yield from self._foreign(Foreign(reader.value()))
        elif _OURS.match(reader.head()):
            self.source = Source.FIRESIDE
            yield from ours.read(reader)
        else:
            yield from self._foreign(Foreign(reader.value()))
        reader.end()

    def _foreign(self, raw: Foreign) -> Iterator[Tree]:
        """The chat of another program that an object is, where it is one."""
        for source, room in _FOREIGN.items():
            if room.is_chat(raw):
                self.source = self.source or source
                tree = room.chat(raw, self.left)
                if tree is not None:
                    yield tree
                    return
        self.left[Left.CHAT] += 1


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
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ExchangeDamaged(path, "its compression is broken") from error
    except (NotJson, Wrong) as error:
        raise ExchangeDamaged(path, str(error)) from error


def as_text(file: IO[bytes]) -> TextIO:
    """What JSON is read from."""
    return io.TextIOWrapper(file, encoding="utf-8-sig", newline="")


class _Known:
    """Which chats the store has. Two equal ones of a file are both taken, and found again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unread: dict[float, list[int]] = defaultdict(list)
        for row in (*store.chats(), *store.archived()):
            self._unread[row.created].append(row.id)
        self._keys: Counter[object] = Counter()

    def take(self, tree: Tree) -> bool:
        """Whether the chat is there; the next one like it has to be there once more."""
        for chat in self._unread.pop(tree.chat.created, ()):
            with contextlib.suppress(KeyError):  # deleted for good a moment ago
                self._keys[_key(self._store.tree(chat))] += 1
        key = _key(tree)
        if self._keys[key]:
            self._keys[key] -= 1
            return True
        return False


def _key(tree: Tree) -> object:
    """What stays the same of a chat when it is renamed and gets longer."""
    first = tree.messages[0].message if tree.messages else Message(Role.USER, ())
    return tree.chat.created, first.role, clean(first.reasoning), clean(first.text)
