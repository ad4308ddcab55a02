"""The archive, the bin and permanent deletion, which leaves no trace in any file."""

from __future__ import annotations

import datetime
import json
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QLabel,
    QLineEdit,
    QTableView,
    QWidget,
)

from app.base.errors import StoreFull
from app.base.types import Effort, Message, Part, PartKind, Role
from app.store import BIN_DAYS, Store
from app.ui.archive.archive_page import ArchivePage
from tests.ui.driver import Fireside, Start, answer, make
from tests.ui.qt import child

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

SECRETS = ("titlesecret", "asksecret", "saidsecret", "thoughtsecret", "filesecret", "draftsecret")
OTHERS = ("titlekept", "askkept", "saidkept", "thoughtkept", "filekept", "draftkept")


def open_page(fireside: Fireside, tab: str = "") -> ArchivePage:
    fireside.find(QAbstractButton, "openAway").click()
    page = fireside.find(ArchivePage, "awayPage")
    if tab:
        fireside.find(QAbstractButton, tab).click()
    fireside.stored(lambda store: None)
    return page


def rows(fireside: Fireside) -> list[list[str]]:
    """Return the table's text, cell by cell."""
    table = fireside.find(QTableView, "awayList")
    model = table.model()
    columns = [c for c in range(model.columnCount()) if not table.isColumnHidden(c)]
    return [
        [model.index(row, column).data() for column in columns] for row in range(model.rowCount())
    ]


def titles(fireside: Fireside) -> list[str]:
    return [title for title, *_ in rows(fireside)]


def choose(fireside: Fireside, *wanted: str) -> QTableView:
    """Select rows by clicks with Ctrl held."""
    table = fireside.find(QTableView, "awayList")
    table.clearSelection()
    for title in wanted:
        where = table.visualRect(table.model().index(titles(fireside).index(title), 0)).center()
        held = Qt.KeyboardModifier.ControlModifier
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, held, where)
    return table


def answer_box(fireside: Fireside, *, yes: bool) -> str:
    """Answer the confirmation of a deletion; return its text."""
    box = fireside.find(QDialog, "confirm")
    said = f"{box.accessibleName()} {child(box, QLabel, 'confirmText').text()}"
    if yes:
        child(box, QAbstractButton, "confirmYes").click()
    else:
        focus = box.focusWidget()
        assert focus.objectName() == "cancel"
        QTest.keyClick(focus, Qt.Key.Key_Return)
    return said


def days_ago(days: int) -> float:
    """Return noon of that day as a POSIX time; for today, the current time."""
    if not days:
        return time.time()
    day = datetime.date.today() - datetime.timedelta(days)
    return datetime.datetime.combine(day, datetime.time(12)).timestamp()


def age(fireside: Fireside, chat: int, when: float) -> None:
    """Set the time of a chat's deletion."""

    def write(store: Store) -> None:
        with store.database.transaction() as db:
            db.execute("UPDATE chat SET deleted = ? WHERE id = ?", (when, chat))

    fireside.stored(write)


def test_the_bin_tells_its_days_and_gives_back(fireside: Fireside) -> None:
    make(fireside, "apples", "pears", "plums")
    fireside.window.state.index.delete(1, 2, 3)
    fireside.stored(lambda store: None)
    age(fireside, 1, days_ago(3))
    age(fireside, 2, days_ago(BIN_DAYS - 1))
    page = open_page(fireside, "tabBin")
    fireside.until(
        lambda: (
            rows(fireside)
            == [
                ["plums", "today", "in 30 days"],
                ["apples", "3 days ago", "in 27 days"],
                ["pears", "29 days ago", "in 1 day"],
            ]
        )
    )
    QTest.keyClicks(fireside.find(QLineEdit, "awayFilter"), "APP")
    assert titles(fireside) == ["apples"]
    page.filter.clear()
    assert not fireside.find(QAbstractButton, "restore").isEnabled()
    choose(fireside, "apples", "pears")
    restore = fireside.find(QAbstractButton, "restore")
    restore.setFocus(Qt.FocusReason.TabFocusReason)
    assert fireside.window.toast.accessibleName() == "Deleted 3 chats"
    assert fireside.window.toast.isVisible()
    QTest.keyClick(restore, Qt.Key.Key_Return)
    assert not fireside.window.toast.isVisible()  # an undo would now do something else
    fireside.until(lambda: titles(fireside) == ["plums"])
    assert page.table.hasFocus()
    assert {row.title for row in fireside.stored(lambda store: store.chats.listed())} == {
        "apples",
        "pears",
    }
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()
    assert fireside.window.composer.editor.hasFocus()


