"""Import of chats from files of Fireside and other programs, recognised by their content."""

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
from app.exchange.foreign_chat import ForeignProject, ImportContext, OmissionReason
from app.exchange.foreign_json import Foreign
from app.exchange.import_files import ImportFile, as_text, read_entries, typed_errors
from app.exchange.json_stream import JsonReader
from app.store import ChatTree, Store
from app.store.rows import clean

_BATCH = 500  # messages in one transaction
_OURS = re.compile(r'\s*\{\s*"format"\s*:\s*"fireside-chats"')

Progress = Callable[[int], None]
"""Called with the number of chats done, also when it has not changed; its exceptions end the work.
"""


class ImportSource(StrEnum):
    """The program that wrote a file."""

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
    """The result of an import; ``duplicates`` were in the store already and are unchanged.

    ``ids`` are those of the new chats.
    """

    chats: int
    messages: int
    duplicates: int
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedFiles:
    """Files that have been read completely, and what is in them.

    ``duplicates`` of the ``chats`` are in the store already. The files of ``faults`` are skipped
    entirely.
    """

    paths: tuple[Path, ...]
    sources: Mapping[ImportSource, int]
    """The number of chats that each program wrote."""
    chats: int
    messages: int
    left_out: Mapping[OmissionReason, int]
    """How often something was left out, by reason."""
    faults: tuple[ExchangeError, ...] = ()
    without_chats: int = 0
    """The number of files without chats, in folders and archives."""
    duplicates: int = 0
    projects: Mapping[str, ForeignProject] | None = None
    """The projects that chats belong to, by key."""
    skipped: frozenset[object] = frozenset()
    """The files of the faults, as `_key_of` identifies them."""

    @property
    def source(self) -> ImportSource:
        """The program that wrote the most of the chats."""
        return max(self.sources, key=lambda source: self.sources[source])

    def into(self, store: Store, on_progress: Progress = lambda done: None) -> ImportReport:
        """Add the chats to the store, except those that it has already.

        The store has a chat already if it has one that began at the same moment with the same
        message or, without a time, one that contains the same messages; the bin does not count.
        Chats are added in batches, each chat whole; running it again after a fault adds the rest.
        Raises ExchangeError if a file has changed, and StoreError.
        """
        known = _Duplicates(store)
        batch: list[ChatTree] = []
        ids: list[int] = []
        number = count = skipped = 0
        for entry, content in read_entries(self.paths):
            if _key_of(entry) in self.skipped:
                continue
            if isinstance(content, ExchangeError):
                raise content
            for tree in _FileReader(entry, dict(self.projects or {})).trees(content):
                number += 1
                if known.take(tree, entry):
                    skipped += 1
                else:
                    batch.append(tree)
                    count += len(tree.messages)
                if sum(len(tree.messages) + 1 for tree in batch) >= _BATCH:
                    ids += (row.id for row in store.trees.add(batch))
                    batch.clear()
                on_progress(number)
        ids += (row.id for row in store.trees.add(batch))
        return ImportReport(len(ids), count, skipped, tuple(ids))


def read(
    paths: Path | Sequence[Path],
    on_progress: Progress = lambda done: None,
    store: Store | None = None,
) -> ImportedFiles:
    """Recognise and read all files, including those in folders and archives.

    Everything is read, so that a fault shows before anything is imported: exports of Fireside,
    ChatGPT, claude.ai and Open WebUI, and conversations of LM Studio. A file with a fault is listed
    and skipped; the ExchangeError is raised if nothing else was found. ``store`` is asked which
    chats it has.
    """
    chosen = (paths,) if isinstance(paths, Path) else tuple(paths)
    known = _Duplicates(store) if store else None
    sources: Counter[ImportSource] = Counter()
    left_out: Counter[OmissionReason] = Counter()
    faults: list[ExchangeError] = []
    skipped: set[object] = set()
    projects: dict[str, ForeignProject] = {}
    wanted: set[str] = set()
    chats = messages = duplicates = without_chats = 0
    for entry, content in read_entries(chosen):
        on_progress(chats)
        reader = _FileReader(entry, projects)
        try:
            sizes, found_again = [], 0
            for tree in reader.trees(content):
                sizes.append(len(tree.messages))
                found_again += known is not None and known.take(tree, entry)
                on_progress(chats + len(sizes))
        except ExchangeError as error:
            skipped.add(_key_of(entry))
            if isinstance(error, ExchangeUnknown) and _not_chosen(entry):
                without_chats += 1
            else:
                faults.append(error)
            continue
        chats, messages = chats + len(sizes), messages + sum(sizes)
        duplicates += found_again
        sources.update(reader.sources)
        left_out.update(reader.context.left_out)
        wanted |= reader.context.wanted
    if not sources:
        raise faults[0] if faults else ExchangeUnknown(chosen[0])
    left_out[OmissionReason.FOLDER] += len(wanted - projects.keys())
    counted = {why: left_out[why] for why in OmissionReason if left_out[why]}
    return ImportedFiles(
        chosen,
        {source: number for source, number in sources.items() if number or not chats},
        chats,
        messages,
        counted,
        tuple(faults),
        without_chats,
        duplicates,
        projects,
        frozenset(skipped),
    )


