"""The reasoning panel."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton

from app.base import draft
from app.base.answer_events import Delta, Loading, Prefill, Prompt
from app.base.types import PartKind
from app.ui.blocks.canvas import Canvas
from app.ui.conversation.thought_panel import ThoughtHeader
from app.ui.state import live_answer
from app.ui.state.live_answer import LiveAnswer, PromptProgress
from tests.ui.driver import Fireside, Start, answer, done, said, thought


class Clock:
    """A clock that a test advances."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(live_answer, "time", clock)
    monkeypatch.setattr(draft, "time", clock)
    return clock


def running(fireside: Fireside) -> LiveAnswer:
    live = fireside.window.state.turns.running(fireside.chat)
    assert live
    return live


def thought_after(text: str) -> Delta:
    return Delta(2, text, PartKind.REASONING)


def header(fireside: Fireside) -> ThoughtHeader:
    return fireside.find(ThoughtHeader, "thought", last=True)


def is_open(fireside: Fireside) -> bool:
    texts = fireside.window.findChildren(Canvas, "thoughtText")
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
    QTest.mouseClick(header(fireside), Qt.MouseButton.LeftButton)
    assert is_open(fireside)
    fireside.shows("Because so.")


def test_what_is_clicked_just_before_the_end_holds(fireside: Fireside) -> None:
    """The answer's end is read from the disk, where the click may not be yet."""
    end, disk = fireside.hold(), threading.Event()
    fireside.ask("why", thought("Because "), said("It is so", 1), end, done())
    fireside.shows("It is so")
    fireside.host.disk(lambda store: disk.wait(60))
    header(fireside).click()
    assert is_open(fireside)
    end.set()
    fireside.until(lambda: not fireside.window.state.current.busy())
    assert is_open(fireside)
    disk.set()
    fireside.idle()
    assert is_open(fireside)


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
    QTest.keyClick(header(fireside), key)
    assert is_open(fireside)
    QTest.keyClick(header(fireside), key)
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
    fireside.window.state.turns.stop(fireside.chat)
    fireside.shows("You stopped this answer.")
    assert is_open(fireside)


def test_the_seconds_are_those_that_were_measured(fireside: Fireside) -> None:
    fireside.ask("why", *answer("so", reasoning="Because."))
    fireside.shows("so")
    fireside.idle()
    chat = fireside.chat
    row = fireside.stored(lambda store: store.messages.conversation(chat))[-1]
    fireside.stored(lambda store: store.messages.update(row.id, thought_s=83.4))
    fireside.window.open_chat(chat)
    fireside.shows("Thought for 1 min 23 s")


def test_the_seconds_are_those_of_the_reasoning_alone(start: Start, clock: Clock) -> None:
    """Not of the wait for the model and the reading of the prompt, nor of the answer."""
    fireside = start()
    steps = [fireside.hold() for _ in range(5)]

    def passes(seconds: int, text: str) -> None:
        fireside.shows(text)
        clock.now += seconds
        steps.pop(0).set()

    fireside.script(
        *(Loading(0.5), steps[0], Prompt(80, 4096), Prefill(0, 80)),
        *(thought("Because "), steps[1], thought("so. "), said("It is", 1), steps[2]),
        *(thought_after("Or? "), steps[3], said(" so.", 3), steps[4], done()),
    )
    fireside.ask("why")
    passes(40, "why")
    passes(3, "Because")
    fireside.shows("It is")
    assert header(fireside).text() == "Thought for 3 s"
    passes(50, "It is")
    fireside.until(lambda: len(running(fireside).draft.parts) == 3)
    passes(4, "It is")
    fireside.shows("so.")
    assert header(fireside).text() == "Thought for 7 s"
    passes(60, "so.")
    fireside.idle()
    assert header(fireside).text() == "Thought for 7 s"
    again = start()
    again.shows("Thought for 7 s")


def test_a_reasoning_that_was_stopped_has_its_seconds(fireside: Fireside, clock: Clock) -> None:
    more, end = fireside.hold(), fireside.hold()
    fireside.ask("why", thought("Because "), more, thought("so"), end, done())
    fireside.shows("Because")
    clock.now += 5
    more.set()
    fireside.shows("Because so")
    fireside.find(QPushButton, "stop").click()
    fireside.shows("Thought for 5 s")


def test_its_text_is_never_markup(fireside: Fireside) -> None:
    fireside.ask("why", thought("<b>**x**</b>"), fireside.hold())
    fireside.shows("<b>x</b>")


def test_its_text_is_no_key(fireside: Fireside) -> None:
    fireside.ask("hi", *answer("Hello.", "What is R&D, and what is it good for?"))
    fireside.shows("Hello.")
    header(fireside).set_label("Thinking: What is R&D", thinking=True)
    assert header(fireside).shortcut().isEmpty()


