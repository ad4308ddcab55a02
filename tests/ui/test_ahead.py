"""Prefill of the next question before it is asked, and the forecast of its context use."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit, QWidget

from app.base.answer_events import Prefill, Prompt
from app.base.types import Effort, Request, Role
from app.turn import ContextForecast
from app.ui.composer import prefill
from app.ui.composer.context_gauge import ContextGauge
from tests.ui.driver import Fireside, Start, answer, done, make, said, thought
from tests.ui.qt import child
from tests.ui.test_preferences import open_preferences


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the timers."""
    monkeypatch.setattr(prefill, "TYPED_MS", 150)
    monkeypatch.setattr(prefill, "CHANGED_MS", 100)
    monkeypatch.setattr(prefill, "OPENED_MS", 250)
    monkeypatch.setattr(prefill, "SHOWN_MS", 50)


def texts(request: Request) -> list[str]:
    return [message.text for message in request.messages]


def settle(fireside: Fireside) -> list[Request]:
    """Return the prefill requests so far, once there is no other on its way, and forget them."""
    window, chats, backend = fireside.window, fireside.host.chats, fireside.backend
    held = any(isinstance(step, threading.Event) and not step.is_set() for step in backend.reads)

    def rests() -> bool:
        running = chats.running.all()
        ended = any(
            live.ended and live.turn in running for live in window.state.turns._live.values()
        )
        ahead = chats._preparing in running and not (held and backend.prepared)
        return not (
            window.chat_area.composer_controller.prefill._timer.isActive() or ended or ahead
        )

    fireside.stored(lambda store: None)
    fireside.until(rests)
    fireside.stored(lambda store: None)
    before = list(fireside.backend.prepared)
    fireside.backend.prepared.clear()
    return before


def status(fireside: Fireside) -> QLabel:
    return fireside.find(QLabel, "statusLine")


