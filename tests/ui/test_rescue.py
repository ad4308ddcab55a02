"""A failed start and its ways out; backups in the preferences."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app import writer
from app.base.errors import (
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreNewer,
    StoreReadOnly,
)
from app.base.types import Effort, Message, Part, Role
from app.host import Host
from app.store import Backup, MessageRow, State, Store, backups
from app.store.bin import Bin
from app.store.chats import ChatTable
from app.store.messages import MessageTable
from app.ui.backup_list import BackupList
from app.ui.bridge import Bridge
from app.ui.startup.data_folder import DataFolder
from app.ui.startup.recovery_dialogs import RecoveryDialogs
from app.ui.startup.single_instance import SingleInstance
from app.ui.theme import Theme
from tests.ui.driver import Fireside, answer, make
from tests.ui.qt import child

# Dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def chats_in(path: Path, *titles: str) -> Backup:
    """Create chats, then a backup."""
    with closing(Store(path)) as store:
        for title in titles:
            store.messages.ask(None, Message(Role.USER, (Part(title),)), Effort.LOW, "m")
        return store.upkeep.backup()


W = TypeVar("W", bound=QWidget)


class Window:
    """The window of a failed start, and a person's actions there."""

    def __init__(self, qtbot: QtBot, theme: Theme, folder: Path) -> None:
        self.qtbot = qtbot
        self.database = folder / "chats.db"
        self.bridge = Bridge()
        self.opening = DataFolder(folder)
        self.dialog = RecoveryDialogs(theme, self.bridge, self.opening)
        qtbot.addWidget(self.dialog)

    def start(self) -> None:
        """Start as the program does."""
        try:
            self.opening.take(patience=0)
            host = self.opening.host(self.bridge.publish)
        except StoreError as error:
            self.dialog.begin(error)
            with self.qtbot.waitExposed(self.dialog):
                self.dialog.open()
        else:
            host.close()
            pytest.fail("it starts")

    @property
    def sentence(self) -> str:
        return child(self.dialog, QLabel, "startProblemText").text()

    def find(self, kind: type[W], name: str) -> W:
        (found,) = [w for w in self.dialog.findChildren(kind, name) if w.isVisible()]
        return found

    def names(self) -> list[str]:
        """Return the buttons that Tab reaches, in order from the first."""
        reached: list[str] = []
        widget = self.dialog.focusWidget()
        while widget.objectName() not in reached:
            reached.append(widget.objectName())
            QTest.keyClick(widget, Qt.Key.Key_Tab)
            widget = self.dialog.focusWidget()
        return reached

    def press(self, name: str) -> None:
        QTest.keyClick(self.find(QAbstractButton, name), Qt.Key.Key_Return)

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()))

    def opened(self) -> list[str]:
        """Return the chats of the host that was opened."""
        self.until(lambda: not self.dialog.isVisible())
        host = self.dialog.outcome
        assert isinstance(host, Host)
        chats = host.disk(lambda store: store.chats.listed()).result(timeout=60)
        host.close()
        self.dialog.outcome = 1
        return sorted(chat.title for chat in chats)

    def close(self) -> None:
        self.dialog._pool.shutdown()
        if isinstance(self.dialog.outcome, Host):
            self.dialog.outcome.close()
        self.bridge.close()
        self.opening.close()


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, tmp_path: Path) -> Iterator[Window]:
    made = Window(qtbot, theme, tmp_path)
    yield made
    made.close()


def test_a_damaged_file_by_the_keyboard_alone(window: Window) -> None:
    chats_in(window.database, "old")
    first = chats_in(window.database, "new")
    chats_in(window.database, "newest")
    window.database.write_bytes(b"\xff" * 5000)
    window.start()
    assert window.dialog.windowTitle() == "Fireside"
    assert window.dialog.objectName() == "startProblem"
    assert "are damaged" in window.sentence
    ways = ["restoreBackup", "recoverChats", "startAfresh", "tryAgain", "showFolder", "quit"]
    assert window.names() == [*ways, "backups"]
    list_ = window.find(BackupList, "backups")
    assert [list_.item(row).text().split("  ·  ")[1] for row in range(3)] == [
        "3 chats",
        "2 chats",
        "1 chat",
    ]
    QTest.keyClick(list_, Qt.Key.Key_Down)
    assert list_.backup == first
    window.press("restoreBackup")
    assert window.opened() == ["new", "old"]
    (aside,) = window.database.parent.glob("chats.db.*.old")
    assert aside.read_bytes() == b"\xff" * 5000