def test_the_archive_opens_and_gives_back(fireside: Fireside) -> None:
    make(fireside, "apples", "pears", "plums")
    fireside.window.state.index.arrange([1, 2, 3], archived=True)
    open_page(fireside)
    fireside.until(lambda: titles(fireside) == ["plums", "pears", "apples"])
    choose(fireside, "plums")
    fireside.find(QAbstractButton, "unarchive").click()
    fireside.until(lambda: titles(fireside) == ["pears", "apples"])
    assert fireside.find(QWidget, "toast").accessibleName() == "Restored “plums”"
    table = choose(fireside, "pears")
    QTest.keyClick(table, Qt.Key.Key_Delete)
    fireside.until(lambda: titles(fireside) == ["apples"])
    assert [row.title for row in fireside.stored(lambda store: store.bin.listed())] == ["pears"]
    table = choose(fireside, "apples")
    QTest.keyClick(table, Qt.Key.Key_Return)
    fireside.shows("About apples.")


def fill(store: Store, title: str, *texts: str) -> int:
    """Create a chat with text in every place that can hold some."""
    asked, said, thought, file, draft = texts
    chat = store.chats.create(Effort.LOW).id
    parts = (Part(asked), Part(file, format_data="final text/plain; name=secret.txt"))
    question = store.messages.add(chat, None, Message(Role.USER, parts))
    store.messages.add(
        chat,
        question.id,
        Message(Role.ASSISTANT, (Part(thought, PartKind.REASONING), Part(said * 500))),
    )
    store.chats.rename(chat, title)
    store.drafts.set(chat, (Part(draft),))
    return chat


def found_in(folder: Path, words: tuple[str, ...]) -> set[tuple[str, str]]:
    """Return the words that a file contains, and where.

    Tries every encoding that text may have there.
    """
    found = set()
    for file in folder.rglob("*"):
        content = file.read_bytes().lower() if file.is_file() else b""
        for word in words:
            if any(word.encode(code) in content for code in ("utf-8", "utf-16-le", "utf-16-be")):
                found.add((word, file.name))
    return found


def test_what_is_deleted_for_good_is_in_no_file(start: Start, tmp_path: Path) -> None:
    fireside = start()
    fireside.stored(lambda store: fill(store, *SECRETS))
    fireside.stored(lambda store: fill(store, *OTHERS))
    fireside.stored(lambda store: store.upkeep.backup())
    fireside.ask("asksecret again?", *answer("saidsecret again", "thoughtsecret again"))
    fireside.shows("saidsecret again")
    fireside.type("draftsecret, too")
    fireside.idle()
    fireside.stored(lambda store: store.upkeep.backup())
    assert {word for word, _ in found_in(tmp_path, SECRETS)} == set(SECRETS)
    fireside.window.state.index.delete(1, 3)
    open_page(fireside, "tabBin")
    fireside.until(lambda: len(rows(fireside)) == 2)
    choose(fireside, "titlesecret", "asksecret again?")
    fireside.find(QAbstractButton, "erase").click()
    assert "Delete 2 chats permanently?" in answer_box(fireside, yes=False)
    fireside.stored(lambda store: None)
    assert len(rows(fireside)) == 2
    QTest.keyClick(fireside.find(QTableView, "awayList"), Qt.Key.Key_Delete)
    assert "This can’t be undone." in answer_box(fireside, yes=True)
    fireside.until(lambda: rows(fireside) == [])
    assert not fireside.window.toast.isVisible()  # there is nothing to undo any more
    fireside.until(lambda: not child(fireside.window, QWidget, "eraseProgress").isVisible())
    assert fireside.backend.forgotten.count(1) >= 1
    assert found_in(tmp_path, SECRETS) == set()
    fireside = start()
    fireside.stored(lambda store: None)
    fireside.host.tidy().result(timeout=60)
    assert found_in(tmp_path, SECRETS) == set()
    assert {word for word, _ in found_in(tmp_path, OTHERS)} == set(OTHERS)


