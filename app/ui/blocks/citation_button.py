"""The button on the chip of a citation, which is painted with the text below it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.blocks.box import BoxButton, CitationLabels
from app.ui.controls import Button, plain_tip
from app.ui.theme import Theme


class CitationButton(Button):
    """A button that shows only the pointer above it, and the keyboard focus."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, "citation", "", kind="chip")
        self.setParent(parent)
        self._chip_theme = theme
        self.cited: tuple[CitationLabels | None, str] = (None, "")
        """What is known of the citations of its text, and its own mark."""
        self._shape = QRectF()

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
            QToolTip.showText(event.globalPos(), plain_tip(self.hint()), self)
            return True
        return super().event(event)

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
