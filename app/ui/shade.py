"""A shade over the window, below what floats there: the palette, or the sidebar."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

_RADIUS = 16  # pixels of the corners of what floats
_REACH, _DROP = 22, 6  # pixels of the shadow beyond it, and below it
_DARKEST = 26  # alpha of the shadow beside the edge
_DIM = QColor(0, 0, 0, 64)


class Shade(QWidget):
    """A shade over its parent, with the shadow of what floats; it tells when it is clicked.

    The shadow is painted once, and then copied in pieces: QGraphicsDropShadowEffect would render
    everything again with every key that is typed.
    """

    pressed = Signal()

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._above = QRect()
        self._shadow: QPixmap | None = None
        self.hide()

    def cover(self, area: QRect, above: QRect | None = None) -> None:
        """Cover ``area`` of the parent, with the shadow of ``above``, a rectangle in it."""
        self.setGeometry(area)
        above = above or QRect()
        if above != self._above:
            grown = above.united(self._above)
            self._above = above
            self.update(_around(grown))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.pressed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.fillRect(event.rect(), _DIM)
            if self._above.isValid() and event.rect().intersects(_around(self._above)):
                self._paint_shadow(painter)
        finally:
            painter.end()

    def _paint_shadow(self, painter: QPainter) -> None:
        """Copy the corners, and stretch the pixel between them along the sides."""
        ratio = self.devicePixelRatioF()
        if self._shadow is None or self._shadow.devicePixelRatio() != ratio:
            self._shadow = _shadow(ratio)
        corner, area = _REACH + _RADIUS, _around(self._above).adjusted(0, _DROP, 0, 0)
        across = ((0, corner), (corner, 1), (corner + 1, corner))
        xs = (
            (area.left(), corner),
            (area.left() + corner, area.width() - 2 * corner),
            (area.right() + 1 - corner, corner),
        )
        ys = (
            (area.top(), corner),
            (area.top() + corner, area.height() - 2 * corner),
            (area.bottom() + 1 - corner, corner),
        )
        for (x, wide), (left, width) in zip(xs, across, strict=True):
            for (y, high), (top, height) in zip(ys, across, strict=True):
                source = QRectF(left * ratio, top * ratio, width * ratio, height * ratio)
                painter.drawPixmap(QRectF(x, y, wide, high), self._shadow, source)


def _around(rect: QRect) -> QRect:
    return rect.adjusted(-_REACH, -_REACH, _REACH, _REACH + _DROP)


def _shadow(ratio: float) -> QPixmap:
    """Paint the shadow of the smallest rectangle, whose sides are one pixel between corners."""
    side = 2 * (_REACH + _RADIUS) + 1
    image = QPixmap(round(side * ratio), round(side * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for step in range(_REACH):
        alpha = round(_DARKEST * (1 - step / _REACH) ** 2)
        painter.setPen(QPen(QColor(0, 0, 0, alpha), 1.5))
        edge = _REACH - step
        rect = QRectF(edge, edge, side - 2 * edge, side - 2 * edge)
        painter.drawRoundedRect(rect, _RADIUS + step, _RADIUS + step)
    painter.end()
    return image
