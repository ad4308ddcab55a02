"""A list of backups to choose one from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem

from app.store import Backup
from app.ui.form_fields import named
from app.ui.theme import font
from app.ui.zoom import zoomed
from app.wording.language import tr
from app.wording.quantities import day, gigabytes

_ROW = 34  # pixels
_ROWS = 5  # shown at once, at most


class BackupList(QListWidget):
    """The backups, newest first: when each was made, how many chats it has, and its size."""

    marked = Signal(bool)
    """Whether a backup is selected."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "backups", tr("Backups"), tr("Use the arrow keys to choose a backup"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(font(13))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._backups: list[Backup] = []
        self.currentRowChanged.connect(lambda row: self.marked.emit(row >= 0))

    def set_backups(self, backups: Sequence[Backup]) -> None:
        """Show these backups and select the newest that is not damaged."""
        self._backups = list(backups)
        self.clear()
        for backup in backups:
            item = QListWidgetItem(words(backup))
            item.setSizeHint(QSize(100, zoomed(_ROW)))
            if backup.chats is None:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(item)
        whole = (row for row, backup in enumerate(backups) if backup.chats is not None)
        self.setCurrentRow(next(whole, -1))
        self.setFixedHeight(min(max(len(self._backups), 1), _ROWS) * zoomed(_ROW) + zoomed(10))

    @property
    def backup(self) -> Backup | None:
        """The selected backup."""
        row = self.currentRow()
        return self._backups[row] if row >= 0 else None


def words(backup: Backup) -> str:
    """Return the text of a backup's row."""
    chats = tr("damaged") if backup.chats is None else tr("%Ln chat(s)", "", backup.chats)
    when = moment(backup)
    return f"{when[:1].upper()}{when[1:]}  ·  {chats}  ·  {gigabytes(backup.size)}"


def moment(backup: Backup) -> str:
    """Return when a backup was made, as in "yesterday, 14:03"."""
    made = QDateTime.fromSecsSinceEpoch(int(backup.made))
    time = QLocale().toString(made.time(), QLocale.FormatType.ShortFormat)
    return tr("{day}, {time}").format(day=day(backup.made), time=time)
