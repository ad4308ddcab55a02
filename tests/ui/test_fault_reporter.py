"""The window reports faults and offers actions."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl, qCritical, qDebug, qWarning
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from app.base import log
from app.ui.fault_reporter import FaultReporter, without_quotes
from app.wording.errors import Action
from tests.ui.driver import Fireside


@pytest.fixture
def reporter(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaultReporter]:
    monkeypatch.setattr(sys, "excepthook", lambda *raised: None)
    monkeypatch.setattr(threading, "excepthook", lambda raised: None)
    started = FaultReporter()
    started.start(tmp_path)
    yield started
    started.close()


def written(folder: Path) -> str:
    path = folder / log.NAME
    return path.read_text("utf-8") if path.exists() else ""


def fail(error: BaseException) -> None:
    try:
        raise error
    except BaseException as raised:  # noqa: BLE001 - any is wanted
        sys.excepthook(type(raised), raised, raised.__traceback__)


def test_each_kind_is_told_once_and_what_comes_before_a_window_later(
    reporter: FaultReporter, qtbot: QtBot, tmp_path: Path
) -> None:
    told: list[str] = []
    fail(ValueError())
    qtbot.wait(10)
    reporter.attach(told.append)
    assert len(told) == 1
    fail(ValueError())
    thread = threading.Thread(target=fail, args=(TypeError(),))
    thread.start()
    thread.join()
    assert len(told) == 1  # not on the failing thread, nor while it is failing
    qtbot.waitUntil(lambda: len(told) == 2)
    reporter.detach()
    fail(KeyError())
    qtbot.wait(10)
    assert len(told) == 2
    reporter.attach(told.append)
    assert all(sentence.startswith("Something went wrong.") for sentence in told)
    assert len(told) == 3
    reporter.act(Action.COPY_DETAILS)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("Fireside ")
    assert all(name in copied for name in ("ValueError", "TypeError", "KeyError"))
    assert written(tmp_path).count("fault\n") == 3


def test_the_log_opens_and_begins_and_ends(
    reporter: FaultReporter, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    qtbot.waitUntil(lambda: "the window has started" in written(tmp_path))
    reporter.act(Action.OPEN_LOG)
    reporter.act(Action.NEW_CHAT)  # an action of another banner
    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path / log.NAME]
    other = tmp_path / "other"
    other.mkdir()
    reporter.start(other)
    assert "the window has ended" in written(tmp_path)
    reporter.act(Action.OPEN_LOG)
    assert Path(opened[-1].toLocalFile()) == other / log.NAME


@pytest.mark.qt_log_ignore("zebra")
def test_qt_s_warnings_are_written_without_what_they_quote(
    reporter: FaultReporter, tmp_path: Path
) -> None:
    qDebug("zebra one")
    qWarning('zebra two of "a chat"')
    qCritical("zebra three of 'a chat'")
    text = written(tmp_path)
    assert "WARNING" in text
    assert "Qt, default: zebra two of “…”" in text
    assert "ERROR" in text
    assert "zebra one" not in text
    assert "chat" not in text
    assert len(without_quotes("x" * 1000)) == 301


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("Cannot open '/a/Tom's secret.png', because: no", "Cannot open “…”, because: no"),
        (r'read (QFile, "/a/say \"secret\" now.md"): closed', "read (QFile, “…”): closed"),
        ("open: File (/a/my secret.md) already open", "open: File (…"),
        ("file:///a/my secret.md: no", "…"),
        (r"C:\me\my secret.md not found", "…"),
        ("no „secret“ in «secret»", "no “…”"),
        ('cut in the middle of "my secret', "cut in the middle of “…”"),
        ("Timers can't be started here: input/output", None),
    ],
)
def test_what_qt_quotes_may_have_quotes_and_paths_in_it(message: str, written: str | None) -> None:
    assert without_quotes(message) == (written or message)


@pytest.mark.qt_log_ignore("zebra")
def test_a_warning_of_qt_s_that_comes_with_each_picture_does_not_fill_the_log(
    reporter: FaultReporter, tmp_path: Path
) -> None:
    for number in range(150):
        qWarning(f"zebra {number} at 0x7f{number:x}")
    lines = [line for line in written(tmp_path).splitlines() if "zebra" in line]
    assert [line.rpartition("zebra ")[2] for line in lines] == [
        "0 at 0x7f0",
        "9 at 0x7f9 (10 times)",
        "99 at 0x7f63 (100 times)",
    ]


def test_the_banner_by_keyboard(fireside: Fireside) -> None:
    acted: list[Action] = []
    banner = fireside.window.banner
    banner.acted.connect(acted.append)
    banner.show_fault("Sentence")
    assert fireside.find(QLabel, "bannerText").text() == "Sentence"
    for name in ("bannerCopyDetails", "bannerOpenLog"):
        button = fireside.find(QAbstractButton, name)
        assert button.accessibleName() == button.toolTip() == button.text()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
        button.setFocus()
        QTest.keyClick(button, Qt.Key.Key_Return)
    assert acted == [Action.COPY_DETAILS, Action.OPEN_LOG]
    banner.show_sentence("Another", Action.REPAIR)
    assert fireside.find(QAbstractButton, "bannerAction").text() == Action.REPAIR.words
    assert not [b for b in banner.findChildren(QAbstractButton, "bannerOpenLog") if b.isVisible()]