def test_a_backup_that_is_damaged_too(window: Window) -> None:
    sound = chats_in(window.database, "old")
    broken = chats_in(window.database, "new")
    content = bytearray(broken.path.read_bytes())
    with closing(sqlite3.connect(broken.path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'part'").fetchone()
    content[(page - 1) * 4096 : page * 4096] = bytes(4096)
    broken.path.write_bytes(content)
    window.database.write_bytes(b"nonsense" * 999)
    window.start()
    window.press("restoreBackup")
    window.until(lambda: broken.path.name in window.sentence)
    assert window.database.read_bytes() == b"nonsense" * 999
    list_ = window.find(BackupList, "backups")
    QTest.keyClick(list_, Qt.Key.Key_Down)
    assert list_.backup == sound
    QTest.keyClick(list_, Qt.Key.Key_Return)
    assert window.opened() == ["old"]


def test_what_can_be_read_is_recovered(window: Window) -> None:
    with closing(Store(window.database)) as store:
        for number in range(60):
            words = Message(Role.USER, (Part(f"{number} " + "word " * 700),))
            store.messages.ask(None, words, Effort.LOW, "m")
    content = bytearray(window.database.read_bytes())
    with closing(sqlite3.connect(window.database)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'erased'").fetchone()
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096  # which every start checks
    window.database.write_bytes(content)
    with pytest.raises(StoreDamaged), closing(Store(window.database)) as store:
        store.upkeep.backup()
    window.opening.take()
    window.dialog.begin(StoreDamaged(window.database, "as told in the window"))
    window.dialog.open()
    window.press("recoverChats")
    assert len(window.opened()) == 60
    assert len(list(window.database.parent.glob("chats.db.*.old"))) == 1


def test_what_cannot_be_read_at_all_is_set_aside(window: Window) -> None:
    window.database.write_bytes(b"garbage" * 1000)
    window.start()
    assert window.names()[0] == "recoverChats"
    window.press("recoverChats")
    window.until(lambda: window.sentence.startswith("Nothing can be recovered"))
    assert window.names() == ["startAfresh", "tryAgain", "showFolder", "quit"]
    window.press("startAfresh")
    assert window.opened() == []
    (aside,) = window.database.parent.glob("chats.db.*.old")
    assert aside.read_bytes() == b"garbage" * 1000


def test_a_file_of_a_newer_fireside(window: Window) -> None:
    made = chats_in(window.database, "old")
    with closing(sqlite3.connect(window.database)) as db:
        db.execute("PRAGMA user_version = 999")
    made.path.with_name("chats-20990101-000000-v999.db").write_bytes(made.path.read_bytes())
    window.start()
    assert "newer version of Fireside" in window.sentence
    assert window.names() == ["restoreBackup", "otherFolder", "showFolder", "quit", "backups"]
    assert window.find(BackupList, "backups").count() == 1  # not the one of the newer version
    window.press("restoreBackup")
    assert window.opened() == ["old"]
    assert 999 in [backup.version for backup in backups(window.database)[1:]]


def test_another_program_has_the_file(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.host.Store", lambda path: Store(path, patience=0.05))
    chats_in(window.database, "old")
    with closing(sqlite3.connect(window.database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        window.start()
        assert "Another app" in window.sentence
        assert window.names() == ["tryAgain", "showFolder", "quit"]
        window.press("tryAgain")
        window.until(lambda: not window.dialog._working)
        assert "Another app" in window.sentence
    window.press("tryAgain")
    assert window.opened() == ["old"]


def test_another_folder(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Path] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: shown.append(Path(url.toLocalFile()))
    )
    (tmp_path / "file").touch()
    (tmp_path / "other").mkdir()
    chats_in(tmp_path / "other" / "chats.db", "there")
    window.opening.move(tmp_path / "file" / "data")
    window.start()
    assert "Can’t write to" in window.sentence
    assert window.names() == ["tryAgain", "otherFolder", "showFolder", "quit"]
    window.press("showFolder")
    assert shown == [tmp_path]
    window.press("tryAgain")
    assert "Can’t write to" in window.sentence
    window.press("otherFolder")
    window.find(QFileDialog, "folderDialog").fileSelected.emit(str(tmp_path / "other"))
    assert window.opened() == ["there"]
    with pytest.raises(StoreLocked):
        SingleInstance(tmp_path / "other").acquire(patience=0.1)


def test_a_full_disk(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> Store:
        raise StoreFull(window.database)

    with monkeypatch.context() as patch:
        patch.setattr("app.host.Store", full)
        window.start()
    assert "disk is full" in window.sentence
    assert window.names() == ["tryAgain", "otherFolder", "showFolder", "quit"]
    window.press("tryAgain")
    assert window.opened() == []


def test_escape_quits_but_not_in_the_middle(window: Window) -> None:
    window.database.write_bytes(b"garbage" * 1000)
    window.start()
    window.dialog._set_working(True)
    QTest.keyClick(window.dialog, Qt.Key.Key_Escape)
    window.dialog.close()
    assert window.dialog.isVisible()
    window.dialog._set_working(False)
    QTest.keyClick(window.dialog, Qt.Key.Key_Escape)
    assert not window.dialog.isVisible()
    assert window.dialog.outcome == 1
    assert window.database.read_bytes() == b"garbage" * 1000


def test_another_fireside_has_begun_meanwhile(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.dialog.begin(StoreReadOnly(window.database))
    window.dialog.open()
    monkeypatch.setattr(SingleInstance, "acquire", lambda self, model, patience: False)
    window.press("tryAgain")
    assert not window.dialog.isVisible()
    assert window.dialog.outcome == 0


def test_every_way_has_a_name_and_words(window: Window) -> None:
    chats_in(window.database, "old")
    for error in (
        StoreDamaged(window.database, "x"),
        StoreNewer(window.database, 99, 9),
        StoreFull(window.database),
    ):
        window.opening.take()
        window.dialog.begin(error)
        window.dialog.show()
        for button in window.dialog.findChildren(QAbstractButton):
            assert button.accessibleName(), button.objectName()
            assert button.toolTip(), button.objectName()


# --- The preferences ------------------------------------------------------------------------


def first_backup(fireside: Fireside) -> None:
    """Wait for the backup that the window makes by itself soon after its start."""
    fireside.until(lambda: backups(fireside.host.folders.chats))


def test_backups_are_made_and_listed(fireside: Fireside) -> None:
    make(fireside, "one", "two")
    first_backup(fireside)
    fireside.window.preferences.open("dataPage")
    list_ = fireside.find(BackupList, "backups")
    fireside.until(lambda: fireside.find(QAbstractButton, "backUpNow").isEnabled())
    before = list_.count()
    fireside.find(QAbstractButton, "backUpNow").click()
    fireside.until(lambda: list_.count() == before + 1)
    assert "2 chats" in list_.item(0).text()
    assert fireside.find(QAbstractButton, "restoreBackup").isEnabled()


def test_a_restore_is_asked_for(fireside: Fireside, qtbot: QtBot) -> None:
    make(fireside, "one")
    first_backup(fireside)
    made = fireside.stored(lambda store: store.upkeep.backup())
    asked: list[object] = []
    fireside.window.again.connect(asked.append)
    fireside.window.preferences.open("dataPage")
    list_ = fireside.find(BackupList, "backups")
    fireside.until(lambda: list_.backup == made)
    for button, expected in (("confirmNo", []), ("confirmYes", [made])):
        fireside.find(QAbstractButton, "restoreBackup").click()
        confirm = fireside.find(QWidget, "confirm")
        text = fireside.find(QLabel, "confirmText").text()
        assert "backed up first" in text
        if button == "confirmNo":
            QTest.keyClick(confirm, Qt.Key.Key_Escape)
        else:
            fireside.find(QAbstractButton, button).click()
        assert asked == expected


PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from app.ui import app
from app.ui.window import Window
from app.wording.language import tr

def find(kind, name):
    return [w for top in QApplication.topLevelWidgets() for w in (top, *top.findChildren(kind))
            if w.objectName() == name and w.isVisible()]

def windows():
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, Window) and w.isVisible()]

def titles(window):
    return sorted(chat.title for chat in window.state.index.rows.values())

def steps():
    while not windows() or titles(windows()[0]) != ["new", "old"]:
        yield
    first = windows()[0]
    print("first", titles(first), flush=True)
    first.composer.editor.setPlainText("half a question")
    first.preferences.open("dataPage")
    while not find(QWidget, "backups") or find(QWidget, "backups")[0].count() < 2:
        yield
    list_ = find(QWidget, "backups")[0]
    list_.setCurrentRow(list_.count() - 1)
    find(QAbstractButton, "restoreBackup")[0].click()
    find(QAbstractButton, "confirmYes")[0].click()
    while not windows() or titles(windows()[0]) != ["old"]:
        yield
    print("second", titles(windows()[0]), windows()[0].composer.editor.toPlainText(), flush=True)
    second = windows()[0]
    second.preferences.open("generalPage")
    find(QAbstractButton, "languageDe")[0].click()
    find(QAbstractButton, "restart")[0].click()
    while not windows() or windows()[0] is second or titles(windows()[0]) != ["old"]:
        yield
    print("third", tr("Quit"), windows()[0].composer.editor.toPlainText(), flush=True)
    for _ in range(20):
        yield
    windows()[0].close()

if __name__ == "__main__":
    application = app._application()
    work = steps()
    timer = QTimer()
    timer.setInterval(50)
    timer.timeout.connect(lambda: next(work, None))
    timer.start()
    sys.exit(app.run(Path(sys.argv[1]), None, smoke=False))
"""


def test_a_restore_and_a_language_go_through_the_whole_program(tmp_path: Path) -> None:
    database = tmp_path / "data" / "chats.db"
    database.parent.mkdir()
    made = chats_in(database, "old")
    chats_in(database, "new")
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(script), str(database.parent)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | {"PYTHONPATH": "."},
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stdout.splitlines() == [
        "first ['new', 'old']",
        "second ['old'] half a question",
        "third Beenden half a question",
    ]
    assert done.returncode == 0
    kept = backups(database)
    assert made in kept
    assert max(backup.chats or 0 for backup in kept) == 2
    with closing(Store(database)) as store:
        assert [chat.title for chat in store.chats.listed()] == ["old"]


# --- While it runs --------------------------------------------------------------------------


def test_damage_that_shows_up_later_can_be_repaired(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(fireside, "one")

    def damaged(*_: object) -> list[MessageRow]:
        raise StoreDamaged(fireside.host.folders.chats, "malformed")

    asked: list[object] = []
    fireside.window.again.connect(asked.append)
    monkeypatch.setattr(MessageTable, "conversation", damaged)
    fireside.window.open_chat(1)
    step = fireside.find(QAbstractButton, "bannerAction")
    assert step.text() == "Repair…"
    assert "damaged (malformed)" in fireside.find(QLabel, "bannerText").text()
    step.click()
    (why,) = asked
    assert isinstance(why, StoreDamaged)
    assert why.path == fireside.host.folders.chats


def test_an_answer_on_a_disk_that_fills_up(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_SAVE_S", 0.02)
    monkeypatch.setattr(writer, "_AGAIN_S", 0.05)
    room = [False]
    update = MessageTable.update

    def full(table: MessageTable, *values: Any, **more: Any) -> MessageRow:
        if room[0]:
            return update(table, *values, **more)
        raise StoreFull(Path("chats.db"))

    monkeypatch.setattr(MessageTable, "update", full)
    fireside.ask("one", *answer("All of the answer."))
    fireside.shows("All of the answer.")
    banner = fireside.find(QLabel, "bannerText")
    assert banner.text().startswith("The disk is full")
    fireside.until(lambda: not fireside.window.state.current.busy())
    fireside.find(QLabel, "noticeText")
    fireside.ask("two")
    fireside.until(lambda: "two" in fireside.window.composer.editor.toPlainText())
    room[0] = True
    fireside.until(lambda: not banner.isVisible())
    fireside.until(lambda: not fireside.window.findChildren(QLabel, "noticeText"))
    (chat,) = fireside.stored(lambda store: store.chats.listed())
    said = fireside.stored(lambda store: store.messages.conversation(chat.id))[-1]
    assert (said.message.text, said.state) == ("All of the answer.", State.DONE)
    fireside.ask("", *answer("Room again."))
    fireside.shows("Room again.")


def test_a_question_on_a_disk_that_was_full(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreFull(Path("chats.db"))

    with monkeypatch.context() as patch:
        patch.setattr(MessageTable, "ask", full)
        fireside.ask("one")
        banner = fireside.find(QLabel, "bannerText")
        assert fireside.window.composer.editor.toPlainText() == "one"
    fireside.ask("", *answer("Room again."))
    fireside.shows("Room again.")
    assert not banner.isVisible()


def test_what_the_disk_does_not_take_is_shown_as_it_was(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(fireside, "one", "two")

    def full(*_: object) -> None:
        raise StoreFull(Path("chats.db"))

    monkeypatch.setattr(ChatTable, "rename", full)
    monkeypatch.setattr(Bin, "put", full)
    index = fireside.window.state.index
    index.rename(1, "three")
    fireside.until(lambda: index.rows[1].title == "one")
    assert fireside.find(QLabel, "bannerText").text().startswith("The disk is full")
    index.delete(1)
    assert 1 not in index.rows
    fireside.until(lambda: 1 in index.rows)
    assert not fireside.window.toast.isVisible()
