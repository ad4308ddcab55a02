"""The page about tools: what can be searched, servers, and what the user has allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.store import ConsentRow, DepartureRow
from app.tools.browser.source_status import SourceKind, SourceStatus
from app.tools.mcp.server_status import McpServerState, McpServerStatus
from app.tools.visible import one_line
from app.ui.choices import Switch
from app.ui.controls import Button, Elided, muted, plain_tip, set_tone
from app.ui.form_fields import heading, note
from app.ui.form_page import FormPage, FormPart, FormRow
from app.ui.preferences.sources_part import SourcesPart
from app.ui.preferences.web_search_part import WebSearchPart
from app.ui.state.chat_tools import ChatTools
from app.ui.theme import Theme, font
from app.wording.departure_words import always_allowed
from app.wording.errors import explain
from app.wording.language import tr
from app.wording.mcp_words import decided_sentence, is_trouble, server_state
from app.wording.policy_words import set_by_organization
from app.wording.tool_settings import PYTHON, SERVER, tool_label, unavailable_sentence


class ToolsPage(FormPage):
    """The page with a switch for Python, rows for folders and servers, and permissions."""

    python_chosen = Signal(bool)
    switched = Signal(str, bool)
    """A server's name, and whether it is to be on."""
    opened = Signal(str)
    """The name of a server whose details are to be shown."""
    add_wanted = Signal()
    import_wanted = Signal()
    revoked = Signal(object)
    """A ConsentRow or a DepartureRow to be removed."""

    def __init__(
        self,
        theme: Theme,
        tools: ChatTools,
        web: WebSearchPart,
        *,
        python: bool,
        allowed: bool = True,
    ) -> None:
        """Create the page; unless they are ``allowed``, an administrator leaves tools off."""
        super().__init__("toolsPage", tr("Tools"))
        self._theme, self._tools, self._web, self._allowed = theme, tools, web, allowed
        self._rows: dict[str, McpServerRow] = {}
        self._add_python(on=python)
        tools.changed.connect(self._show_python)
        self.column.addSpacing(14)
        self._add_sources()
        self.column.addSpacing(14)
        self._add_servers()
        self.column.addSpacing(14)
        self._add_permissions()
        self.column.addStretch(1)

    def leave(self) -> None:
        self._web.leave()

    def show_servers(self, servers: Sequence[McpServerStatus]) -> None:
        """Show these servers, and their status."""
        names = [status.server.name for status in servers]
        if names != list(self._rows):
            for row in self._rows.values():
                row.hide()
                row.deleteLater()
            self._rows = {name: self._row(name) for name in names}
        for status in servers:
            self._rows[status.server.name].show_status(status)
            if not self._allowed:
                self._rows[status.server.name].lock()
        self._no_servers.setVisible(not servers)

    def show_permissions(
        self,
        rows: Sequence[ConsentRow],
        chats: Mapping[int, str],
        sent: Sequence[DepartureRow],
    ) -> None:
        """Show what was decided, and what is ``sent`` to servers without asking.

        ``chats`` has the titles of chats by id.
        """
        while item := self._permissions.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for row in rows:
            chat = chats.get(row.chat, tr("Untitled")) if row.chat is not None else ""
            name = row.tool.removeprefix(SERVER)
            said = decided_sentence(row.decision, name, row.function, chat)
            self._permissions.addWidget(self._permission(row, said))
        for each in sent:
            self._permissions.addWidget(self._permission(each, always_allowed(each)))
        self._no_permissions.setVisible(not rows and not sent)

    def show_sources(self, statuses: Sequence[SourceStatus]) -> None:
        """Show these folders and encyclopaedias, and their status."""
        self.folders.show_sources(statuses)
        self.encyclopaedias.show_sources(statuses)

    def show_source_error(self, error: BaseException | None) -> None:
        """Show why something could not be added; None once something else is."""
        self._sources_told.setText(explain(error).sentence if error else "")
        self._sources_told.setVisible(error is not None)

    def show_error(self, error: BaseException) -> None:
        """Show what could not be done."""
        self._status.setText(explain(error).sentence)
        self._status.show()

    def _add_python(self, *, on: bool) -> None:
        why = tr(
            "On in new chats. Runs the model’s code in a sandbox, which has no network and can’t "
            "see your files, except those attached to the chat. A program that runs too long or "
            "needs too much memory is stopped."
        )
        switch = Switch("newPython", tr("Python in new chats"), on=on)
        switch.turned.connect(self.python_chosen)
        row = FormRow(tool_label(PYTHON), why, switch)
        if not self._allowed:
            switch.setChecked(False)
            row.lock()
        self.column.addWidget(row)
        self._python_state = self.add_note("", "pythonState")
        self._show_python()

    def _show_python(self) -> None:
        """Show why Python cannot be used now, if so."""
        reasons = (offer.unavailable for offer in self._tools.offers if offer.key == PYTHON)
        word = next(reasons, "") if self._allowed else ""  # else the row says it
        self._python_state.setText(unavailable_sentence(word) if word else "")
        self._python_state.setVisible(bool(word))

    def _add_sources(self) -> None:
        self._sources_told = note("", "sourcesTold")
        set_tone(self._sources_told, "danger")
        self.folders = SourcesPart(self._theme, SourceKind.FOLDER, allowed=self._allowed)
        self.encyclopaedias = SourcesPart(
            self._theme, SourceKind.ENCYCLOPAEDIA, allowed=self._allowed
        )
        self.column.addWidget(self._sources_told)
        self._sources_told.hide()
        self.column.addWidget(self.folders)
        self.column.addSpacing(14)
        self.column.addWidget(self.encyclopaedias)
        self.column.addSpacing(14)
        self.column.addWidget(self._web)

    def _add_servers(self) -> None:
        part = self.add_part()
        part.addWidget(heading(tr("MCP servers")))
        part.addWidget(
            note(
                tr(
                    "Programs and web services whose functions the model can call. Switch them "
                    "on in a chat with the tools menu."
                )
            )
        )
        self._status = note("", "serversTold")
        set_tone(self._status, "danger")
        self._status.hide()
        part.addWidget(self._status)
        self._servers = QVBoxLayout()
        self._servers.setSpacing(4)
        part.addLayout(self._servers)
        self._no_servers = muted(tr("No servers yet"), "noServers", 13)
        part.addWidget(self._no_servers)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for name, text, wanted in (
            ("addServer", tr("Add server…"), self.add_wanted),
            ("importServers", tr("Import from other apps…"), self.import_wanted),
        ):
            button = Button(self._theme, name, text, text=text, clicked=wanted.emit)
            button.setEnabled(self._allowed)
            buttons.addWidget(button)
        buttons.addStretch(1)
        part.addLayout(buttons)

    def _add_permissions(self) -> None:
        part = self.add_part()
        part.addWidget(heading(tr("Permissions")))
        part.addWidget(
            note(tr("What you always or never allow. Everything else is asked about each time."))
        )
        self._permissions = QVBoxLayout()
        self._permissions.setSpacing(2)
        part.addLayout(self._permissions)
        self._no_permissions = muted(tr("Nothing yet"), "noPermissions", 13)
        part.addWidget(self._no_permissions)

    def _row(self, name: str) -> McpServerRow:
        row = McpServerRow(self._theme, name)
        row.switched.connect(lambda on: self.switched.emit(name, on))
        row.opened.connect(lambda: self.opened.emit(name))
        self._servers.addWidget(row)
        return row

    def _permission(self, row: ConsentRow | DepartureRow, sentence: str) -> QWidget:
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        said = Elided("permission")
        said.set_text(sentence)
        layout.addWidget(said, 1)
        button = Button(
            self._theme, "revokePermission", tr("Ask again"), text=tr("Ask again"), kind="small",
            clicked=lambda: self.revoked.emit(row),
        )  # fmt: skip
        button.setAccessibleDescription(said.accessibleName())
        layout.addWidget(button)
        return line


