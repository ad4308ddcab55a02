"""Blocks that are still open while the lines of a message are read, each with what it has so far.

A frame says whether the next line goes on in it, takes the line's part that is its own, and becomes
a block when it is closed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from app.markdown.blocks import (
    Align,
    Block,
    Code,
    Footnote,
    Heading,
    Item,
    List,
    Math,
    Paragraph,
    Quote,
    Row,
    Span,
    Spans,
    Table,
)
from app.markdown.line import Line

PARAGRAPH = 2_000
"""Characters after which a paragraph is cut, where a sentence ends."""
_SLACK = 500
_READ = 16_000
"""Characters of what was one paragraph after which the rest is plain text."""
FORMULA = 2_000
"""Characters of the longest formula on lines of its own."""
COLUMNS = 100
"""Of the widest table."""

_SENTENCE = re.compile(r"""[.!?][)"'”’]?\s+|[。！？]\s*""")
_PIPE = re.compile(r"(?<!\\)\|")
_DELIMITER = re.compile(r"[ \t]*(:?)-+(:?)[ \t]*")
_ALIGN = {
    (False, False): Align.NONE,
    (True, False): Align.LEFT,
    (True, True): Align.CENTER,
    (False, True): Align.RIGHT,
}


class Inline(Protocol):
    """How frames have their text read."""

    def spans(self, text: str) -> Spans:
        """What a text says."""

    def define(self, text: str) -> str:
        """A paragraph's text without the definitions of links at its beginning."""


@dataclass(slots=True)
class Frame:
    """``parts`` is all of it that grows: lines, rows, items or blocks."""

    parts: list[Any] = field(default_factory=list, kw_only=True)

    def copy(self) -> Self:
        """One that grows alone."""
        twin = copy.copy(self)
        twin.parts = list(self.parts)
        return twin

    def close(self, inline: Inline) -> Block | Item | None:
        """What it has become; None where nothing is left of it."""
        raise NotImplementedError


@dataclass(slots=True)
class Box(Frame):
    """What has other blocks in it."""

    def goes_on(self, line: Line, empty: bool) -> bool:
        """Whether the line is inside; then the marks of this box are taken off it. ``empty`` is
        whether nothing is in this box so far."""
        return True

    def close(self, inline: Inline) -> Block | Item | None:
        raise NotImplementedError


@dataclass(slots=True)
class DocumentBox(Box):
    pass


@dataclass(slots=True)
class QuoteBox(Box):
    def goes_on(self, line: Line, empty: bool) -> bool:
        if line.indent > 3 or not line.text.startswith(">"):
            return False
        self.open(line)
        return True

    @staticmethod
    def open(line: Line) -> None:
        line.drop(1)
        line.skip(1)

    def close(self, inline: Inline) -> Quote:
        return Quote(tuple(self.parts))


@dataclass(slots=True)
class FootnoteBox(Box):
    label: str

    def goes_on(self, line: Line, empty: bool) -> bool:
        if line.blank:
            return True
        if line.indent < 4:
            return False
        line.skip(4)
        return True

    def close(self, inline: Inline) -> Footnote:
        return Footnote(self.label, tuple(self.parts))


@dataclass(slots=True)
class ListBox(Box):
    mark: str
    """Its bullet, or what follows its numbers: items with another are another list."""
    start: int | None

    def close(self, inline: Inline) -> List:
        return List(self.start, tuple(self.parts))


@dataclass(slots=True)
class ItemBox(Box):
    width: int
    """Columns before what is in it."""
    apart: bool
    task: bool | None = None

    def goes_on(self, line: Line, empty: bool) -> bool:
        if line.blank:
            return not empty
        if line.indent < self.width:
            return False
        line.skip(self.width)
        return True

    def close(self, inline: Inline) -> Item:
        return Item(tuple(self.parts), self.task, self.apart)


