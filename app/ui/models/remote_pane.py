"""The models on other computers: a list, the form to add one, and a look at this computer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.base.types import Endpoint
from app.engine.remote.remote_server import RemoteServer, SavedEndpoint
from app.ui.controls import Button, column, tell
from app.ui.form_fields import heading, note
from app.ui.models.card import OptionList, OptionRow
from app.ui.models.endpoint_form import EndpointForm
from app.ui.models.endpoint_row import EndpointRow, EndpointState
from app.ui.notice import Notice
from app.ui.theme import Theme
from app.wording.endpoint_words import found_here_sentence, server_title
from app.wording.language import tr
from app.wording.policy_words import set_by_organization

_MOST_NAMED = 3  # models of a server that was found


class RemotePane(QWidget):
    """The pane. Nothing is contacted before a click."""

    used = Signal(object)
    tested = Signal(object)
    test_stopped = Signal(object)
    key_wanted = Signal(object)
    removal_wanted = Signal(object)
    """These five carry a SavedEndpoint."""
    look_wanted = Signal()
    look_stopped = Signal()
    online = Signal()
    """The user wants to go online again."""
    revealed = Signal(QWidget)
    """What is to be scrolled into sight."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("remotePane")
        self._theme = theme
        self._is_offline = self._is_open = self._looking = False
        self._rows: dict[Endpoint, EndpointRow] = {}
        layout = column(self, gap=12)
        self._offline = Notice(theme, "remoteOffline", "alert", "muted")
        self._offline.set_text(tr("Fireside is offline. Go online to reach other computers."))
        self._go_online = Button(
            theme, "remoteGoOnline", tr("Go online"), text=tr("Go online"),
            clicked=self.online.emit,
        )  # fmt: skip
        self._offline.add_button(self._go_online)
        self._offline.hide()
        layout.addWidget(self._offline)
        self._list = QFrame()
        self._list.setObjectName("endpointList")
        self._list.setAccessibleName(tr("Models on other computers"))
        self._list_layout: QVBoxLayout = column(self._list, gap=10)
        layout.addWidget(self._list)
        self.form = EndpointForm(theme)
        self.form.closed.connect(lambda: self._open_form(False))
        self.form.revealed.connect(self.revealed)
        self._add = Button(
            theme, "addEndpoint", tr("Add a model on another computer"), text=tr("Add a model…"),
            icon="plus", clicked=lambda: self._open_form(True),
        )  # fmt: skip
        layout.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.form)
        layout.addSpacing(8)
        self._add_look(layout)
        self._show_form()

    # --- What is there ------------------------------------------------------------------------

    def show_endpoints(
        self, endpoints: Sequence[SavedEndpoint], states: Mapping[Endpoint, EndpointState]
    ) -> None:
        """Show the list, and how each stands."""
        there = {each.endpoint: each for each in endpoints}
        for endpoint, row in list(self._rows.items()):
            if there.get(endpoint) != row.saved:
                del self._rows[endpoint]
                self._list_layout.removeWidget(row)
                row.deleteLater()
        for place, saved in enumerate(endpoints):
            if saved.endpoint not in self._rows:
                self._rows[saved.endpoint] = row = self._row(saved)
                row.set_offline(self._is_offline)
                self._list_layout.insertWidget(place, row)
            self._rows[saved.endpoint].show_state(states.get(saved.endpoint, EndpointState()))
        self._order([self._rows[each.endpoint] for each in endpoints])
        self._list.setVisible(bool(endpoints))
        self._show_form()

    def show_added(self, endpoint: Endpoint) -> None:
        """Close the form, since a model was added, and offer to use that."""
        self.form.clear()
        self._open_form(False)
        if row := self._rows.get(endpoint):
            row.focus_use()
            self.revealed.emit(row)

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self._is_offline = offline
        self._offline.setVisible(offline)
        self.form.set_offline(offline)
        for row in self._rows.values():
            row.set_offline(offline)
        self._show_look()

    def lock_offline(self) -> None:
        """Say that an administrator keeps Fireside offline."""
        self._offline.set_text(" ".join((tr("Fireside is offline."), set_by_organization())))
        self._go_online.hide()

    def focus_first(self) -> None:
        """Give the keyboard focus to what a user begins with."""
        if self._rows:
            next(iter(self._rows.values())).focus_use()
        else:
            self.form.focus_first()

    def _order(self, rows: Sequence[EndpointRow]) -> None:
        """Have Tab reach the rows before what is below them, though that was made earlier."""
        buttons = [button for row in rows for button in row.findChildren(Button)]
        for first, second in pairwise([self._go_online, *buttons]):
            QWidget.setTabOrder(first, second)

    def _row(self, saved: SavedEndpoint) -> EndpointRow:
        row = EndpointRow(self._theme, saved)
        row.used.connect(partial(self.used.emit, saved))
        row.tested.connect(partial(self.tested.emit, saved))
        row.stopped.connect(partial(self.test_stopped.emit, saved))
        row.key_wanted.connect(partial(self.key_wanted.emit, saved))
        row.removal_wanted.connect(partial(self.removal_wanted.emit, saved))
        return row

    # --- Adding -------------------------------------------------------------------------------

    def _open_form(self, opened: bool) -> None:
        self._is_open = opened
        if not opened:
            self.form.stopped.emit()
            self.form.clear()
        self._show_form()
        if opened:
            self.form.focus_first()
        elif self._rows:
            self._add.setFocus()

    def _show_form(self) -> None:
        shown = self._is_open or not self._rows
        self.form.setVisible(shown)
        self.form.set_closable(bool(self._rows))
        self._add.setVisible(not shown)

    # --- This computer ------------------------------------------------------------------------

    def show_looking(self) -> None:
        """Show that the usual ports are being asked."""
        self._looking = True
        self._found.empty()
        tell(self._look_said, tr("Looking…"))
        self._show_look()

    def show_found(self, servers: Sequence[RemoteServer]) -> None:
        """Show the servers that were found on this computer."""
        self._looking = False
        tell(self._look_said, found_here_sentence(len(servers)))
        for server in servers:
            names = [SavedEndpoint(Endpoint("", each.id)).model.name for each in server.models]
            more = ["…"] if len(names) > _MOST_NAMED else []
            text = ", ".join(names[:_MOST_NAMED] + more) or tr("Needs a key.")
            title = server_title(server)
            button = Button(
                self._theme, "addFound", tr("Add a model from {server}").format(server=title),
                text=tr("Add…"), clicked=partial(self._add_found, server),
            )  # fmt: skip
            self._found.add(OptionRow(self._theme, "server", title, text, button=button))
        self._show_look()
        self.revealed.emit(self._found if servers else self._look)

    def show_look_failed(self, sentence: str) -> None:
        """Show why they could not be asked; an empty sentence if that was stopped."""
        self._looking = False
        tell(self._look_said, sentence, "danger")
        self._show_look()

    def _add_look(self, layout: QVBoxLayout) -> None:
        layout.addWidget(heading(tr("Other apps on this computer"), 15))
        layout.addWidget(
            note(
                tr(
                    "Ollama, LM Studio, llama.cpp and vLLM can share their models with Fireside. "
                    "Fireside looks for them only when you ask it to."
                ),
                "lookIntro",
            )
        )
        self._look = Button(
            self._theme, "lookHere", tr("Look for servers on this computer"),
            text=tr("Look on this computer"), clicked=self.look_wanted.emit,
        )  # fmt: skip
        self._stop = Button(
            self._theme, "lookStop", tr("Stop looking"), text=tr("Cancel"),
            clicked=self.look_stopped.emit,
        )  # fmt: skip
        self._look_said = note("", "lookSaid")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._look)
        row.addWidget(self._stop)
        row.addWidget(self._look_said, 1)
        layout.addLayout(row)
        self._found = OptionList("foundServers")
        layout.addWidget(self._found)
        self._show_look()

    def _add_found(self, server: RemoteServer) -> None:
        self._is_open = True
        self._show_form()
        self.form.fill_in(server)

    def _show_look(self) -> None:
        focused = self._look.hasFocus() or self._stop.hasFocus()
        self._look.setVisible(not self._looking)
        self._look.setEnabled(not self._is_offline)
        self._stop.setVisible(self._looking)
        if focused:
            (self._stop if self._looking else self._look).setFocus()
        self._found.setVisible(bool(self._found.findChildren(OptionRow)))
