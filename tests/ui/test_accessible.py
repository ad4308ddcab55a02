"""The accessibility tree and announcements, through Qt's own interface."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.base.draft import Draft
from app.base.types import (
    Effort,
    Message,
    Part,
    PartKind,
    ResultFacts,
    Role,
)
from app.store import MessageRow, State
from app.tools.departure import Departure, DepartureKind
from app.tools.tool import Call, ConsentReason, Effect, Proposal
from app.tools.tool_events import CallStarted, Consent, ConsentAsked, Decision, Outgoing
from app.ui.conversation.thought_words import when
from app.ui.conversation.transcript import Transcript
from app.ui.state.live_answer import Work
from app.ui.state.live_calls import LiveCalls
from app.ui.theme import Theme

Text = QAccessible.Text
THEN = time.mktime((2024, 11, 12, 14, 5, 0, 0, 0, -1))


@pytest.fixture
def page(qtbot: QtBot, theme: Theme) -> Transcript:
    """Return a conversation in a window of its own."""
    transcript = Transcript(theme)
    qtbot.addWidget(transcript)
    transcript.resize(800, 600)
    with qtbot.waitExposed(transcript):
        transcript.show()
    return transcript


@pytest.fixture
def heard(page: Transcript) -> Iterator[list[str]]:
    """Yield the list of announcements."""
    QAccessible.setActive(True)
    said: list[str] = []
    page.announcer.announced.connect(said.append)
    page.announcer._timer.setInterval(50)
    yield said
    QAccessible.setActive(False)


def question(number: int, text: str) -> MessageRow:
    message = Message(Role.USER, (Part(text),))
    return MessageRow(number, 1, number - 1 or None, message, State.DONE, THEN)


def reply(number: int, text: str, reasoning: str = "", state: State = State.DONE) -> MessageRow:
    parts = [Part(reasoning, PartKind.REASONING)] if reasoning else []
    parts += [Part(text, PartKind.TEXT)] if text else []
    message = Message(Role.ASSISTANT, tuple(parts))
    return MessageRow(number, 1, number - 1, message, state, THEN, Effort.HIGH, "gpt-oss-20b")


def spoken(widget: QWidget) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(widget)
    assert found
    return found


def children(parent: QAccessibleInterface) -> list[QAccessibleInterface]:
    found = [parent.child(index) for index in range(parent.childCount())]
    assert [parent.indexOfChild(child) for child in found] == list(range(len(found)))
    return [child for child in found if not child.state().invisible]


def below(parent: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    for child in children(parent):
        yield child
        yield from below(child)


def text_of(found: QAccessibleInterface) -> str:
    words = found.textInterface()
    return words.text(0, words.characterCount())


def messages(page: Transcript) -> list[QAccessibleInterface]:
    return children(spoken(page.viewport()))


# --- The tree ---------------------------------------------------------------------------------


def test_messages_are_items_of_a_list(page: Transcript) -> None:
    rows = [question(1, "Why?"), reply(2, "**Because** of it.", "Hm."), question(3, "And 𝒙?")]
    page.messages.set_rows(rows)
    pane, items = spoken(page), spoken(page.viewport())
    assert (pane.role(), pane.text(Text.Name)) == (QAccessible.Role.Pane, "Chat")
    assert pane.text(Text.Description) == "Messages 1 to 3 of 3"
    assert (items.role(), items.text(Text.Name)) == (QAccessible.Role.List, "Messages")
    assert items.parent().object() is page
    clock = "12 November 2024, 14:05"
    found = messages(page)
    assert {each.role() for each in found} == {QAccessible.Role.ListItem}
    assert [each.text(Text.Name) for each in found] == [
        f"You, {clock}",
        f"gpt-oss-20b, High effort, {clock}",
        f"You, {clock}",
    ]
    assert [text_of(each) for each in found] == [
        "Why?",
        "Reasoning\n\nBecause of it.",
        "And 𝒙?",
    ]
    assert found[2].textInterface().text(4, 6) == "𝒙"
    assert all(each.parent().object() is page.viewport() for each in found)
    assert not any(each.state().busy for each in found)
    assert all(each.valueInterface() is None for each in found)
    assert all(each.tableCellInterface() is None for each in found)
    assert all(each.actionInterface() for each in found)


def test_a_message_has_its_sections_and_buttons(page: Transcript) -> None:
    page.messages.set_rows([question(1, "Why?"), reply(2, "Because.", "Hm.")])
    inside = {(i.role(), i.text(Text.Name)) for i in below(messages(page)[1])}
    assert (QAccessible.Role.Paragraph, "Answer") in inside
    assert (QAccessible.Role.Button, "Copy answer") in inside
    assert (QAccessible.Role.CheckBox, "Reasoning") in inside
    sections = [i for i in below(messages(page)[1]) if i.role() == QAccessible.Role.Paragraph]
    assert [text_of(section) for section in sections] == ["Because."]


def test_an_answer_on_its_way_is_busy(page: Transcript) -> None:
    page.messages.set_rows([question(1, "Why?")])
    row = reply(2, "", state=State.STREAMING)
    page.messages.start(row, Draft())
    found = messages(page)[-1]
    assert found.state().busy
    assert text_of(found) == "Thinking…"
    page.messages.finish(reply(2, "Because."))
    assert not found.state().busy
    assert text_of(found) == "Because."


def test_only_what_is_in_sight_is_there(page: Transcript) -> None:
    page.messages.set_rows([question(n, f"Number {n}\n" + "more\n" * 9) for n in range(1, 1201)])
    found = messages(page)
    assert 2 <= len(found) <= 8
    assert text_of(found[-1]).startswith("Number 1200\n")
    page.list.show_message(99, 40)
    words = [text_of(each).split("\n")[0] for each in messages(page)]
    at = words.index("Number 100")
    assert words[at : at + 2] == ["Number 100", "Number 101"]
    assert spoken(page).text(Text.Description) == "Messages 100 to 101 of 1,200"


def test_the_link_that_has_the_keyboard(page: Transcript, qtbot: QtBot) -> None:
    page.messages.set_rows(
        [question(1, "Where?"), reply(2, "[Here](https://a.b) or [there](https://c.d)")]
    )
    canvas = next(view for view in page.findChildren(QWidget, "answerText") if view.isVisible())
    page.activateWindow()
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    assert spoken(canvas).text(Text.Description) == "Link: Here, https://a.b"
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    assert spoken(canvas).text(Text.Description) == "Link: there, https://c.d"
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    assert spoken(canvas).text(Text.Description) == ""


def test_nothing_holds_what_is_destroyed(theme: Theme, qtbot: QtBot) -> None:
    page = Transcript(theme)
    page.resize(800, 600)
    page.show()
    page.messages.set_rows([question(1, "Why?"), reply(2, "Because.", "Hm.")])
    assert [text_of(each) for each in messages(page)]
    list(below(spoken(page)))
    gone = [weakref.ref(each) for each in (page, *page.viewport().findChildren(QWidget))]
    page.deleteLater()
    del page
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    assert [ref() for ref in gone if ref() is not None] == []


def test_times_of_other_days_have_their_day() -> None:
    assert when(THEN) == "12 November 2024, 14:05"
    now = time.time()
    assert when(now) == time.strftime("%H:%M", time.localtime(now))


# --- What is announced ------------------------------------------------------------------------


def grow(page: Transcript, row: MessageRow) -> None:
    page.messages._drafts[row.id] = Draft(row.message.parts)
    page.messages.feed(row.id)
    page.messages.update_drafts()


def test_an_answer_is_said_in_sentences(page: Transcript, heard: list[str], qtbot: QtBot) -> None:
    page.messages.set_rows([question(1, "Why?")])
    begun = reply(2, "", state=State.STREAMING)
    page.messages.start(begun, Draft())
    assert heard == ["Thinking"]
    text = "It is 3.14 or **so**. Some say more! Others"
    for end in range(1, len(text) + 1):
        grow(page, reply(2, text[:end], "I wonder. Hm.", State.STREAMING))
    qtbot.waitUntil(lambda: len(heard) > 1)
    assert heard[1:] == ["It is 3.14 or so. Some say more!"]
    qtbot.wait(150)
    assert len(heard) == 2
    page.messages.finish(reply(2, text + " do not", "I wonder. Hm."))
    assert heard[2:] == ["Others do not Answer finished"]
    qtbot.wait(100)
    assert len(heard) == 3


def test_what_an_answer_waits_for_is_said(page: Transcript, heard: list[str], qtbot: QtBot) -> None:
    """Once, without the percents; and that it thinks only when it does."""
    page.messages.set_rows([question(1, "Why?")])
    loading = Work("Loading it… 1%", 0.0, 0.01, "Loading it", withdrawable=True)
    row = reply(2, "", state=State.STREAMING)
    page.messages.start(row, Draft(), loading)
    assert heard == ["Loading it"]
    later = replace(loading, label="Loading it… 50%", fraction=0.5)
    page.messages.show_work(2, later, offered=False, hurried=False)
    grow(page, row)
    page.messages.show_work(2, None, offered=True, hurried=False)
    qtbot.wait(100)
    grow(page, row)
    assert heard == ["Loading it", "Thinking"]


def test_reasoning_is_said_to_those_who_opened_it(
    page: Transcript, heard: list[str], qtbot: QtBot
) -> None:
    page.messages.set_rows([question(1, "Why?")])
    page.messages.start(reply(2, "", state=State.STREAMING), Draft())
    grow(page, reply(2, "", "I wonder. Hm", State.STREAMING))
    qtbot.wait(100)
    assert heard == ["Thinking"]
    page.messages.records[-1].set_opened(True)
    grow(page, reply(2, "", "I wonder. Hm. Well", State.STREAMING))
    qtbot.waitUntil(lambda: heard[1:] == ["Hm."])


@pytest.mark.parametrize(
    ("state", "end"), [(State.STOPPED, "You stopped this answer."), (State.DONE, "Answer finished")]
)
def test_how_an_answer_ends_is_said(
    page: Transcript, heard: list[str], state: State, end: str
) -> None:
    page.messages.set_rows([question(1, "Why?"), reply(2, "One. Two", state=State.STOPPED)])
    resumed = reply(2, "One. Two", state=State.STREAMING)
    page.messages.start(resumed, Draft(resumed.message.parts))
    page.messages.finish(reply(2, "One. Two, three.", state=state))
    assert heard == [f", three. {end}"]


def test_what_nobody_waits_for_is_not_said(page: Transcript, heard: list[str]) -> None:
    page.messages.set_rows([question(1, "Why?"), reply(2, "Because.")])
    page.messages.finish(replace(reply(2, "Because."), state=State.CUT_OFF))
    assert heard == []


def test_nothing_is_made_where_nobody_listens(page: Transcript) -> None:
    said: list[str] = []
    page.announcer.announced.connect(said.append)
    QAccessible.setActive(False)
    page.messages.set_rows([question(1, "Why?")])
    page.messages.start(reply(2, "", state=State.STREAMING), Draft())
    page.messages.finish(reply(2, "Because."))
    assert said == []


def test_calls_and_questions_are_told(page: Transcript, heard: list[str], qtbot: QtBot) -> None:
    page.messages.set_rows([question(1, "find")])
    name, draft, tools = "functions.files__search", Draft(), LiveCalls()
    page.messages.start(reply(2, "", state=State.STREAMING), draft)
    qtbot.waitUntil(lambda: heard == ["Thinking"])
    draft.add_part(Part('{"query": "pears"}', PartKind.CALL, name, "1"))
    call = Call("1", name, "{}")
    proposal = Proposal("mcp:files", call, Effect.READS, "search", "files")
    consent = Consent("1", proposal, ConsentReason.FIRST, lasting=True)
    tools.receive(ConsentAsked(0, consent), 1)
    page.messages.show_calls(2, tools)
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard[-1].startswith("files.search “pears”. Allow “search” from “files”?")
    assert heard[-1].endswith("Press F6 to decide.")
    consent.decide(Decision.ONCE)
    tools.receive(CallStarted(0, proposal), 1)
    page.messages.show_calls(2, tools)
    qtbot.waitUntil(lambda: heard[-1] == "Running files.search “pears”.")
    part = Part("3", PartKind.RESULT, name, "1", facts=ResultFacts(count=3))
    draft.add_part(part)
    tools.add(part)
    page.messages.show_calls(2, tools)
    told = "files.search “pears” · 3 results · You allowed this once."
    qtbot.waitUntil(lambda: heard[-1] == told)
    row = next(b for b in page.findChildren(QWidget, "toolCall") if b.isVisible())
    assert spoken(row).text(Text.Name) == told[:-1]
    assert spoken(row).state().checkable
    outgoing = Outgoing("https://a.example", (Departure(DepartureKind.RESULT, "python"),))
    asked = Consent("2", None, ConsentReason.DEPARTURE, lasting=True, outgoing=outgoing)
    page.messages.show_departure(2, asked)
    qtbot.waitUntil(lambda: heard[-1].startswith("Send this to a.example?"))
    assert heard[-1].endswith("Press F6 to decide.")
