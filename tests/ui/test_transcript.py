"""The virtual view: which widgets exist, scroll anchoring, selecting, copying and finding."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.base.answer_events import Delta
from app.base.draft import Draft
from app.base.types import Effort, Message, Part, PartKind, Role
from app.store import MessageRow, State
from app.ui.conversation import mouse_selection
from app.ui.conversation.answer_view import AnswerView
from app.ui.conversation.message_heights import MessageHeights
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.sections import Section
from app.ui.conversation.selection import TextPosition
from app.ui.conversation.thought_words import doing_now
from app.ui.conversation.transcript import Transcript
from app.ui.theme import Theme
from tests.fakes.hostile import texts
from tests.ui.driver import Fireside, answer
from tests.ui.qt import settle

EXPLORE = "FIRESIDE_EXPLORE" in os.environ

PROSE = "It goes **on** for a while, with `code` and $x^2$, and then it ends. "
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n"
CODE = "```python\ndef f(x):\n    return x\n```\n"


def question(number: int, text: str) -> MessageRow:
    asked = Message(Role.USER, (Part(text),))
    return MessageRow(number, 1, number - 1 or None, asked, State.DONE, 0.0)


def reply(number: int, text: str, *, thought: str = "", growing: bool = False) -> MessageRow:
    said = ((thought, PartKind.REASONING), (text, PartKind.TEXT))
    message = Message(Role.ASSISTANT, tuple(Part(t, c) for t, c in said if t))
    state = State.STREAMING if growing else State.DONE
    return MessageRow(number, 1, number - 1, message, state, 0.0, Effort.LOW, "m")


def conversation(count: int) -> list[MessageRow]:
    dice = random.Random(1)
    rows = []
    for number in range(1, count + 1, 2):
        blocks = [dice.choice((PROSE * dice.randrange(1, 9), TABLE, CODE)) for _ in range(6)]
        rows.append(question(number, f"Question {number}?"))
        rows.append(reply(number + 1, "\n\n".join(blocks), thought=PROSE * 3))
    return rows


def seen(view: Transcript) -> tuple[MessageState, Section, int, int] | None:
    """Return the line at the top edge and its position."""
    for record, message in view.views.active.items():
        inside = QPoint(message.width() // 4, -message.y())
        found = message.position_at(inside) if 0 <= inside.y() < message.height() else None
        if found:
            section, position = found
            return (
                record,
                section,
                position,
                message.y() + (message.place_of(section, position) or 0),
            )
    return None


def test_only_what_is_in_sight_is_a_widget(transcript: Transcript) -> None:
    transcript.messages.set_rows(conversation(400 if EXPLORE else 160))
    settle()
    assert 0 < len(transcript.views.active) < 12
    bar = transcript.verticalScrollBar()
    assert bar.value() == bar.maximum()
    for value in range(0, bar.maximum(), bar.maximum() // (50 if EXPLORE else 20)):
        bar.setValue(value)
        settle()
        assert 0 < len(transcript.views.active) < 12
    made = sum(map(len, transcript.views.idle.values())) + len(transcript.views.active)
    assert made < 24, "they are used again"
    assert transcript.plainText().count("Question") == len(transcript.messages.records) // 2


@pytest.mark.parametrize("seed", range(3 if EXPLORE else 1))
def test_nothing_moves_unasked(transcript: Transcript, seed: int) -> None:
    dice = random.Random(seed)
    rows = [*conversation(30), question(31, "Go on.")]
    transcript.messages.set_rows(rows)
    draft = Draft()
    transcript.messages.start(reply(32, "", growing=True), draft)
    settle()
    bar = transcript.verticalScrollBar()
    moved = checked = 0
    for step in range(120):
        if step % 10 == 0:
            bar.setValue(dice.randrange(bar.maximum() - 400))
            settle()
        before = None if transcript.list.following else seen(transcript)
        match dice.randrange(3):
            case 0:
                draft.add(Delta(0, dice.choice((PROSE, TABLE, CODE)) + "\n\n", PartKind.TEXT))
                transcript.messages.feed(32)
                transcript.messages.update_drafts()
            case 1:
                transcript.resize(dice.choice((640, 760, 900)), 700)
            case 2:
                reads = before[0] if before else None
                thinkers = [r for r in transcript.messages.records if r.thought and r is not reads]
                record = dice.choice(thinkers)
                transcript.messages.toggle_thought(record.row.id, not record.opened)
        settle()
        if before:
            record, section, position, y = before
            view = transcript.views.active.get(record)
            top = view.place_of(section, position) if view else None
            checked += 1
            moved += view is None or top is None or abs(view.y() + top - y) > 1
    assert checked > 60
    assert moved == 0


def test_it_follows_the_end(transcript: Transcript) -> None:
    transcript.messages.set_rows([*conversation(10), question(11, "Go on.")])
    draft = Draft()
    transcript.messages.start(reply(12, "", growing=True), draft)
    bar = transcript.verticalScrollBar()
    for _ in range(20):
        draft.add(Delta(0, f"{PROSE}\n\n", PartKind.TEXT))
        transcript.messages.feed(12)
        transcript.messages.update_drafts()
        settle()
        assert bar.value() == bar.maximum()
    transcript.messages.finish(reply(12, f"{PROSE}\n\n" * 20))
    settle()
    assert bar.value() == bar.maximum()


def test_growing_ends_as_if_made_at_once(
    transcript: Transcript, qtbot: QtBot, theme: Theme
) -> None:
    text = "\n\n".join([PROSE * 3, TABLE, CODE, "1. one\n2. two\n\n   " + PROSE, "> " + PROSE])
    dice = random.Random(4)
    transcript.messages.set_rows([question(1, "Go on.")])
    draft = Draft()
    transcript.messages.start(reply(2, "", growing=True), draft)
    at = 0
    while at < len(text):
        step = dice.randrange(1, 40)
        draft.add(Delta(0, text[at : at + step], PartKind.TEXT))
        at += step
        transcript.messages.feed(2)
        transcript.messages.update_drafts()
    transcript.messages.finish(reply(2, text))
    settle()
    fresh = Transcript(theme)
    qtbot.addWidget(fresh)
    fresh.resize(900, 700)
    fresh.show()
    fresh.messages.set_rows([question(1, "Go on."), reply(2, text)])
    settle()
    one, other = (view.messages.records[1] for view in (transcript, fresh))
    assert one.measured == other.measured
    assert transcript.plainText() == fresh.plainText()


def mouse(view: Transcript, kind: QEvent.Type, place: QPoint, *, shift: bool = False) -> None:
    viewport = view.viewport()
    button = Qt.MouseButton.LeftButton
    keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    where = QPointF(viewport.mapToGlobal(place))
    event = QMouseEvent(kind, QPointF(place), where, button, button, keys)
    QApplication.sendEvent(viewport, event)


def place_of(view: Transcript, message: int, section: int, position: int) -> QPoint:
    """Return the point left of a character, in the view's coordinates."""
    record = view.messages.records[message]
    canvas = view.views.active[record].canvas_of(record.sections[section])
    assert canvas is not None
    rect = canvas.column.rects(position, position + 1)[0]
    return canvas.mapTo(view.viewport(), QPointF(rect.left() + 1, rect.center().y()).toPoint())


