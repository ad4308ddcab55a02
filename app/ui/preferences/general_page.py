"""The general preferences."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import __version__
from app.base.settings import Settings, ThemeChoice
from app.ui.controls import Button, Segments, Switch, muted, spoken
from app.ui.form_fields import FormPage, FormRow, TextField, heading
from app.ui.theme import Theme
from app.wording.language import LANGUAGES, tr


class GeneralPage(FormPage):
    """The page with theme, language, instructions and reading ahead."""

    about = Signal()
    copy_format_chosen = Signal(bool)
    """Whether a conversation is copied as Markdown."""
    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    """A language's code, or "" for the system's."""
    read_ahead_chosen = Signal(bool)
    name_chats_chosen = Signal(bool)
    instructions_written = Signal(str)

    def __init__(self, theme: Theme, settings: Settings) -> None:
        super().__init__("generalPage", tr("General"))
        self._theme, self._settings = theme, settings
        self._language_row = FormRow(tr("Language"), "", self._language_choice())
        for row in self._rows():
            self.column.addWidget(row)
        self.column.addSpacing(10)
        self._add_instructions()
        self.column.addSpacing(14)
        self.column.addStretch(1)
        self._add_version()

    def _rows(self) -> tuple[FormRow, ...]:
        return (
            FormRow(tr("Theme"), "", self._theme_choice()),
            self._language_row,
            FormRow(
                tr("Precompute context"),
                tr("Faster replies, but uses the processor in the background. Off on battery."),
                self._read_ahead(),
            ),
            FormRow(
                tr("Name chats automatically"),
                "",
                self._name_chats(),
            ),
            FormRow(
                tr("Copy format"),
                tr("Format used by {keys}.").format(keys=spoken(QKeySequence.StandardKey.Copy)),
                self._copy_format(),
            ),
        )

    def leave(self) -> None:
        self.instructions.finish()

    def _theme_choice(self) -> QWidget:
        choices = [
            (ThemeChoice.SYSTEM, tr("System"), "themeSystem", ""),
            (ThemeChoice.LIGHT, tr("Light"), "themeLight", ""),
            (ThemeChoice.DARK, tr("Dark"), "themeDark", ""),
        ]
        theme = Segments("theme", tr("Theme"), choices)
        theme.set_value(self._settings.theme)
        theme.chosen.connect(self.theme_chosen)
        return theme

    def _language_choice(self) -> QWidget:
        choices = [("", tr("System"), "languageSystem", "")]
        choices += [
            (code, name, f"language{code.capitalize()}", "") for code, name in LANGUAGES.items()
        ]
        field = Segments("language", tr("Language"), choices)
        wanted = self._settings.language
        field.set_value(wanted if wanted in LANGUAGES else "")
        field.chosen.connect(self._choose_language)
        return field

    def _choose_language(self, code: str) -> None:
        self.language_chosen.emit(code)
        self._language_row.explain(tr("Takes effect after a restart."))

    def _read_ahead(self) -> QWidget:
        prepare = Switch("prepare", tr("Precompute context"), on=self._settings.prepare)
        prepare.turned.connect(self.read_ahead_chosen)
        return prepare

    def _name_chats(self) -> QWidget:
        names = Switch("nameChats", tr("Name chats automatically"), on=self._settings.name_chats)
        names.turned.connect(self.name_chats_chosen)
        return names

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
        self.column.addWidget(heading(tr("Instructions")))
        self.add_note(tr("Applied to every chat without its own instructions."))
        self.instructions = TextField(
            "instructions",
            tr("Instructions"),
            tr("Applied to every chat without its own instructions"),
            tr("e.g. Keep answers short."),
        )
        self.instructions.show_text(self._settings.instructions)
        self.instructions.written.connect(self.instructions_written)
        self.column.addWidget(self.instructions)

    def _add_version(self) -> None:
        about = Button(
            self._theme, "openAbout", tr("About Fireside: updates and licences"),
            text=tr("About Fireside…"), clicked=self.about.emit,
        )  # fmt: skip
        row = QHBoxLayout()
        row.addWidget(muted(f"Fireside {__version__}", "version"), 1)
        row.addWidget(about)
        self.column.addLayout(row)
