"""The preferences that hold everywhere."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import __version__
from app.base.settings import ThemeChoice
from app.host import Host
from app.ui.controls import Button, Segments, Switch, muted, spoken
from app.ui.form_fields import FormPage, FormRow, TextField, heading
from app.ui.theme import Theme
from app.wording.language import LANGUAGES, tr


class GeneralPage(FormPage):
    """Colours, language, instructions, and reading ahead."""

    about = Signal()
    copy_format_chosen = Signal(bool)
    """Whether copies of a conversation are Markdown from now on."""
    instructions_changed = Signal()
    """The model gets other instructions from now on."""

    def __init__(self, theme: Theme, host: Host) -> None:
        super().__init__("generalPage", tr("General"))
        self._theme, self._host = theme, host
        self.column.addWidget(
            FormRow(tr("Theme"), tr("The colours of the window."), self._theme_choice())
        )
        self._language_row = FormRow(
            tr("Language"), tr("Of everything that Fireside says."), self._language()
        )
        self.column.addWidget(self._language_row)
        self.column.addWidget(
            FormRow(
                tr("Read ahead"),
                tr("Prepares your next question while you read and type. Never on battery."),
                self._prepare(),
            )
        )
        self.column.addWidget(
            FormRow(
                tr("Name chats"),
                tr("The model gives a new chat its title when it has nothing else to do."),
                self._name_chats(),
            )
        )
        self.column.addWidget(
            FormRow(
                tr("Copy as"),
                tr(
                    "What {keys} copies of a conversation. The menu on a right click has both."
                ).format(keys=spoken(QKeySequence.StandardKey.Copy)),
                self._copies(),
            )
        )
        self.column.addSpacing(10)
        self._add_instructions()
        self.column.addSpacing(14)
        self.column.addStretch(1)
        self._add_version()

    def leave(self) -> None:
        self.instructions.finish()

    def _change_instructions(self, text: str) -> None:
        self._host.change(instructions=text.strip())
        self.instructions_changed.emit()

    def _theme_choice(self) -> QWidget:
        choices = [
            (ThemeChoice.SYSTEM, tr("System"), "themeSystem", ""),
            (ThemeChoice.LIGHT, tr("Light"), "themeLight", ""),
            (ThemeChoice.DARK, tr("Dark"), "themeDark", ""),
        ]
        theme = Segments("theme", tr("Theme"), choices)
        theme.set_value(self._host.settings.theme)
        theme.chosen.connect(self._choose_theme)
        return theme

    def _language(self) -> QWidget:
        choices = [("", tr("System"), "languageSystem", "")]
        choices += [
            (code, name, f"language{code.capitalize()}", "") for code, name in LANGUAGES.items()
        ]
        field = Segments("language", tr("Language"), choices)
        wanted = self._host.settings.language
        field.set_value(wanted if wanted in LANGUAGES else "")
        field.chosen.connect(self._choose_language)
        return field

    def _choose_language(self, code: str) -> None:
        self._host.change(language=code)
        self._language_row.explain(tr("Fireside speaks it from its next start on."))

    def _prepare(self) -> QWidget:
        prepare = Switch("prepare", tr("Read ahead"), on=self._host.settings.prepare)
        prepare.turned.connect(lambda on: self._host.change(prepare=on))
        return prepare

    def _name_chats(self) -> QWidget:
        names = Switch("nameChats", tr("Name chats"), on=self._host.settings.name_chats)
        names.turned.connect(lambda on: self._host.change(name_chats=on))
        return names

    def _copies(self) -> QWidget:
        copies = Segments(
            "copyAs",
            tr("Copy as"),
            [
                ("markdown", "Markdown", "copyAsMarkdown", ""),
                ("text", tr("Plain text"), "copyAsText", ""),
            ],
        )
        copies.set_value("markdown" if self._host.settings.copy_markdown else "text")
        copies.chosen.connect(lambda value: self.copy_format_chosen.emit(value == "markdown"))
        return copies

    def _add_instructions(self) -> None:
        self.column.addWidget(heading(tr("Instructions to the model")))
        self.add_note(tr("Sent with every question, in every chat that has none of its own."))
        self.instructions = TextField(
            "instructions",
            tr("Instructions to the model"),
            tr("Sent with every question, in every chat that has none of its own"),
            tr("For example: Answer briefly."),
        )
        self.instructions.show_text(self._host.settings.instructions)
        self.instructions.written.connect(self._change_instructions)
        self.column.addWidget(self.instructions)

    def _add_version(self) -> None:
        about = Button(
            self._theme, "openAbout", tr("About Fireside: newer versions, and licences"),
            text=tr("About Fireside…"), clicked=self.about.emit,
        )  # fmt: skip
        row = QHBoxLayout()
        row.addWidget(muted(f"Fireside {__version__}", "version"), 1)
        row.addWidget(about)
        self.column.addLayout(row)

    def _choose_theme(self, value: str) -> None:
        self._host.change(theme=ThemeChoice(value))
        self._theme.choose(ThemeChoice(value))
