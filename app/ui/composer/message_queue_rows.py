"""The queued messages, above the composer."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QWidget

from app.store import Queued
from app.ui.controls import Button, Elided, Scroll, column, muted
from app.ui.theme import Theme, font
from app.wording.language import tr

_ROW = 34  # pixels
_MOST = 4  # rows shown at once
_SHOWN = 300  # characters of a message, more than a line has room for


class MessageQueueRows(QFrame):
    """A line about when the messages are sent, and a row with buttons for each."""

    sent = Signal(int)
    """The index of a message to be sent now."""
    edited = Signal(int)
    withdrawn = Signal(int)
    left = Signal()
    """The list became empty while it had the keyboard focus."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: tuple[tuple[Queued, ...], bool] = ((), False)
        self.setObjectName("queue")
        self.setAccessibleName(tr("Queued messages"))
        layout = column(self, (14, 8, 8, 8), gap=4)
        self._line = muted(name="queueLine")
        self._line.setWordWrap(True)
        self._send = Button(
            theme, "sendWaiting", tr("Send the first queued message now"), text=tr("Send"),
            kind="small", pixels=12, shortcut="Ctrl+Shift+Return",
            clicked=lambda: self.sent.emit(0),
        )  # fmt: skip
        head = QHBoxLayout()
        head.addWidget(self._line, 1)
        head.addWidget(self._send)
        layout.addLayout(head)
        self._area = Scroll()
        layout.addWidget(self._area)
        self.hide()

    def follow(self, before: QWidget) -> None:
        """Set the widget that precedes this one in the tab order."""
        QWidget.setTabOrder(before, self._send)

    def show_queue(self, queue: tuple[Queued, ...], *, busy: bool) -> None:
        """Show these messages; with ``busy`` they wait for an answer, else for the user."""
        if (queue, busy) == self._shown:
            return
        self._shown = queue, busy
        focused = QApplication.focusWidget()
        inside = focused if focused and self.isAncestorOf(focused) else None
        name, place = (inside.objectName(), inside.property("place")) if inside else ("", 0)
        self._line.setText(
            tr("Queued: will be sent when the answer is done")
            if busy
            else tr("Paused: the last answer was stopped")
        )
        rows = QWidget()
        layout = column(rows)
        for index, each in enumerate(queue):
            layout.addWidget(self._row(index, each, busy=busy))
        if old := self._area.takeWidget():
            old.deleteLater()  # it may hold the button that was clicked
        self._area.setWidget(rows)
        self._send.setVisible(not busy)
        self._area.setFixedHeight(self._theme.px(_ROW) * min(len(queue), _MOST))
        self.setVisible(bool(queue))
        before: QWidget = self._send
        for button in rows.findChildren(Button):
            QWidget.setTabOrder(before, button)
            before = button
        alike = rows.findChildren(Button, name)
        if inside and alike:
            alike[min(place, len(alike) - 1)].setFocus()
        elif inside:
            self.left.emit()

    def _row(self, index: int, queued: Queued, *, busy: bool) -> QWidget:
        row = QWidget()
        row.setFixedHeight(_ROW)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        text = Elided("queued")
        text.setFont(font(13))
        text.set_text(" · ".join(part.name or part.text[:_SHOWN] for part in queued.parts))
        layout.addWidget(text, 1)
        send = tr("Stop the answer and send this message now") if busy else tr("Send now")
        for name, label, icon, signal in (
            ("editQueued", tr("Edit message"), "edit", self.edited),
            ("sendQueued", send, "send", self.sent),
            ("withdrawQueued", tr("Remove from queue"), "close", self.withdrawn),
        ):
            button = Button(
                self._theme, name, label, icon=icon, size=14, clicked=partial(signal.emit, index)
            )
            button.setProperty("place", index)
            button.setAccessibleDescription(text.accessibleName())
            layout.addWidget(button)
        return row