def test_a_chat_that_is_only_opened_is_not_read(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    apples = fireside.stored(lambda store: store.chats.listed())[-1].id
    settle(fireside)
    fireside.backend.counted.clear()
    fireside.window.open_chat(apples)
    fireside.find(QAbstractButton, "effortHigh").click()
    assert settle(fireside) == []
    assert [texts(request) for request in fireside.backend.counted] == [["apples", "About apples."]]
    fireside.type("W")
    (request,) = settle(fireside)
    assert request.chat == apples
    assert texts(request) == ["apples", "About apples.", "W"]


def test_what_stood_there_unsent_is_not_typed(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    apples = fireside.stored(lambda store: store.chats.listed())[-1].id
    fireside.type("And plums?")
    pears = fireside.chat
    fireside.window.open_chat(apples)
    settle(fireside)
    fireside.window.open_chat(pears)
    assert settle(fireside) == []
    assert fireside.window.composer.parts()
    fireside.type("!")
    assert [texts(request)[-1] for request in settle(fireside)] == ["And plums?!"]


def test_a_chat_that_was_answered_is_read(fireside: Fireside) -> None:
    make(fireside, "apples")
    assert {tuple(texts(request)) for request in settle(fireside)} == {("apples", "About apples.")}


def test_after_a_stop_nothing_is_read_until_something_is_typed(fireside: Fireside) -> None:
    saying = fireside.hold()
    fireside.ask("pears", thought("hm"), saying, said("About pears.", 1), done())
    fireside.shows("hm")
    fireside.type("and plums")
    settle(fireside)
    fireside.find(QAbstractButton, "stop").click()
    fireside.idle()
    assert settle(fireside) == []
    fireside.find(QAbstractButton, "effortHigh").click()
    assert settle(fireside) == []
    fireside.type("!")
    assert [texts(request)[-1] for request in settle(fireside)] == ["and plums!"]


READING = "Precomputing context… 25%"


def reads_slowly(fireside: Fireside) -> None:
    """Make the engine hang after a quarter of a prompt."""
    settle(fireside)
    fireside.backend.reads = [Prefill(100, 900), Prefill(300, 900), fireside.hold()]


def test_what_is_read_is_told_and_can_be_stopped(fireside: Fireside) -> None:
    reads_slowly(fireside)
    assert not child(fireside.window.composer, QAbstractButton, "stopAhead").isVisible()
    fireside.type("pears")
    fireside.until(lambda: status(fireside).text() == READING)
    fireside.find(QAbstractButton, "stopAhead").click()
    fireside.until(lambda: status(fireside).text() != READING)
    assert not child(fireside.window.composer, QAbstractButton, "stopAhead").isVisible()
    assert len(settle(fireside)) == 1
    fireside.type("!")
    fireside.until(lambda: status(fireside).text() == READING)
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_Escape)
    fireside.until(lambda: status(fireside).text() != READING)
    assert len(settle(fireside)) == 1


def test_reading_ahead_is_turned_off_where_it_is_told(fireside: Fireside) -> None:
    reads_slowly(fireside)
    fireside.type("pears")
    fireside.until(lambda: status(fireside).text() == READING)
    fireside.find(QAbstractButton, "neverAhead").click()
    fireside.until(lambda: status(fireside).text() != READING)
    assert not fireside.host.settings.prepare
    settle(fireside)
    fireside.type("!")
    assert settle(fireside) == []


def test_a_warning_leaves_room_for_what_is_read(fireside: Fireside) -> None:
    make(fireside, "pears")
    reads_slowly(fireside)
    fireside.backend.foreseen = Prompt(2900, 4096, 1024, 2)
    fireside.type("plums")
    warning = "After sending, the oldest 2 messages will no longer fit in the context."
    fireside.until(lambda: status(fireside).text() == f"{warning} {READING}")
    assert fireside.find(QAbstractButton, "stopAhead").isVisible()


def test_what_takes_no_time_is_not_told(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefill, "SHOWN_MS", 60_000)
    reads_slowly(fireside)
    fireside.type("pears")
    fireside.until(lambda: fireside.backend.prepared)
    fireside.qtbot.wait(200)
    assert "Precomputing" not in status(fireside).text()


def test_words_are_read_when_the_typing_rests(fireside: Fireside) -> None:
    settle(fireside)
    fireside.type("What is")
    fireside.type(" a pear")
    fireside.until(lambda: fireside.backend.prepared)
    settled = settle(fireside)
    assert [texts(request) for request in settled] == [["What is a pear"]]  # one for all of it
    assert settled[0].messages[0].role is Role.USER
    assert settled[0].chat is None


def test_another_effort_is_read(fireside: Fireside) -> None:
    fireside.type("pears")
    settle(fireside)
    fireside.find(QAbstractButton, "effortHigh").click()
    fireside.until(lambda: fireside.backend.prepared)
    assert fireside.backend.prepared[-1].effort is Effort.HIGH


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_other_instructions_are_read(fireside: Fireside) -> None:
    fireside.type("pears")
    dialog = open_preferences(fireside)
    settle(fireside)
    # Closed at once: after a pause, they would be read while one waits for the other question.
    QTest.keyClicks(child(dialog, QPlainTextEdit, "instructions"), "Be brief.")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    fireside.until(lambda: fireside.backend.prepared)
    assert fireside.backend.prepared[-1].instructions == "Be brief."


def above(fireside: Fireside) -> int:
    """Return the top of the last question."""
    parent = fireside.find(QWidget, "bubble", last=True).parentWidget()
    assert parent is not None
    return parent.y()


def spied(fireside: Fireside, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the window's prefill requests, which the engine would only get later."""
    calls: list[Any] = []
    prepare = fireside.host.chats.prepare

    def counted(*what: Any, **how: Any) -> None:
        calls.append(what)
        prepare(*what, **how)

    monkeypatch.setattr(fireside.host.chats, "prepare", counted)
    return calls


def test_nothing_is_read_while_an_answer_is_on_its_way(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying = fireside.hold()
    fireside.ask("pears", thought("hm"), saying, said("About pears.", 1), done())
    fireside.shows("hm")
    settle(fireside)
    calls = spied(fireside, monkeypatch)
    fireside.type("and plums")
    settle(fireside)
    assert not calls
    saying.set()
    fireside.idle()
    fireside.until(lambda: ["pears", "About pears.", "and plums"] in read(fireside))


def read(fireside: Fireside) -> list[list[str]]:
    return [texts(request) for request in fireside.backend.prepared]


def test_nothing_is_read_without_a_model(start: Start) -> None:
    fireside = start(model=False)
    fireside.window.new_chat()
    fireside.type("pears")
    assert settle(fireside) == []


def test_nothing_is_read_while_a_model_is_loaded(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(fireside)
    fireside.backend.loads.clear()
    fireside.window.state.models.choose(fireside.window.state.models.demo)
    calls = spied(fireside, monkeypatch)
    fireside.type("pears")
    settle(fireside)
    assert not calls
    fireside.backend.loads.set()
    fireside.until(lambda: ["pears"] in read(fireside))


def test_what_will_not_be_seen_any_more_is_told_before(fireside: Fireside) -> None:
    make(fireside, "pears")
    settle(fireside)
    fireside.backend.foreseen = Prompt(2900, 4096, 1024, 2)
    fireside.type("plums")
    warning = "After sending, the oldest 2 messages will no longer fit in the context."
    fireside.until(lambda: status(fireside).text() == warning)
    assert status(fireside).property("tone") == "danger"
    gauge = fireside.find(ContextGauge, "contextGauge")
    said_by_gauge = "2,900 of 4,096 tokens used (1,024 reserved for the answer)"
    assert gauge.accessibleName() == said_by_gauge
    assert gauge.colour == "danger"
    assert line(fireside).isHidden()
    fireside.window.composer.set_parts(())
    assert status(fireside).text() != warning
    assert status(fireside).property("tone") == "muted"
    assert gauge.colour == "accent"


def test_what_is_unseen_already_is_no_warning(fireside: Fireside) -> None:
    make(fireside, "pears")
    fireside.backend.foreseen = Prompt(900, 4096, 1024, 1)
    fireside.window.open_chat(fireside.chat)
    fireside.shows(UNSEEN)
    fireside.type("plums")
    settle(fireside)
    assert status(fireside).property("tone") == "muted"


def test_one_message_is_not_several(fireside: Fireside) -> None:
    fireside.backend.foreseen = Prompt(290, 4096, 1024, 1)
    fireside.type("plums")
    told = "After sending, the oldest message will no longer fit in the context."
    fireside.until(lambda: status(fireside).text() == told)


def test_a_message_too_long_for_any_context(fireside: Fireside) -> None:
    fireside.backend.foreseen = Prompt(3500, 4096, 1024, 0)
    fireside.type("plums")
    fireside.until(
        lambda: (
            status(fireside).text() == "Too long for the model: 3,500 tokens, but only "
            "3,072 fit. Shorten your message or instructions."
        )
    )


def test_what_is_foreseen_of_another_chat_is_not_told(fireside: Fireside) -> None:
    make(fireside, "pears")
    settle(fireside)
    gauge = fireside.find(ContextGauge, "contextGauge")
    before = gauge.accessibleName()
    fireside.type("plums")
    for chat in (None, fireside.chat + 1):
        fireside.bridge.publish(ContextForecast(chat, 3000, 1024, 4096, 2))
    settle(fireside)
    assert gauge.accessibleName() == before
    assert status(fireside).property("tone") == "muted"


def test_what_was_foreseen_is_old_once_it_is_asked(fireside: Fireside) -> None:
    fireside.ask("pears", Prompt(80, 4096, 1024), thought("hm"), fireside.hold())
    fireside.shows("hm")
    fireside.bridge.publish(ContextForecast(fireside.window.chat, 3000, 1024, 4096, 2))
    fireside.stored(lambda store: None)
    gauge = fireside.find(ContextGauge, "contextGauge")
    assert gauge.accessibleName().startswith("81 of 4,096 tokens used (1,023 reserved")
    assert UNSEEN not in fireside.text()


def test_the_gauge_warms_up(fireside: Fireside) -> None:
    fireside.backend.foreseen = Prompt(3072, 4096, 1024)
    fireside.window.new_chat()
    gauge = fireside.find(ContextGauge, "contextGauge")
    assert gauge.colour == "warning"
    assert status(fireside).property("tone") == "muted"


def line(fireside: Fireside) -> QWidget:
    return child(fireside.window.transcript, QWidget, "unseenLine")


UNSEEN = "Messages above this line no longer fit in the context."


def test_a_line_stands_under_what_is_unseen(fireside: Fireside) -> None:
    make(fireside, "apples")
    hold = fireside.hold()
    fireside.ask("pears", Prompt(80, 4096, 1024, 2), thought("hm"), hold, *answer("x")[1:])
    fireside.shows(UNSEEN)
    shown = fireside.text()
    assert shown.index("About apples.") < shown.index(UNSEEN) < shown.index("pears")
    assert line(fireside).y() < above(fireside)
    hold.set()
    fireside.idle()
    fireside.until(lambda: UNSEEN not in fireside.text())  # once the answer has no statistics


def test_the_line_comes_back_with_the_chat(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    settle(fireside)
    apples = fireside.stored(lambda store: store.chats.listed())[-1].id
    fireside.backend.foreseen = Prompt(80, 4096, 1024, 1)
    fireside.window.open_chat(apples)
    fireside.shows(UNSEEN)
    shown = fireside.text()
    assert shown.index("apples") < shown.index(UNSEEN) < shown.index("About apples.")
    fireside.backend.foreseen = None
    fireside.window.new_chat()
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_A)
    assert UNSEEN not in fireside.text()


def test_the_line_among_messages_that_are_made_later(fireside: Fireside) -> None:
    make(fireside, "apples")
    for n in range(14):  # more than are created at once
        fireside.ask(f"question {n}", *answer(f"Reply {n}."))
        fireside.shows(f"Reply {n}.")
        fireside.idle()
    settle(fireside)
    rows = fireside.stored(lambda store: store.messages.conversation(fireside.chat))
    transcript = fireside.window.transcript
    transcript.messages.set_rows(rows)
    transcript.messages.set_unseen(len(rows) - 4)

    def below() -> str:
        fireside.qtbot.wait(50)
        views = sorted(transcript.views.active.values(), key=lambda view: view.y())
        found = (v.record for v in views if v.y() > line(fireside).y())
        return next(record.plain_text() for record in found if record)

    assert below() == rows[-4].message.text  # before the earlier ones are created
    assert UNSEEN in fireside.text()  # which creates all of them
    assert below() == rows[-4].message.text
    transcript.messages.set_unseen(2)
    assert not line(fireside).isVisible()
    transcript.list.show_message(0)
    assert below() == rows[2].message.text
