"""The marks of list items: dots, numbers, and the boxes of tasks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.ui.theme import font


def paint_task(painter: QPainter, colour: QColor, done: bool, *, leftwards: bool) -> None:
    """Draw the box of a task beside the origin, which is where the first line of text begins."""
    painter.setPen(QPen(colour, 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    left = 9.0 if leftwards else -21.0
    painter.drawRoundedRect(QRectF(left, -11.5, 12, 12), 3, 3)
    if done:
        tick = [QPointF(3, -5.5), QPointF(5.5, -3), QPointF(9, -8)]
        painter.drawPolyline([QPointF(left, 0) + each for each in tick])


def paint_dot(painter: QPainter, colour: QColor, *, leftwards: bool) -> None:
    """Draw a dot beside the origin."""
    painter.setBrush(colour)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(QPointF(14 if leftwards else -14, -5), 2.2, 2.2)


def paint_number(
    painter: QPainter, colour: QColor, number: int, pixels: int, *, leftwards: bool
) -> None:
    """Draw a number and its full stop beside the origin."""
    mark = f"{number}."
    face = font(pixels)
    painter.setFont(face)
    painter.setPen(colour)
    wide = QFontMetricsF(face).horizontalAdvance(mark)
    if leftwards:  # puts the full stop to the left of the number
        painter.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    painter.drawText(QPointF(8 if leftwards else -8 - wide, 0), mark)