class McpServerRow(FormPart):
    """A server's name and state, with a switch and a button for its details."""

    switched = Signal(bool)
    opened = Signal()

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setObjectName(f"server:{name}")
        label = Elided("serverName")
        label.setFont(font(14, 550))
        label.set_text(one_line(name))
        self._state = note("", "serverState")
        self.switch = Switch(f"serverOn:{name}", one_line(name), on=False)
        self.switch.turned.connect(self._turned)
        details = Button(
            theme, f"serverDetails:{name}", tr("Details: {name}").format(name=one_line(name)),
            text=tr("Details…"), kind="small", clicked=self.opened.emit,
        )  # fmt: skip
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label)
        words.addWidget(self._state)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        row.addLayout(words, 1)
        row.addWidget(details, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_status(self, status: McpServerStatus) -> None:
        """Show how the server stands."""
        text = server_state(status)
        self._state.setText(text)
        self._state.setToolTip(plain_tip(text))
        set_tone(self._state, "danger" if is_trouble(status) else "muted")
        self.switch.setChecked(status.state not in (McpServerState.OFF, McpServerState.CHANGED))
        self.switch.setAccessibleDescription(text)

    def lock(self) -> None:
        """Show it switched off, since an administrator leaves tools off."""
        self._state.setText(set_by_organization())
        self.switch.setChecked(False)
        self.switch.setEnabled(False)
        self.switch.setAccessibleDescription(set_by_organization())

    def _turned(self, on: bool) -> None:
        self.switch.setChecked(not on)  # it follows the server
        self.switched.emit(on)
