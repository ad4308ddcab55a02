"""Ctrl+K: results and where Enter leads; F1: the shortcuts."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QListView,
    QWidget,
)

from app.base.types import Effort, Part, PartKind
from app.ui.controls import spoken
from app.ui.palette.palette import place_in
from app.ui.palette.palette_list import PaletteRow
from tests.ui.driver import Fireside, answer, make
from tests.ui.qt import child

KEY = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier


def open_it(fireside: Fireside) -> QLineEdit:
    QTest.keyClick(fireside.window, KEY.Key_K, CONTROL)
    field = fireside.find(QLineEdit, "paletteField")
    assert field.hasFocus()
    return field


def rows(fireside: Fireside) -> list[PaletteRow]:
    model = child(fireside.window, QListView, "paletteList").model()
    return [model.index(n, 0).data(Qt.ItemDataRole.UserRole) for n in range(model.rowCount())]


def texts(fireside: Fireside) -> list[str]:
    return [row.below or row.text for row in rows(fireside)]


def enter(fireside: Fireside) -> None:
    QTest.keyClick(fireside.find(QLineEdit, "paletteField"), KEY.Key_Return)


def test_a_message_is_found_and_gone_to(fireside: Fireside) -> None:
    make(fireside, "apples")
    for number in range(12):
        said = "Quinces are yellow." if number == 3 else f"Line {number}.\n\n" * 6
        fireside.ask(f"more {number}", *answer(said))
        fireside.shows(f"more {number}")
        fireside.idle()
    make(fireside, "pears")
    field = open_it(fireside)
    QTest.keyClicks(field, "yellow quinc")
    fireside.until(lambda: any("Quinces" in text for text in texts(fireside)))
    found = next(row for row in rows(fireside) if "Quinces" in row.below)
    assert [found.below[a:b] for a, b in found.marks] == ["Quinc", "yellow"]
    assert found.text == "apples"
    enter(fireside)
    fireside.shows("Quinces are yellow.")
    bar = fireside.window.transcript.finder.bar.results
    fireside.until(lambda: bar.current >= 0)
    record = fireside.window.transcript.messages.records[bar.hits[bar.current].message]
    assert "Quinces" in record.plain_text()
    assert record in fireside.window.transcript.views.active, "it is in sight"
    assert not child(fireside.window, QWidget, "palette").isVisible()


def test_reasoning_is_found_only_when_asked_for_and_opened(fireside: Fireside) -> None:
    make(fireside, "apples")
    fireside.ask("why", *answer("Because.", "A medlar is no apple."))
    fireside.shows("Because.")
    fireside.idle()
    fireside.window.new_chat()
    field = open_it(fireside)
    QTest.keyClicks(field, "medlar")
    fireside.until(lambda: child(fireside.window, QWidget, "paletteNothing").isVisible())
    fireside.find(QAbstractButton, "paletteReasoning").click()
    fireside.until(lambda: any("medlar" in text for text in texts(fireside)))
    enter(fireside)
    fireside.shows("A medlar is no apple.")


def test_calls_are_found_only_when_asked_for(fireside: Fireside) -> None:
    make(fireside, "apples")
    row = fireside.stored(lambda store: store.messages.conversation(fireside.chat))[-1]
    parts = (Part("quince()", PartKind.CALL, "python"), *row.message.parts)
    fireside.stored(lambda store: store.messages.update(row.id, parts=parts))
    field = open_it(fireside)
    QTest.keyClicks(field, "quince")
    fireside.until(lambda: child(fireside.window, QWidget, "paletteNothing").isVisible())
    QTest.keyClick(fireside.window, Qt.Key.Key_T, Qt.KeyboardModifier.AltModifier)
    fireside.until(lambda: any("quince" in text for text in texts(fireside)))


def test_another_branch_is_turned_to(fireside: Fireside) -> None:
    make(fireside, "apples")
    chat = fireside.chat
    first = fireside.stored(lambda store: store.messages.conversation(chat))[-1]
    fireside.script(*answer("Cherries, too."))
    fireside.window.chat_area.composer_controller.again(first.id, Effort.LOW)
    fireside.shows("Cherries, too.")
    fireside.idle()
    field = open_it(fireside)
    QTest.keyClicks(field, "about apples")
    fireside.until(lambda: any("About apples." in text for text in texts(fireside)))
    enter(fireside)
    fireside.shows("About apples.")
    assert "Cherries" not in fireside.text()


def test_commands_are_run_by_name(fireside: Fireside) -> None:
    make(fireside, "apples")
    field = open_it(fireside)
    assert "apples" in texts(fireside)
    QTest.keyClicks(field, ">high")
    assert texts(fireside)[1:] == ["Effort: high"]
    assert rows(fireside)[1].detail == "Ctrl+3"
    enter(fireside)
    assert fireside.window.composer.effort is Effort.HIGH
    assert fireside.window.composer.editor.hasFocus()
    fireside.window.new_chat()
    field = open_it(fireside)
    field.setText(">delete the chat")
    assert texts(fireside) == [], "there is no chat that could be deleted"


def test_no_two_groups_have_the_same_heading(fireside: Fireside) -> None:
    make(fireside, "a message of a chat")
    QTest.keyClicks(open_it(fireside), "message")
    fireside.until(lambda: any("About a message" in text for text in texts(fireside)))
    headings = [row.text for row in rows(fireside) if row.target is None]
    assert headings == ["Messages", "Chats", "Matches in messages"]


def test_keys_in_the_list_and_away_from_it(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    field = open_it(fireside)
    view = fireside.find(QListView, "paletteList")
    assert view.currentIndex().data() == "pears", "the heading is passed over"
    QTest.keyClick(field, KEY.Key_Down)
    assert view.currentIndex().data() == "apples"
    QTest.keyClick(field, KEY.Key_Up)
    QTest.keyClick(field, KEY.Key_Up)
    assert view.currentIndex().data() == "pears"
    QTest.keyClick(field, KEY.Key_Escape)
    palette = child(fireside.window, QWidget, "palette")
    assert not palette.isVisible()
    assert fireside.window.composer.editor.hasFocus()
    open_it(fireside)
    fireside.window.sidebar.search.setFocus()
    assert not palette.isVisible(), "it leaves when the person turns elsewhere"


def test_a_rename_is_seen_and_found(fireside: Fireside) -> None:
    make(fireside, "apples")
    fireside.window.state.index.rename(fireside.chat, "Straße nach Łódź")
    fireside.idle()
    field = open_it(fireside)
    QTest.keyClicks(field, "strasse")
    fireside.until(lambda: "Straße nach Łódź" in texts(fireside))


def test_the_last_answer_by_keys(fireside: Fireside) -> None:
    modifier = Qt.KeyboardModifier
    QTest.keyClick(fireside.window, KEY.Key_R, CONTROL)  # there is none
    make(fireside, "apples")
    QApplication.clipboard().clear()
    QTest.keyClick(fireside.window, KEY.Key_C, CONTROL | modifier.ShiftModifier)
    assert QApplication.clipboard().text() == "About apples."
    fireside.script(*answer("Of apples."))
    QTest.keyClick(fireside.window, KEY.Key_R, CONTROL)
    fireside.shows("Of apples.")
    fireside.idle()
    QTest.keyClick(fireside.window, KEY.Key_E, CONTROL)
    assert fireside.window.composer.editor.toPlainText() == "apples"
    fireside.ask(" and pears", *answer("Of both."))
    fireside.shows("Of both.")
    assert fireside.text().count("apples and pears") == 1
    assert "Of apples." not in fireside.text()


def test_f1_lists_every_key(fireside: Fireside) -> None:
    QTest.keyClick(fireside.window, KEY.Key_F1)
    keys = fireside.find(QDialog, "keys")
    said = {label.accessibleName() for label in keys.findChildren(QLabel)}
    for command in fireside.window.commands.all:
        if not command.shortcut().isEmpty():
            assert f"{command.text()}: {spoken(command.shortcut())}" in said
    keys.close()


def test_no_key_is_given_twice(fireside: Fireside) -> None:
    keys = [key.toString() for c in fireside.window.commands.all for key in c.shortcuts()]
    assert sorted(set(keys)) == sorted(keys)
    names = [command.objectName() for command in fireside.window.commands.all]
    assert len(set(names)) == len(names)


def test_without_results_it_says_so_over_a_shade(fireside: Fireside) -> None:
    make(fireside, "apples")
    window = fireside.window
    field = open_it(fireside)
    palette, shade = child(window, QWidget, "palette"), child(window, QWidget, "paletteShade")
    assert shade.isVisible()
    assert shade.geometry() == window.rect()
    QTest.keyClicks(field, "zzzz")
    nothing = fireside.find(QLabel, "paletteNothing")
    assert nothing.text() == "No results"
    for widget in (field, nothing, child(palette, QAbstractButton, "paletteReasoning")):
        assert widget.height() >= widget.sizeHint().height()
        assert palette.rect().contains(widget.geometry())
    QTest.mouseClick(shade, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not palette.isVisible()
    assert not shade.isVisible()
    assert window.composer.editor.hasFocus()
    small = QRect(0, 0, 480, 300)
    for wanted in (90, 900):
        assert small.contains(place_in(small.size(), wanted))
    assert place_in(small.size(), 900).height() > 200
