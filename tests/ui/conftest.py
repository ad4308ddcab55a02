"""Fixtures with a window."""

from __future__ import annotations

import functools
import gc
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.base import graphics_probe
from app.base import settings as settings_file
from app.base.graphics import UNKNOWN
from app.base.settings import Folders, Settings, ThemeChoice
from app.host import Host, demo_model
from app.store import Store
from app.ui import qt_language, screen
from app.ui import theme as theme_module
from app.ui.bridge import Bridge
from app.ui.conversation import find_search
from app.ui.conversation.transcript import Transcript
from app.ui.garbage import GarbageCollector
from app.ui.theme import Theme
from app.ui.toast import Toast
from app.ui.window import Window
from tests.fakes.local_server import scripted
from tests.ui.driver import PATIENCE_MS, Backend, Fireside, Start


@pytest.fixture(scope="session")
def fonts(qapp: QApplication) -> None:
    qapp.setStyle("Fusion")


@pytest.fixture(scope="session", autouse=True)
def patient() -> Iterator[None]:
    """Have pytest-qt wait long for what comes at once on a quiet machine; it gives up after 5 s."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("waitUntil", "waitSignal", "waitExposed", "waitActive"):
            wait = functools.partialmethod(getattr(QtBot, name), timeout=PATIENCE_MS)
            patch.setattr(QtBot, name, wait)
        yield


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what lasts a while for a person outlast a test, also on a busy machine."""
    monkeypatch.setattr(Toast, "SHOWN_MS", 600_000)
    monkeypatch.setattr(find_search, "_SLICE_S", 60.0)  # as a whole, at once


@pytest.fixture(scope="session", autouse=True)
def drawn_icons(qapp: QApplication) -> Iterator[None]:
    """Draw each icon once for all windows, not for each."""
    drawn = functools.cache(theme_module.pixmap)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theme_module, "pixmap", drawn)
        yield
    drawn.cache_clear()


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> None:
    """Reset the language that an earlier test set; the app's own start uses the system's."""
    qt_language.install(qapp, "en")


_INTERVAL_S = 0.002
"""Between two deliveries of a test's bridge, on which everything in a test waits."""

_tests = itertools.count()


@pytest.fixture(autouse=True)
def garbage(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Collect garbage on this thread, so that widgets are destroyed here, as in the app."""
    undone: list[None] = []
    unfreeze = gc.unfreeze
    # `gc.get_freeze_count()` counts 9 ms.
    monkeypatch.setattr(gc, "unfreeze", lambda: undone.append(unfreeze()))
    collector = GarbageCollector()
    yield
    # What the tests loaded since is left out too: towards the end a collection took 60 ms.
    if anew := undone or next(_tests) % 50 == 0:
        unfreeze()
    gc.collect()
    if anew:
        gc.freeze()
    collector.close()


@pytest.fixture(autouse=True)
def large_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the windows find a large screen: the one of Qt's offscreen platform is 800 by 800."""
    monkeypatch.setattr(screen, "free_areas", lambda: [QRect(0, 0, 1920, 1200)])


@pytest.fixture(autouse=True)
def no_graphics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask no driver of the computer that the tests run on."""
    monkeypatch.setattr(graphics_probe, "look", lambda: UNKNOWN)


@pytest.fixture
def theme(qapp: QApplication, fonts: None) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def transcript(qtbot: QtBot, theme: Theme) -> Transcript:
    """Show a transcript without a window."""
    view = Transcript(theme)
    qtbot.addWidget(view)
    view.resize(900, 700)
    with qtbot.waitExposed(view):
        view.show()
    return view


@pytest.fixture(scope="session")
def fixed_theme(qapp: QApplication, fonts: None) -> Theme:
    """Return a theme that does not change, for tests that Hypothesis runs many times."""
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a store without chats: to make one takes a tenth of a window's time."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    Store(path).close()
    return path


@pytest.fixture
def start(qtbot: QtBot, theme: Theme, tmp_path: Path, empty_store: Path) -> Iterator[Start]:
    """Yield a function that opens a window on the test's folder; call it again for a restart."""
    running: list[Fireside] = []

    def begin(*, model: bool = True, **changes: Any) -> Fireside:
        for earlier in running:
            earlier.close()
        running.clear()
        folders = Folders(tmp_path)
        chosen = {"model": demo_model().key} if model else {}
        old = settings_file.load(folders.settings)
        if old == Settings():
            settings_file.save(Settings(**(chosen | changes)), old, folders.settings)
        if not folders.chats.exists():
            folders.chats.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(empty_store, folders.chats)
        bridge = Bridge(interval_s=_INTERVAL_S)
        backend = Backend()
        host = Host(folders, bridge.publish, backend=backend, open_server=scripted)
        window = Window(host, bridge, theme)
        fireside = Fireside(qtbot, host, bridge, theme, window, backend)
        running.append(fireside)
        with qtbot.waitExposed(window):
            window.show()
        window.activateWindow()
        if window.state.models.current:
            window.state.models.load()
            fireside.until(lambda: window.state.models.loading is None)
        fireside.stored(lambda store: None)
        return fireside

    yield begin
    for fireside in running:
        fireside.close()


@pytest.fixture
def fireside(start: Start) -> Fireside:
    """Return a window with the demo model chosen."""
    return start()
