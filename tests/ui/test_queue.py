"""Messages that wait for the running answer."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel

from app.base.answer_events import StopReason
from app.base.errors import EngineDied, StoreFull
from app.base.types import Effort, Part, PartKind
from app.store import Queued, StoredDraft
from tests.ui.driver import Fireside, Start, answer, done, said
from tests.ui.qt import focused

FILE = Part("apples\npears", PartKind.FILE, "fruit.txt")


def press(fireside: Fireside, name: str, place: int = 0) -> None:
    fireside.find(QAbstractButton, name)
    buttons = [b for b in fireside.window.findChildren(QAbstractButton, name) if b.isVisible()]
    buttons[place].click()


def waiting(fireside: Fireside) -> list[str]:
    """Return the texts of the rows above the composer."""
    rows = fireside.window.composer.queue
    if not rows.isVisible():
        return []
    return [label.accessibleName() for label in rows.findChildren(QLabel, "queued")]


def line(fireside: Fireside) -> str:
    return fireside.find(QLabel, "queueLine").text()


def asked(fireside: Fireside) -> list[str]:
    """Return the question of each request."""
    return [request.messages[-1].text for request in fireside.backend.requests]


def _is_whole(button: QAbstractButton) -> bool:
    return button.width() >= button.sizeHint().width()


def hold(fireside: Fireside, text: str = "count") -> threading.Event:
    """Ask for an answer that ends when the returned event is set."""
    held = fireside.hold()
    fireside.ask(text, said("one, "), held, said("two."), done())
    fireside.shows("one,")
    return held


def queue(fireside: Fireside, *texts: str) -> None:
    editor = fireside.window.composer.editor
    for text in texts:
        editor.insertPlainText(text)
        QTest.keyClick(editor, Qt.Key.Key_Return)


def kept(fireside: Fireside) -> StoredDraft:
    fireside.window.chat_area.drafts.keep()
    return fireside.stored(lambda store: store.drafts.all()).get(
        fireside.window.chat, StoredDraft()
    )


def test_messages_wait_in_sight_and_are_sent_one_after_the_other(fireside: Fireside) -> None:
    held = hold(fireside)
    queue(fireside, "first", "second\nline")
    assert fireside.window.composer.parts() == ()
    assert waiting(fireside) == ["first", "second line"]
    assert line(fireside) == "Queued: will be sent when the answer is done"
    assert asked(fireside) == ["count"]
    assert "first" not in fireside.text()
    assert [each.parts for each in kept(fireside).queue] == [
        (Part("first"),), (Part("second\nline"),)
    ]  # fmt: skip
    next_held = fireside.hold()
    fireside.script(said("To the first, "), next_held, said("an answer."), done())
    fireside.script(*answer("To the second."))
    held.set()
    fireside.shows("To the first,")
    assert waiting(fireside) == ["second line"]
    next_held.set()
    fireside.shows("To the second.")
    fireside.idle()
    assert asked(fireside) == ["count", "first", "second\nline"]
    assert waiting(fireside) == []
    assert kept(fireside) == StoredDraft()
    text = fireside.text()
    places = [text.index(part) for part in ("two.", "an answer.", "To the second.")]
    assert places == sorted(places)


def test_each_has_its_files_and_its_effort(fireside: Fireside) -> None:
    held = hold(fireside)
    window = fireside.window
    press(fireside, "effortHigh")
    window.composer.set_parts((FILE, Part("What is it?")))
    press(fireside, "send")
    press(fireside, "effortLow")
    assert waiting(fireside) == ["fruit.txt · What is it?"]
    fireside.script(*answer("Fruit."))
    held.set()
    fireside.shows("Fruit.")
    fireside.idle()
    request = fireside.backend.requests[-1]
    assert request.messages[-1].parts == (FILE, Part("What is it?"))
    assert request.effort is Effort.HIGH
    assert window.composer.effort is Effort.LOW


def test_one_is_edited_and_one_is_withdrawn(fireside: Fireside) -> None:
    held = hold(fireside)
    queue(fireside, "first", "second", "third")
    fireside.type("half a thought")
    press(fireside, "editQueued", 1)
    assert fireside.window.composer.editor.toPlainText() == "second\n\nhalf a thought"
    assert fireside.window.composer.editor.hasFocus()
    press(fireside, "withdrawQueued")
    assert waiting(fireside) == ["third"]
    fireside.script(*answer("To the third."))
    held.set()
    fireside.shows("To the third.")
    fireside.idle()
    assert asked(fireside) == ["count", "third"]
    assert fireside.window.composer.editor.toPlainText() == "second\n\nhalf a thought"


@pytest.mark.parametrize("how", ["stop", "error", "full"])
def test_after_an_answer_that_did_not_end_well_they_wait_for_the_person(
    fireside: Fireside, how: str
) -> None:
    held = fireside.hold()
    end = EngineDied(-9, "killed") if how == "error" else done(StopReason.LENGTH)
    fireside.ask("count", said("one, "), held, end)
    fireside.shows("one,")
    queue(fireside, "first", "second")
    if how == "stop":
        press(fireside, "stop")
    else:
        held.set()
    fireside.idle()
    fireside.qtbot.wait(50)
    assert waiting(fireside) == ["first", "second"]
    assert line(fireside) == "Paused: the last answer was stopped"
    assert asked(fireside) == ["count"]
    fireside.script(*answer("To the second."))
    fireside.script(*answer("To the first."))
    press(fireside, "sendQueued", 1)
    fireside.shows("To the first.")  # a complete answer lets the queue continue
    fireside.idle()
    assert asked(fireside) == ["count", "second", "first"]
    assert waiting(fireside) == []


def test_one_is_sent_at_once(fireside: Fireside) -> None:
    hold(fireside)
    queue(fireside, "first", "second")
    fireside.script(*answer("To the second."))
    fireside.script(*answer("To the first."))
    button = fireside.find(QAbstractButton, "sendQueued")
    assert button.accessibleName() == "Stop the answer and send this message now"
    press(fireside, "sendQueued", 1)
    fireside.shows("To the first.")
    fireside.idle()
    assert asked(fireside) == ["count", "second", "first"]
    assert "two." not in fireside.text()


def test_it_belongs_to_its_chat(fireside: Fireside) -> None:
    held = hold(fireside)
    chat = fireside.chat
    queue(fireside, "first")
    fireside.window.new_chat()
    assert waiting(fireside) == []
    fireside.type("something else")
    fireside.script(*answer("To the first."))
    held.set()
    fireside.until(lambda: asked(fireside) == ["count", "first"])
    fireside.until(lambda: not fireside.window.state.turns.busy(chat))
    assert fireside.window.composer.editor.toPlainText() == "something else"
    assert "To the first." not in fireside.text()
    fireside.window.open_chat(chat)
    fireside.shows("To the first.")
    assert waiting(fireside) == []


def test_one_can_wait_before_the_chat_is_there(fireside: Fireside) -> None:
    slow = fireside.hold()
    fireside.host.disk(lambda _: slow.wait())
    fireside.ask("count", *answer("One, two."))
    fireside.script(*answer("To the first."))
    queue(fireside, "first", "second")
    assert waiting(fireside) == ["first", "second"]
    press(fireside, "withdrawQueued", 1)
    slow.set()
    fireside.shows("To the first.")
    fireside.idle()
    assert asked(fireside) == ["count", "first"]
    assert kept(fireside) == StoredDraft()
    assert len(fireside.window.state.index.rows) == 1


def test_a_chat_is_left_before_it_is_there(fireside: Fireside) -> None:
    slow = fireside.hold()
    fireside.host.disk(lambda _: slow.wait())
    fireside.ask("count", *answer("One, two."))
    fireside.script(*answer("To the first."))
    queue(fireside, "first")
    fireside.window.new_chat()
    assert waiting(fireside) == []
    slow.set()
    fireside.until(lambda: asked(fireside) == ["count", "first"])
    fireside.until(lambda: fireside.window.state.turns.idle)
    assert fireside.window.chat is None
    assert waiting(fireside) == []
    assert len(fireside.window.state.index.rows) == 1


def test_a_chat_that_could_not_be_stored_leaves_all_words_in_the_new_one(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreFull(fireside.host.folders.chats)

    slow = fireside.hold()
    with monkeypatch.context() as patched:
        patched.setattr(fireside.host._store.messages, "ask", full)
        fireside.host.disk(lambda _: slow.wait())
        fireside.ask("count")
        queue(fireside, "first")
        slow.set()
        fireside.until(fireside.window.banner.isVisible)
    assert fireside.window.composer.parts() == (Part("count"),)
    assert waiting(fireside) == ["first"]
    fireside.script(*answer("To the first."))
    press(fireside, "sendWaiting")
    fireside.shows("To the first.")
    assert fireside.window.composer.parts() == (Part("count"),)


def test_one_waits_in_a_chat_that_is_left_and_deleted(fireside: Fireside) -> None:
    held = hold(fireside)
    chat = fireside.chat
    queue(fireside, "first")
    fireside.window.state.index.delete(chat)
    held.set()
    fireside.until(lambda: not fireside.window.state.turns.busy(chat))
    fireside.qtbot.wait(50)
    assert asked(fireside) == ["count"]
    press(fireside, "undo")
    fireside.until(lambda: fireside.window.chat == chat)
    assert waiting(fireside) == ["first"]


def test_it_is_there_after_a_restart(start: Start) -> None:
    fireside = start()
    hold(fireside)
    fireside.window.composer.set_parts((FILE, Part("first")))
    press(fireside, "send")
    fireside.type("half a thought")
    again = start()
    again.shows("one,")
    assert waiting(again) == ["fruit.txt · first"]
    assert line(again).startswith("Paused: ")
    assert again.window.composer.editor.toPlainText() == "half a thought"
    assert asked(again) == []
    again.script(*answer("Fruit."))
    press(again, "sendQueued")
    again.shows("Fruit.")
    again.idle()
    assert again.backend.requests[-1].messages[-1].parts == (FILE, Part("first"))
    assert kept(again) == StoredDraft((Part("half a thought"),))


def test_what_cannot_be_stored_comes_back_and_the_others_wait(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(fireside)
    queue(fireside, "first", "second")
    fireside.type("half a thought")

    def full(*_: object, **__: object) -> None:
        raise StoreFull(fireside.host.folders.chats)

    monkeypatch.setattr(fireside.host._store.messages, "ask", full)
    held.set()
    fireside.until(fireside.window.banner.isVisible)
    assert fireside.window.composer.editor.toPlainText() == "first\n\nhalf a thought"
    assert waiting(fireside) == ["second"]


def test_the_queue_by_keyboard(fireside: Fireside) -> None:
    hold(fireside)
    queue(fireside, "first", "second", "third")
    window, key = fireside.window, Qt.Key
    window.activateWindow()
    QTest.keyClick(window, key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert window.composer.editor.toPlainText() == "third"
    QTest.keyClick(window.composer.editor, key.Key_Backtab)
    names = []
    for _ in range(6):
        there = focused()
        names.append((there.objectName(), there.property("place")))
        QTest.keyClick(there, key.Key_Backtab)
    assert names == [
        ("withdrawQueued", 1), ("sendQueued", 1), ("editQueued", 1),
        ("withdrawQueued", 0), ("sendQueued", 0), ("editQueued", 0),
    ]  # fmt: skip
    press(fireside, "withdrawQueued")
    window.composer.queue.findChildren(QAbstractButton, "withdrawQueued")[0].setFocus()
    QTest.keyClick(focused(), key.Key_Return)
    assert waiting(fireside) == []
    assert window.composer.editor.hasFocus()
    window.composer.set_parts(())
    fireside.ask("fourth")
    fireside.script(*answer("To the fourth."))
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, key.Key_Return, modifiers)
    fireside.shows("To the fourth.")


def test_the_keyboard_stays_in_the_queue_while_it_moves(fireside: Fireside) -> None:
    held = hold(fireside)
    queue(fireside, "first", "second", "third")
    buttons = fireside.window.composer.queue.findChildren(QAbstractButton, "withdrawQueued")
    buttons[2].setFocus()
    second = fireside.hold()
    fireside.script(said("To the first."), second, done())
    held.set()
    fireside.shows("To the first.")
    there = focused()
    assert (there.objectName(), there.property("place")) == ("withdrawQueued", 1)
    assert waiting(fireside) == ["second", "third"]


def test_many_wait_in_little_room(fireside: Fireside) -> None:
    hold(fireside)
    queue(fireside, *(f"message {number}" for number in range(12)))
    assert len(waiting(fireside)) == 12
    rows = fireside.window.composer.queue
    assert rows.height() < 200
    last = rows.findChildren(QAbstractButton, "withdrawQueued")[-1]
    last.setFocus(Qt.FocusReason.TabFocusReason)
    fireside.until(lambda: rows.rect().contains(last.mapTo(rows, last.rect().center())))


def test_text_is_shown_as_text(fireside: Fireside) -> None:
    hold(fireside)
    queue(fireside, "<b>bold</b> <img src='http://127.0.0.1/x.png'>")
    (label,) = fireside.window.composer.queue.findChildren(QLabel, "queued")
    button = fireside.find(QAbstractButton, "editQueued")
    assert button.accessibleDescription() == label.accessibleName()  # names its message
    assert label.text() == "<b>bold</b> <img src='http://127.0.0.1/x.png'>"
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_nothing_is_sent_twice_where_the_disk_is_slow(fireside: Fireside) -> None:
    """A message waits until the one before it is answered, not only until it is asked."""
    held = hold(fireside)
    queue(fireside, "first", "second")
    slow = fireside.hold()
    fireside.script(*answer("To the first."))
    fireside.script(*answer("To the second."))
    fireside.host.disk(lambda _: slow.wait())
    held.set()
    fireside.until(lambda: waiting(fireside) == ["second"])
    queue(fireside, "third")
    assert waiting(fireside) == ["second", "third"]
    fireside.script(*answer("To the third."))
    slow.set()
    fireside.shows("To the third.")
    fireside.idle()
    assert asked(fireside) == ["count", "first", "second", "third"]


def test_what_waits_is_one_for_the_store(fireside: Fireside) -> None:
    hold(fireside)
    press(fireside, "effortHigh")
    queue(fireside, "first")
    assert kept(fireside) == StoredDraft((), (Queued((Part("first"),), Effort.HIGH),))


def test_there_is_room_for_both_buttons(fireside: Fireside) -> None:
    window = fireside.window
    window.resize(640, 480)
    hold(fireside)
    fireside.type("half a thought")
    fireside.qtbot.wait(50)  # until it is laid out
    for name in ("effortLow", "effortMedium", "effortHigh", "send", "stop"):
        button = fireside.find(QAbstractButton, name)
        fireside.until(partial(_is_whole, button))
        edge = button.mapTo(window.composer, button.rect().topRight()).x()
        assert edge < window.composer.width(), name
