"""Blocks that are still open while a message is read, each with its content so far.

An open block says whether the next line continues it, consumes its part of the line, and becomes a
block when it is closed.
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
    Footnote,
    Heading,
    List,
    ListItem,
    Paragraph,
    Quote,
    Row,
    Spans,
    Table,
)
from app.markdown.formulas import (
    DISPLAY_MARKS,
    DISPLAYED,
    formula_content,
    is_prose,
    open_formula_end,
)
from app.markdown.inline import lines
from app.markdown.line_scanner import LineScanner
from app.markdown.tables import cells

PARAGRAPH = 2_000
"""Characters after which a paragraph is cut, at the end of a sentence."""
_CUT_WINDOW = 500
_INLINE_LIMIT = 16_000
"""Characters of one original paragraph after which the rest is plain text."""
FORMULA = 2_000
"""Characters of the longest displayed formula."""

_BULLET = re.compile(r"[-+*][ \t]+(?![-*_ \t]+$)\S")
_SENTENCE = re.compile(r"""[.!?][)"'”’]?\s+|[。！？]\s*""")


class InlineParser(Protocol):
    """A parser of the text of open blocks."""

    def spans(self, text: str) -> Spans:
        """Parse inline text."""

    def define(self, text: str) -> str:
        """Remove link definitions at the start of a paragraph; return the rest."""


@dataclass(slots=True)
class OpenBlock:
    """An open block; ``parts`` holds all of it that grows: lines, rows, items or blocks."""

    parts: list[Any] = field(default_factory=list, kw_only=True)

    def copy(self) -> Self:
        """Return a copy that grows independently."""
        clone = copy.copy(self)
        clone.parts = list(self.parts)
        return clone

    def close(self, inline: InlineParser) -> Block | ListItem | None:
        """Return the finished block; None if nothing is left of it."""
        raise NotImplementedError


@dataclass(slots=True)
class OpenContainer(OpenBlock):
    """An open block with children."""

    def continues(self, line: LineScanner, empty: bool) -> bool:
        """Consume this container's marker; return whether the line is inside.

        ``empty`` is whether the container has no content so far.
        """
        return True

    def close(self, inline: InlineParser) -> Block | ListItem | None:
        raise NotImplementedError


@dataclass(slots=True)
class OpenDocument(OpenContainer):
    pass


@dataclass(slots=True)
class OpenQuote(OpenContainer):
    def continues(self, line: LineScanner, empty: bool) -> bool:
        if line.indent > 3 or not line.text.startswith(">"):
            return False
        self.strip_marker(line)
        return True

    @staticmethod
    def strip_marker(line: LineScanner) -> None:
        line.drop(1)
        line.skip(1)

    def close(self, inline: InlineParser) -> Quote:
        return Quote(tuple(self.parts))


@dataclass(slots=True)
class OpenFootnote(OpenContainer):
    label: str

    def continues(self, line: LineScanner, empty: bool) -> bool:
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
    """The bullet, or the delimiter after the numbers; a different one starts another list."""
    start: int | None

    def close(self, inline: InlineParser) -> List:
        return List(self.start, tuple(self.parts))


@dataclass(slots=True)
class OpenItem(OpenContainer):
    width: int
    """Columns before the content."""
    after_blank: bool
    numbered: bool
    task: bool | None = None

    def continues(self, line: LineScanner, empty: bool) -> bool:
        if line.blank:
            return not empty
        if line.indent < self.width:
            # Models often indent a bullet below a number by fewer columns than CommonMark asks for.
            if not (self.numbered and line.indent > 1 and _BULLET.match(line.text)):
                return False
            self.width = line.indent
        line.skip(self.width)
        return True

    def close(self, inline: InlineParser) -> ListItem:
        return ListItem(tuple(self.parts), self.task, self.after_blank)


@dataclass(slots=True)
class OpenParagraph(OpenBlock):
    before: int = 0
    """Characters of the same paragraph in earlier pieces."""
    cut_at: str | None = None
    """The text removed at the cut before this piece; None without one."""
    size: int = 0
    closing: str = ""
    """The closing mark of the formula that is open."""
    held: int = 0
    """The number of trailing lines in the open formula; they are kept if it is closed."""

    def add(self, text: str, *, formulas: bool = True) -> None:
        """Append a line."""
        self.parts.append(text)
        self.size += len(text) + 1
        self.closing = open_formula_end(text, self.closing) if formulas else ""

    def extend(self, text: str) -> None:
        """Append to the last line."""
        self.parts[-1] += text
        self.size += len(text)

    def hold_line(self, line: LineScanner) -> bool:
        """Append the line if it belongs to the open formula, whatever it would be elsewhere.

        A blank line can belong to it if the formula began at a line's beginning or end. Return
        whether the line was appended.
        """
        since = self.parts[-self.held - 1 :]
        first = since[0].strip(" \t")
        alone = first.endswith((*DISPLAY_MARKS, "}")) or DISPLAYED.match(first)
        ends = self.closing in line.text
        if (line.blank and not alone) or sum(map(len, since)) > FORMULA:
            return False
        if (line.blank or ends) and is_prose(formula_content([*since, line.rest], self.closing)):
            return False
        self.held = 0 if ends else self.held + 1
        self.add(line.rest)
        return True

    def release(self) -> list[str]:
        """Remove and return the held lines."""
        at = len(self.parts) - self.held
        held, self.parts[at:] = self.parts[at:], []
        self.size -= sum(len(text) + 1 for text in held)
        self.held, self.closing = 0, ""
        return held

    def split(self) -> tuple[OpenParagraph, OpenParagraph] | None:
        """Return the two pieces of an overlong paragraph.

        The cut does not depend on what follows it, so it is the same however the text arrives.
        """
        if self.held or self.size <= PARAGRAPH + _CUT_WINDOW:
            return None
        text = "\n".join(self.parts)
        window = text[PARAGRAPH : PARAGRAPH + _CUT_WINDOW]
        if line := window.find("\n") + 1:
            at = line
        elif found := _SENTENCE.search(window):
            at = found.end()
        else:
            at = max(map(window.rfind, " \t")) + 1 or _CUT_WINDOW
        first, second = text[: PARAGRAPH + at], text[PARAGRAPH + at :]
        gap = first[len(first.rstrip()) :]
        return (
            OpenParagraph(self.before, self.cut_at, len(first), parts=[first]),
            OpenParagraph(
                self.before + len(first),
                "\n" if "\n" in gap else " " if gap else "",
                len(second),
                open_formula_end(second),
                parts=second.split("\n"),
            ),
        )

    def text(self, inline: InlineParser) -> str:
        """Return the text without definitions."""
        text = "\n".join(self.parts).strip(" \t\n")
        return inline.define(text) if text.startswith("[") and not self.before else text

    def close(self, inline: InlineParser) -> Paragraph | None:
        text = self.text(inline)
        if not text:
            return None
        read = inline.spans(text) if self.before < _INLINE_LIMIT else lines(text)
        return Paragraph(read, self.cut_at)

    def heading(self, level: int, inline: InlineParser) -> Heading | None:
        """Return the heading that an underline makes of the paragraph."""
        text = self.text(inline)
        return Heading(level, inline.spans(text)) if text else None


@dataclass(slots=True)
class OpenTable(OpenBlock):
    align: tuple[Align, ...]
    header: Row

    def add(self, text: str, spans: Callable[[str], Spans]) -> None:
        """Append a row."""
        self.parts.append(tuple(map(spans, cells(text, len(self.align)))))

    def close(self, inline: InlineParser) -> Table:
        return Table(self.align, self.header, tuple(self.parts))
