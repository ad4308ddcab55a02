"""The dialog in which a server is added: a command, an address, or JSON that is pasted."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.base.errors import McpServersUnreadable
from app.tools.mcp.servers import Server, parse
from app.ui.choices import Segments
from app.ui.controls import column, set_tone
from app.ui.form_fields import DialogButtons, heading, named, note
from app.ui.screen import FittingDialog
from app.ui.theme import Theme, mono
from app.wording.errors import explain
from app.wording.language import tr

COMMAND, ADDRESS, JSON = "command", "address", "json"
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_WIDTH = 520


class AddMcpServerDialog(FittingDialog):
    """Fields for a server. With ``edited``, it is changed, as JSON."""

    added = Signal(object, object)
    """A tuple of Servers, and a mapping of values to be kept as secrets, by their ids."""

    def __init__(self, theme: Theme, parent: QWidget, edited: Server | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("addServerDialog")
        title = tr("Edit server") if edited else tr("Add server")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setMinimumWidth(theme.px(_WIDTH))
        layout = column(self, (24, 20, 24, 18), gap=8)
        layout.addWidget(heading(title, 16))
        self._kind = Segments(
            "serverKind",
            tr("Kind"),
            [
                (COMMAND, tr("Command"), "serverKindCommand", ""),
                (ADDRESS, tr("Web address"), "serverKindAddress", ""),
                (JSON, "JSON", "serverKindJson", ""),
            ],
        )
        self._kind.set_value(JSON if edited else COMMAND)
        self._kind.setVisible(edited is None)
        self._kind.chosen.connect(self._show_kind)
        layout.addWidget(self._kind, 0, Qt.AlignmentFlag.AlignLeft)
        self._parts: dict[str, QWidget] = {}
        for kind, part in (
            (COMMAND, self._command_fields()),
            (ADDRESS, self._address_fields()),
            (JSON, self._json_fields()),
        ):
            self._parts[kind] = part
            layout.addWidget(part)
        self._fault = note("", "serverFault")
        set_tone(self._fault, "danger")
        self._fault.hide()
        layout.addWidget(self._fault)
        layout.addWidget(
            note(tr("It stays off until you have seen how it starts and switch it on."))
        )
        word = tr("Save") if edited else tr("Add")
        layout.addLayout(
            DialogButtons(
                theme, self, word, self._finish, name="saveServer", cancel_name="cancelServer"
            )
        )
        if edited:
            entry = {"mcpServers": {edited.name: edited.entry()}}
            self._json.setPlainText(json.dumps(entry, indent=2, ensure_ascii=False))
        self._show_kind()

    # --- Fields -------------------------------------------------------------------------------

    def _command_fields(self) -> QWidget:
        part, rows = _part()
        self._command_name = _line("serverName", tr("Name"), "files")
        self._command = _line("serverCommand", tr("Command"), "npx -y some-mcp-server /folder")
        self._variables = _text("serverVariables", tr("Environment variables"), "API_KEY=…")
        self._folder = _line("serverFolder", tr("Folder"), "")
        for label, field in (
            (tr("Name"), self._command_name),
            (tr("Command"), self._command),
            (tr("Environment variables (kept in the system keyring)"), self._variables),
            (tr("Folder (optional)"), self._folder),
        ):
            rows.addWidget(heading(label, 13, 550))
            rows.addWidget(field)
        return part

    def _address_fields(self) -> QWidget:
        part, rows = _part()
        self._address_name = _line("remoteName", tr("Name"), "tickets")
        self._address = _line("serverUrl", tr("Address"), "https://example.com/mcp")
        self._headers = _text("serverHeaders", tr("Headers"), "Authorization: Bearer …")
        for label, field in (
            (tr("Name"), self._address_name),
            (tr("Address"), self._address),
            (tr("Headers (optional, kept in the system keyring)"), self._headers),
        ):
            rows.addWidget(heading(label, 13, 550))
            rows.addWidget(field)
        return part

    def _json_fields(self) -> QWidget:
        part, rows = _part()
        self._json = _text("serverJson", tr("JSON"), '{"mcpServers": {…}}', height=200)
        self._json.setFont(mono(13))
        rows.addWidget(self._json)
        return part

    def _show_kind(self) -> None:
        for kind, part in self._parts.items():
            part.setVisible(kind == self._kind.value)
        first = {COMMAND: self._command_name, ADDRESS: self._address_name, JSON: self._json}
        first[self._kind.value].setFocus()
        self._fault.hide()
        self.grow()

    # --- The result ---------------------------------------------------------------------------

    def _finish(self) -> None:
        try:
            servers, secrets = self._found()
        except McpServersUnreadable as error:
            self._say(explain(error).sentence)
            return
        except ValueError as error:
            self._say(str(error))
            return
        self.added.emit(servers, secrets)
        self.accept()

    def _say(self, text: str) -> None:
        self._fault.setText(text)
        self._fault.show()
        self.grow()

    def _found(self) -> tuple[tuple[Server, ...], Mapping[str, str]]:
        """Return the servers, and the values to be kept as secrets.

        Raises McpServersUnreadable, and ValueError with a sentence for the user.
        """
        if self._kind.value == JSON:
            return parse(self._json.toPlainText()).servers, {}
        local = self._kind.value == COMMAND
        name = (self._command_name if local else self._address_name).text().strip()
        if not name:
            raise ValueError(tr("Enter a name."))
        if local:
            command, *args = _split(self._command.text())
            secrets = dict(_pairs(self._variables.toPlainText(), "="))
            places = tuple((key, f"${{input:{key}}}") for key in secrets)
            server = Server(name, command, tuple(args), places, self._folder.text().strip())
        else:
            address = self._address.text().strip()
            if not address.startswith(("https://", "http://")):
                raise ValueError(tr("Enter an address that begins with https://."))
            secrets = dict(_pairs(self._headers.toPlainText(), ":"))
            places = tuple((key, f"${{input:{key}}}") for key in secrets)
            server = Server(name, url=address, headers=places)
        return (server,), secrets


def _split(text: str) -> list[str]:
    """Return the words of a command. Raises ValueError with a sentence for the user."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if sys.platform == "win32":
        lexer.escape = ""  # it separates folders there
    try:
        words = list(lexer)
    except ValueError:
        raise ValueError(tr("A quotation mark is missing in the command.")) from None
    if not words:
        raise ValueError(tr("Enter a command."))
    return words


def _pairs(text: str, mark: str) -> Iterator[tuple[str, str]]:
    """Yield names and values, one a line. Raises ValueError."""
    for line in filter(str.strip, text.splitlines()):
        name, found, value = line.partition(mark)
        if not found or not _NAME.fullmatch(name.strip()):
            example = tr("Write one a line, such as {example}.")
            raise ValueError(example.format(example="NAME=value" if mark == "=" else "Name: value"))
        yield name.strip(), value.strip()


def _part() -> tuple[QWidget, QVBoxLayout]:
    part = QWidget()
    return part, column(part, gap=6)


def _line(name: str, label: str, example: str) -> QLineEdit:
    field = QLineEdit()
    named(field, name, label, label)
    field.setProperty("kind", "field")
    field.setPlaceholderText(example)
    return field


def _text(name: str, label: str, example: str, height: int = 64) -> QPlainTextEdit:
    field = QPlainTextEdit()
    named(field, name, label, label)
    field.setProperty("kind", "field")
    field.setPlaceholderText(example)
    field.setTabChangesFocus(True)
    field.setFixedHeight(height)
    return field