def _is_chat(raw: Foreign) -> bool:
    """Return whether the object is a chat of a known program."""
    return any(module.is_chat(raw) for module in _FOREIGN.values())


def _key_of(entry: ImportFile) -> object:
    return entry.path, entry.inside


def _not_chosen(entry: ImportFile) -> bool:
    """Return whether the file was found in a folder or archive, not chosen itself."""
    return bool(entry.inside) or entry.found


class _FileReader:
    """One pass over a file; ``sources`` and ``context`` are complete at its end."""

    def __init__(self, entry: ImportFile, projects: dict[str, ForeignProject]) -> None:
        self._entry = entry
        self._is_export = False  # whether it is part of an export, though without chats
        self.sources: Counter[ImportSource] = Counter()
        self.context = ImportContext(entry.time, entry.place, entry.above, projects)

    def trees(self, content: BufferedReader | ExchangeError) -> Iterator[ChatTree]:
        if isinstance(content, ExchangeError):
            raise content
        text = as_text(content)
        try:
            with typed_errors(self._entry.shown):
                yield from self._chats(JsonReader(text))
        finally:
            text.detach()  # else closing it would close the file
        if not self.sources and not self._is_export:
            raise ExchangeUnknown(self._entry.shown)

    def _chats(self, reader: JsonReader) -> Iterator[ChatTree]:
        if reader.peek() == "[":
            for _ in reader.items():
                yield from self._foreign_chats(Foreign(reader.value()))
        elif _OURS.match(reader.head()):
            self.sources[ImportSource.FIRESIDE] = 0
            for tree in native_json.read(reader, self.context.left_out):
                self.sources[ImportSource.FIRESIDE] += 1
                yield tree
        else:
            while reader.peek() == "{":  # one object, or one a line
                yield from self._wrapped_chats(Foreign(reader.value()))
        reader.end()

    def _wrapped_chats(self, raw: Foreign) -> Iterator[ChatTree]:
        """Yield a chat, or the chats in the lists of an object that wraps them."""
        inside = [item for name in raw.raw for item in raw.objects(name)]
        chats = [] if _is_chat(raw) else [item for item in inside if _is_chat(item)]
        for item in chats or [raw]:
            yield from self._foreign_chats(item)

    def _foreign_chats(self, raw: Foreign) -> Iterator[ChatTree]:
        """Yield the chat of another program, or count what the object is instead."""
        for source, module in _FOREIGN.items():
            if module.is_chat(raw):
                tree = module.read_chat(raw, self.context)
                self.sources[source] += tree is not None
                if tree is None:
                    break
                yield tree
                return
        if claude.read_companion(raw, self.context):
            self._is_export = True
        else:
            self.context.left_out[OmissionReason.CHAT] += 1


class _Duplicates:
    """A detector of chats that the store already has.

    Two equal chats in one file are both imported, and both recognised again; a chat that several
    files have is imported once.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dated: dict[float, list[int]] = defaultdict(list)
        for row in (*store.chats.listed(), *store.chats.archived()):
            self._dated[row.created].append(row.id)
        self._rows = [row for rows in self._dated.values() for row in rows]
        self._undated: dict[object, list[frozenset[object]]] | None = None
        self._matches: Counter[object] = Counter()
        self._file: tuple[object, Counter[object]] = (None, Counter())

    def take(self, tree: ChatTree, entry: ImportFile) -> bool:
        """Return whether the store has the chat; each stored chat matches once."""
        if self._file[0] != _key_of(entry):
            self._file = _key_of(entry), Counter()
        seen = self._file[1]
        if tree.chat.created == entry.time:
            key: object = frozenset(_fingerprint(row.message) for row in tree.messages)
            if key not in self._matches:
                self._matches[key] = self._undated_like(tree)
        else:
            for chat in self._dated.pop(tree.chat.created, ()):
                with contextlib.suppress(KeyError):  # purged a moment ago
                    self._matches[_key(self._store.trees.get(chat))] += 1
            key = _key(tree)
        seen[key] += 1
        if seen[key] <= self._matches[key]:
            return True
        self._matches[key] = seen[key]
        return False

    def _undated_like(self, tree: ChatTree) -> int:
        """Count the chats that contain all messages of one without a time."""
        if self._undated is None:
            self._undated = defaultdict(list)
            for chat in self._rows:
                with contextlib.suppress(KeyError):
                    fingerprints = [
                        _fingerprint(row.message) for row in self._store.trees.get(chat).messages
                    ]
                    if fingerprints:
                        self._undated[fingerprints[0]].append(frozenset(fingerprints))
        wanted = {_fingerprint(row.message) for row in tree.messages}
        alike = self._undated.get(_fingerprint(tree.messages[0].message), ())
        return sum(wanted <= fingerprints for fingerprints in alike)


def _key(tree: ChatTree) -> object:
    """Identify a chat by what stays the same when it is renamed or grows."""
    first = tree.messages[0].message if tree.messages else Message(Role.USER, ())
    return tree.chat.created, _fingerprint(first)


def _fingerprint(message: Message) -> object:
    """Identify a message by its role and first words.

    Attachments and the names of missing files are left out: a later version may read them
    differently.
    """
    words = next((part for part in message.parts if part.kind is not PartKind.FILE), Part(""))
    return message.role, words.kind, hash(clean(words.text))
