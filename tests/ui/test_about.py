"""About Fireside: licences and the check for updates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
)

from app import __version__
from app.network import updates
from app.ui.preferences import about_page
from app.ui.preferences.about_page import AboutPage
from tests.fakes.releases import Releases, serving
from tests.ui.driver import Fireside, Start
from tests.ui.qt import child


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[Releases]:
    with serving() as served:
        monkeypatch.setattr(updates, "API", served.address)
        for module in (updates, about_page):
            monkeypatch.setattr(module, "REPOSITORY", "some/fireside")
        yield served


def opened(fireside: Fireside) -> AboutPage:
    """Open the page by its command, as the palette does."""
    (command,) = [c for c in fireside.window.commands.all if c.objectName() == "aboutCommand"]
    command.trigger()
    dialog = fireside.find(AboutPage, "about")
    components = child(dialog, QListWidget, "componentList")
    fireside.until(lambda: components.count())
    return dialog


def shown(components: QListWidget) -> list[str]:
    rows = [components.item(row) for row in range(components.count())]
    return [item.text() for item in rows if not item.isHidden()]


def test_every_component_has_its_licence(start: Start) -> None:
    fireside = start()
    dialog = opened(fireside)
    assert child(dialog, QLabel, "version").text() == f"Fireside {__version__}"
    components = child(dialog, QListWidget, "componentList")
    text = child(dialog, QPlainTextEdit, "licenceText")
    assert shown(components)[0] == "Fireside"
    assert "Apache License" in text.toPlainText()
    (qt,) = components.findItems("Qt and Qt for Python (PySide6)", Qt.MatchFlag.MatchExactly)
    components.setCurrentItem(qt)
    assert "LGPL-3.0-only" in child(dialog, QLabel, "componentLicence").text()
    assert "You may replace these files" in text.toPlainText()
    assert text.verticalScrollBar().value() == 0
    assert not text.textCursor().hasSelection()


def test_it_is_searched_by_keyboard(start: Start) -> None:
    fireside = start()
    dialog = opened(fireside)
    field = child(dialog, QLineEdit, "findLicence")
    components = child(dialog, QListWidget, "componentList")
    text = child(dialog, QPlainTextEdit, "licenceText")
    dialog.activateWindow()
    fireside.until(field.hasFocus)
    QTest.keyClicks(field, "Ronie")
    assert shown(components) == ["latex2mathml"]
    assert text.textCursor().selectedText() == "Ronie"
    field.clear()
    QTest.keyClicks(field, "mozilla")
    several = shown(components)
    assert {"certifi", "tqdm"} < set(several)
    first = text.textCursor().position()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert text.textCursor().position() > first
    was = components.currentItem().text()
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert components.currentItem().text() == several[several.index(was) + 1]
    field.clear()
    QTest.keyClicks(field, "no such words")
    assert shown(components) == []
    assert text.toPlainText() == ""
    field.clear()
    QTest.keyClicks(field, "r")
    assert text.toPlainText()


def test_it_opens_once(start: Start) -> None:
    fireside = start()
    assert opened(fireside) is opened(fireside)


def test_a_newer_version_is_told_of_and_its_page_opened(
    start: Start, releases: Releases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    visited: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", visited.append)
    fireside = start()
    dialog = opened(fireside)
    news = child(dialog, QLabel, "newVersion")
    page = child(dialog, QPushButton, "openRelease")
    fireside.qtbot.wait(50)
    assert releases.asked == []  # not before a person asks for it
    assert not page.isVisible()
    child(dialog, QPushButton, "checkVersion").click()
    fireside.until(page.isVisible)
    assert news.text() == "Fireside 1.2.0 is available."
    page.click()
    assert visited == [QUrl("https://github.com/some/fireside/releases/tag/v1.2.0")]
    assert "check for updates" in (tmp_path / "connections.log").read_text()
    releases.tag = f"v{__version__}"
    child(dialog, QPushButton, "checkVersion").click()
    fireside.until(lambda: news.text() == "Fireside is up to date.")
    assert not page.isVisible()


def test_offline_is_said(start: Start, releases: Releases) -> None:
    fireside = start(offline=True)
    dialog = opened(fireside)
    check = child(dialog, QPushButton, "checkVersion")
    check.click()
    news = child(dialog, QLabel, "newVersion")
    fireside.until(lambda: "Fireside is offline." in news.text())
    assert check.isEnabled()
    assert releases.asked == []


def test_a_fault_is_said_and_it_can_be_tried_again(start: Start, releases: Releases) -> None:
    releases.status = 502
    fireside = start()
    dialog = opened(fireside)
    check = child(dialog, QPushButton, "checkVersion")
    check.click()
    news = child(dialog, QLabel, "newVersion")
    fireside.until(lambda: "(status 502)" in news.text())
    releases.status = 200
    check.click()
    fireside.until(lambda: "1.2.0" in news.text())


def test_closing_it_before_the_answer(start: Start, releases: Releases) -> None:
    releases.silent = True
    fireside = start()
    dialog = opened(fireside)
    child(dialog, QPushButton, "checkVersion").click()
    fireside.until(lambda: releases.asked)
    dialog.close()
    QApplication.processEvents()
    releases.closing.set()
    fireside.host.network.connections().result(timeout=30)
    fireside.qtbot.wait(100)


def test_without_a_place_of_releases_nothing_is_offered(start: Start) -> None:
    dialog = opened(start())
    assert not child(dialog, QPushButton, "checkVersion").isVisible()
    assert "aren’t configured" in child(dialog, QLabel, "newVersion").text()
