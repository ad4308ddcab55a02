"""Typing anywhere in the conversation, also with input methods, and the rings of the focus."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QInputMethodQueryEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from app.ui.blocks.canvas import Canvas
from app.ui.conversation.transcript import Transcript
from tests.ui.driver import Fireside, answer
from tests.ui.qt import child, focused

KEY = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def page(fireside: Fireside) -> Transcript:
    """Return a conversation that was clicked."""
    fireside.ask("apples", *answer("About [apples](https://example.org).\n\n" * 30))
    fireside.shows("About")
    fireside.idle()
    QTest.mouseClick(fireside.window.transcript.viewport(), Qt.MouseButton.LeftButton)
    assert focused() is fireside.window.transcript
    return fireside.window.transcript


def compose(text: str, final: str = "") -> None:
    """Have an input method compose text, as Qt's do: for the object that has the focus."""
    event = QInputMethodEvent(text, [])
    event.setCommitString(final)
    QApplication.sendEvent(QGuiApplication.focusObject(), event)


def test_only_what_is_typed_goes_into_the_editor(fireside: Fireside, page: Transcript) -> None:
    editor, bar = fireside.window.composer.editor, page.verticalScrollBar()
    QTest.keyClick(page, KEY.Key_Home)
    QTest.keyClick(page, KEY.Key_Down)
    assert 0 < bar.value() < bar.maximum()
    QTest.keyClick(page, KEY.Key_A, CONTROL)
    QTest.keyClick(page, KEY.Key_C, CONTROL)
    assert QApplication.clipboard().text().startswith("apples")
    for key in (KEY.Key_Space, KEY.Key_Escape, KEY.Key_Tab, KEY.Key_Shift):
        QTest.keyClick(focused(), key)
    assert not editor.toPlainText()
    page.setFocus()
    QTest.keyClicks(page, "h")
    QTest.keyClicks(focused(), "ello")
    assert editor.toPlainText() == "hello"
    assert editor.hasFocus()
    page.setFocus()
    QApplication.clipboard().setText(" you")
    QTest.keyClick(page, KEY.Key_V, CONTROL)
    assert editor.toPlainText() == "hello you"
    button = fireside.find(QAbstractButton, "copyMessage")
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClicks(button, "!")
    assert editor.toPlainText() == "hello you!"
    fireside.window.new_chat()
    chip = fireside.find(QAbstractButton, "suggestion1")
    chip.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClicks(chip, "A")
    assert editor.toPlainText() == "A"


def test_an_input_method_composes_for_the_editor(fireside: Fireside, page: Transcript) -> None:
    editor = fireside.window.composer.editor
    queries = Qt.InputMethodQuery
    button = fireside.find(QAbstractButton, "copyMessage")
    for widget in (page, fireside.find(Canvas, "answerText"), button):
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        asked = QInputMethodQueryEvent(queries.ImEnabled | queries.ImCursorRectangle)
        QApplication.sendEvent(QGuiApplication.focusObject(), asked)
        assert asked.value(queries.ImEnabled) is True, "so that it sees the first key"
        place = QRectF(asked.value(queries.ImCursorRectangle)).toRect()
        place.translate(widget.mapToGlobal(QPoint()) - editor.mapToGlobal(QPoint()))
        assert editor.rect().contains(place), "its window opens at the editor"
        before = editor.toPlainText()
        compose("に")
        compose("にほん")
        shown = editor.textCursor().block().layout().preeditAreaText()
        assert shown == "にほん"
        assert not editor.placeholderText(), "it would be painted behind"
        assert not editor.hasFocus(), "to move the focus would end the composition"
        compose("", "日本")
        assert editor.toPlainText() == before + "日本"
        assert editor.hasFocus()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    compose("", "　")
    assert QApplication.clipboard().text().startswith("About"), "the wide space presses it"
    assert editor.toPlainText() == "日本" * 3
    assert editor.placeholderText() == "Ask anything"


def test_a_click_leaves_no_ring_on_something_else(fireside: Fireside, page: Transcript) -> None:
    assert not page.property("keyboard")
    page.open_find()
    QTest.mouseClick(child(page, QAbstractButton, "closeFind"), Qt.MouseButton.LeftButton)
    assert focused() is page
    assert not page.property("keyboard")
    page.open_find()
    QTest.keyClick(page.finder.bar.field, KEY.Key_Escape)
    assert page.property("keyboard"), "who uses keys sees where they go"
    medium, low = (fireside.find(QAbstractButton, f"effort{each}") for each in ("Medium", "Low"))
    medium.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.mouseClick(low, Qt.MouseButton.LeftButton)
    assert low.isChecked()
    assert focused() is low
    QTest.keyClick(fireside.window, KEY.Key_3, CONTROL)
    assert focused() is fireside.find(QWidget, "effortHigh")
