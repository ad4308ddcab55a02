"""The search in the chat that is shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit

from app.base.types import Effort, Message, Part, PartKind, Role
from app.store import MessageRow, State
from app.ui.blocks.canvas import Canvas
from app.ui.conversation import find_search
from app.ui.conversation.find_search import FindHit
from app.ui.conversation.transcript import Transcript
from tests.ui.driver import Fireside, answer
from tests.ui.qt import child, settle

KEY = Qt.Key
PROSE = "It goes **on** for a while, and then it ends.\n\n" * 6


def rows(texts: dict[int, str], count: int, chat: int = 1) -> list[MessageRow]:
    """Return questions and answers, numbered from 1; an answer without text here gets prose."""
    made = []
    for number in range(1, count + 1):
        if number % 2:
            message = Message(Role.USER, (Part(texts.get(number, f"Question {number}?")),))
        else:
            thought = Part("First, about medlars.", PartKind.REASONING)
            message = Message(Role.ASSISTANT, (thought, Part(texts.get(number, PROSE))))
        row = MessageRow(number, chat, number - 1 or None, message, State.DONE, 0.0, Effort.LOW)
        made.append(row)
    return made


@pytest.fixture
def transcript(transcript: Transcript) -> Transcript:
    """Make the transcript lower, so that less of it is in view."""
    transcript.resize(900, 500)
    settle()
    return transcript


def current(transcript: Transcript) -> FindHit | None:
    found = transcript.finder.bar.results
    return found.hits[found.current] if found.current >= 0 else None


def finish(transcript: Transcript) -> None:
    while not transcript.finder.bar.results.complete:
        QApplication.processEvents()
    settle()


def test_find_in_the_chat(fireside: Fireside) -> None:
    fireside.ask("Where is the **needle**?", *answer("A needle is `here`.\n\n- a NEEDLE"))
    fireside.shows("NEEDLE")
    fireside.idle()
    window = fireside.window
    QTest.keyClick(window, KEY.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = fireside.find(QLineEdit, "findText")
    QTest.keyClicks(field, "needle")
    count = fireside.find(QLabel, "findCount")
    fireside.until(lambda: count.text() == "1 of 3")
    for number in (2, 3, 1):
        QTest.keyClick(field, KEY.Key_Return)
        assert count.text() == f"{number} of 3"
    QTest.keyClick(field, KEY.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert count.text() == "3 of 3"
    QTest.keyClick(window, KEY.Key_F3)
    assert count.text() == "1 of 3"
    canvas = fireside.find(Canvas, "answerText")
    assert [end - start for start, end in canvas._highlights.found] == [6, 6]
    field.setText("not there")
    fireside.until(lambda: count.text() == "No results")
    for name in ("findPrevious", "findNext"):
        assert not fireside.find(QAbstractButton, name).isEnabled()
    QTest.keyClick(field, KEY.Key_Escape)
    assert not window.transcript.finder.bar.isVisible()
    assert not canvas._highlights.found
    QTest.keyClick(window, KEY.Key_F3)
    assert window.transcript.finder.bar.isVisible(), "with the last text"
    assert field.text() == "not there"


def test_it_begins_at_what_is_in_view_and_wraps(transcript: Transcript) -> None:
    texts = {2: "A haystack.", 30: "Another haystack.", 52: f"{PROSE}\n\nthe haystacks\n\n{PROSE}"}
    transcript.messages.set_rows(rows(texts, 60))
    settle()
    transcript.list.show_message(38)
    transcript.open_find()
    field = transcript.finder.bar.field
    QTest.keyClicks(field, "hay")
    finish(transcript)
    assert current(transcript) == FindHit(51, 1, 0), "the first from here on, without Enter"
    record = transcript.messages.records[51]
    assert record in transcript.views.active
    canvas = transcript.views.active[record].shown[-1][1]
    assert canvas._highlights.current == canvas._highlights.found[0]
    QTest.keyClicks(field, "stacks")
    finish(transcript)
    assert current(transcript) == FindHit(51, 1, 0), "it stays where it is as one types on"
    QTest.keyClick(field, KEY.Key_Backspace)
    finish(transcript)
    QTest.keyClick(field, KEY.Key_Return)
    assert current(transcript) == FindHit(1, 1, 0), "around the end"
    QTest.keyClick(field, KEY.Key_Return)
    assert current(transcript) == FindHit(29, 1, 0)
    transcript.list.show_message(44)
    QTest.keyClicks(field, " ")
    QTest.keyClick(field, KEY.Key_Backspace)
    finish(transcript)
    assert current(transcript) == FindHit(51, 1, 0), "from where one has scrolled to"


def test_the_bar_covers_no_match(transcript: Transcript) -> None:
    transcript.messages.set_rows(rows({1: "A haystack."}, 20))
    settle()
    transcript.list.show_message(3)
    before = transcript.list.offset_of(3)
    transcript.open_find()
    assert transcript.list.offset_of(3) == before, "nothing moves"
    bar = transcript.finder.bar
    QTest.keyClicks(bar.field, "hay")
    finish(transcript)
    view = transcript.views.active[transcript.messages.records[0]]
    assert view.y() >= bar.geometry().bottom()
    bar.dismiss()
    assert view.y() < bar.geometry().bottom()


def test_enter_before_the_count_is_there(
    transcript: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find_search, "_SLICE_S", -1.0)  # nothing is found before Enter
    transcript.messages.set_rows(rows({2: "a haystack", 6: "a haystack", 8: "a haystack"}, 10))
    settle()
    transcript.list.show_message(4)
    transcript.open_find()
    field = transcript.finder.bar.field
    field.setText("haystack")
    QTest.keyClick(field, KEY.Key_Return)
    assert current(transcript) is None
    monkeypatch.setattr(find_search, "_SLICE_S", 1.0)
    finish(transcript)
    assert current(transcript) == FindHit(7, 1, 0), "that after the first one in view"


def test_collapsed_text_is_found_when_asked_for(transcript: Transcript) -> None:
    transcript.messages.set_rows(rows({4: "A medlar tree."}, 6))
    settle()
    transcript.open_find()
    bar = transcript.finder.bar
    QTest.keyClicks(bar.field, "medlar")
    finish(transcript)
    button = child(bar, QAbstractButton, "findEverywhere")
    assert len(bar.results.hits) == 1
    assert button.isVisible(), "it is in the reasoning, too"
    QTest.keyClick(bar.field, KEY.Key_R, Qt.KeyboardModifier.AltModifier)
    finish(transcript)
    assert len(bar.results.hits) == 4
    while current(transcript) != FindHit(5, 0, 0):
        bar.next()
    assert transcript.messages.records[5].opened, "what collapses it opens"
    assert not transcript.messages.records[1].opened
    bar.field.setText("nowhere")
    bar.dismiss()
    bar.open(transcript.messages.records, "nowhere")
    finish(transcript)
    assert not button.isVisible()


def test_another_chat_has_a_new_search(fireside: Fireside) -> None:
    fireside.ask("apples", *answer("About apples."))
    fireside.shows("About apples.")
    fireside.idle()
    first = fireside.chat
    fireside.window.transcript.open_find()
    bar = fireside.window.transcript.finder.bar
    QTest.keyClicks(bar.field, "apples")
    finish(fireside.window.transcript)
    assert bar.results.hits
    fireside.window.new_chat()
    assert fireside.window.composer.editor.hasFocus()
    fireside.ask("apples and pears", *answer("About pears."))
    fireside.shows("About pears.")
    fireside.idle()
    assert not bar.isVisible()
    assert not bar.field.text()
    fireside.window.transcript.open_find()
    QTest.keyClicks(bar.field, "pears")
    fireside.window.open_chat(first)
    fireside.until(lambda: "pears" not in fireside.text())
    assert not bar.isVisible()
    assert not bar.field.text()
