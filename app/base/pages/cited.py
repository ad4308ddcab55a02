"""What the citations of an answer lead to: sources, numbered in the order of their appearance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from app.base.pages.displays import Display, Displays
from app.base.pages.stored_page import Page, PageKind

LineRange = tuple[int, int]
"""The numbers of the first and the last line."""

_RESULT = re.compile(r"\s*(?:[*-]\s*)?【(\d{1,6})†")
_TITLE = re.compile(r"【\d{1,6}†([^【】†]*)")
_TITLE_LINES = 8


@dataclass(frozen=True, slots=True)
class CitationMark:
    """What a mark points at: lines of a display, which its cursor names; none: all of it."""

    cursor: int
    lines: tuple[LineRange, ...] = ()


class CitationFault(Enum):
    """Why a citation leads nowhere."""

    BROKEN = auto()
    """The mark is not complete."""
    NO_DISPLAY = auto()
    """Nothing was displayed under this number."""
    NO_LINES = auto()
    """The page has no such lines."""


@dataclass(slots=True)
class CitedSource:
    """A page that an answer cites. ``address`` is empty for the results of a search as such.

    ``lines`` are all that are cited of it, in order; ``tool`` is the key of the tool that read it.
    """

    number: int
    title: str
    address: str
    tool: str
    searched: bool = False
    """Whether it is a search, whose ``title`` are the words searched for."""
    lines: list[LineRange] = field(default_factory=list)

    @property
    def is_web(self) -> bool:
        """Whether its address is one that a browser opens."""
        return self.address.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class CitedPlace:
    """Where a mark leads: lines of a page as it was displayed; or a fault instead."""

    mark: CitationMark
    source: CitedSource | None = None
    page: Page | None = None
    lines: tuple[LineRange, ...] = ()
    fault: CitationFault | None = None


class Cited:
    """The citations of one answer, and what they lead to among the displays on its path."""

    def __init__(self, marks: Iterable[CitationMark], displays: Displays) -> None:
        self._displays = displays
        self._places: dict[CitationMark, CitedPlace] = {}
        self._by_key: dict[tuple[str, str], CitedSource] = {}
        self.marks: list[CitationMark] = []
        """The marks, in order."""
        self.places: list[CitedPlace] = []
        """Where each mark leads, in order."""
        self.extend(marks)

    def extend(self, marks: Iterable[CitationMark]) -> None:
        """Add marks that follow."""
        for mark in marks:
            self.marks.append(mark)
            self.places.append(self.place(mark))

    @property
    def sources(self) -> list[CitedSource]:
        """The sources, by number."""
        return list(self._by_key.values())

    @property
    def faults(self) -> int:
        """How many citations lead nowhere."""
        return sum(place.fault is not None for place in self.places)

    def place(self, mark: CitationMark) -> CitedPlace:
        """Return where a mark leads."""
        if mark not in self._places:
            self._places[mark] = self._resolve(mark)
        return self._places[mark]

    def _resolve(self, mark: CitationMark) -> CitedPlace:
        if mark.cursor < 0:
            return CitedPlace(mark, fault=CitationFault.BROKEN)
        display = self._displays.get(mark.cursor)
        if display is None:
            return CitedPlace(mark, fault=CitationFault.NO_DISPLAY)
        if any(last >= len(display.page.lines) for _, last in mark.lines):
            return CitedPlace(mark, fault=CitationFault.NO_LINES)
        if display.page.kind is PageKind.FIND:
            return self._found(mark, display)
        if display.page.kind is PageKind.SEARCH:
            return self._result(mark, display)
        return self._cite(mark, display.page, mark.lines)

    def _found(self, mark: CitationMark, display: Display) -> CitedPlace:
        """Return the place in the page in which the cited lines were found."""
        whole = self._displays.get(display.of)
        if whole is None:
            return CitedPlace(mark, fault=CitationFault.NO_DISPLAY)
        lines: list[LineRange] = []
        for first, last in mark.lines:
            # A heading stands for the place below it.
            numbers = range(first, min(max(last, first + 1), len(display.page.lines) - 1) + 1)
            origins = [self._displays.origin(display, number) for number in numbers]
            found = [origin[1] for origin in origins if origin]
            lines += [(min(found), max(found))] if found else []
        if mark.lines and not lines:
            return CitedPlace(mark, fault=CitationFault.NO_LINES)
        return self._cite(mark, whole.page, tuple(lines))

    def _result(self, mark: CitationMark, display: Display) -> CitedPlace:
        """Return the result of a search that the cited lines belong to, else the search itself."""
        page = display.page
        found = _result_at(page, mark.lines[0][0]) if mark.lines else None
        if not mark.lines and len(page.links) == 1:
            found = 0
        if found is None or found >= len(page.links):
            source = self._source(f"search {mark.cursor}", page.source, page.title)
            source.address, source.searched = "", True
            return CitedPlace(mark, source, page, mark.lines)
        address = page.links[found]
        opened = next((p for p in self._pages() if p.address == address), None)
        title = opened.title if opened else _result_title(page, found)
        tool = opened.source if opened else page.source
        return CitedPlace(mark, self._source(address, tool, title), page, mark.lines)

    def _pages(self) -> Iterator[Page]:
        """Yield the pages that were displayed, without searches."""
        pages = (display.page for display in self._displays)
        return (page for page in pages if page.kind is PageKind.PAGE)

    def _cite(self, mark: CitationMark, page: Page, lines: tuple[LineRange, ...]) -> CitedPlace:
        source = self._source(page.address, page.source, page.title)
        source.lines = _joined([*source.lines, *lines])
        return CitedPlace(mark, source, page, lines)

    def _source(self, address: str, tool: str, title: str) -> CitedSource:
        key = (tool, address)
        if key not in self._by_key:
            self._by_key[key] = CitedSource(len(self._by_key) + 1, title or address, address, tool)
        return self._by_key[key]


def _result_at(page: Page, line: int) -> int | None:
    """Return the id of the result that a line of a search belongs to."""
    for number in range(line, -1, -1):
        if found := _RESULT.match(page.lines[number]):
            return int(found[1])
    return None


def _result_title(page: Page, id: int) -> str:
    """Return the title of a result of a search, which may run over several lines."""
    for number, line in enumerate(page.lines):
        found = _RESULT.match(line)
        if found and int(found[1]) == id:
            words = _TITLE.search(" ".join(page.lines[number : number + _TITLE_LINES]))
            return " ".join(words[1].split()) if words else ""
    return ""


def _joined(ranges: list[LineRange]) -> list[LineRange]:
    """Return ranges in order, with those that touch as one."""
    joined: list[LineRange] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined
