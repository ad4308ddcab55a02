"""The displays on a path of a chat, by their cursors: what the model's citations point at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.base.pages.stored_page import Page, PageKind, StoredDisplay, unpack
from app.base.types import Message, Part, PartKind

FOUND_LINES = 4
"""The lines that are shown of each place that was found."""


@dataclass(frozen=True, slots=True)
class Display:
    """A display: lines ``first`` to ``last`` of ``page`` were shown to the model.

    ``of`` is the cursor of the display that first had this page; of what was found, of the page in
    which it was found. Of a search and a page it may be its own.
    """

    cursor: int
    page: Page
    first: int
    last: int
    of: int


class Displays:
    """The displays of some messages. They are unpacked when they are asked for; not thread-safe."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._parts: list[Part] = [
            part for message in messages for part in message.parts if part.kind is PartKind.PAGE
        ]
        self._known: dict[int, Display | None] = {}

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Display]:
        """Yield those that can be read."""
        found = map(self.get, range(len(self._parts)))
        return (display for display in found if display)

    def get(self, cursor: int) -> Display | None:
        """Return the display with a cursor; None if there is none, or it cannot be read."""
        if not 0 <= cursor < len(self._parts):
            return None
        if cursor not in self._known:
            self._known[cursor] = self._read(cursor)
        return self._known[cursor]

    def origin(self, display: Display, line: int) -> tuple[Display, int] | None:
        """Return the page in which a line of what was found stands, and its number there.

        Any other line stands where it was displayed. None for a line that does not exist, or is
        none of a page, such as a heading between the places that were found.
        """
        page = display.page
        if not 0 <= line < len(page.lines):
            return None
        if page.kind is not PageKind.FIND:
            return display, line
        whole = self.get(display.of)
        begin = 0
        for place in page.places if whole else ():
            shown = min(FOUND_LINES, len(whole.page.lines) - place) if whole else 0
            if begin < line <= begin + shown:
                return (whole, place + line - begin - 1) if whole else None
            begin += shown + 2  # a heading, and an empty line
        return None

    def _read(self, cursor: int) -> Display | None:
        stored = unpack(self._parts[cursor])
        page = self._page(stored, cursor) if stored else None
        if stored is None or page is None:
            return None
        last = min(stored.last, len(page.lines) - 1)
        of = stored.of if stored.of >= 0 else cursor
        return Display(cursor, page, max(0, min(stored.first, last)), last, of)

    def _page(self, stored: StoredDisplay, cursor: int) -> Page | None:
        """Return the page that a display shows, its own or that of an earlier one."""
        if stored.of >= cursor:
            return None
        if stored.page:
            return stored.page
        first = unpack(self._parts[stored.of])
        return first.page if first else None


def displays_of(messages: Iterable[Message]) -> Displays:
    """Return the displays on a path; of an answer that grows, those so far."""
    return Displays(messages)
