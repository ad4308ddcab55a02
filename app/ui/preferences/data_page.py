"""The page about the user's data: its folder, export and import, backups."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from app.ui.commands import Commands
from app.ui.controls import Button
from app.ui.file_manager import open_file
from app.ui.form_fields import heading, named, note
from app.ui.form_page import FormPage
from app.ui.preferences.backup_pane import BackupPane
from app.ui.theme import Theme
from app.wording.language import tr


class DataPage(FormPage):
    """The page. Most of its buttons carry out the window's command of their name."""

    def __init__(self, theme: Theme, folder: Path, backups: BackupPane, commands: Commands) -> None:
        super().__init__("dataPage", tr("Data"))
        self._theme, self._folder, self._commands = theme, folder, commands
        self._add_folder()
        self.column.addSpacing(14)
        self._add_files()
        self.column.addSpacing(14)
        self._add_moving()
        self.column.addSpacing(14)
        self.column.addWidget(backups)
        self.column.addSpacing(14)
        self._add_removal()
        self.column.addStretch(1)

    def _add_folder(self) -> None:
        self.add_note(tr("Chats and settings are stored in this folder."))
        folder = QLineEdit(str(self._folder))
        named(folder, "dataFolder", tr("Data folder"), tr("Data folder"))
        folder.setReadOnly(True)
        folder.setCursorPosition(0)
        button = Button(
            self._theme, "openFolder", tr("Open data folder"),
            text=tr("Open folder"), clicked=lambda: open_file(self._folder),
        )  # fmt: skip
        row = QHBoxLayout()
        row.setSpacing(8)
        self.column.addLayout(row)
        row.addWidget(folder, 1)
        row.addWidget(button)

    def _add_files(self) -> None:
        self._add_section(
            tr("Export and import"),
            tr("Export all chats, or import from ChatGPT, Claude, LM Studio or Open WebUI."),
            ("exportAll", tr("Export all…"), tr("Export all chats")),
            ("importChats", tr("Import…"), tr("Import chats")),
            ("importFolder", tr("Import folder…"), tr("Import folder")),
        )

    def _add_moving(self) -> None:
        self._add_section(
            tr("Move to another computer"),
            tr(
                "Export chats, presets and settings to a single file. Access tokens and "
                "models aren’t included."
            ),
            ("exportEverything", tr("Export everything…"), tr("Export everything")),
            ("importEverything", tr("Import everything…"), tr("Import everything")),
        )

    def _add_removal(self) -> None:
        self._add_section(
            tr("Remove all data"),
            tr("Review what’s stored on this computer and choose what to remove."),
            ("removeData", tr("Remove all data…"), tr("Remove all data")),
        )

    def _add_section(self, title: str, about: str, *buttons: tuple[str, str, str]) -> None:
        """Add a title, a note and a row of buttons: the name, text and label of each."""
        part = self.add_part()
        part.addWidget(heading(title))
        part.addWidget(note(about))
        row = QHBoxLayout()
        row.setSpacing(8)
        part.addLayout(row)
        for name, text, label in buttons:
            run = partial(self._commands.run, name)
            row.addWidget(Button(self._theme, name, label, text=text, clicked=run))
        row.addStretch(1)
