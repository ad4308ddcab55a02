"""The page about the user's data: its folder, export and import, backups."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal, SignalInstance
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from app.ui.controls import Button
from app.ui.form_fields import FormPage, heading, named
from app.ui.preferences.backup_pane import BackupPane
from app.ui.theme import Theme
from app.wording.language import tr


class DataPage(FormPage):
    export_all = Signal()
    import_chats = Signal()
    import_folder = Signal()
    export_everything = Signal()
    import_everything = Signal()
    remove_everything = Signal()

    def __init__(self, theme: Theme, folder: Path, backups: BackupPane) -> None:
        super().__init__("dataPage", tr("Your data"))
        self._theme, self._folder = theme, folder
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
        self.add_note(tr("Chats and settings are kept in this folder."))
        folder = QLineEdit(str(self._folder))
        named(folder, "dataFolder", tr("Data folder"), tr("Where chats and settings are kept"))
        folder.setReadOnly(True)
        folder.setCursorPosition(0)
        button = Button(
            self._theme, "openFolder", tr("Open data folder"),
            text=tr("Open folder"), clicked=self._open_folder,
        )  # fmt: skip
        row = QHBoxLayout()
        row.setSpacing(8)
        self.column.addLayout(row)
        row.addWidget(folder, 1)
        row.addWidget(button)

    def _add_files(self) -> None:
        self.column.addWidget(heading(tr("Export and import")))
        self.add_note(
            tr(
                "Take all chats along, as one file or to read, or bring in those of ChatGPT, "
                "Claude, LM Studio or Open WebUI: their exports as they are, several at once. A "
                "single chat is exported from its menu."
            )
        )
        self._add_buttons(
            ("exportAll", tr("Export all…"), tr("Export all chats to a file"), self.export_all),
            ("importChats", tr("Import…"), tr("Import chats from files"), self.import_chats),
            (
                "importFolder",
                tr("Import a folder…"),
                tr("Import chats from a folder"),
                self.import_folder,
            ),
        )

    def _add_moving(self) -> None:
        self.column.addWidget(heading(tr("Move to another computer")))
        self.add_note(tr("Chats, presets and settings in one file. No tokens, no models."))
        self._add_buttons(
            (
                "exportEverything",
                tr("Export everything…"),
                tr("Export chats, presets and settings to one file"),
                self.export_everything,
            ),
            (
                "importEverything",
                tr("Import everything…"),
                tr("Import a file made with Export everything"),
                self.import_everything,
            ),
        )

    def _add_removal(self) -> None:
        self.column.addWidget(heading(tr("Remove all data")))
        self.add_note(tr("See what is stored on this computer, and remove it."))
        self._add_buttons(
            ("removeData", tr("Remove all data…"), tr("Remove all data"), self.remove_everything)
        )

    def _add_buttons(self, *buttons: tuple[str, str, str, SignalInstance]) -> None:
        """Add a row of buttons: the name, text, label and signal of each."""
        row = QHBoxLayout()
        row.setSpacing(8)
        self.column.addLayout(row)
        for name, text, label, signal in buttons:
            row.addWidget(Button(self._theme, name, label, text=text, clicked=signal.emit))
        row.addStretch(1)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
