"""The button on the chip of a citation, which is painted with the text below it."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.blocks.box import BoxButton, CitationLabels
from app.ui.controls import Button
from app.ui.theme import Theme


class CitationButton(Button):
    """A button that shows only the pointer above it, and the keyboard focus."""

    opened = Signal(object, str)
    """It was pressed, and leads to a source: the `CitationLabels` of its text, and its mark."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, "citation", "", kind="chip")
        self.setParent(parent)
        self._chip_theme = theme
        self.cited: tuple[CitationLabels | None, str] = (None, "")
        """What is known of the citations of its text, and its own mark."""
        self._shape = QRectF()
        self.clicked.connect(self._press)

    def show_citation(self, control: BoxButton) -> None:
        """Stand for a citation from now on."""
        self.cited = control.box.style.citations, control.citation
        if control.shape:
            self._shape = control.shape
        if self.accessibleName() != control.label:
            self.setAccessibleName(control.label)

    def hint(self) -> str:
        """Return the text of the tooltip: the source, and the cited lines."""
        labels, mark = self.cited
        return labels.hint(mark) if labels else ""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_hint(event.globalPos())
            return True
        return super().event(event)

    def _press(self) -> None:
        """Open the source; of a citation that leads nowhere, say why."""
        labels, mark = self.cited
        if labels and labels.number(mark):
            self.opened.emit(labels, mark)
        else:
            self._show_hint(self.mapToGlobal(self.rect().bottomLeft()))

    def _show_hint(self, place: QPoint) -> None:
        # Escaped, and with its lines as they are: it has text of somebody else's.
        QToolTip.showText(place, f'<p style="white-space: pre">{escape(self.hint())}</p>', self)

    def paintEvent(self, event: QPaintEvent) -> None:
        focused = self.hasFocus()
        if not (focused or self.underMouse()):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self._chip_theme.colour("accent")
        painter.setPen(QPen(accent, 1.5) if focused else Qt.PenStyle.NoPen)
        ground = QColor(accent)
        ground.setAlphaF(0.16 if self.underMouse() else 0.0)
        painter.setBrush(ground)
        more = 0.25 if focused else 0.0
        frame = self._shape.adjusted(-more, -more, more, more)
        painter.drawRoundedRect(frame, 0.4 * frame.height(), 0.4 * frame.height())
        painter.end()