@dataclass(slots=True)
class ParagraphFrame(Frame):
    before: int = 0
    """Characters of the same paragraph that were cut off and are shown above."""
    size: int = 0

    def add(self, text: str) -> None:
        """Another line."""
        self.parts.append(text)
        self.size += len(text) + 1

    def extend(self, text: str) -> None:
        """More of the last line."""
        self.parts[-1] += text
        self.size += len(text)

    def cut(self) -> tuple[ParagraphFrame, ParagraphFrame] | None:
        """The two that this one becomes where it is too long. It depends on nothing behind the
        cut, so that it is the same in whatever pieces the text comes."""
        if self.size <= PARAGRAPH + _SLACK:
            return None
        text = "\n".join(self.parts)
        window = text[PARAGRAPH : PARAGRAPH + _SLACK]
        if found := _SENTENCE.search(window):
            at = found.end()
        else:
            at = max(map(window.rfind, " \n")) + 1 or _SLACK
        first, second = text[: PARAGRAPH + at], text[PARAGRAPH + at :]
        return (
            ParagraphFrame(self.before, len(first), parts=[first]),
            ParagraphFrame(self.before + len(first), len(second), parts=second.split("\n")),
        )

    def text(self, inline: Inline) -> str:
        """What is said, without definitions."""
        text = "\n".join(self.parts).strip(" \t\n")
        return inline.define(text) if text.startswith("[") and not self.before else text

    def close(self, inline: Inline) -> Paragraph | None:
        text = self.text(inline)
        if not text:
            return None
        read = inline.spans(text) if self.before < _READ else (Span(text.replace("\n", " ")),)
        return Paragraph(read, joined=self.before > 0)

    def heading(self, level: int, inline: Inline) -> Heading | None:
        """What it is with a line under it."""
        text = self.text(inline)
        return Heading(level, inline.spans(text)) if text else None


@dataclass(slots=True)
class Verbatim(Frame):
    """What takes its lines as they are."""

    def take(self, line: Line) -> bool:
        """Whether the line is in it; then it has it."""
        raise NotImplementedError

    def extend(self, text: str) -> None:
        """More of the last line."""
        self.parts.append(self.parts.pop() + text if self.parts else text)

    @property
    def done(self) -> bool:
        """Whether no further line can be in it."""
        return False

    def close(self, inline: Inline) -> Block | None:
        raise NotImplementedError


@dataclass(slots=True)
class FenceFrame(Verbatim):
    fence: str
    indent: int
    language: str
    ended: bool = False
    """Its own end was there."""

    @property
    def done(self) -> bool:
        return self.ended

    def take(self, line: Line) -> bool:
        mark = line.text.rstrip(" \t")
        whole = mark == self.fence[0] * len(mark) and len(mark) >= len(self.fence)
        if whole and line.indent < 4:
            self.ended = True
        else:
            line.skip(self.indent)
            self.parts.append(line.rest)
        return True

    def close(self, inline: Inline) -> Code:
        return Code("\n".join(self.parts), self.language)


@dataclass(slots=True)
class IndentedFrame(Verbatim):
    def take(self, line: Line) -> bool:
        if line.indent < 4 and not line.blank:
            return False
        line.skip(4)
        self.parts.append(line.rest)
        return True

    def close(self, inline: Inline) -> Code:
        end = len(self.parts)
        while not self.parts[end - 1].strip(" \t"):
            end -= 1
        return Code("\n".join(self.parts[:end]))


@dataclass(slots=True)
class FormulaFrame(Verbatim):
    """Perhaps a formula: only its end tells. ``ending`` is ``$$`` or ``\\]``."""

    ending: str
    ended: bool
    size: int = 0

    @property
    def done(self) -> bool:
        return self.ended

    def take(self, line: Line) -> bool:
        text = line.rest.rstrip()
        end = text.find(self.ending)
        if line.blank or self.size > FORMULA or 0 <= end < len(text) - len(self.ending):
            return False
        self.parts.append(line.rest)
        self.size += len(line.rest) + 1
        self.ended = end >= 0
        return True

    def close(self, inline: Inline) -> Math | Paragraph:
        """A paragraph of its source as long as it has not ended."""
        text = "\n".join(self.parts).strip()
        mark = len(self.ending)
        return Math(text[mark:-mark].strip()) if self.ended else Paragraph((Span(text),))


@dataclass(slots=True)
class TableFrame(Frame):
    align: tuple[Align, ...]
    header: Row

    def add(self, text: str, spans: Callable[[str], Spans]) -> None:
        """Another row."""
        self.parts.append(tuple(map(spans, cells(text)[: len(self.align)])))

    def close(self, inline: Inline) -> Table:
        return Table(self.align, self.header, tuple(self.parts))


def cells(text: str) -> list[str]:
    """The texts between the pipes of a table's row."""
    parts = _PIPE.split(text.strip(" \t"))
    if parts and not parts[0]:
        del parts[0]
    if parts and not parts[-1]:
        del parts[-1]
    return [part.strip(" \t").replace("\\|", "|") for part in parts]


def alignment(text: str) -> tuple[Align, ...]:
    """What the line under a table's header says of its columns; nothing where it is no such."""
    text = text.strip(" \t")
    if text[:1] not in "|-:" or text[:2] in ("", "-", "- ", "-\t", "|", ":"):
        return ()
    found = [_DELIMITER.fullmatch(part) for part in cells(text)]
    if len(found) > COLUMNS or not all(found):
        return ()
    return tuple(_ALIGN[bool(part[1]), bool(part[2])] for part in found if part)
