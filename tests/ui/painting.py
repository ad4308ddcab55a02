"""Boxes painted to images."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.ui.blocks.box import Box, Highlights


def painted(box: Box, ink: Highlights | None = None, strip: int = 0) -> QImage:
    """Paint a box, at once or strip by strip."""
    size = int(box.width), max(int(box.height), 1)
    image = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor("white"))
    painter = QPainter(image)
    for top in range(0, size[1], strip or size[1]):
        clip = QRectF(0, top, size[0], min(strip or size[1], size[1] - top))
        painter.save()
        painter.setClipRect(clip)
        box.paint(painter, clip, ink or Highlights())
        painter.restore()
    painter.end()
    return image
