"""Folders and encyclopaedias: added in a chat, dropped, and managed in the preferences."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QWidget

from app.tools.browser.source_status import IndexState, SkippedFiles, SkipReason
from app.tools.registry import Registry
from app.ui.choices import Switch
from app.ui.composer.tools_panel import ToolRow, ToolsPanel
from app.ui.controls import ProgressLine
from app.ui.preferences.preferences_dialog import PreferencesDialog
from app.ui.preferences.source_dialog import SourceDialog
from tests.fakes.source_library import StillLibrary
from tests.ui.driver import Fireside, Start, answer
from tests.ui.qt import child, focused
from tests.ui.test_tools_menu import StillTool, panel, pressed

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

Begun = tuple[Fireside, StillLibrary]


@pytest.fixture
def begun(start: Start) -> Begun:
    """Return a window with a library whose sources are tools, and that library."""
    fireside = start()
    library = StillLibrary(fireside.bridge.publish)
    vars(fireside.window.state.sources).update(library=lambda: library, _there=lambda: True)

    def tools() -> list[StillTool]:
        missing = IndexState.MISSING
        own = [
            StillTool(status.entry.key, "gone" if status.state is missing else "")
            for status in library.statuses()
        ]
        return [StillTool("python"), *own]

    fireside.host.tools = Registry(tools)
    fireside.window.state.tools.refresh()
    fireside.until(lambda: len(fireside.window.state.tools.offers) == 1)
    return fireside, library


def text_of(shown: QWidget, key: str) -> str:
    rows = {row.switch.objectName(): row for row in shown.findChildren(ToolRow)}
    return child(rows[f"toolOn:{key}"], QLabel, "toolText").text()


def choose(fireside: Fireside, name: str, path: Path) -> None:
    """Choose a path in a dialog for files or folders."""
    dialog = fireside.find(QFileDialog, name, last=True)
    dialog.fileSelected.emit(str(path))
    dialog.close()


def test_a_folder_is_added_in_a_new_chat_and_is_on(begun: Begun, tmp_path: Path) -> None:
    fireside, library = begun
    folder = tmp_path / "Notes & <b>more"
    folder.mkdir()
    key = f"files:{folder.name}"
    shown = panel(fireside)
    child(shown, QPushButton, "addFolder").click()
    choose(fireside, "folderDialog", folder)
    fireside.until(lambda: fireside.window.state.tools.on == ("python", key))
    (shown,) = [p for p in fireside.window.findChildren(ToolsPanel) if p.isVisible()]
    fireside.until(lambda: library.watched == {key})
    library.set(key, done=400, total=1000, seconds_left=11.6)
    fireside.until(lambda: text_of(shown, key) == "Reading… 40%, 12 s left")
    library.set(key, state=IndexState.READY, documents=5012)
    fireside.until(lambda: text_of(shown, key) == "5,012 files")
    library.set(key, state=IndexState.MISSING)
    fireside.until(lambda: text_of(shown, key).startswith("Not found. Connect its drive"))
    on = child(shown, Switch, f"toolOn:{key}")
    assert on.isChecked()
    assert on.accessibleName() == folder.name
    child(shown, Switch, "toolOn:python").setFocus()
    names = []
    for _ in range(4):
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
        names.append(focused().objectName())
    assert names == ["addFolder", f"toolOn:{key}", "addEncyclopaedia", "manageTools"]
    shown.close()
    fireside.window.new_chat()
    fireside.until(lambda: library.watched == frozenset())


def test_in_a_chat_that_has_begun_the_price_is_told(begun: Begun, tmp_path: Path) -> None:
    fireside, library = begun
    fireside.ask("pears", *answer("Pears."))
    fireside.shows("Pears.")
    fireside.idle()
    file = tmp_path / "wikipedia.ZIM"
    file.touch()
    fireside.window.file_drop.take([file])
    fireside.until(lambda: fireside.window.findChildren(ToolsPanel))
    (shown,) = fireside.window.findChildren(ToolsPanel)
    fireside.until(lambda: focused().objectName() == "switchTool")
    assert list(fireside.window.state.tools.on) == ["python"]
    pressed(focused())
    assert list(fireside.window.state.tools.on) == ["python", "zim:wikipedia"]
    library.set("zim:wikipedia", state=IndexState.READY, documents=6_000_000)
    fireside.until(lambda: text_of(shown, "zim:wikipedia") == "6,000,000 articles")
    shown.close()


def test_a_dropped_folder_is_offered(begun: Begun, tmp_path: Path) -> None:
    fireside, library = begun
    folder = tmp_path / "Notes"
    folder.mkdir()
    fireside.window.file_drop.take([folder])
    offer = fireside.find(QWidget, "folderOffer")
    assert offer.accessibleName() == "Use “Notes” in this chat?"
    fireside.until(lambda: focused().objectName() == "addDropped")
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    fireside.until(lambda: fireside.window.state.tools.on == ("python", "files:Notes"))
    assert fireside.find(QLabel, "toastText").text() == "“Notes” is on in this chat."
    assert not fireside.window.findChildren(ToolsPanel)
    # Dropped again, it is the same one.
    fireside.window.state.tools.switch("files:Notes", on=False)
    fireside.window.file_drop.take([folder])
    fireside.find(QPushButton, "addDropped", last=True).click()
    fireside.until(lambda: fireside.window.state.tools.on == ("python", "files:Notes"))
    assert len(library.statuses()) == 1
    # What cannot be added says why.
    fireside.window.chat_area.tools_controller.add([Path("/")])
    fireside.until(lambda: fireside.window.banner.isVisible())


def opened(fireside: Fireside) -> PreferencesDialog:
    fireside.window.preferences.open("toolsPage")
    return child(fireside.window, PreferencesDialog, "preferences")


def visible_texts(parent: QWidget, name: str) -> list[str]:
    return [label.text() for label in parent.findChildren(QLabel, name) if label.isVisible()]


def test_the_preferences_have_them(begun: Begun, tmp_path: Path) -> None:
    fireside, library = begun
    folder = tmp_path / "Notes"
    folder.mkdir()
    dialog = opened(fireside)
    assert visible_texts(dialog, "noFolders") == ["No folders yet"]
    child(dialog, QPushButton, "addFolder").click()
    choose(fireside, "folderDialog", Path("/"))
    fireside.until(lambda: visible_texts(dialog, "sourcesTold"))
    child(dialog, QPushButton, "addFolder").click()
    choose(fireside, "folderDialog", folder)
    fireside.until(lambda: dialog.findChildren(QPushButton, "sourceDetails:files:Notes"))
    assert fireside.window.state.tools.on == ("python",)
    skipped = (SkippedFiles(SkipReason.SIZE, 12, ("big.pdf", "ol\u202ed.txt")),)
    library.set("files:Notes", done=1, total=4, skipped=skipped, size=24_000_000, documents=3)
    fireside.until(lambda: visible_texts(dialog, "sourceState") == ["Reading… 25%"])
    assert child(dialog, ProgressLine, "sourceProgress").value() == 250
    child(dialog, QPushButton, "sourceDetails:files:Notes").click()
    details = child(dialog, SourceDialog, "sourceDialog")
    left_out = child(details, QLabel, "sourceSkipped")
    fireside.until(lambda: left_out.height() >= left_out.heightForWidth(left_out.width()))
    assert visible_texts(details, "sourceSize") == ["3 files · index 24 MB"]
    assert visible_texts(details, "sourceSkipped") == [
        "12 files too large: big.pdf, ol⟨U+202E⟩d.txt, …"
    ]
    child(details, QPushButton, "pauseSource").click()
    fireside.until(lambda: child(details, QPushButton, "resumeSource").isVisible())
    assert visible_texts(details, "sourceState") == ["Paused · 3 files"]
    child(details, QPushButton, "resumeSource").click()
    fireside.until(child(details, QPushButton, "pauseSource").isVisible)
    library.set("files:Notes", state=IndexState.READY)
    look = child(details, QPushButton, "lookSource")
    fireside.until(look.isVisible)
    look.click()
    child(details, QPushButton, "removeSource").click()
    said = child(details, QLabel, "confirmText").text()
    assert said.startswith("Its index (24 MB) is deleted. The folder itself and its files stay.")
    child(details, QPushButton, "confirmYes").click()
    fireside.until(lambda: visible_texts(dialog, "noFolders"))
    assert [asked for asked, _ in library.asked] == ["pause", "resume", "look", "remove"]
    assert folder.exists()
    dialog.close()


def test_what_was_asked_of_the_sources_last_is_done_last(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another chat was opened before those of the first were watched."""
    watched: list[frozenset[str]] = []
    later = threading.Event()
    first, last = frozenset({"files:a"}), frozenset({"files:b"})

    def watch(keys: frozenset[str]) -> None:
        if keys == first:
            later.wait(0.2)  # in which another thread would have been faster
        watched.append(keys)
        later.set()

    sources = fireside.window.state.sources
    monkeypatch.setattr(sources, "library", lambda: SimpleNamespace(watch=watch))
    monkeypatch.setattr(sources, "_there", lambda: True)
    sources.watch(first)
    sources.watch(last)
    fireside.until(lambda: len(watched) == 2)
    assert watched == [first, last]
