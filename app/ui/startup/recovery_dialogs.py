"""Recovery dialogs: why the chats cannot be opened, the ways out, and restoring a backup."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.base import running
from app.base.errors import (
    NotResponding,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreNewer,
    StoreReadOnly,
)
from app.host import Host
from app.store import Backup, backups, recover, restore_backup, set_aside
from app.ui.backup_list import BackupList
from app.ui.bridge import Bridge
from app.ui.controls import Button, IconView, ProgressLine
from app.ui.dialogs import ask_folder
from app.ui.file_manager import open_file
from app.ui.form_fields import heading, note
from app.ui.form_page import FormRow
from app.ui.screen import FittingDialog
from app.ui.startup.data_folder import DataFolder
from app.ui.theme import Theme
from app.wording.errors import explain
from app.wording.language import tr

_WIDTH = 600


class RecoveryDialogs(FittingDialog):
    """A window of its own before the main window. `ask` returns the resulting host."""

    def __init__(self, theme: Theme, bridge: Bridge, data_folder: DataFolder) -> None:
        super().__init__()
        self._theme, self._bridge, self._data_folder = theme, bridge, data_folder
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rescue")
        self.outcome: Host | int = 1
        self._working = False
        self._readable = True  # as far as known
        self._at = Path()
        """The file that cannot be opened."""
        self.setObjectName("startProblem")
        self.setWindowTitle("Fireside")
        self.setMinimumWidth(_WIDTH)
        self._text = note("", "startProblemText")
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._title = heading("", 18, 640)
        self._progress = ProgressLine("rescueProgress", tr("Opening…"), tr("Opening…"), 4)
        self._progress.setRange(0, 0)
        self._ways = QWidget()
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(IconView(theme, "alert", "accent", 26), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(self._title)
        words.addWidget(self._text)
        head.addLayout(words, 1)
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 24, 28, 20)
        layout.setSpacing(14)
        layout.addLayout(head)
        layout.addWidget(self._progress)
        layout.addWidget(self._ways)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    def ask(self, why: StoreError | Backup) -> Host | int:
        """Show what is wrong, or restore a backup; return the host, or an exit code."""
        self.begin(why)
        self.exec()
        self._pool.shutdown()
        return self.outcome

    def begin(self, why: StoreError | Backup) -> None:
        """Do all that `ask` does except waiting."""
        if isinstance(why, Backup):
            self._set_working(True)
            QTimer.singleShot(0, self, lambda: self._restore(why))
        else:
            self._show(why)
        self._data_folder.on_second(lambda _: self._to_front())

    # --- The problem ------------------------------------------------------------------------

    def _show(self, error: BaseException) -> None:
        """Show the sentence for an error, and the ways out."""
        if isinstance(error, StoreError):
            self._at = error.path
        self._set_working(False)
        title, text = self._words(error)
        self._title.setText(title)
        self._text.setText(text)
        old, self._ways = self._ways, self._make_ways(error)
        self._layout.replaceWidget(old, self._ways)
        old.hide()
        old.deleteLater()
        self._ways.show()
        in_order = [w for row in self._ways.findChildren(FormRow) for w in row.findChildren(Button)]
        for name in ("endOther", "showFolder", "quit"):
            in_order += self._ways.findChildren(Button, name)
        for one, next_ in pairwise((*self._ways.findChildren(BackupList), *in_order)):
            self.setTabOrder(one, next_)
        in_order[0].setFocus()
        self.setAccessibleDescription(self._text.text())
        if self.isVisible():
            self.fit()

    def _words(self, error: BaseException) -> tuple[str, str]:
        """Return the title and the text for an error."""
        sentence = explain(error).sentence
        if isinstance(error, NotResponding):
            about = tr("You can force quit Fireside and restart it. Your chats are saved.")
            return sentence.removesuffix("."), about
        if self._of_backup(error):
            title = tr("This backup is damaged too")
        else:
            title = tr("Your chats can’t be opened")
        nothing = tr("Nothing can be recovered. Restore a backup or start over.")
        return title, sentence if self._readable else nothing

    def _make_ways(self, error: BaseException) -> QWidget:
        ways = QWidget()
        column = QVBoxLayout(ways)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        rows = []
        if isinstance(error, StoreDamaged | StoreNewer):
            rows += self._backup_ways(column, error)
        if isinstance(error, StoreDamaged) and not self._of_backup(error):
            rows += [self._recover_way()] if self._readable else []
            rows.append(self._afresh_way())
        if not isinstance(error, StoreNewer | NotResponding):
            rows.append(self._retry_way(error))
        if isinstance(error, StoreNewer | StoreReadOnly | StoreFull):
            rows.append(self._elsewhere_way())
        for row in rows:
            column.addWidget(row)
        column.addSpacing(12)
        hangs = isinstance(error, NotResponding)
        column.addLayout(self._end_or_cancel() if hangs else self._last_line())
        return ways

    def _backup_ways(self, column: QVBoxLayout, error: BaseException) -> list[QWidget]:
        """Add the list of backups that this Fireside can read, if there are any."""
        newest = error.known if isinstance(error, StoreNewer) else float("inf")
        known = [b for b in self._backups() if b.version <= newest]
        if not known:
            return []
        list_ = BackupList()
        list_.set_backups(known)

        def restore() -> None:
            if list_.backup:
                self._restore(list_.backup)

        button = Button(
            self._theme, "restoreBackup", tr("Restore the selected backup"),
            text=tr("Restore this backup"), kind="primary", colour="on_accent",
            clicked=restore,
        )  # fmt: skip
        list_.marked.connect(button.setEnabled)
        list_.itemActivated.connect(lambda _: restore())
        button.setEnabled(list_.backup is not None)
        column.addWidget(list_)
        what = (
            tr("Changes made since then stay in the newer file, which isn’t deleted.")
            if isinstance(error, StoreNewer)
            else tr("Changes made since then will be lost. The damaged file is kept.")
        )
        return [FormRow(tr("Restore"), what, button)]

    def _recover_way(self) -> FormRow:
        def work() -> None:
            try:
                made = recover(self._database)
            except StoreDamaged:
                self._readable = False
                raise
            restore_backup(self._database, made.path)

        return self._way(
            "recoverChats", tr("Recover"),
            tr("Saves everything that can still be read to a new file. The damaged file is kept."),
            tr("Recover"), lambda: self._open(tr("Recovering chats…"), work),
        )  # fmt: skip

    def _afresh_way(self) -> FormRow:
        return self._way(
            "startAfresh", tr("Start over"),
            tr("Starts with no chats. The damaged file is kept in the same folder."),
            tr("Start over"),
            lambda: self._open(tr("Opening…"), lambda: set_aside(self._database)),
        )  # fmt: skip

    def _retry_way(self, error: BaseException) -> FormRow:
        words: dict[type[BaseException], str] = {
            StoreLocked: tr("Close the other app first."),
            StoreFull: tr("Free up disk space first."),
            StoreReadOnly: tr("Change the folder’s permissions first."),
        }
        what = words.get(type(error), tr("Opens your chats without changing anything."))
        return self._way(
            "tryAgain", tr("Try again"), what, tr("Try again"), lambda: self._open(tr("Opening…"))
        )

    def _elsewhere_way(self) -> FormRow:
        return self._way(
            "otherFolder", tr("Use another folder"),
            tr("For this session only. Opens the chats in that folder, if there are any."),
            tr("Choose…"), self._choose_folder,
        )  # fmt: skip

    def _way(
        self, name: str, title: str, what: str, text: str, clicked: Callable[[], object]
    ) -> FormRow:
        return FormRow(title, what, Button(self._theme, name, what, text=text, clicked=clicked))

    def _last_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(
            Button(
                self._theme, "showFolder", tr("Open data folder"),
                text=tr("Open folder"), clicked=self._show_folder,
            )
        )  # fmt: skip
        line.addStretch(1)
        line.addWidget(
            Button(
                self._theme, "quit", tr("Quit without changing anything"),
                text=tr("Quit"), shortcut="Esc", clicked=self.reject,
            )
        )  # fmt: skip
        return line

    def _end_or_cancel(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addStretch(1)
        cancel = Button(
            self._theme, "quit", tr("Cancel"), text=tr("Cancel"), shortcut="Esc",
            clicked=self.reject,
        )  # fmt: skip
        words = tr("Force quit and restart")
        end = Button(
            self._theme, "endOther", words, text=words, kind="primary", clicked=self._end_other
        )
        line.addWidget(cancel)
        line.addWidget(end)
        return line

    # --- Ways out ---------------------------------------------------------------------------

    def _end_other(self) -> None:
        """End the Fireside that hangs, then open the chats."""
        self._show_work(tr("Quitting Fireside…"))

        def end() -> None:
            other = running.holder(self._at.parent)
            if other and not running.end(other):
                raise NotResponding(self._at)

        self._bridge.when_done(
            self._pool.submit(end), lambda _: self._open(tr("Opening…")), self._show
        )

    def _restore(self, backup: Backup) -> None:
        self._open(tr("Restoring backup…"), lambda: restore_backup(self._database, backup.path))

    def _open(self, words: str, work: Callable[[], object] = lambda: None) -> None:
        """Do the work on another thread, then open the chats."""
        self._show_work(words)
        try:
            if not self._data_folder.take(patience=0):  # another Fireside has started meanwhile
                self._end(0)
                return
        except StoreError as error:
            self._show(error)
            return

        def both() -> Host:
            work()
            return self._data_folder.host(self._bridge.publish)

        self._bridge.when_done(self._pool.submit(both), self._end, self._show)

    def _show_work(self, words: str) -> None:
        self._set_working(True)
        self._title.setText(words)
        self._progress.setAccessibleName(words)
        self._progress.setToolTip(words)
        self._text.setText("")

    def _choose_folder(self) -> None:
        def chosen(folder: Path) -> None:
            self._data_folder.move(folder)
            self._open(tr("Opening…"))

        ask_folder(self, tr("Choose a folder for chats and settings"), chosen)

    def _show_folder(self) -> None:
        there = next(folder for folder in self._at.parents if folder.is_dir())
        open_file(there)

    def _end(self, outcome: Host | int) -> None:
        self.outcome = outcome
        self._working = False
        self.accept()

    def reject(self) -> None:
        """End Fireside, unless work is in progress."""
        if not self._working:
            super().reject()

    def _set_working(self, working: bool) -> None:
        self._working = working
        self._progress.setVisible(working)
        self._text.setVisible(not working)
        self._ways.setVisible(not working)

    # --- Places -----------------------------------------------------------------------------

    @property
    def _database(self) -> Path:
        assert self._data_folder.folders
        return self._data_folder.folders.chats

    def _backups(self) -> list[Backup]:
        try:
            return backups(self._database)
        except StoreError:
            return []

    def _of_backup(self, error: BaseException) -> bool:
        return isinstance(error, StoreDamaged) and error.path != self._database

    def _to_front(self) -> None:
        self.raise_()
        self.activateWindow()
