"""After permanent deletion, no file holds a trace: the real window with the real engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QTableView, QWidget
from pytestqt.qtbot import QtBot

from app.base import settings
from app.base.settings import Folders, Settings, ThemeChoice
from app.engine import kv_disk_cache
from app.host import Host
from app.ui.bridge import Bridge
from app.ui.garbage import GarbageCollector
from app.ui.theme import Theme
from app.ui.window import Window
from tests.ui.qt import child

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

_PATIENCE_MS = 60_000
SECRETS = ("quokka", "wombat", "numbat")  # in the first chat, in the second, typed as a draft


class Session:
    """One run of the program, from start to end."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self._qtbot = qtbot
        self._bridge = Bridge()
        self.host = Host(Folders(folder), self._bridge.publish)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self.window = Window(self.host, self._bridge, Theme(application, ThemeChoice.LIGHT))
        self.window.show()
        self.window.state.models.load()
        self.until(lambda: self.window.state.models.loading is None)

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=_PATIENCE_MS)

    def ask(self, text: str) -> None:
        """Ask in a new chat that is long enough for the disk cache."""
        self.window.new_chat()
        self.window.composer.editor.insertPlainText(f"What is the capital of France? {text} " * 60)
        self.press("send")
        self.until(lambda: self.window.chat is not None)
        self.until(lambda: not self.window.state.current.busy())
        self.host.disk(lambda store: None).result()

    def press(self, name: str) -> None:
        self.until(lambda: self.window.findChild(QAbstractButton, name))
        child(self.window, QAbstractButton, name).click()

    def close(self) -> None:
        self.window.close()
        self.host.close()
        self._bridge.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def start(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], Session]]:
    collector = GarbageCollector()
    running: list[Session] = []

    def begin() -> Session:
        while running:
            running.pop().close()
        running.append(Session(qtbot, tmp_path))
        return running[-1]

    settings.save(Settings(model="demo"), Settings(), Folders(tmp_path).settings)
    yield begin
    while running:
        running.pop().close()
    collector.close()


def left_in(folder: Path, wanted: tuple[bytes, ...]) -> set[str]:
    """Return the names of files that contain one of the words."""
    found = set()
    for place, _, names in os.walk(folder):
        for file in (Path(place, name) for name in names):
            with suppress(FileNotFoundError):  # the engine tidies meanwhile
                if file.is_file() and any(each in file.read_bytes() for each in wanted):
                    found.add(file.name)
    return found


def test_nothing_is_left_in_any_file(start: Callable[[], Session], tmp_path: Path) -> None:
    disk_cache = Folders(tmp_path).kept
    first = start()
    first.ask(SECRETS[0])
    first.ask(SECRETS[1])
    first.window.composer.editor.insertPlainText(SECRETS[2])
    session = start()  # all cached states are on disk now
    assert kv_disk_cache.chats(disk_cache) == {1, 2}
    tokens = [file.read_bytes()[-800:-400] for file in disk_cache.rglob("tokens")]
    wanted = tuple(word.encode() for word in SECRETS) + tuple(tokens)
    session.host.disk(lambda store: store.upkeep.backup()).result()
    assert {"chats.db", "tokens"} <= left_in(tmp_path, wanted)

    session.window.open_chat(1)  # back in the engine's memory
    session.until(lambda: session.window.state.index.rows)
    view = session.window.sidebar.list
    view.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_Delete)
    session.until(lambda: view.chats.rowCount() == 0)
    session.press("openAway")
    session.press("tabBin")
    table = child(session.window, QTableView, "awayList")
    session.until(lambda: table.model().rowCount() == 2)
    session.press("emptyBin")
    session.press("confirmYes")
    progress = child(session.window, QWidget, "eraseProgress")
    session.until(lambda: progress.isHidden())
    assert left_in(tmp_path, wanted) == set()
    assert kv_disk_cache.chats(disk_cache) == set()

    again = start()
    again.host.tidy().result(timeout=60)
    assert left_in(tmp_path, wanted) == set()
    assert kv_disk_cache.chats(disk_cache) == set()
