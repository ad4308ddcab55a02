"""The use of a memory, as a bar with segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.engine.memory_model import MemoryUse
from app.ui.controls import tip
from app.ui.theme import Theme, font
from app.wording.language import tr
from app.wording.quantities import gigabytes

_BAR = 14
_LINE = 21
_COLUMNS = 3  # at most
_SWATCH = 9


@dataclass(frozen=True, slots=True)
class MemorySegment:
    """``size`` bytes of a memory, in one of the theme's colours."""

    name: str
    size: int
    colour: str


class MemoryBar(QWidget):
    """A title with the total, the bar, and a legend; what does not fit is red."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._title, self._size = "", 0
        self.parts: tuple[MemorySegment, ...] = ()
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def set_parts(self, title: str, size: int, parts: Sequence[MemorySegment]) -> None:
        """Show ``parts`` of ``size`` bytes; the rest is free."""
        self._title, self._size = title, size
        free = max(0, size - sum(part.size for part in parts))
        parts = (*parts, MemorySegment(tr("Free"), free, "track"))
        self.parts = tuple(part for part in parts if part.size)
        legend = ", ".join(f"{part.name} {gigabytes(part.size)}" for part in self.parts)
        self.setAccessibleName(f"{title}: {legend}")
        self.setToolTip(tip(f"{title}: {gigabytes(size)}"))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        lines = -(-len(self.parts) // self._columns())
        return QSize(420, _LINE + _BAR + 8 + lines * _LINE) * self._theme.zoom

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()

    @property
    def _wide(self) -> float:
        """The width in pixels of the design, in which everything is painted."""
        return self.width() / self._theme.zoom

    def _columns(self) -> int:
        """Return how many entries of the legend fit beside each other."""
        metrics = QFontMetricsF(font(12))
        widest = max((metrics.horizontalAdvance(_legend(part)) for part in self.parts), default=0.0)
        return max(1, min(_COLUMNS, int(self._wide // (widest + _SWATCH + 7 + 12))))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(self._theme.zoom, self._theme.zoom)
            self._paint_title(painter)
            self._paint_bar(painter)
            self._paint_legend(painter)
        finally:
            painter.end()

    def _paint_title(self, painter: QPainter) -> None:
        line = QRectF(0, 0, self._wide, _LINE - 3)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(13, 550))
        painter.setPen(self._theme.colour("text"))
        painter.drawText(line, middle, self._title)
        painter.setFont(font(13))
        painter.setPen(self._theme.colour("muted"))
        painter.drawText(line, middle | Qt.AlignmentFlag.AlignRight, gigabytes(self._size))

    def _paint_bar(self, painter: QPainter) -> None:
        bar = QRectF(0, _LINE, self._wide, _BAR)
        shape = QPainterPath()
        shape.addRoundedRect(bar, 5, 5)
        painter.setClipPath(shape)
        scale = bar.width() / max(1, sum(part.size for part in self.parts))
        left = 0.0
        for part in self.parts:
            width = part.size * scale
            # A gap between two segments that are wide enough.
            gap = 1.5 if width > 4 and part.colour != "track" else 0
            area = QRectF(left, _LINE, width - gap, _BAR)
            painter.fillRect(area, self._theme.colour(part.colour))
            left += width
        end = self._size * scale
        if end < bar.width() - 0.5:
            painter.fillRect(bar.adjusted(end, 0, 0, 0), self._theme.colour("danger"))
        painter.setClipping(False)

    def _paint_legend(self, painter: QPainter) -> None:
        columns = self._columns()
        column = self._wide / columns
        painter.setFont(font(12))
        for index, part in enumerate(self.parts):
            row, place = divmod(index, columns)
            line = QRectF(place * column, _LINE + _BAR + 8 + row * _LINE, column, _LINE)
            swatch = QRectF(line.x(), line.center().y() - _SWATCH / 2, _SWATCH, _SWATCH)
            shape = QPainterPath()
            shape.addRoundedRect(swatch, 2.5, 2.5)
            painter.fillPath(shape, self._theme.colour(part.colour))
            painter.setPen(self._theme.colour("scroll"))
            painter.drawPath(shape)
            line.setLeft(line.x() + _SWATCH + 7)
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, _legend(part))


def _legend(part: MemorySegment) -> str:
    return f"{part.name}  {gigabytes(part.size)}"


def segments(use: MemoryUse, others: int) -> list[MemorySegment]:
    """Return the segments of a memory of which others use ``others`` bytes."""
    return [
        MemorySegment(tr("Weights"), use.weights, "accent"),
        MemorySegment(tr("Cache"), use.cache, "link"),
        MemorySegment(tr("Buffers"), use.compute, "warning"),
        MemorySegment(tr("Runtime"), use.runtime, "muted"),
        MemorySegment(tr("Other apps"), others, "scroll"),
    ]
