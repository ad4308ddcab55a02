"""Chats out of files of this and other programs, told by what is in them."""

from __future__ import annotations

import contextlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedReader
from pathlib import Path

from app.base.errors import ExchangeError, ExchangeUnknown
from app.base.types import Message, Part, PartKind, Role
from app.exchange import chatgpt, claude, lmstudio, native_json, openwebui
from app.exchange.foreign_chat import ForeignProject, ImportContext, LeftOut
from app.exchange.foreign_json import Foreign
from app.exchange.import_files import ImportFile, as_text, pieces, typed_errors
from app.exchange.json_stream import JsonReader
from app.store import ChatTree, Store
from app.store.rows import clean

_BATCH = 500  # messages that are written in one go
_OURS = re.compile(r'\s*\{\s*"format"\s*:\s*"fireside-chats"')

Seen = Callable[[int], None]
"""Is told how many chats are done, also when that are no more than before. What it raises ends
the work."""


class ImportSource(StrEnum):
    """Who wrote a file."""

    FIRESIDE = "Fireside"
    CHATGPT = "ChatGPT"
    CLAUDE = "Claude"
    LM_STUDIO = "LM Studio"
    OPEN_WEBUI = "Open WebUI"


_FOREIGN = {
    ImportSource.CHATGPT: chatgpt,
    ImportSource.CLAUDE: claude,
    ImportSource.OPEN_WEBUI: openwebui,
    ImportSource.LM_STUDIO: lmstudio,
}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. ``known`` chats were there before and have been left alone."""

    chats: int
    messages: int
    known: int


@dataclass(frozen=True, slots=True)
class ImportedFiles:
    """Files that have been read to their ends, and what is in them. ``known`` of the ``chats``
    are in the store already. The files of ``faults`` are left out as a whole."""

    paths: tuple[Path, ...]
    sources: Mapping[ImportSource, int]
    """How many chats each program wrote."""
    chats: int
    messages: int
    left: Mapping[LeftOut, int]
    """How often something was left out, by why."""
    faults: tuple[ExchangeError, ...] = ()
    others: int = 0
    """Files, in folders and archives, in which there are no chats."""
    known: int = 0
    projects: Mapping[str, ForeignProject] | None = None
    """What chats belong to, by its key."""
    skipped: frozenset[object] = frozenset()
    """The files of the faults, by what `_key_of` makes of them."""

    @property
    def source(self) -> ImportSource:
        """Who wrote the most of them."""
        return max(self.sources, key=lambda source: self.sources[source])

    def into(self, store: Store, seen: Seen = lambda done: None) -> ImportReport:
        """Puts the chats into the store but those that are there already: begun at the same
        moment with the same message, or, where there is no moment, with the same messages. Those
        in the bin do not count. Chats arrive some at a time, each whole; doing it again after a
        fault adds the others. Raises ExchangeError, where a file has changed, and StoreError."""
        known = _Known(store)
        batch: list[ChatTree] = []
        number = chats = count = skipped = 0
        for piece, content in pieces(self.paths):
            if _key_of(piece) in self.skipped:
                continue
            if isinstance(content, ExchangeError):
                raise content
            for tree in _Reading(piece, dict(self.projects or {})).trees(content):
                number += 1
                if known.take(tree, piece):
                    skipped += 1
                else:
                    batch.append(tree)
                    chats += 1
                    count += len(tree.messages)
                if sum(len(tree.messages) + 1 for tree in batch) >= _BATCH:
                    store.trees.add(batch)
                    batch.clear()
                seen(number)
        store.trees.add(batch)
        return ImportReport(chats, count, skipped)


def read(
    paths: Path | Sequence[Path], seen: Seen = lambda done: None, store: Store | None = None
) -> ImportedFiles:
    """Finds out what files are, and those in folders and archives, and reads all of them, so that
    a fault shows before anything is imported: exports of Fireside, ChatGPT, claude.ai and Open
    WebUI, and conversations of LM Studio. A file with a fault is told and left out. Raises an
    ExchangeError where nothing else is there. ``store`` is asked which chats it has."""
    chosen = (paths,) if isinstance(paths, Path) else tuple(paths)
    known = _Known(store) if store else None
    sources: Counter[ImportSource] = Counter()
    left: Counter[LeftOut] = Counter()
    faults: list[ExchangeError] = []
    skipped: set[object] = set()
    projects: dict[str, ForeignProject] = {}
    wanted: set[str] = set()
    chats = messages = there = others = 0
    for piece, content in pieces(chosen):
        seen(chats)
        reading = _Reading(piece, projects)
        try:
            sizes, here = [], 0
            for tree in reading.trees(content):
                sizes.append(len(tree.messages))
                here += known is not None and known.take(tree, piece)
                seen(chats + len(sizes))
        except ExchangeError as error:
            skipped.add(_key_of(piece))
            if isinstance(error, ExchangeUnknown) and _beside_others(piece):
                others += 1
            else:
                faults.append(error)
            continue
        chats, messages, there = chats + len(sizes), messages + sum(sizes), there + here
        sources.update(reading.sources)
        left.update(reading.around.left)
        wanted |= reading.around.wanted
    if not sources:
        raise faults[0] if faults else ExchangeUnknown(chosen[0])
    left[LeftOut.FOLDER] += len(wanted - projects.keys())
    kept = {why: left[why] for why in LeftOut if left[why]}
    return ImportedFiles(
        chosen,
        {source: number for source, number in sources.items() if number or not chats},
        chats,
        messages,
        kept,
        tuple(faults),
        others,
        there,
        projects,
        frozenset(skipped),
    )


def _is_chat(raw: Foreign) -> bool:
    """Whether a program is known that has such chats."""
    return any(room.is_chat(raw) for room in _FOREIGN.values())


def _key_of(piece: ImportFile) -> object:
    return piece.path, piece.inside


def _beside_others(piece: ImportFile) -> bool:
    """Whether nobody has chosen this very file."""
    return bool(piece.inside) or piece.found


class _Reading:
    """One way through a file. ``sources``, the chats by who wrote them, and what is in ``around``
    are whole at its end."""

    def __init__(self, piece: ImportFile, projects: dict[str, ForeignProject]) -> None:
        self._piece = piece
        self._known = False  # something of an export, if not a chat
        self.sources: Counter[ImportSource] = Counter()
        self.around = ImportContext(piece.time, piece.place, piece.above, projects)

    def trees(self, content: BufferedReader | ExchangeError) -> Iterator[ChatTree]:
        if isinstance(content, ExchangeError):
            raise content
        text = as_text(content)
        try:
            with typed_errors(self._piece.shown):
                yield from self._chats(JsonReader(text))
        finally:
            text.detach()  # else it would close what is not its own
        if not self.sources and not self._known:
            raise ExchangeUnknown(self._piece.shown)

    def _chats(self, reader: JsonReader) -> Iterator[ChatTree]:
        if reader.peek() == "[":
            for _ in reader.items():
                yield from self._foreign(Foreign(reader.value()))
        elif _OURS.match(reader.head()):
            self.sources[ImportSource.FIRESIDE] = 0
            for tree in native_json.read(reader, self.around.left):
                self.sources[ImportSource.FIRESIDE] += 1
                yield tree
        else:
            while reader.peek() == "{":  # one, or one a line
                yield from self._wrapped(Foreign(reader.value()))
        reader.end()

    def _wrapped(self, raw: Foreign) -> Iterator[ChatTree]:
        """A chat, or those in the lists of an object that other programs put around them."""
        inside = [item for name in raw.raw for item in raw.objects(name)]
        chats = [] if _is_chat(raw) else [item for item in inside if _is_chat(item)]
        for item in chats or [raw]:
            yield from self._foreign(item)

    def _foreign(self, raw: Foreign) -> Iterator[ChatTree]:
        """The chat of another program that an object is, where it is one."""
        for source, room in _FOREIGN.items():
            if room.is_chat(raw):
                tree = room.chat(raw, self.around)
                self.sources[source] += tree is not None
                if tree is None:
                    break
                yield tree
                return
        if claude.beside(raw, self.around):
            self._known = True
        else:
            self.around.left[LeftOut.CHAT] += 1


class _Known:
    """Which chats are there. Two equal ones of a file are both taken, and found again; one that
    several files have is taken once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dated: dict[float, list[int]] = defaultdict(list)
        for row in (*store.chats.listed(), *store.chats.archived()):
            self._dated[row.created].append(row.id)
        self._rows = [row for rows in self._dated.values() for row in rows]
        self._undated: dict[object, list[frozenset[object]]] | None = None
        self._there: Counter[object] = Counter()
        self._file: tuple[object, Counter[object]] = (None, Counter())

    def take(self, tree: ChatTree, piece: ImportFile) -> bool:
        """Whether the chat is there; the next one like it has to be there once more."""
        if self._file[0] != _key_of(piece):
            self._file = _key_of(piece), Counter()
        here = self._file[1]
        if tree.chat.created == piece.time:
            key: object = frozenset(_said(row.message) for row in tree.messages)
            if key not in self._there:
                self._there[key] = self._undated_like(tree)
        else:
            for chat in self._dated.pop(tree.chat.created, ()):
                with contextlib.suppress(KeyError):  # deleted for good a moment ago
                    self._there[_key(self._store.trees.get(chat))] += 1
            key = _key(tree)
        here[key] += 1
        if here[key] <= self._there[key]:
            return True
        self._there[key] = here[key]
        return False

    def _undated_like(self, tree: ChatTree) -> int:
        """How many chats have all messages of one that does not say when it was begun."""
        if self._undated is None:
            self._undated = defaultdict(list)
            for chat in self._rows:
                with contextlib.suppress(KeyError):
                    said = [_said(row.message) for row in self._store.trees.get(chat).messages]
                    if said:
                        self._undated[said[0]].append(frozenset(said))
        wanted = {_said(row.message) for row in tree.messages}
        alike = self._undated.get(_said(tree.messages[0].message), ())
        return sum(wanted <= said for said in alike)


def _key(tree: ChatTree) -> object:
    """What stays the same of a chat when it is renamed and gets longer."""
    first = tree.messages[0].message if tree.messages else Message(Role.USER, ())
    return tree.chat.created, _said(first)


def _said(message: Message) -> object:
    """Who says something, and how that begins: what is attached, and the names of what is not
    there, may be read otherwise by a later version."""
    words = next((part for part in message.parts if part.kind is not PartKind.FILE), Part(""))
    return message.role, words.kind, hash(clean(words.text))
