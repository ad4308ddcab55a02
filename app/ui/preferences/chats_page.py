"""The preferences of all chats."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from app.base.settings import Settings
from app.base.types import Effort
from app.ui.choices import Segments, Switch
from app.ui.controls import spoken
from app.ui.form_fields import TextField, heading, note
from app.ui.form_page import FormPage, FormRow
from app.wording.efforts import effort_label
from app.wording.language import tr


class ChatsPage(FormPage):
    """The page with keys, effort, names, reading ahead, copying and instructions."""

    send_key_chosen = Signal(bool)
    """Whether Ctrl+Enter sends a message, rather than Enter."""
    effort_chosen = Signal(Effort)
    """The effort for new chats."""
    name_chats_chosen = Signal(bool)
    read_ahead_chosen = Signal(bool)
    copy_format_chosen = Signal(bool)
    """Whether a conversation is copied as Markdown."""
    instructions_written = Signal(str)

    def __init__(self, settings: Settings) -> None:
        super().__init__("chatsPage", tr("Chats"))
        self._settings = settings
        for row in self._rows():
            self.column.addWidget(row)
        self.column.addSpacing(10)
        self._add_instructions()
        self.column.addStretch(1)

    def leave(self) -> None:
        self.instructions.finish()

    def _rows(self) -> Iterable[FormRow]:
        yield FormRow(tr("Send messages with"), "", self._send_key())
        yield FormRow(tr("Effort for new chats"), "", self._effort())
        yield FormRow(tr("Name chats automatically"), "", self._name_chats())
        yield FormRow(
            tr("Precompute context"),
            tr(
                "Answers start sooner, but the CPU works in the background. "
                "Disabled on battery power."
            ),
            self._read_ahead(),
        )
        yield FormRow(
            tr("Copy format"),
            tr("Format when copying with {keys}.").format(
                keys=spoken(QKeySequence.StandardKey.Copy)
            ),
            self._copy_format(),
        )

    def _send_key(self) -> QWidget:
        keys = Segments(
            "sendWith",
            tr("Send messages with"),
            [
                ("enter", spoken("Return"), "sendWithEnter", ""),
                ("ctrl", spoken("Ctrl+Return"), "sendWithCtrl", ""),
            ],
        )
        keys.set_value("ctrl" if self._settings.send_with_ctrl else "enter")
        keys.chosen.connect(lambda value: self.send_key_chosen.emit(value == "ctrl"))
        return keys

    def _effort(self) -> QWidget:
        choices = [(e, effort_label(e), f"newEffort{e.capitalize()}", "") for e in Effort]
        effort = Segments("newEffort", tr("Effort for new chats"), choices)
        effort.set_value(self._settings.effort)
        effort.chosen.connect(lambda value: self.effort_chosen.emit(Effort(value)))
        return effort

    def _name_chats(self) -> QWidget:
        names = Switch("nameChats", tr("Name chats automatically"), on=self._settings.name_chats)
        names.turned.connect(self.name_chats_chosen)
        return names

    def _read_ahead(self) -> QWidget:
        prepare = Switch("prepare", tr("Precompute context"), on=self._settings.prepare)
        prepare.turned.connect(self.read_ahead_chosen)
        return prepare

    def _copy_format(self) -> QWidget:
        copies = Segments(
            "copyAs",
            tr("Copy format"),
            [
                ("markdown", "Markdown", "copyAsMarkdown", ""),
                ("text", tr("Plain text"), "copyAsText", ""),
            ],
        )
        copies.set_value("markdown" if self._settings.copy_markdown else "text")
        copies.chosen.connect(lambda value: self.copy_format_chosen.emit(value == "markdown"))
        return copies

    def _add_instructions(self) -> None:
        part = self.add_part()
        part.addWidget(heading(tr("Instructions")))
        part.addWidget(note(tr("Applied to every chat without its own instructions.")))
        self.instructions = TextField(
            "instructions",
            tr("Instructions"),
            tr("Applied to every chat without its own instructions."),
            tr("e.g. Keep answers short."),
        )
        self.instructions.show_text(self._settings.instructions)
        self.instructions.written.connect(self.instructions_written)
        part.addWidget(self.instructions)
