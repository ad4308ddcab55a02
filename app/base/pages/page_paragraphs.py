"""A page for people: its lines as paragraphs again, and its links without marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.base.pages.stored_page import COLUMNS, LINK_MARK, Page

_MOST_LINES = 60  # of a paragraph: a longer one would be slow to lay out
_CHUNK = re.compile(r"\s+|[^\s-]*[\w!\"'&.,?]-{1,2}(?=\w)|\S+")


@dataclass(frozen=True, slots=True)
class PageParagraph:
    """A paragraph of a page. ``starts`` are the places in ``text`` at which its lines begin."""

    text: str
    first: int
    starts: tuple[int, ...]

    @property
    def last(self) -> int:
        """The number of its last line."""
        return self.first + len(self.starts) - 1

    def range_of(self, first: int, last: int) -> tuple[int, int]:
        """Return the part of the text that some lines take; empty for lines that are not here."""
        begin = max(first - self.first, 0)
        end = min(last - self.first, len(self.starts) - 1) + 1
        if begin >= end:
            return 0, 0
        stop = self.starts[end] if end < len(self.starts) else len(self.text)
        return self.starts[begin], stop


def paragraphs(page: Page) -> list[PageParagraph]:
    """Return the paragraphs of a page; each line that was not wrapped is one."""
    found: list[PageParagraph] = []
    begin = 0
    for number in range(1, len(page.lines) + 1):
        short = number - begin < _MOST_LINES and number < len(page.lines)
        if short and _goes_on(page.lines[number - 1], page.lines[number]):
            continue
        found.append(_paragraph(page.lines[begin:number], begin))
        begin = number
    return found


def lines_text(found: Iterable[PageParagraph], first: int, last: int) -> list[str]:
    """Return the text of some lines, one for each line that has any."""
    texts = []
    for paragraph in found:
        for line in range(max(first, paragraph.first), min(last, paragraph.last) + 1):
            start, end = paragraph.range_of(line, line)
            texts.append(paragraph.text[start:end].strip())
    return [text for text in texts if text]


def _goes_on(line: str, following: str) -> bool:
    """Return whether a line was wrapped before the following one."""
    if not line or not following:
        return False
    chunk = _CHUNK.match(following)
    wrapped = line[-1] in " -" or following[0] == " " or len(line) >= COLUMNS
    return wrapped and len(line) + len(chunk[0] if chunk else "") > COLUMNS


def _paragraph(lines: Sequence[str], first: int) -> PageParagraph:
    raw = "".join(lines)
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line)
    pieces, taken, shown, written = [], 0, [0] * len(starts), 0
    number = 0
    for found in [*LINK_MARK.finditer(raw), None]:
        end = found.start() if found else len(raw)
        while number < len(starts) and starts[number] < end:
            shown[number] = written + starts[number] - taken
            number += 1
        pieces.append(raw[taken:end])
        written += end - taken
        taken = end
        if found:
            words = found[2] + (f" ({found[3]})" if found[3] else "")
            while number < len(starts) and starts[number] < found.end():
                # A line that begins within the mark of a link.
                inside = min(max(starts[number] - found.start(2), 0), len(words))
                shown[number] = written + inside
                number += 1
            pieces.append(words)
            written += len(words)
            taken = found.end()
    for rest in range(number, len(starts)):
        shown[rest] = written
    return PageParagraph("".join(pieces), first, tuple(shown))
