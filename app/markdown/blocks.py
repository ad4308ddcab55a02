"""The blocks of a message, as values that can be drawn: no HTML, no addresses but those of links.

Inside a block that grew, unchanged blocks, items and rows are equal to those before, and mostly the
same objects, so that comparing them is cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class SpanKind(Enum):
    """The kind of a span, and what its ``text`` holds."""

    TEXT = auto()
    CODE = auto()
    MATH = auto()
    """An inline formula; its TeX."""
    DISPLAY = auto()
    """A displayed formula within a paragraph; its TeX."""
    NOTE = auto()
    """A reference to a `Footnote`; its label."""
    KEY = auto()
    """A key to be pressed."""
    CITATION = auto()
    """A mark that points at what a tool has displayed; all of it: see `app.markdown.citations`."""
    BREAK = auto()
    """A hard line break."""
    SOFT = auto()
    """A soft line break, which is shown like BREAK, as every chat does."""


class VerticalAlign(Enum):
    """The vertical position of text: on the line, or smaller above or below it."""

    NONE = ""
    ABOVE = "sup"
    BELOW = "sub"


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one style; ``link`` is a click's target: http, https, mailto, or empty."""

    text: str
    kind: SpanKind = SpanKind.TEXT
    bold: bool = False
    italic: bool = False
    strike: bool = False
    link: str = ""
    vertical_align: VerticalAlign = VerticalAlign.NONE


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, or a piece of a very long one.

    Long paragraphs are cut, so that no part of a message gets slow to parse, lay out and paint.
    ``joined`` is what was removed at the cut before this piece: a space, a line break, or nothing;
    None if there was no cut.
    """

    spans: Spans
    joined: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` is 1 to 6."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Code:
    """Fenced or indented code; ``language`` is the first word of the info string.

    While the message grows, ``text`` only gets longer at its end.
    """

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Math:
    """A displayed formula, in TeX. Until it is complete, it is a Paragraph of its source."""

    tex: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A thematic break."""


class Align(Enum):
    """The alignment of a table's column; NONE if the source does not say."""

    NONE = ""
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


Row = tuple[Spans, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``align`` and ``header`` are of one length.

    A row may be shorter, never longer: surplus cells are joined to the last one.
    """

    align: tuple[Align, ...]
    header: Row
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quote."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ListItem:
    """A list item.

    ``task`` is whether its box is ticked, None without a box; ``after_blank`` is whether a blank
    line precedes it.
    """

    blocks: tuple[Block, ...]
    task: bool | None = None
    after_blank: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """A list; ``start`` is the first number, None for bullets."""

    start: int | None
    items: tuple[ListItem, ...]


@dataclass(frozen=True, slots=True)
class Footnote:
    """The text that a NOTE with this label refers to; it stays where it was written."""

    label: str
    blocks: tuple[Block, ...]


Block = Paragraph | Heading | Code | Math | Rule | Table | Quote | List | Footnote
