"""The cells of a table: their sizes, and their boxes once they are visible."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtGui import QFontMetricsF

from app.markdown import Align, Row, Span, SpanKind, Spans, VerticalAlign
from app.ui.blocks.box import Style
from app.ui.blocks.font_fallback import is_foreign
from app.ui.blocks.text_box import TextBox
from app.ui.blocks.text_runs import BOLD
from app.ui.blocks.utf16 import has_rtl, units
from app.ui.theme import Palette, font

_KEPT = 1500  # boxes
LEAST, LEAST_ON_PAPER = 160, 64
"""The minimum width in pixels of a column that is made narrower to fit."""

_STEP = 8  # pixels in which columns get narrower, so that cells are seldom laid out again


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """A measured row.

    ``starts`` are the positions of the cells, from the row's own; ``wants`` and ``heights`` are
    their sizes if nothing wraps.
    """

    cells: Row
    starts: Sequence[int]
    length: int
    wants: Sequence[float]
    heights: Sequence[float]
    wrapped: dict[tuple[int, float], float] = field(default_factory=dict)
    """The heights of cells that are narrower than they want, by column and width."""


class TableCells:
    """The cells of a table, measured, and their boxes.

    Plain text is measured without a box. The most recently used boxes are kept.
    """

    def __init__(self, theme: Palette, style: Style) -> None:
        self._theme, self._style = theme, style
        self._boxes: dict[tuple[int, int], tuple[Spans, TextBox]] = {}
        self._metrics = [QFontMetricsF(font(style.pixels, w)) for w in (400, BOLD)]
        self.aligns: Sequence[Align] = ()
        self.leftwards = False
        empty = TextBox(theme, style)
        empty.lay_out(100)
        self.high, self.base = empty.height, empty.baseline
        """The height of a cell of one line, and its baseline."""

    def clear(self) -> None:
        """Forget the boxes."""
        self._boxes.clear()

    def measure(self, row: int, cells: Row) -> MeasuredRow:
        """Measure a row, which must have as many cells as there are columns.

        Row 0 is the header.
        """
        starts, wants, heights = [], [], []
        at = 0
        for column, spans in enumerate(cells):
            starts.append(at)
            bold = not row and any(is_foreign(span.text) for span in spans)
            if len(spans) < 2 and not bold and _is_plain(spans):
                text = spans[0].text if spans else ""
                size, want, high = units(text), self._advance(row, text), self.high
            else:
                box = self.box(row, column, spans)
                size, want, high = box.length, box.ideal_width(), box.height
            wants.append(want)
            heights.append(high)
            at += size + 1
        return MeasuredRow(cells, starts, max(at - 1, 0), wants, heights)

    def _advance(self, row: int, text: str) -> float:
        # A layout gives the last letter an extra pixel if it overhangs its width.
        return float(math.ceil(self._metrics[not row].horizontalAdvance(text)) + bool(text))

    def box(self, row: int, column: int, spans: Spans) -> TextBox:
        """Return the box of a cell; the caller has to lay it out."""
        key = row, column
        known, box = self._boxes.get(key, (None, None))
        if box is None:
            weight = 400 if row else BOLD
            box = TextBox(self._theme, self._style, weight=weight, align=self.aligns[column])
            box.in_rtl = self.leftwards
            if len(self._boxes) >= _KEPT:
                del self._boxes[next(iter(self._boxes))]
        if known is not spans:
            self._boxes[key] = spans, box
            box.set_spans(tuple(map(_in_line, spans)))
        return box


def _is_plain(spans: Spans) -> bool:
    """Return whether spans are plain text on one line.

    Right-to-left text is not: Qt's metrics give less width than a layout takes.
    """
    return all(
        s.kind is SpanKind.TEXT
        and s.vertical_align is VerticalAlign.NONE
        and not (s.bold or s.italic or s.strike or s.link or "\n" in s.text or has_rtl(s.text))
        for s in spans
    )


def _in_line(span: Span) -> Span:
    """Return a formula as inline: on a line of its own, it would take the whole column's width."""
    return replace(span, kind=SpanKind.MATH) if span.kind is SpanKind.DISPLAY else span


def fit(wants: Sequence[float], room: float, least: int = LEAST) -> list[float]:
    """Return the widths of columns, given the ideal ones and the room for all.

    The widest are narrowed first, down to ``least``. The sum may exceed the room if there are many.
    """
    if sum(wants) <= room:
        return list(wants)
    left, most = room, 0.0
    for number, want in enumerate(sorted(wants)):
        most = left / (len(wants) - number)
        if want > most:
            break
        left -= want
    less = max(math.floor(most / _STEP) * _STEP, least)
    return [want if want <= max(most, less) else less for want in wants]
