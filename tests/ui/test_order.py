"""Order of chats: pins, folders, multiple selection, the archive."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QDrag, QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLineEdit,
    QMenu,
    QWidget,
)

from app.base.types import Effort, Message, Part, Role
from app.store import Store
from app.ui.sidebar.chat_list import ChatList
from tests.ui.driver import Fireside, Start, answer, make

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

KEY = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def fruit(start: Start) -> Fireside:
    """Return a window with six chats: two in each of two folders, two in none, one pinned."""
    fireside = start()
    fill(fireside, {"apple": "Red", "pear": "Green", "cherry": "Red", "kiwi": "Green"})
    fill(fireside, {"melon": "", "plum": ""})
    fireside.stored(lambda store: store.chats.arrange([6], pinned=True))
    fireside.window.state.index.refresh()
    fireside.until(lambda: "Green" in rows(fireside))
    for folder in ("Green", "Red"):
        view(fireside).fold(folder, closed=False)
    assert len(rows(fireside)) == 11
    return fireside


def fill(fireside: Fireside, chats: dict[str, str]) -> None:
    def write(store: Store) -> None:
        for title, folder in chats.items():
            chat = store.chats.create(Effort.LOW).id
            store.messages.add(chat, None, Message(Role.USER, (Part(title),)))
            store.chats.arrange([chat], folder=folder)

    fireside.stored(write)


def view(fireside: Fireside) -> ChatList:
    return fireside.window.sidebar.list


def rows(fireside: Fireside) -> list[str]:
    model = view(fireside).chats
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def at(fireside: Fireside, title: str) -> QModelIndex:
    return view(fireside).chats.index(rows(fireside).index(title), 0)


def click(fireside: Fireside, title: str, held: Qt.KeyboardModifier = NONE) -> None:
    where = view(fireside).visualRect(at(fireside, title)).center()
    QTest.mouseClick(view(fireside).viewport(), Qt.MouseButton.LeftButton, held, where)


def key(fireside: Fireside, wanted: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(view(fireside), wanted, held)


def stand_on(fireside: Fireside, title: str) -> None:
    view(fireside).setFocus(Qt.FocusReason.TabFocusReason)
    view(fireside).mark(at(fireside, title))


def chosen(fireside: Fireside) -> list[str]:
    return [chat.title for chat in view(fireside).chosen()]


def menu_by_key(fireside: Fireside, name: str = "chatMenu") -> QMenu:
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(view(fireside), QContextMenuEvent(reason, QPoint(0, 0), QPoint(0, 0)))
    return fireside.find(QMenu, name)


def choose(menu: QMenu, *path: str) -> None:
    """Trigger an entry by its path of texts through submenus."""
    for text in path:
        action = next(a for a in menu.actions() if a.text().split("\t")[0] == text)
        inner = action.menu()
        if isinstance(inner, QMenu):
            menu = inner
    assert action.isEnabled()
    while isinstance(outer := menu.parent(), QMenu):
        menu = outer
    assert isinstance(outer, QWidget)
    window = outer.window()
    menu.hide()  # as Qt does before triggering
    window.activateWindow()
    QTest.qWait(20)
    action.trigger()
    menu.close()


def folders(fireside: Fireside) -> dict[str, str]:
    return {row.title: row.folder for row in fireside.stored(lambda store: store.chats.listed())}


def toast(fireside: Fireside) -> str:
    return fireside.find(QWidget, "toast").accessibleName()


def test_pins_are_first_then_folders_then_days(fruit: Fireside) -> None:
    fruit.stored(lambda store: store.chats.arrange([1], pinned=True))
    fruit.window.state.index.refresh()
    fruit.until(lambda: rows(fruit)[6:9] == ["Red", "apple", "cherry"])  # pinned in its folder
    assert rows(fruit)[:6] == ["Pinned", "plum", "Folders", "Green", "kiwi", "pear"]
    assert rows(fruit)[9:] == ["Today", "melon"]
    spoken = [at(fruit, t).data(Qt.ItemDataRole.AccessibleTextRole) for t in ("plum", "Red")]
    assert spoken == ["plum, pinned", "Folder Red, expanded, 2 chats"]


def test_the_menu_pins_and_unpins(fruit: Fireside) -> None:
    stand_on(fruit, "melon")
    choose(menu_by_key(fruit), "Pin")
    fruit.until(lambda: rows(fruit)[1] == "plum" and rows(fruit)[2] == "melon")
    assert chosen(fruit) == ["melon"]  # the selection went with it
    choose(menu_by_key(fruit), "Unpin")
    fruit.until(lambda: rows(fruit)[-1] == "melon")


def test_folders_close_by_click_and_keys_and_stay_closed(fruit: Fireside, start: Start) -> None:
    click(fruit, "Red")
    assert "apple" not in rows(fruit)
    key(fruit, KEY.Key_Right)
    assert "apple" in rows(fruit)
    key(fruit, KEY.Key_Down)
    assert chosen(fruit) == ["cherry"]
    key(fruit, KEY.Key_Left)  # up to its folder
    assert at(fruit, "Red") == view(fruit).currentIndex()
    key(fruit, KEY.Key_Left)
    assert "apple" not in rows(fruit)
    fireside = start()
    fireside.until(lambda: "Red" in rows(fireside))
    assert "apple" not in rows(fireside)
    assert "pear" in rows(fireside)
    QTest.keyClicks(fireside.find(QLineEdit, "chatSearch"), "app")
    fireside.until(lambda: "pear" not in rows(fireside))
    assert rows(fireside) == ["apple"]  # search results are a plain list


def test_a_folder_is_closed_until_somebody_opens_it(start: Start) -> None:
    fireside = start()
    fill(fireside, {"apple": "Red", "melon": ""})
    fireside.window.state.index.refresh()
    fireside.until(lambda: rows(fireside) == ["Folders", "Red", "Today", "melon"])
    click(fireside, "Red")
    assert rows(fireside) == ["Folders", "Red", "apple", "Today", "melon"]
    fireside = start()
    fireside.until(lambda: "apple" in rows(fireside))


def test_several_are_chosen_by_mouse(fruit: Fireside) -> None:
    click(fruit, "apple")
    fruit.until(lambda: fruit.window.chat == 1)
    click(fruit, "pear", CTRL)
    click(fruit, "plum", CTRL)
    assert chosen(fruit) == ["plum", "pear", "apple"]
    assert fruit.window.chat == 1  # holding a key opens nothing
    click(fruit, "kiwi")
    fruit.until(lambda: fruit.window.chat == 4)
    click(fruit, "melon", SHIFT)
    assert chosen(fruit) == ["kiwi", "pear", "cherry", "apple", "melon"]
    fruit.window.state.index.refresh()
    fruit.stored(lambda store: store.chats.rename(1, "a new name"))
    fruit.window.state.index.refresh()
    fruit.until(lambda: "a new name" in rows(fruit))
    assert chosen(fruit) == ["kiwi", "pear", "cherry", "a new name", "melon"]
    key(fruit, KEY.Key_Escape)
    assert chosen(fruit) == ["melon"]


def test_several_are_deleted_by_keys_and_come_back(fruit: Fireside, start: Start) -> None:
    before = rows(fruit)
    stand_on(fruit, "kiwi")
    key(fruit, KEY.Key_Down, SHIFT)
    key(fruit, KEY.Key_Down, SHIFT)  # the folder
    key(fruit, KEY.Key_Down, SHIFT)
    assert chosen(fruit) == ["kiwi", "pear", "cherry"]
    key(fruit, KEY.Key_Delete)
    fruit.until(
        lambda: rows(fruit) == ["Pinned", "plum", "Folders", "Red", "apple", "Today", "melon"]
    )
    assert toast(fruit) == "Deleted 3 chats"
    key(fruit, KEY.Key_Z, CTRL)
    fruit.until(lambda: rows(fruit) == before)
    assert not fruit.window.toast.isVisible()
    key(fruit, KEY.Key_A, CTRL)
    assert len(chosen(fruit)) == 6
    choose(menu_by_key(fruit), "Delete 6 chats")
    fruit.until(lambda: not rows(fruit))
    fireside = start()
    assert rows(fireside) == []
    assert len(fireside.stored(lambda store: store.bin.listed())) == 6


def test_several_move_by_the_menu_and_back(fruit: Fireside) -> None:
    before = folders(fruit)
    click(fruit, "melon", CTRL)
    click(fruit, "kiwi", CTRL)
    choose(menu_by_key(fruit), "Move to folder", "Red")
    fruit.until(lambda: rows(fruit)[-5:] == ["Red", "melon", "kiwi", "cherry", "apple"])
    assert toast(fruit) == "Moved 2 chats to “Red”"
    fruit.find(QAbstractButton, "undo").click()
    fruit.until(lambda: "melon" in rows(fruit)[-2:])
    assert folders(fruit) == before
    stand_on(fruit, "kiwi")
    choose(menu_by_key(fruit), "Move to folder", "No folder")
    fruit.until(lambda: rows(fruit)[-2:] == ["melon", "kiwi"])
    choose(menu_by_key(fruit), "Move to folder", "New folder…")
    assert not fruit.find(QAbstractButton, "newFolderYes").isEnabled()
    fruit.type_in("newFolderField", "  Not  red ")
    fruit.until(lambda: "Not red" in rows(fruit))
    assert folders(fruit)["kiwi"] == "Not red"


Drop = Callable[..., None]


@pytest.fixture
def drop(fruit: Fireside, monkeypatch: pytest.MonkeyPatch) -> Drop:
    """Return a function that selects chats and drops them; the system's part is simulated."""
    target = view(fruit).viewport()
    where = QPoint()

    def carry(drag: QDrag, action: Qt.DropAction) -> None:
        now = (action, drag.mimeData(), Qt.MouseButton.LeftButton, NONE)
        enter = QDragEnterEvent(where, *now)
        QApplication.sendEvent(target, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(target, QDragMoveEvent(where, *now))
        QApplication.sendEvent(target, QDropEvent(QPointF(where), *now))

    def drop(*titles: str, on: str) -> None:
        nonlocal where
        for number, title in enumerate(titles):
            view(fruit).mark(at(fruit, title)) if number == 0 else click(fruit, title, CTRL)
        where = view(fruit).visualRect(at(fruit, on)).center()
        view(fruit).startDrag(Qt.DropAction.MoveAction)

    monkeypatch.setattr(QDrag, "exec", carry)
    return drop


def test_chats_are_dropped_on_a_folder_and_out_of_it(fruit: Fireside, drop: Drop) -> None:
    drop("melon", "plum", on="Red")
    fruit.until(lambda: folders(fruit)["plum"] == "Red")
    fruit.until(lambda: rows(fruit)[:3] == ["Folders", "Green", "kiwi"])
    drop("pear", on="apple")  # a chat stands for its folder
    fruit.until(lambda: folders(fruit)["pear"] == "Red")
    assert toast(fruit) == "Moved 3 chats to “Red”"
    drop("kiwi", on="Folders")
    fruit.until(lambda: folders(fruit)["kiwi"] == "")
    assert toast(fruit) == "Removed “kiwi” from its folder"


def test_a_folder_is_renamed_joined_and_dissolved(fruit: Fireside) -> None:
    click(fruit, "Red")
    key(fruit, KEY.Key_F2)
    field = fruit.find(QLineEdit, "renameFolder")
    field.setText("Rouge")
    QTest.keyClick(field, KEY.Key_Return)
    fruit.until(lambda: "Rouge" in rows(fruit))
    assert "apple" not in rows(fruit)  # it stays collapsed
    assert view(fruit).currentIndex() == at(fruit, "Rouge")
    stand_on(fruit, "Green")
    choose(menu_by_key(fruit, "folderMenu"), "Rename folder")
    field = fruit.find(QLineEdit, "renameFolder")
    field.setText("Rouge")
    QTest.keyClick(field, KEY.Key_Return)
    fruit.until(lambda: "Green" not in rows(fruit))
    assert set(folders(fruit).values()) == {"Rouge", ""}
    fruit.find(QAbstractButton, "undo").click()
    fruit.until(lambda: "Green" in rows(fruit))
    stand_on(fruit, "Rouge")
    choose(menu_by_key(fruit, "folderMenu"), "Remove folder (keep chats)")
    fruit.until(lambda: "Rouge" not in rows(fruit))
    assert {"apple", "cherry"} <= set(rows(fruit))


def test_an_archived_chat_is_read_and_comes_back_with_a_message(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    stand_on(fireside, "pears")
    choose(menu_by_key(fireside), "Archive")
    fireside.until(lambda: rows(fireside) == ["Today", "apples"])
    assert toast(fireside) == "Archived “pears”"
    assert fireside.window.chat is None
    assert view(fireside).hasFocus()
    key(fireside, KEY.Key_Z, CTRL)
    fireside.until(lambda: "pears" in rows(fireside))
    fireside.shows("About pears.")
    fireside.window.state.index.arrange([2], archived=True)
    fireside.until(lambda: "pears" not in rows(fireside))
    fireside.window.open_chat(2)
    fireside.shows("About pears.")
    assert fireside.window.title_bar.title.accessibleName() == "pears (archived)"
    fireside.ask("more", *answer("And more."))
    fireside.until(lambda: "pears" in rows(fireside))
    fireside.idle()
    assert fireside.window.title_bar.title.accessibleName() == "pears"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends the event by itself")
def test_the_menu_by_shift_and_f10(fruit: Fireside) -> None:
    stand_on(fruit, "melon")
    key(fruit, KEY.Key_F10, SHIFT)
    choose(fruit.find(QMenu, "chatMenu"), "Delete")
    fruit.until(lambda: "melon" not in rows(fruit))


def test_the_chat_that_is_shown_is_put_in_order_by_commands(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    commands = {command.objectName(): command for command in fireside.window.commands.all}
    commands["pinCommand"].trigger()
    fireside.until(lambda: rows(fireside)[:2] == ["Pinned", "pears"])
    commands["pinCommand"].trigger()
    fireside.until(lambda: rows(fireside)[0] == "Today")
    commands["archiveCommand"].trigger()
    fireside.until(lambda: rows(fireside) == ["Today", "apples"])
    assert fireside.window.composer.editor.hasFocus()
    assert not commands["archiveCommand"].isEnabled()
    commands["awayCommand"].trigger()
    fireside.until(lambda: fireside.window.library.archive.shown)
    assert fireside.window.windowTitle() == "Fireside"


def test_several_are_exported(fruit: Fireside) -> None:
    sent: list[tuple[int, ...]] = []
    view(fruit).exported.disconnect()
    view(fruit).exported.connect(sent.append)
    click(fruit, "melon", CTRL)
    click(fruit, "apple", CTRL)
    choose(menu_by_key(fruit), "Export 2 chats…")
    assert sent == [(1, 5)]
