"""The panel with a model's reasoning."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.ui.controls import Bar, Button, column
from app.ui.text import TextView
from app.ui.theme import Look


class ThoughtHeader(Button):
    """“Thinking…”, then “Thought for 3 s”: a button that opens and closes the panel."""

    def __init__(self, look: Look) -> None:
        super().__init__(
            look, "thought", "Show or hide the reasoning", shortcut="Space", pixels=14, weight=400
        )
        self.setCheckable(True)
        self._began = time.monotonic()
        self._pulse = QTimer(self)
        self._pulse.setInterval(70)
        self._pulse.timeout.connect(self._beat)
        look.changed.connect(self.update)

    def set_label(self, text: str, thinking: bool) -> None:
        """What it says, and whether its spark pulses."""
        if thinking != self._pulse.isActive():
            self._pulse.start() if thinking else self._pulse.stop()
        if text != self.text():
            self.setText(text)
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
                painter.setPen(QPen(self._look.colour("accent"), 1))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
            colour = "text" if self.underMouse() and self.isEnabled() else "muted"
            middle = self.height() // 2
            if self._pulse.isActive():
                painter.setOpacity(0.6 + 0.4 * math.cos((time.monotonic() - self._began) * 4))
            painter.drawPixmap(0, middle - 8, self._look.icon("spark", colour, 16).pixmap(16, 16))
            painter.setOpacity(1)
            painter.setPen(self._look.colour(colour))
            width = self.fontMetrics().horizontalAdvance(self.text())
            painter.drawText(
                24, 0, width + 4, self.height(), Qt.AlignmentFlag.AlignVCenter, self.text()
            )
            if self.isEnabled():
                arrow = "chevron-down" if self.isChecked() else "chevron-right"
                icon = self._look.icon(arrow, colour, 14)
                painter.drawPixmap(24 + width + 8, middle - 7, icon.pixmap(14, 14))
        finally:
            painter.end()

    def _beat(self) -> None:
        if self.isVisible():
            self.update(0, 0, 24, self.height())


class ReadingBar(Bar):
    """How far the prompt has been read; only where that takes a while."""

    CALM_MS = 500

    appeared = Signal()

    def __init__(self) -> None:
        tip = "How much of the prompt the model has read"
        super().__init__("prefillProgress", "Reading the prompt", tip, 3)
        self.setMaximumWidth(280)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(self.CALM_MS)
        self._timer.timeout.connect(self._appear)
        self.hide()

    def set_fraction(self, fraction: float | None) -> None:
        """0 to 1, or None when there is nothing to read any more."""
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


class Thought(QWidget):
    """The reasoning. Open while there is nothing else to read, unless the person said
    otherwise."""

    toggled = Signal(bool)
    hurried = Signal()
    """The person has waited for long enough."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._wish: bool | None = None
        self._thinking = False
        self._began = time.monotonic()
        self._seconds: float | None = None
        self.header = ThoughtHeader(look)
        self._body = QFrame()
        self._body.setObjectName("thoughtBody")
        self._text = TextView(look, "thoughtText", 14)
        self._text.setAccessibleName("Reasoning")
        column(self._body, (14, 1, 0, 1)).addWidget(self._text)
        self._hurry = Button(
            look, "answerNow", "Answer now", text="Answer now", kind="small", pixels=12,
            shortcut="Ctrl+Return", clicked=self.hurried.emit,
        )  # fmt: skip
        self._hurry.hide()
        self._bar = ReadingBar()
        self._bar.appeared.connect(self._show_label)
        layout = column(self, gap=6)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.header)
        head.addWidget(self._hurry)
        head.addStretch(1)
        layout.addLayout(head)
        layout.addWidget(self._bar)
        row = QHBoxLayout()
        row.setContentsMargins(9, 0, 0, 4)
        row.addWidget(self._body)
        layout.addLayout(row)
        self.header.clicked.connect(self._clicked)

    def show_text(self, text: str, *, answered: bool, thinking: bool) -> None:
        """The reasoning so far; ``answered`` once there is something else to read."""
        self._text.set_plain(text)
        if not thinking and self._seconds is None:
            self._seconds = time.monotonic() - self._began
        self._thinking = thinking
        self._show_label()
        self.header.setEnabled(bool(text))
        self._open(bool(text) and (not answered if self._wish is None else self._wish))
        if not thinking:
            self.show_work(None, offered=False, hurried=False)

    def show_work(self, read: float | None, *, offered: bool, hurried: bool) -> None:
        """How much of the prompt has been read, None where that is done; whether the answer can
        be asked for now, and has been."""
        self._bar.set_fraction(read)
        self._show_label()
        text = "Answering…" if hurried else "Answer now"
        if text != self._hurry.text():
            self._hurry.setText(text)
            self._hurry.setAccessibleName(text)
        self._hurry.setEnabled(not hurried)
        self._hurry.setVisible(offered)

    def set_seconds(self, seconds: float | None) -> None:
        """How long it took, as it was measured where the model is."""
        self._seconds = seconds if seconds is not None else self._seconds or 0.0

    def set_wish(self, opened: bool | None) -> None:
        """What the person last chose."""
        self._wish = opened

    def plain_text(self) -> str:
        """The header, and the reasoning where it is open."""
        return "\n".join([self.header.text(), *([self._text.toPlainText()] * self._opened)])

    def _show_label(self) -> None:
        doing = "Thinking…" if self._bar.isHidden() else "Reading…"
        label = doing if self._thinking else _thought_for(self._seconds)
        self.header.set_label(label, self._thinking)

    @property
    def _opened(self) -> bool:
        return self.header.isChecked()

    def _open(self, opened: bool) -> None:
        self.header.setChecked(opened)
        self._body.setVisible(opened)

    def _clicked(self, opened: bool) -> None:
        self._wish = opened
        self.toggled.emit(opened)
        self._open(opened)


def _thought_for(seconds: float | None) -> str:
    if not seconds or seconds < 1:
        return "Thought for less than a second"
    if seconds < 60:
        return f"Thought for {seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"Thought for {minutes} min {rest} s"
