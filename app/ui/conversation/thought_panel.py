"""The header of the reasoning: a button that opens it, and progress."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStyle, QWidget

from app.ui.controls import Button, ProgressLine, column
from app.ui.conversation.message_state import MessageState
from app.ui.theme import Theme
from app.wording.language import tr

_BESIDE = 54  # pixels beside the header's text, for its icon and its arrow
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
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Preferred, policy.Fixed)  # it is cut where there is no room
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
        wide = self.fontMetrics().horizontalAdvance(self.text()) + 1  # that is rounded
        return QSize(wide + _BESIDE, 30)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 30)

    def shown(self) -> str:
        """Return its text as far as there is room for it."""
        room = self.width() - _BESIDE
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

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
            shown = self.shown()
            width = self.fontMetrics().horizontalAdvance(shown)
            painter.drawText(24, 0, width + 4, self.height(), Qt.AlignmentFlag.AlignVCenter, shown)
            if self.isEnabled():
                arrow = "chevron-down" if self.isChecked() else "chevron-right"
                icon = self._theme.icon(arrow, colour, 14)
                painter.drawPixmap(24 + width + 8, middle - 7, icon.pixmap(14, 14))
        finally:
            painter.end()

    def _animate(self) -> None:
        if self.isVisible():
            self.update(0, 0, 24, self.height())


class WorkBar(ProgressLine):
    """Progress of what precedes an answer, shown only if that takes a while."""

    CALM_MS = 500

    appeared = Signal()
    """It has taken a while."""

    def __init__(self) -> None:
        super().__init__("prefillProgress", tr("Progress"), tr("Progress"), 3)
        self.setMaximumWidth(280)
        self.lasts = False
        """Whether the present work has taken a while."""
        self._work: tuple[MessageState, bool] | None = None
        self._share: float | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._appear)
        self.hide()

    def show_record(self, record: MessageState) -> None:
        """Show the work of an answer. Loading the model and reading the prompt are two."""
        work = record.work
        now = (record, work.withdrawable) if work else None
        if now != self._work:
            self._work, self.lasts = now, False
            self._timer.stop()
            if work:
                self._wait(self.CALM_MS - 1000 * (time.monotonic() - work.since))
        self._share = work.fraction if work else None
        if self._share is not None:
            self.set_share(self._share)
        self.setVisible(self.lasts and self._share is not None)

    def _wait(self, milliseconds: float) -> None:
        if milliseconds > 0:
            self._timer.start(round(milliseconds))
        else:
            self.lasts = True

    def _appear(self) -> None:
        self.lasts = True
        self.setVisible(self._share is not None)
        self.appeared.emit()


class ThoughtHead(QWidget):
    """The header, a button to answer now or to take the question back, and the progress."""

    toggled = Signal(bool)
    hurried = Signal()
    """“Answer now” was pressed."""
    withdrawn = Signal()
    """“Cancel” was pressed: the question is to be taken back."""
    resized = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.header = ThoughtHeader(theme)
        self._answer_now = Button(
            theme, "answerNow", tr("Answer now"), text=tr("Answer now"), kind="small", pixels=12,
            shortcut="Ctrl+Return", clicked=self.hurried.emit,
        )  # fmt: skip
        self._answer_now.hide()
        cancel = tr("Cancel and edit message")
        self._withdraw = Button(
            theme, "withdrawQuestion", cancel, text=tr("Cancel"), kind="small", pixels=12,
            shortcut="Esc", clicked=self.withdrawn.emit,
        )  # fmt: skip
        self._withdraw.hide()
        self._bar = WorkBar()
        self._bar.appeared.connect(self._appeared)
        self._record: MessageState | None = None
        layout = column(self, gap=6)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.header)
        head.addWidget(self._answer_now)
        head.addWidget(self._withdraw)
        head.addStretch(1)
        layout.addLayout(head)
        layout.addWidget(self._bar)
        self.header.clicked.connect(self.toggled)

    def show_record(self, record: MessageState) -> None:
        """Show the state of an answer."""
        self._record = record
        self._bar.show_record(record)
        text = tr("Answering…") if record.hurried else tr("Answer now")
        if text != self._answer_now.text():
            self._answer_now.setText(text)
            self._answer_now.setAccessibleName(text)
        self._answer_now.setEnabled(not record.hurried)
        self._answer_now.setVisible(record.offered)
        self.header.setEnabled(bool(record.panel))
        self.header.setChecked(record.opened)
        self._update_label()

    def _appeared(self) -> None:
        self._update_label()
        self.resized.emit()

    def _update_label(self) -> None:
        record = self._record
        assert record
        lasts = self._bar.lasts
        self._withdraw.setVisible(lasts and record.work is not None and record.work.withdrawable)
        self.header.set_label(record.label(lasts), record.thinking)
