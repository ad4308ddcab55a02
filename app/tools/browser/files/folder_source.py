"""A folder as a source of the browser: what its index finds, and its files as they are now."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from app.base.folder import Folder
from app.tools.browser.faults import SourceError
from app.tools.browser.files.file_index import FileIndex, IndexedText, IndexFault
from app.tools.browser.files.file_reads import FileReads, FileTask
from app.tools.browser.files.folder_address import (
    address_of,
    base_of,
    is_below,
    named,
    relative_of,
)
from app.tools.browser.files.folder_scan import admits
from app.tools.browser.index_process import SourceGone
from app.tools.browser.page import LinkTable, neutral
from app.tools.browser.source import GONE, Hit, PageText, SourceFault
from app.tools.browser.source_status import IndexState, SkipReason, SourceEntry

_SPARE = 5  # results beside those that are wanted: some may be of files that are gone
_MOST_LISTED = 300
_CHANGED = "(This file has changed since it was indexed: open it to read it as it is now.)"
_NOTE = "This file has changed since it was indexed. This is its text as it is now."
_INDEXES = ("index.html", "index.htm")
_WHY = {
    SkipReason.KIND: "it has no text that can be read",
    SkipReason.SIZE: "it is too large",
    SkipReason.ENCRYPTED: "it is protected by a password",
    SkipReason.EMPTY: "it has no text, or consists of scanned pages",
    SkipReason.DAMAGED: "it is damaged",
    SkipReason.STUCK: "reading it takes too long",
    SkipReason.UNREADABLE: "the system refuses to read it",
}


@dataclass(frozen=True)
class FolderSource:
    """A folder of the user's. Thread-safe.

    ``state`` returns the state of its index; ``look`` has it brought up to date soon, but not all
    the time. ``without`` are paths in it that are left out.
    """

    entry: SourceEntry
    index: FileIndex
    reads: FileReads
    state: Callable[[], IndexState]
    look: Callable[[], None]
    without: Collection[str] = ()

    @property
    def key(self) -> str:
        return self.entry.key

    @property
    def name(self) -> str:
        return "files"

    @property
    def unavailable(self) -> str:
        return GONE if self.state() is IndexState.MISSING else ""

    def has(self, address: str) -> bool:
        return is_below(address, self.entry.name)

    def search(self, query: str, count: int, cancel: threading.Event) -> Sequence[Hit]:
        with self._opened() as folder, self._faults():
            found = self.index.search(query, count + _SPARE, cancel)
            hits: list[Hit] = []
            for each in found:
                try:
                    status = folder.status(each.relative)
                except OSError:
                    continue
                known = self.index.stamp(each.relative)
                summary = each.summary
                if known != (status.size, status.mtime_ns):
                    summary = f"{summary} {_CHANGED}".strip()
                address = address_of(self.entry.name, each.relative)
                hits.append(Hit(address, each.title, summary, each.passage))
        self.look()
        if not hits and self.state() in (IndexState.WAITING, IndexState.INDEXING):
            raise SourceFault(
                f"Nothing was found so far, but the folder “{self.entry.name}” is still being "
                "indexed. Try again later."
            )
        return hits[:count]

    def open(
        self, address: str, cancel: threading.Event, allowed: Callable[[str], bool]
    ) -> PageText:
        relative = relative_of(address, self.entry.name)
        with self._opened() as folder, self._faults():
            if relative is None:
                raise self._no_document(address)
            for spelled in _spellings(relative):
                try:
                    status = folder.status(spelled)
                except FileNotFoundError:
                    continue
                except OSError:
                    break
                if status.is_folder:
                    return self._folder_page(folder, spelled)
                if not admits(folder, spelled, self.without):
                    break
                return self._page(spelled, (status.size, status.mtime_ns), cancel)
            if self.index.stamp(relative):
                self.look()
                raise SourceFault(f"The file “{neutral(relative)}” is not there any more.")
            raise self._no_document(address)

    def _page(self, relative: str, stamp: tuple[int, int], cancel: threading.Event) -> PageText:
        known = self.index.text(relative)
        if known and (known.size, known.mtime_ns) == stamp:
            return self._page_of(known)
        self.look()
        try:
            read = self.reads.read(FileTask(self.entry.path, relative), cancel)
        except (SourceError, SourceGone) as error:
            raise SourceFault(f"The file “{neutral(relative)}” cannot be read now.") from error
        if read.text is None:
            why = _WHY.get(read.reason, "it cannot be read") if read.reason else "it has gone"
            raise SourceFault(f"The file “{neutral(relative)}” cannot be opened: {why}.")
        return self._page_of(read.text, _NOTE if known else "")

    def _page_of(self, text: IndexedText, note: str = "") -> PageText:
        name = self.entry.name
        links = tuple(named(link, name) for link in text.links)
        address = address_of(name, text.relative)
        return PageText(address, text.title, text.text, links, note=note)

    def _folder_page(self, folder: Folder, relative: str) -> PageText:
        """Return the first page of a folder with pages, else a list of what is in it."""
        inside = f"{relative}/" if relative else ""
        known = sorted(each for each in self.index.known() if each.startswith(inside))
        for name in _INDEXES if relative else ():
            if f"{inside}{name}" in known and (first := self.index.text(f"{inside}{name}")):
                return self._page_of(first)
        folders: dict[str, int] = {}
        files: list[str] = []
        for each in known:
            part, slash, _ = each[len(inside) :].partition("/")
            if slash:
                folders[part] = folders.get(part, 0) + 1
            else:
                files.append(part)
        table = LinkTable(base_of(relative))
        lines = [
            f"* {table.mark(f'{name}/', base_of(inside + name))} ({count} documents)"
            for name, count in folders.items()
        ]
        lines += [f"* {table.mark(name, base_of(inside + name))}" for name in files]
        more = len(lines) - _MOST_LISTED
        note = f"{more} more are left out. Search to find them." if more > 0 else ""
        address = address_of(self.entry.name, relative)
        links = tuple(named(link, self.entry.name) for link in table.addresses)
        title = f"{self.entry.name}/{relative}".rstrip("/")
        text = f"# {neutral(title)}\n\n" + "\n".join(lines[:_MOST_LISTED] or ["(no documents)"])
        return PageText(address, title, text, links, note=note)

    def _no_document(self, address: str) -> SourceFault:
        return SourceFault(
            f"There is no document {neutral(address)} in the folder “{self.entry.name}”. "
            "Search to find its documents."
        )

    @contextmanager
    def _opened(self) -> Iterator[Folder]:
        try:
            folder = Folder(self.entry.path)
        except OSError as error:
            self.look()
            raise SourceFault(
                f"The folder “{self.entry.name}” cannot be found: it was moved, or its drive is "
                "not connected."
            ) from error
        with folder:
            yield folder

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except IndexFault as error:
            self.look()
            raise SourceFault(
                f"The index of the folder “{self.entry.name}” cannot be read now."
            ) from error


def _spellings(relative: str) -> Iterator[str]:
    """Yield a path as it is, and with its accents composed and apart, as systems differ."""
    yield relative
    for form in ("NFC", "NFD"):
        spelled = unicodedata.normalize(form, relative)
        if spelled != relative:
            yield spelled