@pytest.fixture
def two(transcript: Transcript) -> Transcript:
    transcript.messages.set_rows(
        [
            question(1, "What is it?"),
            reply(2, "It is **bold** and `code`.\n\n- one\n- two", thought="Let me think."),
            question(3, "And then?"),
            reply(4, "Then it *ends*."),
        ]
    )
    settle()
    return transcript


def test_dragging_over_messages(two: Transcript) -> None:
    mouse(two, QEvent.Type.MouseButtonPress, place_of(two, 1, 1, 6))
    mouse(two, QEvent.Type.MouseMove, place_of(two, 3, 0, 4))
    mouse(two, QEvent.Type.MouseButtonRelease, place_of(two, 3, 0, 4))
    copied = two.selection.text(markdown=True)
    assert copied == "**bold** and `code`.\n\n- one\n- two\n\nAnd then?\n\nThen"
    assert "think" not in copied, "the reasoning is closed"
    plain = two.selection.text(markdown=False)
    assert plain == "bold and code.\n\n- one\n- two\n\nAnd then?\n\nThen" or "• one" in plain


def test_reasoning_is_copied_where_it_was_selected(two: Transcript) -> None:
    two.messages.toggle_thought(2, True)
    settle()
    two.selection.select_all()
    assert "Let me think." in two.selection.text()
    two.messages.toggle_thought(2, False)
    settle()
    assert "Let me think." not in two.selection.text()


def test_two_clicks_select_a_word_and_three_a_paragraph(
    two: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mouse_selection, "time", SimpleNamespace(monotonic=lambda: 100.0))
    place = place_of(two, 1, 1, 7)
    for _ in range(2):
        mouse(two, QEvent.Type.MouseButtonPress, place)
        mouse(two, QEvent.Type.MouseButtonRelease, place)
    assert two.selection.text(markdown=False) == "bold"
    mouse(two, QEvent.Type.MouseButtonPress, place)
    assert two.selection.text(markdown=False) == "It is bold and code."


def test_shift_and_a_click_extend(two: Transcript) -> None:
    mouse(two, QEvent.Type.MouseButtonPress, place_of(two, 3, 0, 0))
    mouse(two, QEvent.Type.MouseButtonRelease, place_of(two, 3, 0, 0))
    mouse(two, QEvent.Type.MouseButtonPress, place_of(two, 3, 0, 7), shift=True)
    assert two.selection.text(markdown=False) == "Then it"


