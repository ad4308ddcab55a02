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
    Spans,
    Table,
)
from app.markdown.formulas import (
    DISPLAY_MARKS,
    DISPLAYED,
    content,
    inner,
    is_prose,
    lined,
    unclosed,
)
from app.markdown.inline import lines
from app.markdown.line_scanner import LineScanner
from app.markdown.tables import cells

PARAGRAPH = 2_000
"""Characters after which a paragraph is cut, where a sentence ends."""
_SLACK = 500
_READ = 16_000
"""Characters of what was one paragraph after which the rest is plain text."""
FORMULA = 2_000
"""Characters of the longest formula on lines of its own."""

_NESTED = re.compile(r"(`{3,}|~{3,})[ \t]*[A-Za-z0-9{.][^`]*")
_BULLET = re.compile(r"[-+*][ \t]+(?![-*_ \t]+$)\S")
_SENTENCE = re.compile(r"""[.!?][)"'”’]?\s+|[。！？]\s*""")


class InlineParser(Protocol):
    """How frames have their text read."""

    def spans(self, text: str) -> Spans:
        """What a text says."""

    def define(self, text: str) -> str:
        """A paragraph's text without the definitions of links at its beginning."""


@dataclass(slots=True)
class OpenBlock:
    """``parts`` is all of it that grows: lines, rows, items or blocks."""

    parts: list[Any] = field(default_factory=list, kw_only=True)

    def copy(self) -> Self:
        """One that grows alone."""
        twin = copy.copy(self)
        twin.parts = list(self.parts)
        return twin

    def close(self, inline: InlineParser) -> Block | Item | None:
        """What it has become; None where nothing is left of it."""
        raise NotImplementedError


@dataclass(slots=True)
class OpenContainer(OpenBlock):
    """What has other blocks in it."""

    def goes_on(self, line: LineScanner, empty: bool) -> bool:
        """Whether the line is inside; then the marks of this box are taken off it. ``empty`` is
        whether nothing is in this box so far."""
        return True

    def close(self, inline: InlineParser) -> Block | Item | None:
        raise NotImplementedError


@dataclass(slots=True)
class OpenDocument(OpenContainer):
    pass


@dataclass(slots=True)
class OpenQuote(OpenContainer):
    def goes_on(self, line: LineScanner, empty: bool) -> bool:
        if line.indent > 3 or not line.text.startswith(">"):
            return False
        self.open(line)
        return True

    @staticmethod
    def open(line: LineScanner) -> None:
        line.drop(1)
        line.skip(1)

    def close(self, inline: InlineParser) -> Quote:
        return Quote(tuple(self.parts))


@dataclass(slots=True)
class OpenFootnote(OpenContainer):
    label: str

    def goes_on(self, line: LineScanner, empty: bool) -> bool:
        if line.blank:
            return True
        if line.indent < 4:
            return False
        line.skip(4)
        return True

    def close(self, inline: InlineParser) -> Footnote:
        return Footnote(self.label, tuple(self.parts))


@dataclass(slots=True)
class OpenList(OpenContainer):
    mark: str
    """Its bullet, or what follows its numbers: items with another are another list."""
    start: int | None

    def close(self, inline: InlineParser) -> List:
        return List(self.start, tuple(self.parts))


@dataclass(slots=True)
class OpenItem(OpenContainer):
    width: int
    """Columns before what is in it."""
    apart: bool
    numbered: bool
    task: bool | None = None

    def goes_on(self, line: LineScanner, empty: bool) -> bool:
        if line.blank:
            return not empty
        if line.indent < self.width:
            # Few know how far in a bullet has to be to be below a number.
            if not (self.numbered and line.indent > 1 and _BULLET.match(line.text)):
                return False
            self.width = line.indent
        line.skip(self.width)
        return True

    def close(self, inline: InlineParser) -> Item:
        return Item(tuple(self.parts), self.task, self.apart)


