"""A text cut into passages, which are what is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SIZE = 1500  # bytes of UTF-8 that a passage has, about: 500 Chinese characters
_LEAST = 300  # characters; a heading after fewer does not begin a new one
_HEADING = re.compile(r"^(#{1,6})[ \t]+(\S.*)", re.MULTILINE)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Passage:
    """The characters from ``start`` to ``end`` of a text, and the ``headings`` above them."""

    start: int
    end: int
    headings: str


def passages(text: str) -> Iterator[Passage]:
    """Yield the passages of a text: paragraphs under one heading, as many as fit.

    Together they are the whole text. One that is too long is cut at lines, or else anywhere.
    """
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    size = max(1, _SIZE * len(text) // max(1, size))
    least = min(_LEAST, size // 2)
    headings = list(_HEADING.finditer(text))
    levels: dict[int, str] = {}
    begun = at = 0
    while begun < len(text):
        while at < len(headings) and headings[at].start() <= begun + least:
            level = len(headings[at][1])
            levels = {n: words for n, words in levels.items() if n < level}
            levels[level] = headings[at][2].strip()[:_LONGEST]
            at += 1
        under = " › ".join(levels.values())
        end = begun + size
        if at < len(headings) and headings[at].start() < end:
            end = headings[at].start()
        elif end < len(text):
            end = _cut(text, begun + least, end)
        yield Passage(begun, min(end, len(text)), under)
        begun = end


def _cut(text: str, first: int, last: int) -> int:
    """Return the place at which a text is best cut: after a paragraph, a line, or a word."""
    for gap in ("\n\n", "\n", " "):
        if (found := text.rfind(gap, first, last)) >= 0:
            return found + len(gap)
    return last
