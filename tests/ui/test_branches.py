"""Versions of questions and answers: nothing is overwritten, and all can be shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QWidget

from tests.ui.driver import Fireside, Start, answer
from tests.ui.qt import child

# Menus, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def press(fireside: Fireside, name: str, last: bool = False) -> None:
    fireside.find(QAbstractButton, name, last=last).click()


def version(fireside: Fireside) -> list[str]:
    labels = fireside.window.transcript.findChildren(QLabel, "version")
    return [label.text() for label in labels if label.isVisible()]


def ask(fireside: Fireside, text: str, reply: str) -> None:
    fireside.ask(text, *answer(reply))
    fireside.shows(reply)
    fireside.idle()


@pytest.fixture
def edited(fireside: Fireside) -> Fireside:
    ask(fireside, "about apples", "Apples are red.")
    ask(fireside, "and pears", "Pears are green.")
    fireside.type("half a thought")
    press(fireside, "editMessage")
    assert fireside.find(QLabel, "editing").text().startswith("Editing a message")
    assert fireside.window.composer.editor.toPlainText() == "about apples"
    fireside.window.composer.set_parts(())
    ask(fireside, "about plums", "Plums are blue.")
    assert fireside.window.composer.editor.toPlainText() == "half a thought"
    return fireside


def test_a_question_is_edited_and_both_are_kept(edited: Fireside) -> None:
    assert "apples" not in edited.text().lower()
    assert "pears" not in edited.text().lower()
    assert not child(edited.window, QWidget, "editing").isVisible()
    messages = edited.backend.requests[-1].messages
    assert [message.text for message in messages] == ["about plums"]
    edited.until(lambda: version(edited) == ["2 of 2"])
    press(edited, "previousVersion")
    edited.shows("Pears are green.")
    assert "plums" not in edited.text().lower()
    edited.until(lambda: version(edited) == ["1 of 2"])
    press(edited, "nextVersion")
    edited.shows("Plums are blue.")


def test_a_branch_remembers_where_one_was(edited: Fireside) -> None:
    press(edited, "previousVersion")
    edited.shows("Pears are green.")
    again = edited.chat
    edited.window.new_chat()
    edited.window.open_chat(again)
    edited.shows("Pears are green.")
    edited.until(lambda: version(edited) == ["1 of 2"])


def test_an_edit_that_is_given_up(fireside: Fireside) -> None:
    ask(fireside, "about apples", "Apples are red.")
    fireside.type("half a thought")
    press(fireside, "editMessage")
    press(fireside, "endEdit")
    assert fireside.window.composer.editor.toPlainText() == "half a thought"
    press(fireside, "editMessage")
    editor = fireside.window.composer.editor
    assert editor.toPlainText() == "about apples"
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert editor.toPlainText() == "half a thought"
    fireside.window.composer.set_parts(())
    ask(fireside, "and pears", "Pears are green.")
    assert "Apples are red." in fireside.text()
    assert version(fireside) == []


def test_another_try_at_any_answer(fireside: Fireside) -> None:
    ask(fireside, "about apples", "Apples are red.")
    ask(fireside, "and pears", "Pears are green.")
    fireside.script(*answer("Apples may be green, too."))
    press(fireside, "regenerate")
    menu = child(fireside.window, QMenu, "regenerateMenu")
    menu.actions()[0].trigger()
    menu.close()
    fireside.shows("Apples may be green, too.")
    fireside.idle()
    assert "Pears" not in fireside.text()
    fireside.until(lambda: version(fireside) == ["2 of 2"])
    press(fireside, "previousVersion")
    fireside.shows("Pears are green.")


def test_a_chat_goes_on_from_any_message(fireside: Fireside) -> None:
    ask(fireside, "about apples", "Apples are red.")
    ask(fireside, "and pears", "Pears are green.")
    first = fireside.chat
    transcript = fireside.window.transcript
    place = QPoint(
        300, transcript.views.active[transcript.messages.records[1]].geometry().center().y()
    )
    where = transcript.viewport().mapToGlobal(place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, where)
    QApplication.sendEvent(transcript.viewport(), event)
    menu = child(fireside.window, QMenu, "transcriptMenu")
    (fork,) = [action for action in menu.actions() if action.text() == "New chat from here"]
    fork.trigger()
    menu.close()
    fireside.until(lambda: fireside.window.chat != first)
    fireside.until(lambda: "Pears" not in fireside.text())
    fireside.shows("Apples are red.")
    ask(fireside, "and plums", "Plums are blue.")
    fireside.window.open_chat(first)
    fireside.shows("Pears are green.")
    assert "Plums" not in fireside.text()


def test_versions_keep_their_place(start: Start) -> None:
    fireside = start()
    for n in range(6):
        ask(fireside, f"question {n}", f"Reply {n}. " * 60 + "End.")
    transcript = fireside.window.transcript
    transcript.list.show_message(4)
    fireside.until(lambda: transcript.messages.records[4] in transcript.views.active)
    question = transcript.messages.records[4].row.id
    fireside.window.chat_area.branches.edit(question)
    fireside.window.composer.set_parts(())
    ask(fireside, "in other words", "Another reply. " * 60 + "End.")
    fireside.until(lambda: version(fireside))
    view = transcript.views.active[transcript.messages.records[4]]
    y = view.y()
    fireside.window.chat_area.branches.show(question)
    fireside.until(lambda: transcript.messages.records[4].row.id == question)
    assert abs(transcript.views.active[transcript.messages.records[4]].y() - y) <= 1
