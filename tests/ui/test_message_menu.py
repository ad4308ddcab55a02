"""The menu of a message: copying, another model, deleting and undoing that."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QAction, QEnterEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QWidget

from tests.ui.driver import Fireside, answer
from tests.ui.qt import child, focused

KEY = Qt.Key
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # menus, without a screen


@pytest.fixture
def fruit(fireside: Fireside) -> Fireside:
    """Return a window with two questions and their answers."""
    for word in ("apples", "pears"):
        fireside.ask(f"about {word}", *answer(f"**{word.title()}** are red."))
        fireside.shows(f"{word.title()} are red.")
        fireside.idle()
    return fireside


def choose(fireside: Fireside, index: int, *names: str) -> None:
    """Open the menu of a message with the keyboard, and choose the entry of these names."""
    messages = fireside.window.transcript.messages
    view = fireside.window.transcript.views.active[messages.records[index]]
    button = child(view, QAbstractButton, "messageMenu")
    assert button.icon().isNull() or button.hasFocus(), "it is shown where it is needed"
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert not button.icon().isNull()
    QTest.keyClick(button, KEY.Key_Return)
    menu = opened = child(fireside.window, QMenu, "messageMenuOpen")
    for name in names[:-1]:
        titles = {each.title(): each for each in menu.findChildren(QMenu)}
        assert name in titles, titles.keys()
        menu = titles[name]
    entry(menu, names[-1]).trigger()
    opened.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    fireside.window.activateWindow()  # without a screen, nobody gives it back its place
    fireside.until(fireside.window.isActiveWindow)


def entry(menu: QMenu, name: str) -> QAction:
    return next(action for action in menu.actions() if action.text() == name)


def test_a_message_is_deleted_and_comes_back(fruit: Fireside) -> None:
    whole = fruit.text()
    choose(fruit, 1, "Delete message")
    fruit.until(lambda: fruit.text() == "about apples")
    toast = fruit.find(QWidget, "toast")
    assert toast.accessibleName() == "Deleted 3 messages"
    assert not fruit.stored(lambda store: store.search("pears"))
    assert focused() is fruit.window.composer.editor
    QTest.keyClick(focused(), KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    fruit.until(lambda: fruit.text() == whole)
    assert not toast.isVisible()
    choose(fruit, 0, "Delete message")
    fruit.find(QWidget, "greeting")
    fruit.find(QAbstractButton, "undo").click()
    fruit.until(lambda: fruit.text() == whole)
    child(fruit.window, QAction, "deleteLastCommand").trigger()
    fruit.until(lambda: fruit.text().endswith("about pears"))
    fruit.script(*answer("Pears are green."))
    choose(fruit, 2, "Regenerate", "Regenerate")
    fruit.shows("Pears are green.")
    fruit.idle()
    assert not toast.isVisible(), "the chat has another end now"
    assert fruit.backend.requests[-1].messages[-1].text == "about pears"
    choose(fruit, 3, "Delete message")
    fruit.until(lambda: fruit.text().endswith("about pears"))
    fruit.script(*answer("Pears are blue."))
    QTest.keyClick(fruit.window, KEY.Key_R, Qt.KeyboardModifier.ControlModifier)
    fruit.shows("Pears are blue.")
    fruit.idle()
    assert "Apples are red." in fruit.text(), "the question is answered, not the one before it"


def test_an_answer_by_another_model(fruit: Fireside) -> None:
    fruit.host.change(models=("/models/big & slow.gguf",))
    fruit.script(*answer("Pears are yellow."))
    choose(fruit, 3, "Regenerate", "Use another model", "big && slow", "Low effort")
    fruit.shows("Pears are yellow.")
    fruit.idle()
    assert fruit.backend.requests[-1].model.name == "big & slow"
    made = fruit.find(QLabel, "made", last=True)
    fruit.until(lambda: made.text().startswith("Low effort · big & slow"))
    asked = fruit.window.state.models.asked
    assert asked is not None
    assert asked.name == "big & slow", "the chat goes on with it"
    assert fruit.host.settings.model == "demo", "new chats do not"
    choose(fruit, 3, "Delete message")
    fruit.shows("Pears are red.")
    fruit.idle()
    fruit.until(lambda: not fruit._visible(QAbstractButton, "previousVersion"))
    assert "yellow" not in fruit.text()


def test_the_menu_copies_in_three_ways(fruit: Fireside) -> None:
    clipboard = QGuiApplication.clipboard()
    choose(fruit, 1, "Copy as", "Markdown")
    assert clipboard.text() == "**Apples** are red."
    choose(fruit, 1, "Copy as", "Plain text")
    assert clipboard.text() == "Apples are red."
    assert not clipboard.mimeData().hasHtml()
    choose(fruit, 1, "Copy as", "Rich text")
    assert clipboard.text() == "Apples are red."
    assert "<strong>Apples</strong>" in clipboard.mimeData().html()
    view = fruit.window.transcript.views.active[fruit.window.transcript.messages.records[3]]
    button, place = child(view, QAbstractButton, "messageMenu"), QPointF(5, 5)
    QApplication.sendEvent(view, QEnterEvent(place, place, place))
    assert not button.icon().isNull(), "the pointer is over the message"
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert button.icon().isNull()
