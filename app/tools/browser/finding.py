"""Finding a text in a page's lines, as if they had not been wrapped."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from app.base.pages.displays import FOUND_LINES
from app.base.pages.stored_page import COLUMNS, LINK_MARK, Page, PageKind
from app.tools.browser.page import lines_of, neutral_line

MOST_FOUND = 50

_LONGEST_PATTERN = 200  # characters of it in a display

_SPACES = re.compile(r"\s+")


class PageFinder:
    """The text of a page without the marks of its links, in which texts are found."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = _without_marks(lines)
        """The lines, with the words of links in the place of their marks."""
        # Whether a line was wrapped after a word or within one is not known: both are tried.
        self._texts = [_Joined(self.lines, apart=True), _Joined(self.lines, apart=False)]

    def first(self, pattern: str, begin: int = 0) -> int | None:
        """Return the first line, from ``begin`` on, in which a text begins; case is ignored."""
        words = _SPACES.sub(" ", pattern.lower())
        found = [line for text in self._texts if (line := text.first(words, begin)) is not None]
        return min(found, default=None)

    def all(self, pattern: str) -> Iterator[int]:
        """Yield the lines in which a text begins, those that follow one closely left out."""
        at, count = self.first(pattern), 0
        while at is not None and count < MOST_FOUND:
            yield at
            count += 1
            begin = at + FOUND_LINES
            at = self.first(pattern, begin) if begin < len(self.lines) else None


class _Joined:
    """Lines joined to one text; ``apart``: with a space at each end of a line."""

    def __init__(self, lines: Sequence[str], *, apart: bool) -> None:
        texts: list[str] = []
        self._starts: list[int] = []
        length, ends_in_space = 0, True
        for at, line in enumerate(lines):
            text = _SPACES.sub(" ", line.lower())
            before = lines[at - 1] if at else ""
            gap = apart or not _may_go_on(before, line)
            text = text.lstrip() if ends_in_space else f" {text.lstrip()}" if gap else text
            self._starts.append(length)
            texts.append(text)
            length += len(text)
            ends_in_space = text.endswith(" ") if text else ends_in_space
        self._text = "".join(texts)

    def first(self, words: str, begin: int) -> int | None:
        at = self._text.find(words, self._starts[begin])
        if at < 0:
            return None
        at += len(words) - len(words.lstrip())
        return max(begin, bisect_right(self._starts, at) - 1)


def _may_go_on(line: str, after: str) -> bool:
    """Return whether a line may have been wrapped within what goes on in the next."""
    word = _SPACES.split(after, maxsplit=1)[0]
    return bool(word) and len(line) + len(word) > COLUMNS


def _without_marks(lines: Sequence[str]) -> list[str]:
    """Return lines with the words of links in the place of their marks, also of wrapped ones."""

    def words(found: re.Match[str]) -> str:
        return found[2] + "\n" * (found[0].count("\n") - found[2].count("\n"))

    return LINK_MARK.sub(words, "\n".join(lines)).split("\n")


def found_page(page: Page, pattern: str) -> Page:
    """Return what is displayed of the places at which a text stands in a page."""
    finder = PageFinder(page.lines)
    places = tuple(finder.all(pattern))
    lines: list[str] = []
    for number, place in enumerate(places):
        lines += [""] if lines else []
        lines += [f"# 【{number}†match at L{place}】", *finder.lines[place : place + FOUND_LINES]]
    words = neutral_line(pattern.lower())[:_LONGEST_PATTERN]
    if not places:
        lines = list(lines_of(f"No `find` results for pattern: `{words}`"))
    title = f"Find results for text: `{words}` in `{page.title}`"
    links = (page.address,) * len(places)
    return Page(page.address, title, tuple(lines), links, PageKind.FIND, page.source, (), places)


def passage_line(page: Page, passage: str) -> int:
    """Return the line at which a page is opened for a passage: a little above it."""
    finder = PageFinder(page.lines)
    words = neutral_line(passage)
    for length in (200, 60):
        at = finder.first(words[:length]) if words else None
        if at is not None:
            return at - FOUND_LINES if at > FOUND_LINES else at
    return 0
