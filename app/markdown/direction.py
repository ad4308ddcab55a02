"""The direction of a block: that of its first letter, like HTML's ``dir="auto"``.

Code and formulas always run from left to right, and do not count for the block around them.
"""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import bidirectional

from app.markdown.blocks import (
    Block,
    Footnote,
    Heading,
    List,
    ListItem,
    Paragraph,
    Quote,
    Span,
    SpanKind,
    Table,
)

_NEUTRAL = (
    SpanKind.CODE,
    SpanKind.KEY,
    SpanKind.MATH,
    SpanKind.DISPLAY,
    SpanKind.NOTE,
    SpanKind.CITATION,
)


def is_leftwards(block: Block | ListItem, parent_rtl: bool = False) -> bool:
    """Return whether a block is right-to-left; without letters, it follows its parent."""
    return parent_rtl if (found := _direction(block)) is None else found


def spans_leftwards(spans: Iterable[Span], parent_rtl: bool = False) -> bool:
    """Return whether a line runs from right to left."""
    return parent_rtl if (found := _of_spans(spans)) is None else found


def _direction(block: Block | ListItem) -> bool | None:
    match block:
        case Paragraph(spans=spans) | Heading(spans=spans):
            return _of_spans(spans)
        case Quote(blocks=blocks) | Footnote(blocks=blocks) | ListItem(blocks=blocks):
            return _first(map(_direction, blocks))
        case List(items=items):
            return _first(map(_direction, items))
        case Table(header=header, rows=rows):
            return _first(_of_spans(cell) for row in (header, *rows) for cell in row)
    return None


def _of_spans(spans: Iterable[Span]) -> bool | None:
    return _first(_of_text(span.text) for span in spans if span.kind not in _NEUTRAL)


def _of_text(text: str) -> bool | None:
    for character in text:
        if (side := bidirectional(character)) in ("L", "R", "AL"):
            return side != "L"
    return None


def _first(found: Iterable[bool | None]) -> bool | None:
    return next((each for each in found if each is not None), None)