def test_the_keyboard_selects(two: Transcript, qtbot: QtBot) -> None:
    two.setFocus()
    two.selection.select(TextPosition(3, 0, 0), TextPosition(3, 0, 0))
    shift = Qt.KeyboardModifier.ShiftModifier
    for _ in range(4):
        QTest.keyClick(two, Qt.Key.Key_Right, shift)
    assert two.selection.text(markdown=False) == "Then"
    QTest.keyClick(two, Qt.Key.Key_End, shift)
    assert two.selection.text(markdown=False) == "Then it ends."
    QTest.keyClick(two, Qt.Key.Key_Escape)
    assert two.selection.text() == ""
    QTest.keyClick(two, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(two, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("What is it?\n\nIt is **bold**")
    assert copied.endswith("Then it *ends*.")


def test_copies_are_plain_where_one_wants_that(fireside: Fireside) -> None:
    fireside.ask("hello", *answer("It is **bold**."))
    fireside.shows("It is bold.")
    fireside.idle()
    transcript = fireside.window.transcript
    transcript.selection.select_all()
    assert "**bold**" in transcript.selection.text()
    fireside.window.preferences._choose_copy_format(False)
    assert "**" not in transcript.selection.text()
    assert fireside.host.settings.copy_markdown is False


@pytest.mark.parametrize("name", texts())
def test_hostile_texts_are_text(transcript: Transcript, name: str) -> None:
    text = texts()[name][: 40_000 if EXPLORE else 10_000]
    asked = text[: 4_000 if EXPLORE else 1_000]
    transcript.messages.set_rows([question(1, asked), reply(2, text)])
    for _ in range(60):
        QApplication.processEvents()
    assert transcript.messages.records[1] in transcript.views.active
    transcript.selection.select_all()
    assert transcript.selection.text() or not text.strip()
    bar = transcript.verticalScrollBar()
    for share in (0, 0.3, 0.9):
        bar.setValue(round(share * bar.maximum()))
        QApplication.processEvents()


def test_a_very_long_answer_is_read_in_slices(transcript: Transcript, qtbot: QtBot) -> None:
    text = "\n\n".join(f"Paragraph {n}. {PROSE}" for n in range(400))
    transcript.messages.set_rows([question(1, "Go on."), reply(2, text)])
    view = transcript.views.active[transcript.messages.records[1]]
    assert isinstance(view, AnswerView)
    section = transcript.messages.records[1].sections[0]
    qtbot.waitUntil(lambda: not section.unread)
    assert len(section.blocks) == 400
    bar = transcript.verticalScrollBar()
    assert bar.value() == bar.maximum()


def test_what_a_model_thinks_about_now() -> None:
    assert doing_now("") == ""
    assert doing_now("We need") == ""
    said = "We need to check the ones that are prime. Now we count the others of them. So"
    assert doing_now(said) == "Now we count the others of…"


def test_heights_of_many() -> None:
    heights = MessageHeights()
    plain = [(n * 37) % 90 + 1 for n in range(1000)]
    heights.set_all(plain)
    heights[500] = plain[500] = 999
    heights.append(5)
    plain.append(5)
    assert len(heights) == 1001
    assert heights.total == sum(plain)
    for index in (0, 1, 63, 64, 499, 500, 501, 1000):
        assert heights.top(index) == sum(plain[:index])
        assert heights.at(heights.top(index)) == index
        assert heights.at(heights.top(index) + plain[index] - 1) == index
    heights.cut(100)
    assert (len(heights), heights.total) == (100, sum(plain[:100]))
    assert heights.at(-5) == 0
    assert heights.at(10**9) == 99


def test_parts_that_nothing_writes_yet_are_shown_as_text(transcript: Transcript) -> None:
    parts = (
        Part("Let me see.", PartKind.REASONING),
        Part('{"code": "1 + 1"}', PartKind.CALL, "python"),
        Part("2", PartKind.RESULT, "python"),
        Part("", PartKind.MEDIA, media_type="image/png", data=b"\x89PNG"),
        Part("a later invention", PartKind.UNKNOWN, "hologram"),
        Part("It is **two**."),
    )
    said = MessageRow(2, 1, 1, Message(Role.ASSISTANT, parts), State.DONE, 0.0, Effort.LOW, "m")
    transcript.messages.set_rows([question(1, "1 + 1?"), said])
    settle()
    shown = transcript.plainText()
    for text in (
        "Reasoning · ran Python", "image/png, 4 bytes", "It is two.",
        "This content was created by a newer version of Fireside.\na later invention",
    ):  # fmt: skip
        assert text in shown
    assert "hologram" not in shown
    transcript.selection.select_all()
    assert "a later invention\n\nIt is **two**." in transcript.selection.text()
    unknown = replace(said, message=Message(Role.ASSISTANT, parts[4:5]))
    transcript.messages.set_rows([question(1, "?"), unknown])
    assert "didn’t answer" not in transcript.plainText()
    asked = Message(Role.USER, (Part("later", PartKind.UNKNOWN, "hologram"), Part("What is it?")))
    transcript.messages.set_rows([MessageRow(1, 1, None, asked, State.DONE, 0.0)])
    transcript.messages.toggle_file(1, 0, True)
    assert "newer version of Fireside.\n\nlater\n\nWhat is it?" in transcript.plainText()
