"""An encyclopaedia as a source of the browser: titles at once, texts as far as they are indexed."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from app.tools.browser.encyclopaedia.article import ArticleRead, ArticleTask
from app.tools.browser.encyclopaedia.title_search import titles_like
from app.tools.browser.encyclopaedia.zim_address import (
    address_of,
    base_of,
    named,
    place_in,
    place_of,
)
from app.tools.browser.encyclopaedia.zim_bytes import ZimFault
from app.tools.browser.encyclopaedia.zim_file import ZimFile
from app.tools.browser.faults import SourceError
from app.tools.browser.files.excerpts import Excerpts
from app.tools.browser.files.file_index import FileIndex, IndexFault
from app.tools.browser.files.file_reads import FileReads
from app.tools.browser.files.index_query import IndexQuery
from app.tools.browser.index_process import SourceGone
from app.tools.browser.page import neutral, without_marks
from app.tools.browser.source import GONE, Hit, PageText, SourceFault
from app.tools.browser.source_status import IndexState, SourceEntry

_SUMMED_UP = 8  # results whose articles are read for what they say


class Encyclopaedia:
    """The articles of a ZIM file. Thread-safe.

    ``state`` returns the state of its index; ``look`` has it looked at soon.
    """

    def __init__(
        self,
        entry: SourceEntry,
        index: FileIndex,
        reads: FileReads,
        state: Callable[[], IndexState],
        look: Callable[[], None],
    ) -> None:
        self._entry, self._index, self._reads = entry, index, reads
        self._state, self._look = state, look

    @property
    def key(self) -> str:
        return self._entry.key

    @property
    def name(self) -> str:
        return re.sub(r"\W+", "-", self._entry.name.casefold()).strip("-") or "encyclopaedia"

    @property
    def unavailable(self) -> str:
        return GONE if self._state() is IndexState.MISSING else ""

    def has(self, address: str) -> bool:
        return place_in(address, self._entry.name) is not None

    def search(self, query: str, count: int, cancel: threading.Event) -> Sequence[Hit]:
        with self._opened() as file:
            titles = [
                (place_of(file, each), each.title) for each in titles_like(file, query, count)
            ]
            texts = [
                (each.relative, each.title) for each in self._index.search(query, count, cancel)
            ]
        # The title that says the most comes first, then texts, then other titles.
        found = dict([*titles[:1], *texts, *titles[1:]])
        best = list(found.items())[:count]
        said = self._summed_up([place for place, _ in best[:_SUMMED_UP]], query, cancel)
        name = self._entry.name
        return [
            Hit(address_of(name, place), title, *said.get(place, ("", ""))) for place, title in best
        ]

    def open(
        self, address: str, cancel: threading.Event, allowed: Callable[[str], bool]
    ) -> PageText:
        place = place_in(address, self._entry.name)
        if place is None:
            raise self._no_article(address)
        if not place.strip("/"):
            place = self._main()
        read = self._read((place,), cancel)
        if not read.pages:
            raise self._no_article(address, read.trouble)
        (page,) = read.pages
        name = self._entry.name
        links = tuple(named(link, name) for link in page.links)
        return replace(page, address=named(page.address, name), links=links)

    def _main(self) -> str:
        with self._opened() as file:
            return place_of(file, file.resolved(file.entry(file.main))) if file.main >= 0 else ""

    def _read(self, places: tuple[str, ...], cancel: threading.Event) -> ArticleRead:
        try:
            return self._reads.read(ArticleTask(self._entry.path, places), cancel)
        except (SourceError, SourceGone) as error:
            raise self._gone() from error

    def _summed_up(
        self, places: Sequence[str], query: str, cancel: threading.Event
    ) -> dict[str, tuple[str, str]]:
        """Return what articles say about a query, and where: by their places."""
        if not places:
            return {}
        excerpts = Excerpts(IndexQuery(query).terms)
        said = {}
        read = self._read(tuple(places), cancel)
        for page in read.pages:
            excerpt = excerpts.best(without_marks(page.text))
            said[page.address] = (excerpt.summary, excerpt.passage)
        return {place: said[base_of(place)] for place in places if base_of(place) in said}

    def _no_article(self, address: str, trouble: str = "") -> SourceFault:
        where = f"{neutral(address)} in “{self._entry.name}”"
        if trouble:
            return SourceFault(f"The article {where} cannot be opened: {neutral(trouble)}.")
        return SourceFault(f"There is no article {where}. Search to find its articles.")

    def _gone(self) -> SourceFault:
        self._look()
        return SourceFault(
            f"“{self._entry.name}” cannot be read: its file was moved or is damaged, or its drive "
            "is not connected."
        )

    @contextmanager
    def _opened(self) -> Iterator[ZimFile]:
        # It does not stay open: on Windows, nobody could move it.
        try:
            file = ZimFile(self._entry.path)
            try:
                yield file
            finally:
                file.close()
        except ZimFault as error:
            raise self._gone() from error
        except IndexFault as error:
            self._look()
            raise SourceFault(f"The index of “{self._entry.name}” cannot be read now.") from error
