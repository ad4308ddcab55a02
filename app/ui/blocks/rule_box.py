"""Horizontal rules."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.markdown import Rule
from app.ui.blocks.box import Box, Highlights


class RuleBox(Box):
    """A horizontal line, which can be selected."""

    def set_block(self, block: Rule) -> None:
        self.length = 1

    def lay_out(self, width: float) -> None:
        self.width, self.height = width, 9.0

    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        if highlights.selected[0] < highlights.selected[1]:
            painter.fillRect(self.rects(0, 1)[0], self.theme.colour("selection"))
        painter.fillRect(QRectF(0, 4, self.width, 1), self.theme.colour("border"))

    def position_at(self, point: QPointF) -> int:
        return int(point.y() > 4.5 or (point.y() >= 0 and point.x() > self.width / 2))

    def rects(self, start: int, end: int) -> list[QRectF]:
        return [QRectF(0, 0, self.width, self.height)] if start < 1 <= end else []

    def text(self, start: int, end: int) -> str:
        return "---" if start < 1 <= end else ""

    def markdown(self, start: int, end: int) -> str:
        return (
            "***" if start < 1 <= end else ""
        )  # `---` after a list mark would be parsed as an item
