"""Formulas on lines of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from app.markdown import Code, Math
from app.ui.blocks.box import Box, BoxButton, Highlights, Range, Style
from app.ui.blocks.code_box import CodeBox
from app.ui.blocks.formula_image import picture
from app.ui.blocks.horizontal_scroll import BAR, HorizontalScroll
from app.ui.blocks.tex_svg import draw
from app.ui.theme import Palette

_MARGIN = 4.0  # pixels above and below
_HIGHEST = 600.0  # pixels on paper, where it has to fit onto a page


class FormulaBox(Box):
    """A formula on lines of its own: centred, or scrolled if it is too wide.

    One that cannot be typeset is shown as code.
    """

    def __init__(self, theme: Palette, style: Style) -> None:
        super().__init__(theme, style)
        self._tex = ""
        self._view = QRectF()
        self._source: CodeBox | None = None
        self._scroller = HorizontalScroll()

    def set_block(self, block: Math) -> None:
        self._tex = block.tex
        drawing = draw(block.tex, self.style.pixels, display=True)
        if drawing:
            self._source, self._view, self.length = None, drawing.view, 1
        else:
            self._source = CodeBox(self.theme, self.style)
            self._source.set_block(Code(block.tex, "latex"))
            self.length = self._source.length
        if self.width:
            self._measure()

    def lay_out(self, width: float) -> None:
        if width != self.width:
            self.width = width
            self._measure()

    def _measure(self) -> None:
        if self._source:
            self._source.lay_out(self.width)
            self.height = self._source.height
        else:
            wide, high = self._size()
            self._scroller.fit(wide, self.width)
            self.height = high + 2 * _MARGIN + BAR * self._scroller.needed

    def _size(self) -> tuple[float, float]:
        """Return width and height; on paper, the formula is shrunk to fit."""
        wide, high = self._view.width(), self._view.height()
        shrunk = min(1.0, self.width / wide, _HIGHEST / high) if self.style.paper else 1.0
        return wide * shrunk, high * shrunk

    @property
    def baseline(self) -> float:
        return self._source.baseline if self._source else _MARGIN - self._view.top()

    def restyle(self) -> None:
        if self._source:
            self._source.restyle()

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        if self._source:
            self._source.paint(painter, clip, highlights)
            return
        colour = getattr(self.theme.colours, self.style.colour)
        ratio = painter.device().devicePixelRatio()
        shown = picture(self._tex, self.style.pixels, colour, ratio, display=True)
        painter.save()
        painter.setClipRect(QRectF(0, 0, self.width, self.height), Qt.ClipOperation.IntersectClip)
        frame = self._frame()
        for found in highlights.found:
            name = "found_current" if found == highlights.current else "found"
            painter.fillRect(frame, self.theme.colour(name))
        if highlights.selected[0] < highlights.selected[1]:
            painter.fillRect(frame, self.theme.colour("selection"))
        if shown:
            shown.paint(painter, frame)
        painter.restore()
        track = QRectF(0, 0, self.width, self.height)
        self._scroller.paint(painter, track, self.theme.colour("scroll"))

    def _frame(self) -> QRectF:
        """Return the rectangle of the picture."""
        wide, high = self._size()
        left = max(math.floor((self.width - wide) / 2), 0) - self._scroller.offset
        return QRectF(left, _MARGIN, wide, high)

    def position_at(self, point: QPointF) -> int:
        if self._source:
            return self._source.position_at(point)
        if 0 <= point.y() < self.height:
            return int(point.x() > self._frame().center().x())
        return int(point.y() > 0)

    def rects(self, start: int, end: int) -> list[QRectF]:
        if self._source:
            return self._source.rects(start, end)
        return [self._frame()] if start < 1 <= end else []

    def text(self, start: int, end: int) -> str:
        return self.markdown(start, end).rstrip("\n")

    def markdown(self, start: int, end: int) -> str:
        if start <= 0 and end >= self.length:
            return f"$$\n{self._tex}\n$$\n"
        return self._source.text(start, end) if self._source else ""

    def leaf_at(self, position: int) -> Range:
        return self._source.leaf_at(position) if self._source else (0, 1)

    def controls(self, clip: QRectF | None = None) -> Sequence[BoxButton]:
        return self._source.controls(clip) if self._source else ()

    def scroll(self, point: QPointF, pixels: float) -> bool:
        if self._source:
            return self._source.scroll(point, pixels)
        return self._scroller.by(pixels)
