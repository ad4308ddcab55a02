"""The dialog with the details of a server: how it starts, its functions, and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.tools.mcp.server_status import FunctionStatus, McpServerState, McpServerStatus
from app.tools.tool_events import Decision
from app.tools.visible import one_line, visible
from app.ui.choices import Segments
from app.ui.controls import Button, Scroll, column, set_tone
from app.ui.form_fields import heading, named, note
from app.ui.form_page import FormPart
from app.ui.preferences.mcp_server_review import read_only
from app.ui.screen import FittingDialog
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.mcp_words import decision_label, is_trouble, server_state

ASK = "ask"
_SIZE = 620, 620


class McpServerDialog(FittingDialog):
    """A server's state, values, functions, and buttons for what can be done with it."""

    started = Signal()
    review_wanted = Signal()
    """How it starts is to be shown, so that it can be switched on."""
    stopped = Signal()
    signed_out = Signal()
    log_wanted = Signal()
    edit_wanted = Signal()
    removed = Signal()
    given = Signal(str, str)
    """The id of a value that the configuration asks for, and the value."""
    decided = Signal(object, str)
    """A FunctionStatus, and a Decision or `ASK`."""
    approved = Signal(object)
    """A FunctionStatus whose change was seen."""

    def __init__(self, theme: Theme, status: McpServerStatus, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("serverDialog")
        self.server = status.server
        title = one_line(self.server.name)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.resize(*_SIZE)
        self._theme = theme
        self._functions: dict[str, FunctionPart] = {}
        layout = column(self, (24, 20, 0, 18), gap=10)
        inside = QWidget()
        self._column = column(inside, (0, 0, 24, 0), gap=8)
        self._column.addWidget(heading(title, 18, 640))
        self._state = note("", "serverState")
        self._column.addWidget(self._state)
        self._add_buttons()
        self._add_values(status.inputs)
        self._column.addSpacing(8)
        self._column.addWidget(heading(tr("Functions")))
        self._none = note(tr("Start the server to see its functions."), "noFunctions")
        self._column.addWidget(self._none)
        self._list = QVBoxLayout()
        self._list.setSpacing(14)
        self._column.addLayout(self._list)
        self._column.addStretch(1)
        area = Scroll()
        area.setWidget(inside)
        layout.addWidget(area)

    def show_status(self, status: McpServerStatus, decisions: Mapping[str, str]) -> None:
        """Show how the server stands, and what was decided about its functions, by name."""
        self._state.setText(server_state(status))
        set_tone(self._state, "danger" if is_trouble(status) else "muted")
        running = status.state in (McpServerState.RUNNING, McpServerState.STARTING)
        on = status.state not in (McpServerState.OFF, McpServerState.CHANGED)
        self._start.setVisible(on and not running)
        self._review.setVisible(not on)
        self._stop.setVisible(running)
        names = [function.declaration.name for function in status.functions]
        changes = [(f.declaration.name, f.change) for f in status.functions]
        if changes != [(name, part.change) for name, part in self._functions.items()]:
            for part in self._functions.values():
                part.hide()
                part.deleteLater()
            self._functions = {f.declaration.name: self._part(f) for f in status.functions}
        for function in status.functions:
            name = function.declaration.name
            self._functions[name].show_status(function, decisions.get(name, ASK))
        self._none.setVisible(not names)

    def _add_buttons(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        found = []
        for name, text, wanted in (
            ("startServer", tr("Start"), self.started),
            ("reviewServer", tr("Review…"), self.review_wanted),
            ("stopServer", tr("Stop"), self.stopped),
            ("signOutServer", tr("Sign out"), self.signed_out),
            ("showServerLog", tr("Show log"), self.log_wanted),
            ("editServer", tr("Edit…"), self.edit_wanted),
            ("removeServer", tr("Remove…"), self.removed),
        ):
            button = Button(self._theme, name, text, text=text, kind="small", clicked=wanted.emit)
            found.append(button)
            row.addWidget(button)
        row.addStretch(1)
        self._start, self._review, self._stop, sign_out, log, *_ = found
        sign_out.setVisible(not self.server.is_local)
        log.setVisible(self.server.is_local)
        self._column.addLayout(row)

    def _add_values(self, inputs: tuple[str, ...]) -> None:
        for id in inputs:
            self._column.addWidget(heading(visible(id), 14, 550))
            row = QHBoxLayout()
            row.setSpacing(8)
            field = QLineEdit()
            named(field, f"input:{id}", id, tr("Kept in the system keyring"))
            field.setProperty("kind", "field")
            field.setEchoMode(QLineEdit.EchoMode.Password)
            save = Button(
                self._theme, f"saveInput:{id}", tr("Save {name}").format(name=one_line(id)),
                text=tr("Save"), clicked=partial(self._give, id, field),
            )  # fmt: skip
            row.addWidget(field, 1)
            row.addWidget(save)
            self._column.addLayout(row)

    def _give(self, id: str, field: QLineEdit) -> None:
        if value := field.text():
            field.clear()
            field.setPlaceholderText("••••••••")
            self.given.emit(id, value)

    def _part(self, function: FunctionStatus) -> FunctionPart:
        part = FunctionPart(self._theme, function)
        part.decided.connect(self.decided)
        part.approved.connect(self.approved)
        self._list.addWidget(part)
        return part


class FunctionPart(FormPart):
    """A function: what its server says of it, and whether its calls are asked about."""

    decided = Signal(object, str)
    approved = Signal(object)

    def __init__(self, theme: Theme, function: FunctionStatus) -> None:
        super().__init__()
        declared = function.declaration
        self.change = function.change
        self._function = function
        self.setObjectName(f"function:{declared.name}")
        layout = column(self, gap=4)
        layout.addWidget(heading(one_line(declared.name), 14, 550))
        if text := visible(declared.description):
            layout.addWidget(note(text, "functionDescription"))
        if not declared.only_reads:
            effect = tr(
                "Can make changes that can’t be undone. “Always” still asks once the chat holds "
                "text from files, tools or imports."
            )
            layout.addWidget(note(effect, "functionEffect"))
        self._choice = Segments(
            f"decision:{declared.name}",
            tr("Calls of {name}").format(name=one_line(declared.name)),
            [
                (choice, decision_label(choice), f"{choice}:{declared.name}", "")
                for choice in (ASK, Decision.ALWAYS, Decision.NEVER)
            ],
        )
        self._choice.chosen.connect(lambda value: self.decided.emit(self._function, value))
        layout.addWidget(self._choice, 0, Qt.AlignmentFlag.AlignLeft)
        if function.change:
            layout.addWidget(self._changed(theme, function))

    def show_status(self, function: FunctionStatus, decision: str) -> None:
        """Show what was decided."""
        self._function = function
        self._choice.set_value(decision)

    def _changed(self, theme: Theme, function: FunctionStatus) -> QWidget:
        """Return what has changed since it was approved, with a button that approves it."""
        whole = QWidget()
        rows = column(whole, gap=6)
        text = note(tr("Changed since you approved it, so it is off."), "functionChanged")
        set_tone(text, "danger")
        rows.addWidget(text)
        label = tr("What has changed")
        rows.addWidget(read_only(f"change:{function.declaration.name}", label, function.change))
        name = one_line(function.declaration.name)
        rows.addWidget(
            Button(
                theme, f"approve:{function.declaration.name}",
                tr("Approve the change of {name}").format(name=name),
                text=tr("Approve"), kind="small",
                clicked=lambda: self.approved.emit(self._function),
            ),
            0, Qt.AlignmentFlag.AlignLeft,
        )  # fmt: skip
        return whole
