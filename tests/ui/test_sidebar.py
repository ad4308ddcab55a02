"""The list of chats."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QListView, QWidget
from pytestqt.qtbot import QtBot

from app.base.answer_events import Prompt
from app.base.types import Effort
from app.store import ChatRow, Store, TitleBy
from app.ui.sidebar.chat_model import ChatModel, group_of
from app.ui.state.chat_index import ChatIndex
from tests.ui.driver import Fireside, Start, answer, done, make, said, thought
from tests.ui.qt import child


def chats(fireside: Fireside) -> list[str]:
    """Return the rows of the list: headings and titles."""
    model = fireside.find(QListView, "chatList").model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def index_of(fireside: Fireside, title: str) -> QModelIndex:
    model = fireside.find(QListView, "chatList").model()
    return model.index(chats(fireside).index(title), 0)


def begin_renaming(fireside: Fireside, title: str) -> QLineEdit:
    """Press F2 on a chat and return the field that appears."""
    view = fireside.find(QListView, "chatList")
    view.setCurrentIndex(index_of(fireside, title))
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_F2)
    return fireside.find(QLineEdit, "renameChat")


def click(fireside: Fireside, title: str) -> None:
    view = fireside.find(QListView, "chatList")
    where = view.visualRect(index_of(fireside, title)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)


def gone(fireside: Fireside, title: str) -> bool:
    return title not in chats(fireside)


def test_chats_stand_under_their_day_and_open_on_a_click(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    fireside.until(lambda: chats(fireside) == ["Today", "pears", "apples"])
    click(fireside, "apples")
    fireside.shows("About apples.")
    assert "pears" not in fireside.text()
    view = fireside.find(QListView, "chatList")
    view.setCurrentIndex(index_of(fireside, "pears"))
    QTest.keyClick(view, Qt.Key.Key_Return)
    fireside.shows("About pears.")


@pytest.mark.parametrize(
    ("days", "group"),
    [
        (0, "Today"),
        (1, "Yesterday"),
        (2, "Previous 7 days"),
        (7, "Previous 7 days"),
        (8, "Previous 30 days"),
        (30, "Previous 30 days"),
        (70, "August"),
        (400, "October 2025"),
        (-1, "Today"),
    ],
)
def test_groups(days: int, group: str) -> None:
    today = datetime.date(2026, 11, 10)
    noon = datetime.datetime.combine(today - datetime.timedelta(days), datetime.time(12))
    assert group_of(noon.timestamp(), today) == group.replace("August", "September")


def test_rename_by_f2(start: Start) -> None:
    fireside = start()
    make(fireside, "apples")
    field = begin_renaming(fireside, "apples")
    field.selectAll()
    QTest.keyClicks(field, "A better name")
    QTest.keyClick(field, Qt.Key.Key_Return)
    fireside.until(lambda: "A better name" in chats(fireside))
    assert fireside.window.windowTitle() == "A better name – Fireside"
    fireside = start()
    fireside.until(lambda: "A better name" in chats(fireside))
    (chat,) = fireside.stored(lambda store: store.chats.listed())
    assert chat.title_by is TitleBy.PERSON


def test_a_refresh_does_not_end_a_renaming(fireside: Fireside) -> None:
    make(fireside, "apples")
    field = begin_renaming(fireside, "apples")
    fireside.stored(lambda store: store.chats.create(Effort.LOW))
    fireside.window.state.index.refresh()
    fireside.stored(lambda store: None)
    assert field.isVisible()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    fireside.until(lambda: len(chats(fireside)) == 3)


def test_escape_leaves_the_name(fireside: Fireside) -> None:
    make(fireside, "apples")
    field = begin_renaming(fireside, "apples")
    QTest.keyClicks(field, "zzz")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    fireside.qtbot.wait(50)
    assert chats(fireside) == ["Today", "apples"]


def test_delete_and_undo(start: Start) -> None:
    fireside = start()
    make(fireside, "apples", "pears")
    view = fireside.find(QListView, "chatList")
    view.setCurrentIndex(index_of(fireside, "pears"))
    QTest.keyClick(view, Qt.Key.Key_Delete)
    fireside.until(lambda: chats(fireside) == ["Today", "apples"])
    assert fireside.text() == ""  # it was the chat shown
    assert fireside.find(QWidget, "toast").accessibleName() == "Deleted “pears”"
    QTest.mouseClick(fireside.find(QAbstractButton, "undo"), Qt.MouseButton.LeftButton)
    fireside.until(lambda: "pears" in chats(fireside))
    fireside.shows("About pears.")
    assert not fireside.window.toast.isVisible()


def test_several_deletions_are_undone_together(fireside: Fireside) -> None:
    make(fireside, "apples", "pears", "plums")
    for title in ("pears", "plums"):
        view = fireside.find(QListView, "chatList")
        view.setCurrentIndex(index_of(fireside, title))
        QTest.keyClick(view, Qt.Key.Key_Delete)
        fireside.until(partial(gone, fireside, title))
    toast, composer = fireside.find(QWidget, "toast"), fireside.window.composer
    assert toast.accessibleName() == "Deleted 2 chats"

    def top() -> int:
        return composer.mapTo(fireside.window, QPoint(0, 0)).y()

    low = top()
    composer.editor.setPlainText("one\ntwo\nthree")
    fireside.until(lambda: top() < low)
    fireside.until(lambda: toast.geometry().bottom() < top())
    fireside.find(QAbstractButton, "undo").click()
    fireside.until(lambda: {"apples", "pears", "plums"} <= set(chats(fireside)))


def test_the_toast_leaves_and_the_chat_stays_away(start: Start) -> None:
    fireside = start()
    make(fireside, "apples")
    fireside.window.toast._timer.setInterval(50)
    fireside.window.state.index.delete(fireside.chat)
    fireside.until(lambda: fireside.window.toast.isVisible())
    fireside.until(lambda: not fireside.window.toast.isVisible())
    fireside = start()
    assert chats(fireside) == []
    assert fireside.find(QWidget, "greeting").isVisible()


def test_deleting_a_chat_stops_its_answer(fireside: Fireside) -> None:
    from tests.ui.driver import said

    fireside.ask("count", said("one"), fireside.hold())
    fireside.shows("one")
    chat = fireside.chat
    fireside.window.state.index.delete(chat)
    fireside.until(lambda: not fireside.window.state.turns.busy(chat))


def test_search_finds_titles_and_words(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    view = fireside.find(QListView, "chatList")
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(fireside.window, Qt.Key.Key_F, keys)
    field = fireside.find(QLineEdit, "chatSearch")
    assert field.hasFocus()
    QTest.keyClicks(field, "PEA")
    fireside.until(lambda: chats(fireside) == ["pears"])
    field.clear()
    fireside.until(lambda: len(chats(fireside)) == 3)
    QTest.keyClicks(field, "about apples")
    fireside.until(lambda: chats(fireside) == ["apples"])
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert view.hasFocus()
    field.setText("nowhere to be found")
    fireside.until(lambda: child(fireside.window, QWidget, "noChats").isVisible())
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    fireside.until(lambda: len(chats(fireside)) == 3)


def test_hidden_and_remembered(start: Start) -> None:
    fireside = start()
    fireside.find(QAbstractButton, "hideSidebar").click()
    assert not fireside.window.sidebar.isVisible()
    fireside.window.resize(760, 600)
    fireside = start()
    assert not fireside.window.sidebar.isVisible()
    assert fireside.window.size().toTuple() == (760, 600)
    fireside.find(QAbstractButton, "showSidebar").click()
    assert fireside.window.sidebar.isVisible()


def test_thousands_of_chats_are_cheap(qapp: QApplication) -> None:
    now = time.time()
    rows = [
        ChatRow(n, f"chat {n}", TitleBy.QUESTION, Effort.LOW, now - n * 600, now - n * 600, None)
        for n in range(5000)
    ]
    model = ChatModel()
    began = time.process_time()
    model.set_chats(rows)
    assert model.index_of(4999).isValid()
    assert time.process_time() - began < 0.5


def test_the_model_names_a_new_chat(fireside: Fireside) -> None:
    window = fireside.window
    fireside.backend.foreseen = Prompt(100, 4096)
    fireside.backend.titles = ["**Title:** Apples <b>and</b> more."]
    fireside.ask("tell me of apples, please", *answer("About apples."))
    fireside.until(lambda: chats(fireside) == ["Today", "Apples <b>and</b> more"])
    assert window.title_bar.title.title == "Apples <b>and</b> more"
    assert window.windowTitle() == "Apples <b>and</b> more – Fireside"


def test_a_title_by_the_model_waits_for_the_persons_own(fireside: Fireside) -> None:
    fireside.backend.foreseen = Prompt(100, 4096)
    fireside.backend.titles = ["Apples"]
    go_on = fireside.hold()
    fireside.ask("about apples", thought("Hm"), go_on, said("About apples.", 1), done())
    fireside.until(lambda: chats(fireside) == ["Today", "about apples"])
    field = begin_renaming(fireside, "about apples")
    go_on.set()
    fireside.idle()
    fireside.until(lambda: not fireside.backend.titles)
    field.setText("Mine")
    QTest.keyClick(field, Qt.Key.Key_Return)
    fireside.until(lambda: chats(fireside) == ["Today", "Mine"])
    fireside.stored(lambda store: None)
    assert fireside.window.title_bar.title.title == "Mine"


class Slow:
    """Access to a store whose results are delivered when the test wants."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.results: list[Callable[[], object]] = []

    def ask(
        self,
        work: Callable[[Store], Any],
        done: Callable[[Any], object] = lambda _: None,
        failed: object = None,
    ) -> None:
        self.results.append(partial(done, work(self.store)))


def test_a_list_that_was_read_before_a_choice_does_not_undo_it(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with closing(Store(tmp_path / "chats.db")) as store:
        chat = store.chats.create(Effort.LOW).id
        access, parent = Slow(store), QObject()
        index = ChatIndex(access, parent)  # type: ignore[arg-type]
        index.refresh()
        access.results.pop(0)()
        index.refresh()
        index.set_effort(chat, Effort.HIGH)
        index.set_model(chat, "other.gguf")
        for deliver in access.results:
            deliver()
        row = index.rows[chat]
        assert (row.effort, row.model) == (Effort.HIGH, "other.gguf")
