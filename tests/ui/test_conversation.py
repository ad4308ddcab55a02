"""Asking, answering, stopping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QPlainTextEdit, QWidget

from app.base.answer_events import Delta, Prefill, Prompt, StopReason
from app.base.errors import ContextFull, EngineDied, StoreFull
from app.base.settings import Settings
from app.base.types import Effort, PartKind
from app.host import Host
from app.store import State
from app.store.chats import ChatTable
from app.ui.blocks.canvas import Canvas
from tests.ui.driver import STATS, Fireside, Start, answer, done, said, thought
from tests.ui.qt import child

USUAL = "Runs on your computer. Answers may contain mistakes."


def editor(fireside: Fireside) -> QPlainTextEdit:
    return fireside.find(QPlainTextEdit, "composer")


def press(fireside: Fireside, name: str) -> None:
    QTest.mouseClick(fireside.find(QAbstractButton, name, last=True), Qt.MouseButton.LeftButton)


def last_answer(fireside: Fireside) -> State:
    return fireside.stored(lambda store: store.messages.conversation(store.chats.listed()[0].id))[
        -1
    ].state


def test_enter_sends_and_the_answer_is_shown(fireside: Fireside) -> None:
    fireside.ask("What is the capital of France?", *answer("It is **Paris**."))
    fireside.shows("It is Paris.")
    assert editor(fireside).toPlainText() == ""
    assert fireside.text().index("capital of France") < fireside.text().index("It is Paris.")
    (request,) = fireside.backend.requests
    assert request.messages[-1].text == "What is the capital of France?"
    fireside.idle()
    assert last_answer(fireside) is State.DONE
    assert fireside.window.windowTitle().startswith("What is the capital of France?")


def test_shift_enter_breaks_the_line(fireside: Fireside) -> None:
    fireside.type("one")
    low = editor(fireside).height()
    QTest.keyClick(editor(fireside), Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    fireside.ask("two", *answer("ok"))
    fireside.shows("ok")
    assert fireside.backend.requests[0].messages[-1].text == "one\ntwo"
    assert editor(fireside).height() <= low


def test_the_composer_grows_and_has_an_end(fireside: Fireside) -> None:
    low = editor(fireside).height()
    editor(fireside).setPlainText("a\nb\nc")
    three = editor(fireside).height()
    editor(fireside).setPlainText("a\n" * 100)
    most = editor(fireside).height()
    assert low < three < most < 250


def test_nothing_is_not_sent(fireside: Fireside) -> None:
    assert not fireside.find(QAbstractButton, "send").isEnabled()
    fireside.ask("   ")
    assert fireside.backend.requests == []


def test_send_button(fireside: Fireside) -> None:
    fireside.script(*answer("clicked"))
    fireside.type("hello")
    press(fireside, "send")
    fireside.shows("clicked")


def test_streaming_grows_in_the_window(fireside: Fireside) -> None:
    first, second = fireside.hold(), fireside.hold()
    fireside.ask(
        "count", Prompt(80, 4096), said("one, "), first, said("two, "), second,
        said("three."), done(),
    )  # fmt: skip
    fireside.shows("one,")
    assert "two" not in fireside.text()
    first.set()
    fireside.shows("one, two,")
    second.set()
    fireside.shows("one, two, three.")


def test_escape_stops_and_the_text_stays(fireside: Fireside) -> None:
    fireside.ask("count", said("one, two"), fireside.hold(), said("never"))
    fireside.shows("one, two")
    assert not child(fireside.window, QWidget, "send").isVisible()
    fireside.type("next question")
    QTest.keyClick(fireside.window, Qt.Key.Key_Escape)
    fireside.shows("You stopped this answer.")
    assert "one, two" in fireside.text()
    assert "never" not in fireside.text()
    fireside.idle()
    assert last_answer(fireside) is State.STOPPED
    assert fireside.find(QAbstractButton, "send").isEnabled()


def test_a_stopped_answer_goes_on(fireside: Fireside) -> None:
    fireside.ask("count", said("one, "), fireside.hold())
    fireside.shows("one,")
    press(fireside, "stop")
    fireside.shows("You stopped this answer.")
    fireside.script(said("two."), done())
    press(fireside, "continueAnswer")
    fireside.shows("one, two.")
    fireside.idle()
    assert "You stopped" not in fireside.text()
    assert fireside.backend.requests[-1].messages[-1].text == "one, "


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus, without a screen
def test_try_again_at_another_effort(fireside: Fireside) -> None:
    fireside.ask("hello", *answer("first try"))
    fireside.shows("first try")
    fireside.idle()
    fireside.script(*answer("second try"))
    press(fireside, "regenerate")
    menu = child(fireside.window, QMenu, "regenerateMenu")
    next(a for a in menu.actions() if "High" in a.text()).trigger()
    menu.close()
    fireside.shows("second try")
    assert "first try" not in fireside.text()
    assert fireside.backend.requests[-1].effort is Effort.HIGH
    fireside.until(lambda: fireside.find(QLabel, "made").text().startswith("High effort"))


def test_the_footer_says_how_it_was_made(fireside: Fireside) -> None:
    fireside.ask("hello", *answer("hi"))
    fireside.shows("hi")
    fireside.idle()
    made = fireside.find(QLabel, "made")
    assert made.text() == "Medium effort · Demo model · 210 tokens/s"
    for fact in (
        "80 tokens",
        "10 from cache",
        "Prompt speed: 350",
        "0.25 s",
        "42 tokens",
        "50 MB",
        "Seed: 7",
    ):
        assert fact in made.toolTip()


def test_copy_gives_markdown(fireside: Fireside) -> None:
    fireside.ask("hello", *answer("It is **Paris**.", reasoning="secret"))
    fireside.shows("It is Paris.")
    fireside.idle()
    press(fireside, "copyMessage")
    assert QGuiApplication.clipboard().text() == "It is **Paris**."


def test_icons_stand_under_the_text(fireside: Fireside) -> None:
    fireside.ask("hello", *answer("hi"))
    fireside.shows("hi")
    fireside.idle()

    def left(widget: QWidget) -> int:
        return widget.mapTo(fireside.window, QPoint(0, 0)).x()

    button = fireside.find(QAbstractButton, "copyMessage")
    icon = left(button) + (button.width() - button.iconSize().width()) // 2
    assert icon == left(fireside.find(QWidget, "thought"))


def test_code_stands_close(fireside: Fireside) -> None:
    fireside.ask("code", *answer("```python\na = 1\n\n\nb = 2\n```\n"))
    fireside.shows("b = 2")
    column = fireside.find(Canvas, "answerText").column
    first, second = (column.rects(at, at + 1)[0].top() for at in (0, 8))
    assert 54 < second - first < 70, "three lines below"


def test_copy_code(fireside: Fireside) -> None:
    fireside.ask("code", *answer("Here:\n\n```python\nx = 1\ny = 2\n```\n"))
    fireside.shows("y = 2")
    fireside.idle()
    press(fireside, "copyCode")
    assert QGuiApplication.clipboard().text() == "x = 1\ny = 2"


def test_a_call_to_a_tool_is_not_lost(fireside: Fireside) -> None:
    call = Delta(1, "print(1)", PartKind.CALL, "container.exec", format_data="commentary code")
    fireside.script(thought("hm"), call, done(StopReason.CALL))
    fireside.ask("run", said("I cannot run it.", 3), done())
    fireside.shows("I cannot run it.")
    fireside.find(QAbstractButton, "thought").click()
    fireside.find(QAbstractButton, "toolCall").click()
    assert "hm\ncontainer.exec · not available\nprint(1)\nError: there is no" in fireside.text()


def test_status_and_gauge(fireside: Fireside) -> None:
    reading = fireside.hold()
    fireside.ask("hello", Prompt(2048, 4096, 1024), Prefill(512, 2048), reading, said("hi"), done())
    status = fireside.find(QLabel, "statusLine")
    fireside.until(lambda: status.text() == "Processing prompt: 512 of 2,048 tokens")
    gauge = fireside.find(QWidget, "contextGauge")
    assert gauge.accessibleName() == "2,048 of 4,096 tokens used (1,024 reserved for the answer)"
    reading.set()
    fireside.until(lambda: status.text() == USUAL)  # the speed is below the answer, only there
    used = STATS.prompt_tokens + STATS.generated
    told = f"{used} of {STATS.context:,} tokens used"
    fireside.until(lambda: gauge.accessibleName() == told)


def test_the_gauge_says_what_takes_the_context(fireside: Fireside) -> None:
    fireside.ask("hello", Prompt(2048, 4096, 1024, 0, 100, 700), fireside.hold())
    gauge = fireside.find(QWidget, "contextGauge")
    parts = ["System prompt: 100", "Messages: 1,248", "Attachments: 700", "Answer: 1,024"]
    fireside.until(
        lambda: gauge.accessibleDescription().split("\n") == [*parts, "Free: 1,024"]
    )  # together the 4,096 of the context
    assert "Attachments" in gauge.toolTip()
    assert gauge.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_effort_by_keyboard_and_per_chat(fireside: Fireside) -> None:
    high = fireside.find(QAbstractButton, "effortHigh")
    medium = fireside.find(QAbstractButton, "effortMedium")
    assert medium.isChecked()
    medium.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(medium, Qt.Key.Key_Right)
    assert high.isChecked()
    assert high.hasFocus()
    fireside.ask("one", *answer("first"))
    fireside.shows("first")
    assert fireside.backend.requests[-1].effort is Effort.HIGH
    fireside.idle()
    first = fireside.chat
    QTest.keyClick(fireside.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert medium.isChecked()  # a new chat starts with the setting
    QTest.keyClick(fireside.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert fireside.find(QAbstractButton, "effortLow").isChecked()
    fireside.window.open_chat(first)
    assert high.isChecked()
    QTest.keyClick(fireside.window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert fireside.stored(lambda store: store.chats.get(first)).effort is Effort.MEDIUM


def test_a_draft_survives_another_chat(fireside: Fireside) -> None:
    fireside.ask("one", *answer("first"))
    fireside.shows("first")
    fireside.idle()
    chat = fireside.chat
    fireside.type("half a thou")
    fireside.window.new_chat()
    assert editor(fireside).toPlainText() == ""
    fireside.type("other")
    fireside.window.open_chat(chat)
    assert editor(fireside).toPlainText() == "half a thou"
    fireside.window.new_chat()
    assert editor(fireside).toPlainText() == "other"


def test_an_answer_goes_on_in_a_chat_that_is_not_shown(fireside: Fireside) -> None:
    held, more = fireside.hold(), fireside.hold()
    fireside.ask("count", said("one, "), held, said("two, "), more, said("three."), done())
    fireside.shows("one,")
    chat = fireside.chat
    fireside.window.new_chat()
    assert "one" not in fireside.text()
    assert not child(fireside.window, QWidget, "stop").isVisible()
    held.set()
    fireside.qtbot.wait(100)
    fireside.window.open_chat(chat)
    fireside.shows("one, two,")
    assert child(fireside.window, QWidget, "stop").isVisible()
    more.set()
    fireside.shows("one, two, three.")
    fireside.idle()
    assert fireside.text().count("three") == 1


def test_a_dead_engine_says_so_and_goes_on(fireside: Fireside) -> None:
    fireside.ask("count", said("one, "), EngineDied(-9, ""))
    fireside.shows("The model was stopped by the system")
    assert "one," in fireside.text()
    fireside.idle()
    notice = fireside.find(QWidget, "notice")
    buttons = [b for b in notice.findChildren(QAbstractButton) if b.isVisible()]
    assert [b.text() for b in buttons] == ["Continue"]
    fireside.script(said("two."), done())
    press(fireside, "continueAnswer")
    fireside.shows("one, two.")


def test_nothing_said_is_tried_again(fireside: Fireside) -> None:
    fireside.ask("count", EngineDied(1, ""))
    fireside.shows("The model stopped unexpectedly")
    fireside.idle()
    fireside.script(*answer("now"))
    press(fireside, "tryAgain")
    fireside.shows("now")
    assert "ended" not in fireside.text()


def test_a_full_context_leads_to_a_new_chat(fireside: Fireside) -> None:
    fireside.ask("count", ContextFull(9000, 4096))
    fireside.idle()
    assert fireside.find(QAbstractButton, "actOnError").text() == "New chat"
    press(fireside, "actOnError")
    assert fireside.find(QWidget, "greeting").isVisible()


def test_a_failure_is_still_explained_after_another_chat(fireside: Fireside) -> None:
    fireside.ask("count", said("one"), EngineDied(-11, ""))
    fireside.shows("signal 11")
    fireside.idle()
    chat = fireside.chat
    fireside.window.new_chat()
    fireside.window.open_chat(chat)
    fireside.shows("signal 11")


def test_a_start_chooses_no_chat(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    fireside = start()
    fireside.ask("one", *answer("first"))
    fireside.shows("first")
    fireside.idle()
    written: list[str] = []
    real = Host.change

    def change(host: Host, **new: Any) -> Settings:
        written.extend(new)
        return real(host, **new)

    monkeypatch.setattr(Host, "change", change)
    fireside = start()
    fireside.shows("first")
    assert "chat" not in written
    fireside.window.new_chat()
    assert "chat" in written


def test_what_could_not_be_stored_comes_back(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StoreFull(Path("chats.db"))

    monkeypatch.setattr(ChatTable, "create", fails)
    held = fireside.hold()
    fireside.host.disk(lambda _: held.wait())
    fireside.ask("the question")
    fireside.type("the next")
    held.set()
    fireside.until(lambda: fireside.window.banner.isVisible())
    assert editor(fireside).toPlainText() == "the question\n\nthe next"
    assert not fireside.window.state.current.busy()
    fireside.window.new_chat()
    monkeypatch.undo()
    fireside.ask("", *answer("ok"))
    fireside.shows("ok")


def test_a_new_chat_right_behind_send_stays_new(fireside: Fireside) -> None:
    held = fireside.hold()
    fireside.host.disk(lambda _: held.wait())
    fireside.ask("one", *answer("first"))
    fireside.until(fireside.window.state.current.busy)
    QTest.keyClick(fireside.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert not child(fireside.window, QWidget, "stop").isVisible()
    fireside.type("draft")
    held.set()
    fireside.until(lambda: fireside.window.state.index.rows)
    fireside.stored(lambda store: None)
    assert fireside.find(QWidget, "greeting").isVisible()
    assert fireside.window.windowTitle() == "Fireside"
    assert editor(fireside).toPlainText() == "draft"
    held.clear()
    fireside.host.disk(lambda _: held.wait())
    fireside.ask(" two", *answer("second"))
    held.set()
    fireside.shows("second")
    fireside.idle()
    assert "first" not in fireside.text()
    fireside.window.open_chat(min(fireside.window.state.index.rows))
    fireside.shows("first")


class Greetings(QObject):
    """A counter of how often the greeting of an empty chat was shown."""

    shown = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.shown += event.type() is QEvent.Type.Show and watched.objectName() == "greeting"
        return False


def test_a_restart_shows_it_all_again(start: Start) -> None:
    fireside = start()
    fireside.ask("first question", *answer("first answer"))
    fireside.shows("first answer")
    fireside.idle()
    fireside.ask("second question", said("half an"), fireside.hold())
    fireside.shows("half an")
    greetings = Greetings()
    application = QApplication.instance()
    assert application
    application.installEventFilter(greetings)
    fireside = start()
    fireside.shows("half an")
    assert greetings.shown == 0  # not even until the chat is read
    for text in ("first question", "first answer", "second question", "This answer was cut off."):
        assert text in fireside.text()


def test_a_suggestion_is_asked(fireside: Fireside) -> None:
    fireside.script(*answer("Paris"))
    press(fireside, "suggestion1")
    fireside.shows("Paris")
    assert fireside.backend.requests[0].messages[-1].text == "What is the capital of Norway?"


def test_it_follows_the_end_unless_scrolled_up(fireside: Fireside) -> None:
    lines, more = "line\n\n" * 60, fireside.hold()
    fireside.ask("long", said(lines), more, said(lines + "the end"), done())
    bar = fireside.window.transcript.verticalScrollBar()
    fireside.shows("line")
    fireside.until(lambda: bar.maximum() > 500 and bar.value() == bar.maximum())
    assert not child(fireside.window, QWidget, "jumpToLatest").isVisible()
    bar.setValue(200)
    more.set()
    fireside.shows("the end")
    fireside.qtbot.wait(50)
    assert bar.value() == 200
    press(fireside, "jumpToLatest")
    fireside.until(lambda: bar.value() == bar.maximum())


def test_a_long_chat_opens_at_its_end_with_all_of_it(fireside: Fireside) -> None:
    more = "\n\nand more" * 3
    for number in range(12):
        fireside.ask(f"question {number}", *answer(f"answer number {number}.{more}"))
        fireside.shows(f"answer number {number}.")
        fireside.idle()
    chat = fireside.chat
    fireside.window.new_chat()
    fireside.window.open_chat(chat)
    bar = fireside.window.transcript.verticalScrollBar()
    fireside.until(lambda: bar.maximum() > 1000)
    fireside.qtbot.wait(200)  # in which nothing moves it
    fireside.until(lambda: bar.value() == bar.maximum())
    shown = fireside.window.transcript.findChildren(Canvas, "questionText")
    assert 1 < len([view for view in shown if view.isVisible()]) < 8, "those in sight"
    assert fireside.text().index("question 0") < fireside.text().index("question 11")


def test_thinking_is_shown_before_anything_is_said(fireside: Fireside) -> None:
    fireside.ask("hm", Prompt(1, 10), fireside.hold(), thought("x"), done())
    fireside.shows("Thinking…")
