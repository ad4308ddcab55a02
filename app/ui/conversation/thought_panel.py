"""The header of the reasoning: a button that opens it, and progress."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QStyle, QWidget

from app.ui.controls import Button, ProgressLine, column
from app.ui.conversation.message_state import MessageState
from app.ui.theme import Theme
from app.wording.language import tr

_ANIMATED = QStyle.StyleHint.SH_Widget_Animation_Duration  # 0 if the system wants no animations


class ThoughtHeader(Button):
    """“Thinking…”, then “Thought for 3 s”: a button that opens and closes the panel."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            "thought",
            tr("Show or hide reasoning"),
            shortcut="Space",
            pixels=14,
            weight=400,
        )
        self.setCheckable(True)
        self._began = time.monotonic()
        self._pulse = QTimer(self)
        self._pulse.setInterval(70)
        self._pulse.timeout.connect(self._animate)
        theme.changed.connect(self.update)

    def set_label(self, text: str, thinking: bool) -> None:
        """Set its text, and whether its spark pulses."""
        moves = thinking and self.style().styleHint(_ANIMATED, None, self) > 0
        if moves != self._pulse.isActive():
            self._pulse.start() if moves else self._pulse.stop()
        if text != self.text():
            self.setText(text)
            self.setShortcut("")  # an "&" in the text would create one
            self.setAccessibleName(text)
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(24 + self.fontMetrics().horizontalAdvance(self.text()) + 30, 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.hasFocus():
                painter.setPen(QPen(self._theme.colour("accent"), 1))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
            colour = "text" if self.underMouse() and self.isEnabled() else "muted"
            middle = self.height() // 2
            if self._pulse.isActive():
                painter.setOpacity(0.6 + 0.4 * math.cos((time.monotonic() - self._began) * 4))
            painter.drawPixmap(0, middle - 8, self._theme.icon("spark", colour, 16).pixmap(16, 16))
            painter.setOpacity(1)
            painter.setPen(self._theme.colour(colour))
            width = self.fontMetrics().horizontalAdvance(self.text())
            painter.drawText(
                24, 0, width + 4, self.height(), Qt.AlignmentFlag.AlignVCenter, self.text()
            )
            if self.isEnabled():
                arrow = "chevron-down" if self.isChecked() else "chevron-right"
                icon = self._theme.icon(arrow, colour, 14)
                painter.drawPixmap(24 + width + 8, middle - 7, icon.pixmap(14, 14))
        finally:
            painter.end()

    def _animate(self) -> None:
        if self.isVisible():
            self.update(0, 0, 24, self.height())


class ReadingBar(ProgressLine):
    """Progress of reading the prompt, shown only if that takes a while."""

    CALM_MS = 500

    appeared = Signal()

    def __init__(self) -> None:
        tip = tr("Prompt processing progress")
        super().__init__("prefillProgress", tr("Processing prompt"), tip, 3)
        self.setMaximumWidth(280)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(self.CALM_MS)
        self._timer.timeout.connect(self._appear)
        self.hide()

    def set_fraction(self, fraction: float | None) -> None:
        """Set the fraction, from 0 to 1; None when reading has ended."""
        if fraction is None:
            self._timer.stop()
            self.hide()
            return
        self.set_share(fraction)
        if self.isHidden() and not self._timer.isActive():
            self._timer.start()

    def _appear(self) -> None:
        self.show()
        self.appeared.emit()


class ThoughtHead(QWidget):
    """The header, the button “Answer now”, and the progress of reading the prompt."""

    toggled = Signal(bool)
    hurried = Signal()
    """“Answer now” was pressed."""
    resized = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.header = ThoughtHeader(theme)
        self._answer_now = Button(
            theme, "answerNow", tr("Answer now"), text=tr("Answer now"), kind="small", pixels=12,
            shortcut="Ctrl+Return", clicked=self.hurried.emit,
        )  # fmt: skip
        self._answer_now.hide()
        self._bar = ReadingBar()
        self._bar.appeared.connect(self._appeared)
        self._record: MessageState | None = None
        layout = column(self, gap=6)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.header)
        head.addWidget(self._answer_now)
        head.addStretch(1)
        layout.addLayout(head)
        layout.addWidget(self._bar)
        self.header.clicked.connect(self.toggled)

    def show_record(self, record: MessageState) -> None:
        """Show the state of an answer."""
        self._record = record
        self._bar.set_fraction(record.read)
        text = tr("Answering…") if record.hurried else tr("Answer now")
        if text != self._answer_now.text():
            self._answer_now.setText(text)
            self._answer_now.setAccessibleName(text)
        self._answer_now.setEnabled(not record.hurried)
        self._answer_now.setVisible(record.offered)
        self.header.setEnabled(record.thought is not None)
        self.header.setChecked(record.opened)
        self._update_label()

    def _appeared(self) -> None:
        self._update_label()
        self.resized.emit()

    def _update_label(self) -> None:
        assert self._record
        reading = not self._bar.isHidden()
        self.header.set_label(self._record.label(reading), self._record.thinking)