@dataclass(slots=True)
class OpenParagraph(OpenBlock):
    before: int = 0
    """Characters of the same paragraph that were cut off and are shown above."""
    cut_at: str | None = None
    """What stood where they were cut off."""
    size: int = 0
    ending: str = ""
    """What would end the formula that is open."""
    held: int = 0
    """How many of the last lines are in it, if it ends."""

    def add(self, text: str, *, formulas: bool = True) -> None:
        """Another line."""
        self.parts.append(text)
        self.size += len(text) + 1
        self.ending = unclosed(text, self.ending) if formulas else ""

    def extend(self, text: str) -> None:
        """More of the last line."""
        self.parts[-1] += text
        self.size += len(text)

    def hold(self, line: LineScanner) -> bool:
        """Whether the line is in the open formula, whatever it would be elsewhere; then it has it.
        An empty one can be, where the formula began at a line's beginning or end."""
        since = self.parts[-self.held - 1 :]
        first = since[0].strip(" \t")
        alone = first.endswith((*DISPLAY_MARKS, "}")) or DISPLAYED.match(first)
        ends = self.ending in line.text
        if (line.blank and not alone) or sum(map(len, since)) > FORMULA:
            return False
        if (line.blank or ends) and is_prose(content([*since, line.rest], self.ending)):
            return False
        self.held = 0 if ends else self.held + 1
        self.add(line.rest)
        return True

    def release(self) -> list[str]:
        """The lines that were held, taken off."""
        at = len(self.parts) - self.held
        held, self.parts[at:] = self.parts[at:], []
        self.size -= sum(len(text) + 1 for text in held)
        self.held, self.ending = 0, ""
        return held

    def cut(self) -> tuple[OpenParagraph, OpenParagraph] | None:
        """The two that this one becomes where it is too long. It depends on nothing behind the
        cut, so that it is the same in whatever pieces the text comes."""
        if self.held or self.size <= PARAGRAPH + _SLACK:
            return None
        text = "\n".join(self.parts)
        window = text[PARAGRAPH : PARAGRAPH + _SLACK]
        if line := window.find("\n") + 1:
            at = line
        elif found := _SENTENCE.search(window):
            at = found.end()
        else:
            at = max(map(window.rfind, " \t")) + 1 or _SLACK
        first, second = text[: PARAGRAPH + at], text[PARAGRAPH + at :]
        gap = first[len(first.rstrip()) :]
        return (
            OpenParagraph(self.before, self.cut_at, len(first), parts=[first]),
            OpenParagraph(
                self.before + len(first),
                "\n" if "\n" in gap else " " if gap else "",
                len(second),
                unclosed(second),
                parts=second.split("\n"),
            ),
        )

    def text(self, inline: InlineParser) -> str:
        """What is said, without definitions."""
        text = "\n".join(self.parts).strip(" \t\n")
        return inline.define(text) if text.startswith("[") and not self.before else text

    def close(self, inline: InlineParser) -> Paragraph | None:
        text = self.text(inline)
        if not text:
            return None
        read = inline.spans(text) if self.before < _READ else lines(text)
        return Paragraph(read, self.cut_at)

    def heading(self, level: int, inline: InlineParser) -> Heading | None:
        """What it is with a line under it."""
        text = self.text(inline)
        return Heading(level, inline.spans(text)) if text else None


@dataclass(slots=True)
class OpenVerbatim(OpenBlock):
    """What takes its lines as they are."""

    def take(self, line: LineScanner) -> bool:
        """Whether the line is in it; then it has it."""
        raise NotImplementedError

    def extend(self, text: str) -> None:
        """More of the last line."""
        self.parts.append(self.parts.pop() + text if self.parts else text)

    @property
    def done(self) -> bool:
        """Whether no further line can be in it."""
        return False

    def close(self, inline: InlineParser) -> Block | None:
        raise NotImplementedError