def test_what_was_kept_of_a_chat_that_is_gone_goes_at_the_next_start(
    start: Start, tmp_path: Path
) -> None:
    make(start(), "apples")
    for chat in (1, 99):
        (folder := tmp_path / "kept" / "id" / str(chat)).mkdir(parents=True)
        (folder / "entry.json").write_text(json.dumps({"chat": chat}), encoding="ascii")
    fireside = start()
    fireside.host.tidy().result(timeout=60)
    fireside.until(lambda: 99 in fireside.backend.forgotten)
    assert 1 not in fireside.backend.forgotten


def test_the_bin_is_emptied_while_others_write(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(fireside, "apples", "pears", "plums")
    fireside.window.state.index.delete(1, 2)
    open_page(fireside, "tabBin")
    fireside.until(lambda: len(rows(fireside)) == 2)
    begun, go = threading.Event(), threading.Event()
    sweep = fireside.host._store.upkeep.sweep

    def slow() -> None:
        begun.set()
        go.wait(30)
        sweep()

    monkeypatch.setattr(fireside.host._store.upkeep, "sweep", slow)
    fireside.find(QAbstractButton, "emptyBin").click()
    answer_box(fireside, yes=True)
    fireside.until(begun.is_set)
    assert "Deleting 2 chats" in fireside.find(QLabel, "awayStatus").text()
    assert fireside.find(QWidget, "eraseProgress").isVisible()
    assert not fireside.find(QAbstractButton, "emptyBin").isEnabled()
    fireside.stored(lambda store: store.chats.rename(3, "still written"))
    go.set()
    fireside.until(lambda: "The bin is empty" in fireside.find(QLabel, "awayStatus").text())
    assert [row.title for row in fireside.stored(lambda store: store.chats.listed())] == [
        "still written"
    ]


def test_a_deletion_that_fails_says_so_and_keeps_them(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(fireside, "apples")
    fireside.window.state.index.delete(1)
    open_page(fireside, "tabBin")
    fireside.until(lambda: len(rows(fireside)) == 1)

    def full(chats: object) -> None:
        raise StoreFull(fireside.host.folders.chats)

    monkeypatch.setattr(fireside.host._store.bin, "erase", full)
    choose(fireside, "apples")
    fireside.find(QAbstractButton, "erase").click()
    answer_box(fireside, yes=True)
    fireside.until(lambda: fireside.find(QWidget, "awayError").isVisible())
    fireside.until(lambda: titles(fireside) == ["apples"])


def test_one_deletion_that_is_over_does_not_end_another(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(fireside, "apples", "pears")
    fireside.window.state.index.delete(1, 2)
    open_page(fireside, "tabBin")
    fireside.until(lambda: len(rows(fireside)) == 2)
    erased = {(1,): Future[None](), (2,): Future[None]()}
    monkeypatch.setattr(fireside.host.chats, "erase", erased.__getitem__)
    for chats in erased:
        fireside.window.library.archive.erase(chats)
    erased[(1,)].set_result(None)
    removing = fireside.window.library.archive._removing
    fireside.until(lambda: removing == {2})
    assert fireside.find(QWidget, "eraseProgress").isVisible()
    erased[(2,)].set_result(None)
    fireside.until(lambda: not removing)
