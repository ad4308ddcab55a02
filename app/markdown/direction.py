"""In which direction a block runs: that of its first letter, as HTML's ``dir="auto"`` has it.

Code and formulas are from left to right wherever they are, and say nothing of what they are in.
"""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import bidirectional

from app.markdown.blocks import (
    Block,
    Footnote,
    Heading,
    Item,
    List,
    Paragraph,
    Quote,
    Span,
    SpanKind,
    Table,
)

_SILENT = (SpanKind.CODE, SpanKind.KEY, SpanKind.MATH, SpanKind.DISPLAY, SpanKind.NOTE)


def is_leftwards(block: Block | Item, around: bool = False) -> bool:
    """Whether a block runs from right to left. Without letters, it runs as what is ``around``."""
    return around if (found := _direction(block)) is None else found


def spans_leftwards(spans: Iterable[Span], around: bool = False) -> bool:
    """The same of a line."""
    return around if (found := _of_spans(spans)) is None else found


def _direction(block: Block | Item) -> bool | None:
    match block:
        case Paragraph(spans=spans) | Heading(spans=spans):
            return _of_spans(spans)
        case Quote(blocks=blocks) | Footnote(blocks=blocks) | Item(blocks=blocks):
            return _first(map(_direction, blocks))
        case List(items=items):
            return _first(map(_direction, items))
        case Table(header=header, rows=rows):
            return _first(_of_spans(cell) for row in (header, *rows) for cell in row)
    return None


def _of_spans(spans: Iterable[Span]) -> bool | None:
    return _first(_of_text(span.text) for span in spans if span.kind not in _SILENT)


def _of_text(text: str) -> bool | None:
    for character in text:
        if (side := bidirectional(character)) in ("L", "R", "AL"):
            return side != "L"
    return None


def _first(found: Iterable[bool | None]) -> bool | None:
    return next((each for each in found if each is not None), None)
