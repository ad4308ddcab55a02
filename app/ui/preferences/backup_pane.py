"""The backups of the chats: making one, and restoring one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.store import Backup
from app.ui.backup_list import BackupList, moment
from app.ui.controls import Button, column
from app.ui.dialogs import confirm
from app.ui.form_fields import heading, note
from app.ui.theme import Theme
from app.wording.errors import explain
from app.wording.language import tr


class BackupPane(QWidget):
    """A list of backups, with buttons."""

    restore_requested = Signal(object)
    """The Backup that is to replace the chats."""

    make_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._list = BackupList()
        self._status = note("", "backupsSaid")
        self._status.hide()
        self._restore = Button(
            theme, "restoreBackup", tr("Restore the selected backup"),
            text=tr("Restore…"), clicked=self._ask_restore,
        )  # fmt: skip
        self._restore.setEnabled(False)
        self._make = Button(
            theme, "backUpNow", tr("Back up all chats now"),
            text=tr("Back up now"), clicked=self.make_requested.emit,
        )  # fmt: skip
        self._list.marked.connect(self._restore.setEnabled)
        self._list.itemActivated.connect(lambda _: self._ask_restore())
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._restore)
        buttons.addWidget(self._make)
        buttons.addStretch(1)
        layout = column(self, gap=8)
        layout.addWidget(heading(tr("Backups")))
        layout.addWidget(note(tr("Backed up daily; the last seven backups are kept.")))
        layout.addWidget(self._list)
        layout.addLayout(buttons)
        layout.addWidget(self._status)

    def set_busy(self) -> None:
        """Disable "Back up now" until backups or an error are shown."""
        self._make.setEnabled(False)

    def set_backups(self, backups: list[Backup]) -> None:
        self._make.setEnabled(True)
        self._list.set_backups(backups)
        self._show_status("" if backups else tr("No backups yet"))

    def show_error(self, error: BaseException) -> None:
        self._make.setEnabled(True)
        self._show_status(explain(error).sentence)

    def _show_status(self, text: str) -> None:
        self._status.setText(text)
        self._status.setVisible(bool(text))

    def _ask_restore(self) -> None:
        backup = self._list.backup
        if backup is None:
            return
        question = tr("Restore the backup from {moment}?")
        confirm(
            self,
            self._theme,
            question.format(moment=moment(backup)),
            tr("This replaces all your current chats. They will be backed up first."),
            tr("Restore"),
            lambda: self.restore_requested.emit(backup),
        )
