"""What a message is made of, as values that can be drawn. No HTML, no addresses but those of links.

Inside a block that grew, the blocks, items and rows that did not are equal to those before, and
mostly the same objects, so that comparing them costs little.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class SpanKind(Enum):
    """What a stretch of a line is, and what its ``text`` says."""

    TEXT = auto()
    CODE = auto()
    MATH = auto()
    """A formula in the line; its TeX."""
    DISPLAY = auto()
    """A formula that wants a line of its own, within a paragraph; its TeX."""
    NOTE = auto()
    """A reference to a `Footnote`; its label."""
    KEY = auto()
    """A key to be pressed."""
    BREAK = auto()
    """The end of a line, where the writer wants one."""
    SOFT = auto()
    """The end of a line of the source. It is shown as BREAK is, as every chat does."""


class VerticalAlign(Enum):
    """Where text stands: on the line, or smaller above or below it."""

    NONE = ""
    ABOVE = "sup"
    BELOW = "sub"


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one look. ``link`` is where a click leads to: http, https, mailto, or empty."""

    text: str
    kind: SpanKind = SpanKind.TEXT
    bold: bool = False
    italic: bool = False
    strike: bool = False
    link: str = ""
    rise: VerticalAlign = VerticalAlign.NONE


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``joined`` where it goes on from the paragraph before: a very long one is cut, so that no
    part of a message gets slow to read, to lay out and to paint. It is what stood at the cut: a
    blank, the end of a line, or nothing; None where no paragraph was cut."""

    spans: Spans
    joined: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """``level`` is 1 to 6."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Code:
    """Fenced or indented. ``language`` is the first word behind the fence. While the message
    grows, ``text`` only gets longer at its end."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Math:
    """A formula on lines of its own, in TeX. It is a paragraph of its source until it is whole."""

    tex: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the page."""


class Align(Enum):
    """How a column of a table is set; NONE where the writer did not say."""

    NONE = ""
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


Row = tuple[Spans, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """``align`` and ``header`` are of one length; a row may be shorter, never longer: what is
    surplus in the source is in the last cell."""

    align: tuple[Align, ...]
    header: Row
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quotation."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list. ``task`` is whether its box is ticked, None where it has no box;
    ``apart`` is whether an empty line was before it."""

    blocks: tuple[Block, ...]
    task: bool | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """``start`` is the first number, None for bullets."""

    start: int | None
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Footnote:
    """What a NOTE with this label refers to. It stays where it was written."""

    label: str
    blocks: tuple[Block, ...]


Block = Paragraph | Heading | Code | Math | Rule | Table | Quote | List | Footnote
