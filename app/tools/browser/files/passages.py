"""A text cut into passages, which are what is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SIZE = 1500  # bytes of UTF-8 that a passage has at most, about: 500 Chinese characters
_LEAST = 300  # below that, a heading does not begin a new one
_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")


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
    levels: dict[int, str] = {}
    begun, size, at, under = 0, 0, 0, ""
    for line in _lines(text):
        heading = _HEADING.match(line)
        weight = len(line) if line.isascii() else len(line.encode("utf-8", "replace"))
        if at > begun and (size + weight > _SIZE or (heading and size > _LEAST)):
            yield Passage(begun, at, under)
            begun, size, under = at, 0, " › ".join(levels.values())
        if heading:
            level = len(heading[1])
            levels = {n: words for n, words in levels.items() if n < level}
            levels[level] = heading[2].strip()[:200]
            if size <= _LEAST:
                under = " › ".join(levels.values())
        size += weight
        at += len(line)
    if at > begun:
        yield Passage(begun, at, under)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with their ends; those that are too long in pieces."""
    for line in text.splitlines(keepends=True):
        if len(line) <= _SIZE:
            yield line
        else:
            step = _SIZE if line.isascii() else _SIZE // 3
            yield from (line[at : at + step] for at in range(0, len(line), step))
