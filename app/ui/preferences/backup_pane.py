"""The backups of the chats, in the preferences: made now, and put back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget
from shiboken6 import isValid

from app.host import Host
from app.store import Backup
from app.ui.backup_list import BackupList, moment
from app.ui.bridge import Bridge
from app.ui.controls import Button, column
from app.ui.dialogs import confirm
from app.ui.form_fields import heading, note
from app.ui.theme import Theme
from app.wording.errors import explain
from app.wording.language import tr


class BackupPane(QWidget):
    """A list of them, and what can be done."""

    wanted = Signal(object)
    """The Backup that is to take the place of the chats."""

    def __init__(self, theme: Theme, host: Host, bridge: Bridge) -> None:
        super().__init__()
        self._host, self._bridge, self._theme = host, bridge, theme
        self._list = BackupList()
        self._said = note("", "backupsSaid")
        self._said.hide()
        self._restore = Button(
            theme, "restoreBackup", tr("Put the chosen backup in the place of the chats"),
            text=tr("Restore…"), clicked=self._ask,
        )  # fmt: skip
        self._restore.setEnabled(False)
        self._make = Button(
            theme, "backUpNow", tr("Make a backup of all chats now"),
            text=tr("Back up now"), clicked=lambda: self._read(make=True),
        )  # fmt: skip
        self._list.marked.connect(self._restore.setEnabled)
        self._list.itemActivated.connect(lambda _: self._ask())
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._restore)
        buttons.addWidget(self._make)
        buttons.addStretch(1)
        layout = column(self, gap=8)
        layout.addWidget(heading(tr("Backups")))
        layout.addWidget(
            note(
                tr(
                    "Fireside makes a backup of the chats every day, and keeps those of the last "
                    "seven days on which it ran."
                )
            )
        )
        layout.addWidget(self._list)
        layout.addLayout(buttons)
        layout.addWidget(self._said)
        self._read(make=False)

    def _read(self, *, make: bool) -> None:
        self._make.setEnabled(False)
        self._bridge.when_done(
            self._host.backups.listed(make=make),
            lambda backups: isValid(self) and self._show(backups),  # the preferences may be closed
            lambda error: isValid(self) and self._fail(error),
        )

    def _show(self, backups: list[Backup]) -> None:
        self._make.setEnabled(True)
        self._list.set_backups(backups)
        self._say("" if backups else tr("There are none yet."))

    def _fail(self, error: BaseException) -> None:
        self._make.setEnabled(True)
        self._say(explain(error).sentence)

    def _say(self, text: str) -> None:
        self._said.setText(text)
        self._said.setVisible(bool(text))

    def _ask(self) -> None:
        backup = self._list.backup
        if backup is None:
            return
        question = tr("Put the backup of {moment} in the place of your chats?")
        confirm(
            self,
            self._theme,
            question.format(moment=moment(backup)),
            tr(
                "Fireside first makes another backup, of all chats as they are now, so that you "
                "can come back to them. Then it closes them and opens this one."
            ),
            tr("Restore"),
            lambda: self.wanted.emit(backup),
        )
