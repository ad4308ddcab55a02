"""A figure that a tool has made, on a page of a PDF."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from app.ui.blocks.box import Box, Highlights, Style
from app.ui.theme import Palette

_HIGHEST = 640.0  # pixels, so that it fits on a page with its heading


class FigureBox(Box):
    """A picture, not larger than it is, nor than a page is wide."""

    def __init__(self, theme: Palette, style: Style, image: QImage) -> None:
        super().__init__(theme, style)
        self._image = image

    def set_block(self, block: QImage) -> None:
        self._image = block
        self.lay_out(self.width)

    def lay_out(self, width: float) -> None:
        size = self._image.size()
        scale = min(1.0, width / max(1, size.width()), _HIGHEST / max(1, size.height()))
        self.width, self.height = width, size.height() * scale

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        size = self._image.size()
        wide = self.height * size.width() / max(1, size.height())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(0, 0, wide, self.height), self._image)
        painter.restore()

    def position_at(self, point: QPointF) -> int:
        return 0

    def rects(self, start: int, end: int) -> list[QRectF]:
        return []

    def text(self, start: int, end: int) -> str:
        return ""

    def markdown(self, start: int, end: int) -> str:
        return ""
