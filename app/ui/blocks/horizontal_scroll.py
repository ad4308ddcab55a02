"""Horizontal scrolling inside a box."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

BAR = 12
"""The pixels that a box leaves for the bar below its scrolling contents."""

_THICK, _SHORTEST = 5.0, 28.0


class HorizontalScroll:
    """The offset of contents wider than their room, and the thin bar that shows it."""

    def __init__(self) -> None:
        self._wide = self._room = 0.0
        self.offset = 0.0

    @property
    def needed(self) -> bool:
        """Whether the contents are wider than their room."""
        return self._wide > self._room + 0.5

    def fit(self, wide: float, room: float) -> None:
        """Set the width of the contents, and their room."""
        self._wide, self._room = wide, room
        self.by(0)

    def by(self, pixels: float) -> bool:
        """Scroll by a number of pixels. Return whether anything moved."""
        before = self.offset
        self.offset = float(round(min(max(before + pixels, 0), max(self._wide - self._room, 0))))
        return self.offset != before

    def paint(
        self, painter: QPainter, track: QRectF, colour: QColor, *, leftwards: bool = False
    ) -> None:
        """Draw the bar at the lower edge of ``track``.

        ``leftwards``: the contents begin at the right.
        """
        if not self.needed:
            return
        long = max(track.width() * self._room / self._wide, min(_SHORTEST, track.width()))
        way = self.offset / (self._wide - self._room) * (track.width() - long)
        if leftwards:
            way = track.width() - long - way
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        top = track.bottom() - _THICK - 3
        bar = QRectF(round(track.left() + way), top, round(long), _THICK)
        painter.drawRoundedRect(bar, _THICK / 2, _THICK / 2)
        painter.restore()
