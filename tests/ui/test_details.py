"""Regressions of small details."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QListView, QPushButton, QWidget

from app.base import errors as e
from app.base.answer_events import Event, StopReason
from app.base.types import Effort, Request
from app.ui.conversation.selection import TextPosition
from app.wording.errors import explain
from tests.ui.driver import Fireside, answer, done, said, thought


def test_the_composer_shrinks_with_the_edit(fireside: Fireside) -> None:
    editor = fireside.window.composer.editor
    low = editor.height()
    editor.insertPlainText("some words " * 50)
    high = editor.height()
    assert high > 2 * low
    editor.selectAll()
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert editor.height() == low
    fireside.window.composer.editor.setPlainText("some words " * 50)
    assert editor.height() == high


def test_a_restored_chat_has_its_effort(fireside: Fireside) -> None:
    fireside.find(QAbstractButton, "effortHigh").click()
    fireside.ask("pears", *answer("About pears."))
    fireside.shows("About pears.")
    fireside.idle()
    chat = fireside.chat
    fireside.window.state.index.delete(chat)
    fireside.until(lambda: fireside.find(QListView, "chatList").model().rowCount() == 0)
    fireside.find(QAbstractButton, "undo").click()
    fireside.shows("About pears.")
    assert fireside.window.composer.effort is Effort.HIGH


def test_how_an_answer_ended_is_still_told_later(fireside: Fireside) -> None:
    fireside.ask("count", said("one"), fireside.hold())
    fireside.shows("one")
    fireside.window.state.turns.stop(fireside.chat)
    fireside.shows("You stopped this answer.")
    fireside.idle()
    fireside.ask("again", *answer("two"))
    fireside.shows("two")
    notice = fireside.find(QWidget, "notice")
    assert notice.isEnabled()
    assert not any(button.isVisible() for button in notice.findChildren(QPushButton))


def test_suggestions_have_room(fireside: Fireside) -> None:
    chips = [fireside.find(QAbstractButton, f"suggestion{n}") for n in (1, 2, 3, 4)]
    assert chips[0].y() == chips[1].y()
    fireside.window.resize(400, 480)
    fireside.until(lambda: len({chip.y() for chip in chips}) == 4)
    assert all(chip.width() >= chip.sizeHint().width() for chip in chips)
    fireside.window.resize(1180, 860)
    fireside.until(lambda: chips[0].y() == chips[1].y())


def test_words_for_files_that_are_no_models(tmp_path: Path) -> None:
    assert "Choose a .gguf file" in explain(e.NotGguf(Path("notes.txt"))).sentence
    page = explain(e.NotGguf(Path("gpt-oss.GGUF"))).sentence
    assert "ends in" not in page
    assert "Download it again." in page
    folder = explain(e.ModelUnreadable(tmp_path, "not a file")).sentence
    assert "is a folder. Choose the .gguf file" in folder
    tiny = explain(e.ModelTruncated(Path("x.gguf"), 100, 101)).sentence
    assert tiny == "x.gguf is incomplete. Download it again."


def test_stopping_is_said_at_once(fireside: Fireside, monkeypatch: pytest.MonkeyPatch) -> None:
    heard, more = threading.Event(), threading.Event()

    def deaf(request: Request, cancel: Any, answer_now: Any) -> Iterator[Event]:
        yield said("one, ")
        more.wait(30)
        yield said("two")
        heard.wait(30)
        yield done(StopReason.CANCELLED)

    monkeypatch.setattr(fireside.backend, "stream", deaf)
    status = fireside.find(QLabel, "statusLine")
    fireside.ask("count")
    fireside.shows("one,")
    try:
        QTest.keyClick(fireside.window, Qt.Key.Key_Escape)
        assert status.text() == "Stopping…"
        more.set()
        fireside.qtbot.wait(100)
        assert status.text() == "Stopping…"
    finally:
        more.set()
        heard.set()
    fireside.shows("You stopped this answer.")
    fireside.until(lambda: status.text() != "Stopping…")


def test_reasoning_of_odd_characters_keeps_its_selection(fireside: Fireside) -> None:
    more = fireside.hold()
    fireside.ask("why", thought("10\u202f000\u00a0km"), more, thought(" far"), fireside.hold())
    fireside.shows("km")
    transcript = fireside.window.transcript
    transcript.selection.select(TextPosition(1, 0, 0), TextPosition(1, 0, 6))
    more.set()
    fireside.shows("far")
    assert transcript.selection.text(markdown=False) == "10\u202f000"