def test_no_reasoning_no_panel(fireside: Fireside) -> None:
    fireside.ask("hi", said("hello"), done())
    fireside.shows("hello")
    fireside.idle()
    headers = fireside.window.findChildren(QPushButton, "thought")
    assert not any(button.isVisible() for button in headers)


def hurry(fireside: Fireside) -> QPushButton:
    return fireside.find(QPushButton, "answerNow")


def hurries(fireside: Fireside) -> list[QPushButton]:
    buttons = fireside.window.findChildren(QPushButton, "answerNow")
    return [button for button in buttons if button.isVisible()]


@pytest.mark.parametrize("by", ["button", "Return", "Enter"])
def test_the_answer_can_be_had_now(fireside: Fireside, by: str) -> None:
    thinking, saying = fireside.hold(), fireside.hold()
    prompt = Prompt(80, 4096, 1024)
    fireside.ask("why", prompt, thought("Because"), thinking, said("It is", 1), saying, done())
    fireside.shows("Because")
    assert hurry(fireside).isEnabled()
    assert hurry(fireside).toolTip() == "Answer now (Ctrl+Enter)"
    if by == "button":
        hurry(fireside).click()
    else:
        fireside.type("and another thing")
        key = getattr(Qt.Key, f"Key_{by}")
        editor = fireside.window.composer.editor
        QTest.keyClick(editor, key, Qt.KeyboardModifier.ControlModifier)
        assert fireside.window.composer.editor.toPlainText() == "and another thing"
    assert not hurry(fireside).isEnabled()
    assert hurry(fireside).text() == "Answering…"
    thinking.set()
    fireside.shows("It is")
    assert fireside.backend.hurried == [True]
    assert not hurries(fireside)
    saying.set()
    fireside.idle()
    assert not hurries(fireside)


def test_unhurried(fireside: Fireside) -> None:
    thinking = fireside.hold()
    fireside.ask("why", thought("Because"), thinking, said("It is", 1), done())
    fireside.shows("Because")
    thinking.set()
    fireside.idle()
    assert fireside.backend.hurried == [False]


def test_ctrl_return_sends_where_nothing_is_to_be_hurried(fireside: Fireside) -> None:
    fireside.script(*answer("so"))
    fireside.type("why")
    editor = fireside.window.composer.editor
    QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    fireside.shows("so")


def test_an_answer_that_is_stopping_is_not_hurried(fireside: Fireside) -> None:
    fireside.ask("why", Prompt(1, 4096), thought("Because"), fireside.hold())
    fireside.shows("Because")
    assert hurry(fireside)
    fireside.window.state.turns.stop(fireside.chat)
    assert not hurries(fireside)


def test_a_long_reading_shows_how_far_it_is(fireside: Fireside, clock: Clock) -> None:
    more, end = fireside.hold(), fireside.hold()
    prompt = Prompt(9000, 32768, 4096)
    fireside.ask(
        "why", prompt, Prefill(1000, 9000), more, Prefill(3000, 9000), end, *answer("so")[1:]
    )
    bar = fireside.find(QProgressBar, "prefillProgress")
    status = fireside.find(QLabel, "statusLine")
    assert status.text() == "Processing prompt: 1,000 of 9,000 tokens"  # no speed is known yet
    assert bar.value() == 0  # these were in the cache
    clock.now += 10
    more.set()
    told = "Processing prompt: 3,000 of 9,000 tokens · about 30 s left"
    fireside.until(lambda: status.text() == told)
    assert bar.value() == bar.maximum() / 4
    assert bar.isVisible()
    assert fireside.find(QPushButton, "thought").text() == "Processing…"
    end.set()
    fireside.shows("so")
    assert not bar.isVisible()


def test_a_long_reading_of_minutes(clock: Clock) -> None:
    reading = PromptProgress()
    reading.receive(Prefill(0, 1000))
    clock.now += 10
    reading.receive(Prefill(50, 1000))
    assert reading.sentence.endswith("· about 3 min left")


def test_stop_works_while_it_reads(fireside: Fireside) -> None:
    fireside.ask("why", Prompt(9000, 32768), Prefill(1000, 9000), fireside.hold())
    bar = fireside.find(QProgressBar, "prefillProgress")
    fireside.find(QPushButton, "stop").click()
    fireside.shows("You stopped this answer.")
    assert not bar.isVisible()


def test_the_header_is_cut_only_where_there_is_no_room(fireside: Fireside) -> None:
    fireside.ask("why", thought("Because."), said("So.", 1), done())
    head = header(fireside)
    for text in ("Ran Python twice", "Thought for less than a second · ran Python"):
        head.set_label(text, False)
        head.resize(head.sizeHint())
        assert head.shown() == text
    head.resize(150, 30)
    assert head.shown().endswith("…")