@dataclass(slots=True)
class OpenFence(OpenVerbatim):
    """In a fence, one that says what is in it opens another, though CommonMark has no such: models
    write Markdown about code in a fence. Where not as many end as began, it was none."""

    fence: str
    indent: int
    language: str
    nests: bool
    ended: bool = False
    """Its own end was there."""
    inner: list[str] = field(default_factory=list)
    """The fences that are open inside."""
    again: list[str] = field(default_factory=list)
    """The lines from the first of them on, as they came."""

    def copy(self) -> Self:
        twin = OpenVerbatim.copy(self)
        twin.inner, twin.again = list(self.inner), list(self.again)
        return twin

    @property
    def done(self) -> bool:
        return self.ended

    @property
    def uneven(self) -> bool:
        """Whether some other fence began inside, and this one has not ended."""
        return bool(self.again) and not self.ended

    def take(self, line: LineScanner) -> bool:
        mark = line.text.rstrip(" \t")
        near = line.indent < 4 and mark.startswith(self.fence)
        last = self.inner[-1] if self.inner else self.fence
        if near and mark == last[0] * len(mark) and len(mark) >= len(last):
            if not self.inner:
                self.ended = True
                return True
            self.inner.pop()
        elif near and self.nests and (opened := _NESTED.fullmatch(mark)):
            self.inner.append(opened[1])
        if self.again or self.inner:
            self.again.append(line.rest)
        line.skip(self.indent)
        self.parts.append(line.rest)
        return True

    def extend(self, text: str) -> None:
        OpenVerbatim.extend(self, text)
        if self.again:
            self.again[-1] += text

    def even(self) -> list[str]:
        """Makes it the fence that it is without those inside. The lines to be read again."""
        again, self.again, self.inner, self.nests = self.again, [], [], False
        del self.parts[len(self.parts) - len(again) :]
        return again

    def close(self, inline: InlineParser) -> Code:
        return Code("\n".join(self.parts), self.language)


@dataclass(slots=True)
class OpenIndented(OpenVerbatim):
    def take(self, line: LineScanner) -> bool:
        if line.indent < 4 and not line.blank:
            return False
        line.skip(4)
        self.parts.append(line.rest)
        return True

    def close(self, inline: InlineParser) -> Code:
        end = len(self.parts)
        while not self.parts[end - 1].strip(" \t"):
            end -= 1
        return Code("\n".join(self.parts[:end]))


@dataclass(slots=True)
class OpenFormula(OpenVerbatim):
    """Perhaps a formula: only its end tells. ``mark`` is what it begins with."""

    mark: str
    ending: str
    ended: bool
    size: int = 0

    @property
    def done(self) -> bool:
        return self.ended

    def take(self, line: LineScanner) -> bool:
        text = line.rest.rstrip()
        end = text.find(self.ending)
        if self.size > FORMULA or 0 <= end < len(text) - len(self.ending):
            return False
        parts = [*self.parts, line.rest]
        if end >= 0 and is_prose(self._tex(parts), 3):
            return False
        self.parts = parts
        self.size += len(line.rest) + 1
        self.ended = end >= 0
        return True

    def _tex(self, parts: list[str]) -> str:
        return inner("\n".join(parts).strip(), self.mark, self.ending)

    def close(self, inline: InlineParser) -> Math | Paragraph:
        """A paragraph of its source as long as it has not ended."""
        text = "\n".join(self.parts)
        return Math(lined(self._tex(self.parts))) if self.ended else Paragraph(lines(text))


@dataclass(slots=True)
class OpenTable(OpenBlock):
    align: tuple[Align, ...]
    header: Row

    def add(self, text: str, spans: Callable[[str], Spans]) -> None:
        """Another row."""
        self.parts.append(tuple(map(spans, cells(text, len(self.align)))))

    def close(self, inline: InlineParser) -> Table:
        return Table(self.align, self.header, tuple(self.parts))
