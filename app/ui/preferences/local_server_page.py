"""The page about the local server: its switch, address and token, and who asks it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from app.base.errors import SecretError
from app.base.secrets import SecretPlace
from app.base.settings import LARGEST_PORT, SERVER_PORT, SMALLEST_PORT
from app.serving import ServerStatus
from app.ui.choices import Switch
from app.ui.controls import Button, column, tell
from app.ui.form_fields import DigitsField, heading, named, note
from app.ui.form_page import FormPage, FormPart, FormRow
from app.ui.preferences.served_requests import RequestsPart
from app.ui.preferences.snippets_part import CopyButton, SnippetsPart
from app.ui.theme import Theme
from app.wording.client_snippets import HIDDEN, ServedModel, snippets
from app.wording.errors import explain
from app.wording.language import tr

_PATIENCE_MS = 500  # a switch that takes less is not told, so that the page does not jump


class LocalServerPage(FormPage):
    """The page. What needs the server to be on is hidden while it is off."""

    switched = Signal(bool)
    port_chosen = Signal(int)
    retry_wanted = Signal()
    new_token_wanted = Signal()
    stopped = Signal(int)
    """The number of a request to stop."""

    def __init__(self, theme: Theme, port: int, *, locked: bool = False) -> None:
        """Create the page; ``locked``: an administrator leaves the server off."""
        super().__init__("localServerPage", tr("Local server"))
        self._theme, self._port = theme, port
        self._served = ServedModel("", "", "")
        self._switching, self._slow_words = False, ""
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_PATIENCE_MS)
        self._slow.timeout.connect(self._tell_slow)
        self._add_switch(locked=locked)
        self._add_port()
        self._token_lost = False
        self._token_part = self._make_token()
        self.requests = RequestsPart(theme)
        self.requests.requests.stopped.connect(self.stopped)
        self._parts = (
            self._make_address(),
            self._token_part,
            self.requests,
            self._make_snippets(),
        )
        for part in self._parts:
            self.column.addSpacing(10)
            self.column.addWidget(part)
            part.hide()
        self.column.addStretch(1)

    def leave(self) -> None:
        self._choose_port()

    def show_state(self, *, wanted: bool, switching: bool, error: BaseException | None) -> None:
        """Show whether the server is on, is being switched, or why it is off."""
        self._switch.setChecked(wanted)
        self._token_lost = wanted and isinstance(error, SecretError)
        self._slow_words = tr("Starting…") if wanted else tr("Stopping…")
        if not switching:
            self._slow.stop()
            self._retry.setVisible(error is not None and wanted)
            tell(self._state, explain(error).sentence if error else "", "danger")
        elif not self._switching:
            self._slow.start()
        self._switching = switching

    def show_server(self, status: ServerStatus, served: ServedModel) -> None:
        """Show what programs need, and who asks now."""
        if served != self._served:
            self._served = served
            self.address.setText(served.base)
            self.token.setText(served.token)
            self.token.setCursorPosition(0)
            self._show_snippets()
        self.requests.show_status(status)
        focused = self.focusWidget()
        for part in self._parts:  # a token that cannot be read can be replaced
            shown = status.on or (part is self._token_part and self._token_lost)
            if not shown and focused and part.isAncestorOf(focused):
                self.port.setFocus()  # else it would go to the first field of the dialog
            part.setVisible(shown)

    def show_place(self, place: SecretPlace | None) -> None:
        """Show where the token is kept; None if there is none."""
        said = {
            SecretPlace.KEYRING: tr("Saved in the system keyring."),
            SecretPlace.FILE: tr("Saved in a file only you can read."),
        }
        tell(self._place, said[place] if place else "")

    def show_port(self, port: int) -> None:
        """Show the port that is set."""
        self._port = port
        if not self.port.hasFocus():
            self.port.setText(str(port))

    def _add_switch(self, *, locked: bool) -> None:
        why = tr(
            "Editors, scripts and agents on this computer can use your model over an API like "
            "OpenAI’s or Anthropic’s. They need the access token. Other computers can’t connect."
        )
        self._switch = Switch("serverSwitch", tr("Local server"), on=False)
        self._switch.turned.connect(self.switched)
        serve = FormRow(tr("Serve other apps"), why, self._switch)
        if locked:
            serve.lock()
        self.column.addWidget(serve)
        self._state = note("", "serverSaid")
        self._retry = Button(
            self._theme, "retryServer", tr("Try again"), text=tr("Try again"), kind="small",
            clicked=self.retry_wanted.emit,
        )  # fmt: skip
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._state, 1)
        row.addWidget(self._retry)
        self.column.addLayout(row)
        self._state.hide()
        self._retry.hide()

    def _tell_slow(self) -> None:
        self._retry.hide()
        tell(self._state, self._slow_words)

    def _add_port(self) -> None:
        self.port = DigitsField("serverPort", tr("Port"), tr("Port"), most=5, none=str(SERVER_PORT))
        self.port.setText(str(self._port))
        self.port.editingFinished.connect(self._choose_port)
        self.column.addWidget(FormRow(tr("Port"), "", self.port))
        self._port_said = note("", "serverPortSaid")
        self.column.addWidget(self._port_said)
        self._port_said.hide()

    def _make_address(self) -> QWidget:
        self.address = _read_only("serverAddress", tr("Address"))
        copy = CopyButton(self._theme, "copyServerAddress", tr("Copy address"))
        copy.clicked.connect(lambda: copy.copy(self._served.base))
        about = note(tr("Apps that use Anthropic’s API need it without “/v1”."))
        return _part(tr("Address"), about, self.address, copy)

    def _make_token(self) -> QWidget:
        self.token = _read_only("serverToken", tr("Access token"))
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self._show = Button(
            self._theme, "showServerToken", tr("Show token"), text=tr("Show"),
            clicked=self._toggle_echo,
        )  # fmt: skip
        copy = CopyButton(self._theme, "copyServerToken", tr("Copy token"))
        copy.clicked.connect(lambda: copy.copy(self._served.token))
        new = Button(
            self._theme, "newServerToken", tr("Create a new token"), text=tr("New…"),
            clicked=self.new_token_wanted.emit,
        )  # fmt: skip
        self._place = note("", "serverTokenSaid")
        return _part(tr("Access token"), self._place, self.token, self._show, copy, new)

    def _make_snippets(self) -> QWidget:
        self._snippets = SnippetsPart(self._theme)
        return self._snippets

    def _show_snippets(self) -> None:
        hidden = self.token.echoMode() is QLineEdit.EchoMode.Password
        served = self._served
        masked = ServedModel(served.address, HIDDEN, served.name, served.context)
        self._snippets.show_snippets(snippets(masked), snippets(served), revealed=not hidden)

    def _toggle_echo(self) -> None:
        hidden = self.token.echoMode() is QLineEdit.EchoMode.Password
        mode = QLineEdit.EchoMode.Normal if hidden else QLineEdit.EchoMode.Password
        self.token.setEchoMode(mode)
        self.token.setCursorPosition(0)
        self._show.setText(tr("Hide") if hidden else tr("Show"))
        self._show_snippets()

    def _choose_port(self) -> None:
        port = self.port.value or SERVER_PORT
        if not SMALLEST_PORT <= port <= LARGEST_PORT:
            said = tr("Enter a port from {least} to {most}.")
            tell(self._port_said, said.format(least=SMALLEST_PORT, most=LARGEST_PORT), "danger")
            return
        tell(self._port_said, "")
        self.port.setText(str(port))
        if port != self._port:
            self._port = port
            self.port_chosen.emit(port)


def _read_only(name: str, label: str) -> QLineEdit:
    field = QLineEdit()
    named(field, name, label, label)
    field.setReadOnly(True)
    return field


def _part(title: str, about: QLabel, *widgets: QWidget) -> FormPart:
    """Return a part with a title, a field and its buttons, and a line about it."""
    part = FormPart()
    layout = column(part, gap=8)
    layout.addWidget(heading(title))
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget, isinstance(widget, QLineEdit))
    layout.addLayout(row)
    layout.addWidget(about)
    return part
