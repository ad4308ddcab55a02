"""The panel with the reasoning."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QTextBrowser

from tests.ui.driver import Fireside, Start, answer, done, said, thought


def header(fireside: Fireside) -> QPushButton:
    return fireside.find(QPushButton, "thought", last=True)


def is_open(fireside: Fireside) -> bool:
    texts = fireside.window.findChildren(QTextBrowser, "thoughtText")
    return header(fireside).isChecked() and any(text.isVisible() for text in texts)


def test_open_while_thinking_closed_when_the_answer_starts(fireside: Fireside) -> None:
    thinking, saying = fireside.hold(), fireside.hold()
    fireside.ask(
        "why", thought("Because "), thinking, thought("so."), said("It is", 1), saying, done()
    )
    fireside.shows("Because")
    assert header(fireside).text() == "Thinking…"
    assert is_open(fireside)
    thinking.set()
    fireside.shows("It is")
    assert not is_open(fireside)
    assert header(fireside).text().startswith("Thought for")
    assert "Because" not in fireside.text()
    saying.set()
    fireside.idle()
    assert not is_open(fireside)
    fireside.qtbot.mouseClick(header(fireside), Qt.MouseButton.LeftButton)
    assert is_open(fireside)
    fireside.shows("Because so.")


def test_it_stays_as_the_person_left_it(fireside: Fireside) -> None:
    first, second = fireside.hold(), fireside.hold()
    fireside.ask(
        "why", thought("Because "), first, said("It is", 1), second, said(" so", 1), done()
    )
    fireside.shows("Because")
    header(fireside).click()
    assert not is_open(fireside)
    header(fireside).click()
    assert is_open(fireside)
    first.set()
    fireside.shows("It is")
    assert is_open(fireside)
    second.set()
    fireside.shows("It is so")
    fireside.idle()
    assert is_open(fireside)


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_by_keyboard(fireside: Fireside, key: Qt.Key) -> None:
    fireside.ask("why", *answer("so", reasoning="Because."))
    fireside.shows("so")
    fireside.idle()
    header(fireside).setFocus(Qt.FocusReason.TabFocusReason)
    assert header(fireside).hasFocus()
    fireside.qtbot.keyClick(header(fireside), key)
    assert is_open(fireside)
    fireside.qtbot.keyClick(header(fireside), key)
    assert not is_open(fireside)


def test_a_toggle_survives_a_restart(start: Start) -> None:
    fireside = start()
    fireside.ask("why", *answer("so", reasoning="Because."))
    fireside.shows("so")
    fireside.idle()
    assert not is_open(fireside)
    header(fireside).click()
    fireside = start()
    fireside.shows("Because.")
    assert is_open(fireside)
    header(fireside).click()
    fireside = start()
    fireside.shows("so")
    assert not is_open(fireside)


def test_reasoning_alone_stays_in_sight(fireside: Fireside) -> None:
    fireside.ask("why", thought("Because"), fireside.hold())
    fireside.shows("Because")
    fireside.window.turns.stop(fireside.window._chat)
    fireside.shows("You stopped this answer.")
    assert is_open(fireside)


def test_the_seconds_are_those_that_were_measured(fireside: Fireside) -> None:
    fireside.ask("why", *answer("so", reasoning="Because."))
    fireside.shows("so")
    fireside.idle()
    chat = fireside.window._chat
    row = fireside.stored(lambda store: store.conversation(chat))[-1]
    fireside.stored(lambda store: store.update(row.id, thought_s=83.4))
    fireside.window.open_chat(chat)
    fireside.shows("Thought for 1 min 23 s")


def test_its_text_is_never_markup(fireside: Fireside) -> None:
    fireside.ask("why", thought("<b>**x**</b>"), fireside.hold())
    fireside.shows("<b>**x**</b>")


def test_no_reasoning_no_panel(fireside: Fireside) -> None:
    fireside.ask("hi", said("hello"), done())
    fireside.shows("hello")
    fireside.idle()
    headers = fireside.window.findChildren(QPushButton, "thought")
    assert not any(button.isVisible() for button in headers)
