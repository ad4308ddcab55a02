"""The title with its menu, and what the sidebar highlights."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QMenuBar, QToolTip

from app.ui.sidebar.chat_list import ChatList
from app.ui.window.menu_bar import add_menu_bar
from tests.ui.driver import Fireside, Start, answer, make
from tests.ui.test_order import at, choose, click, fill, key, rows, stand_on, view

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

CTRL = Qt.KeyboardModifier.ControlModifier


def highlighted(fireside: Fireside) -> list[str]:
    """Return the rows with the ground of the chat that is shown, as painted."""
    chats = view(fireside)
    picture = chats.viewport().grab().toImage()
    ratio = picture.devicePixelRatio()
    found = []
    for title in rows(fireside):
        rect = chats.visualRect(at(fireside, title))
        spot = picture.pixelColor(
            round((rect.left() + 4) * ratio), round(rect.center().y() * ratio)
        )
        if spot == fireside.theme.colour("selected"):
            found.append(title)
    return found


def test_the_highlighted_chat_is_the_one_that_is_shown(start: Start) -> None:
    fireside = start()
    make(fireside, "apples", "pears", "plums")
    fireside.until(lambda: highlighted(fireside) == ["plums"])
    stand_on(fireside, "apples")
    assert highlighted(fireside) == ["plums"]  # the keyboard is elsewhere
    click(fireside, "pears", CTRL)
    assert highlighted(fireside) == ["plums"]
    key(fireside, Qt.Key.Key_Escape)
    stand_on(fireside, "apples")
    key(fireside, Qt.Key.Key_Return)
    fireside.shows("About apples.")
    assert highlighted(fireside) == ["apples"]
    fireside.window.library.archive.show_page()
    assert highlighted(fireside) == []
    fireside.window.pages.close_page()
    assert highlighted(fireside) == ["apples"]
    stand_on(fireside, "apples")
    key(fireside, Qt.Key.Key_Delete)
    fireside.until(lambda: "apples" not in rows(fireside))
    assert fireside.window.chat is None
    assert highlighted(fireside) == []
    fireside.ask("figs", *answer("About figs."))
    fireside.shows("About figs.")
    fireside.until(lambda: highlighted(fireside) == ["figs"])
    fireside.window.new_chat()
    assert highlighted(fireside) == []
    fireside.window.open_chat(2)
    fireside.until(lambda: highlighted(fireside) == ["pears"])
    fireside = start()
    fireside.until(lambda: highlighted(fireside) == ["pears"])


def test_a_closed_folder_is_highlighted_for_its_chat(fireside: Fireside) -> None:
    make(fireside, "apples")
    fireside.window.state.index.arrange([fireside.chat], folder="Fruit")
    fireside.until(lambda: rows(fireside) == ["Folders", "Fruit"])
    assert highlighted(fireside) == ["Fruit"]
    click(fireside, "Fruit")
    assert highlighted(fireside) == ["apples"]


def test_the_title_s_menu(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    title = fireside.find(QAbstractButton, "title")
    title.click()
    menu = fireside.find(QMenu, "chatMenu")
    texts = [action.text().split("\t")[0] for action in menu.actions() if action.text()]
    assert {"Rename", "Export…", "Move to folder", "Archive", "Delete"} <= set(texts)
    choose(menu, "Rename")
    field = fireside.find(QLineEdit, "renameTitle")
    assert field.text() == "pears"
    field.setText("<b>More</b> pears & plums")
    QTest.keyClick(field, Qt.Key.Key_Return)
    fireside.until(lambda: "<b>More</b> pears & plums" in rows(fireside))
    assert title.text().strip() == "<b>More</b> pears && plums"
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_F2)
    QTest.keyClicks(field, "zzz")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.isHidden()
    assert fireside.window.composer.editor.hasFocus()
    assert rows(fireside)[1] == "<b>More</b> pears & plums"
    title.click()
    choose(fireside.find(QMenu, "chatMenu"), "Delete")
    fireside.until(lambda: fireside.window.chat is None)
    assert not title.isEnabled()


def test_a_title_that_is_cut_has_a_tooltip(fireside: Fireside) -> None:
    long = "A question that is " + "very " * 30 + "long"
    make(fireside, "short", long)
    title = fireside.find(QAbstractButton, "title")
    fireside.window.resize(480, 600)
    fireside.until(lambda: title.toolTip())
    assert "…" in title.text()
    fireside.window.open_chat(1)
    fireside.until(lambda: not title.toolTip())
    hover(view(fireside), fireside, rows(fireside)[2])
    assert not QToolTip.isVisible()
    hover(view(fireside), fireside, rows(fireside)[1])
    assert QToolTip.text().startswith("A question that is very")
    QToolTip.hideText()


def hover(chats: ChatList, fireside: Fireside, title: str) -> None:
    where = chats.visualRect(at(fireside, title)).center()
    place = chats.viewport().mapToGlobal(where)
    QApplication.sendEvent(chats.viewport(), QHelpEvent(QEvent.Type.ToolTip, where, place))


def test_the_dots_open_the_menu_of_a_chat(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    rect = view(fireside).visualRect(at(fireside, "apples"))
    where = QPoint(rect.right() - 17, rect.center().y())
    QTest.mouseClick(view(fireside).viewport(), Qt.MouseButton.LeftButton, pos=where)
    choose(fireside.find(QMenu, "chatMenu"), "Pin")
    fireside.until(lambda: rows(fireside)[:2] == ["Pinned", "apples"])
    assert fireside.text().count("About pears.") == 1  # the click has opened nothing


def test_headings_stay_in_sight(fireside: Fireside) -> None:
    fill(fireside, {f"chat {number}": "" for number in range(60)})
    fireside.window.state.index.refresh()
    fireside.until(lambda: len(rows(fireside)) == 61)
    chats = view(fireside)
    assert chats.sticky.text() == ""  # the heading itself is in sight
    bar = chats.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert chats.sticky.text() == "Today"
    chats.scrollTo(at(fireside, "chat 40"))
    assert chats.visualRect(at(fireside, "chat 40")).top() >= chats.sticky.covered
    QTest.mouseClick(chats.sticky, Qt.MouseButton.LeftButton)
    assert bar.value() == 0


def test_the_search_says_where(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    fireside.ask("and?", *answer("Some **plums** are `blue`, too."))
    fireside.shows("Some plums")
    fireside.idle()
    fireside.window.new_chat()
    search = fireside.find(QLineEdit, "chatSearch")
    search.setText("plums")
    fireside.until(lambda: rows(fireside) == ["pears"])
    spoken = at(fireside, "pears").data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "pears, Some plums are blue, too."  # without Markdown's marks
    click(fireside, "pears")
    fireside.shows("Some plums")
    search.clear()


def test_the_menu_bar_of_macos(fireside: Fireside) -> None:
    window, commands = fireside.window, fireside.window.commands
    add_menu_bar(window, commands, "linux")
    assert window.findChild(QMenuBar, "menuBar") is None
    add_menu_bar(window, commands, "darwin")
    menus = [child_menu for a in window.menuBar().actions() if (child_menu := a.menu())]
    held = [action for menu in menus if isinstance(menu, QMenu) for action in menu.actions()]
    assert len(held) == len(commands.all)
    assert set(held) == set(commands.all)
    roles = {a.objectName(): a.menuRole() for a in held}
    assert roles["quitCommand"] is QAction.MenuRole.QuitRole
    assert roles["preferencesCommand"] is QAction.MenuRole.PreferencesRole
    assert roles["aboutCommand"] is QAction.MenuRole.AboutRole
    assert roles["newChatCommand"] is QAction.MenuRole.NoRole
