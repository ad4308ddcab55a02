"""Keyboard focus: where it is, and that it stays there."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QListView, QWidget

from app.base.types import Effort
from app.ui.controls import spoken
from tests.ui.driver import Fireside, answer, done, make, said
from tests.ui.qt import child, focused

KEY = Qt.Key


def view(fireside: Fireside) -> QListView:
    return fireside.find(QListView, "chatList")


def index_of(fireside: Fireside, title: str) -> QModelIndex:
    model = view(fireside).model()
    rows = [model.index(row, 0) for row in range(model.rowCount())]
    return next((index for index in rows if index.data() == title), QModelIndex())


def marked(fireside: Fireside) -> list[str]:
    return [index.data() for index in view(fireside).selectedIndexes()]


def stand_on(fireside: Fireside, title: str) -> None:
    view(fireside).setFocus(Qt.FocusReason.TabFocusReason)
    view(fireside).setCurrentIndex(index_of(fireside, title))


def press(fireside: Fireside, name: str) -> None:
    button = fireside.find(QAbstractButton, name, last=True)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(button, KEY.Key_Return)


def refresh(fireside: Fireside) -> None:
    """Add a chat, so that the list is rebuilt."""
    fireside.stored(lambda store: store.chats.create(Effort.LOW))
    fireside.window.state.index.refresh()
    fireside.stored(lambda store: None)


def test_the_mark_stays_under_the_hands(fireside: Fireside) -> None:
    make(fireside, "apples", "pears", "plums")
    stand_on(fireside, "apples")
    refresh(fireside)
    assert marked(fireside) == ["apples"]
    fireside.window.composer.editor.setFocus()
    assert marked(fireside) == ["plums"]  # the chat that is shown


def test_the_mark_stays_after_a_renaming(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    stand_on(fireside, "apples")
    QTest.keyClick(view(fireside), KEY.Key_F2)
    field = fireside.find(QLineEdit, "renameChat")
    field.setText("figs")
    refresh(fireside)
    QTest.keyClick(field, KEY.Key_Return)
    fireside.until(lambda: index_of(fireside, "figs").isValid())
    fireside.qtbot.wait(50)
    assert marked(fireside) == ["figs"]


def test_after_a_deletion_the_mark_is_on_the_next(fireside: Fireside) -> None:
    make(fireside, "apples", "pears", "plums", "quinces")
    stand_on(fireside, "plums")
    QTest.keyClick(view(fireside), KEY.Key_Delete)
    QTest.keyClick(view(fireside), KEY.Key_Delete)  # deleted already
    assert fireside.find(QWidget, "toast").accessibleName() == "Deleted “plums”"
    fireside.until(lambda: not index_of(fireside, "plums").isValid())
    assert marked(fireside) == ["pears"]
    stand_on(fireside, "apples")
    QTest.keyClick(view(fireside), KEY.Key_Delete)
    fireside.until(lambda: not index_of(fireside, "apples").isValid())
    assert marked(fireside) == ["pears"]


def test_down_from_the_search_marks_a_chat(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    fireside.window.new_chat()
    modifier = Qt.KeyboardModifier
    keys = modifier.ControlModifier | modifier.ShiftModifier
    QTest.keyClick(fireside.window, KEY.Key_F, keys)
    field = fireside.find(QLineEdit, "chatSearch")
    QTest.keyClicks(field, "appl")
    fireside.until(lambda: not index_of(fireside, "pears").isValid())
    QTest.keyClick(field, KEY.Key_Down)
    assert marked(fireside) == ["apples"]
    QTest.keyClick(view(fireside), KEY.Key_Return)
    fireside.shows("About apples.")


def test_enter_in_the_search_opens_the_first(fireside: Fireside) -> None:
    make(fireside, "apples", "pears", "plums")
    field = fireside.find(QLineEdit, "chatSearch")
    field.setFocus()
    QTest.keyClicks(field, "appl")
    QTest.keyClick(field, KEY.Key_Return)  # before anything is found
    fireside.shows("About apples.")
    field.setText("nowhere")
    QTest.keyClick(field, KEY.Key_Return)
    fireside.until(lambda: child(fireside.window, QWidget, "noChats").isVisible())
    field.clear()
    fireside.until(lambda: index_of(fireside, "plums").isValid())
    assert "About apples." in fireside.text()


@pytest.mark.parametrize("name", ["continueAnswer", "tryAgain"])
def test_the_keyboard_is_in_the_composer_after_a_step(fireside: Fireside, name: str) -> None:
    fireside.ask("count", said("one, "), fireside.hold())
    fireside.shows("one,")
    fireside.window.state.turns.stop(fireside.chat)
    fireside.shows("You stopped this answer.")
    fireside.idle()
    fireside.script(said("two."), done())
    press(fireside, name)
    fireside.shows("two.")
    assert fireside.window.composer.editor.hasFocus()


def test_tab_goes_from_top_to_bottom(fireside: Fireside) -> None:
    code = "```\nx = 1\n```\n"
    fireside.ask("code", *answer(code)[:-1], fireside.hold())
    fireside.shows("x = 1")
    fireside.window.state.turns.stop(fireside.chat)
    fireside.shows("You stopped this answer.")
    fireside.idle()
    fireside.find(QAbstractButton, "thought").setFocus(Qt.FocusReason.TabFocusReason)
    order = []
    for _ in range(5):
        QTest.keyClick(focused(), KEY.Key_Tab)
        order.append(focused().objectName())
    assert order == ["copyCode", "continueAnswer", "tryAgain", "copyMessage", "regenerate"]


def test_the_keys_that_tips_name_are_keys(fireside: Fireside) -> None:
    window = fireside.window
    keys = {spoken(key) for command in window.commands.all for key in command.shortcuts()}
    named = {}
    for widget in window.findChildren(QWidget):
        found = re.search(r"\(((?:Ctrl|Alt)\+.+)\)$", widget.toolTip())
        if found and widget.isVisible():
            named[widget.objectName()] = found[1]
    assert named["chatSearch"] == "Ctrl+Shift+F"
    assert set(named.values()) <= keys
