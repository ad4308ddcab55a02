"""The requests that the local server answers now, each with a button that stops it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.serving import ServedRequest, ServerStatus
from app.ui.controls import Button, Elided, column, tell
from app.ui.form_fields import heading, note
from app.ui.form_page import FormPart
from app.ui.theme import Theme, font
from app.wording.language import tr
from app.wording.serving_words import request_state, requests_sentence

_HELD_MS = 5000  # for which the room of requests that have ended is kept for the next ones


class RequestsPart(FormPart):
    """The part of the page about them.

    It grows at once, but becomes smaller only when it has had room to spare for some seconds:
    an agent asks again and again, and what is below must not jump each time.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.requests = ServedRequests(theme)
        self._none = note("", "noRequests")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_HELD_MS)
        self._timer.timeout.connect(lambda: self.setMinimumHeight(0))
        layout = column(self, gap=8)
        for widget in (heading(tr("Requests")), self.requests, self._none):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_status(self, status: ServerStatus) -> None:
        """Show who asks now, or how many have asked."""
        held = self.sizeHint().height()
        self.requests.show_requests(status.requests)
        tell(self._none, requests_sentence(status))
        if held > self.sizeHint().height():
            self.setMinimumHeight(max(held, self.minimumHeight()))
            self._timer.start()
        elif self.sizeHint().height() >= self.minimumHeight():
            self._timer.stop()


class ServedRequests(QWidget):
    """A row for each request, the oldest first."""

    stopped = Signal(int)
    """The number of a request to stop."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: dict[int, ServedRow] = {}
        self.setObjectName("serverLog")
        self.setAccessibleName(tr("Requests"))
        self._column = column(self, gap=4)

    def show_requests(self, requests: Sequence[ServedRequest]) -> None:
        """Show these, each in the row that it has."""
        there = {request.number for request in requests}
        for number in [number for number in self._rows if number not in there]:
            row = self._rows.pop(number)
            row.hide()
            row.deleteLater()
        for request in requests:
            if request.number not in self._rows:
                self._rows[request.number] = self._row(request)
            self._rows[request.number].show_state(request)
        self.setVisible(bool(requests))

    def _row(self, request: ServedRequest) -> ServedRow:
        row = ServedRow(self._theme, request)
        row.stop.clicked.connect(lambda: self.stopped.emit(request.number))
        self._column.addWidget(row)
        return row


class ServedRow(QWidget):
    """Who asks, what is done for it, and Stop."""

    def __init__(self, theme: Theme, request: ServedRequest) -> None:
        super().__init__()
        client = request.client or tr("Unknown app")
        self.setObjectName(f"request:{request.number}")
        name = Elided("requestClient")
        name.setFont(font(14, 550))
        name.set_text(client)
        self._state = Elided("requestState")
        self._state.setProperty("tone", "muted")
        self._state.setFont(font(13))
        self.stop = Button(
            theme, f"stopRequest:{request.number}", tr("Stop {app}").format(app=client),
            text=tr("Stop"), kind="small",
        )  # fmt: skip
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(name)
        words.addWidget(self._state)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        row.addLayout(words, 1)
        row.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_state(self, request: ServedRequest) -> None:
        """Show how far it is."""
        text = request_state(request)
        self._state.set_text(text)
        self.stop.setAccessibleDescription(text)
