"""Export and import through the window."""

from __future__ import annotations

import errno
import json
import os
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from pypdfium2 import PdfDocument
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QFileDialog, QLabel, QWidget

from app.exchange import ImportReport
from app.ui.exchange import exchange_controller, pdf_layout, printer
from app.ui.exchange.export_dialog import ExportDialog
from app.ui.exchange.import_dialog import ImportDialog
from app.ui.toast import Toast
from app.ui.window.file_drop import FileDrop
from tests.ui.driver import Fireside, Start, answer, make
from tests.ui.qt import child, focused

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


CASES = Path(__file__).parents[1] / "cases" / "imports"


def toast(fireside: Fireside) -> str:
    """Return what the window's toast says; empty if there is none."""
    shown = fireside.window.toast
    return shown.label.text() if shown.isVisible() else ""


def dialog(fireside: Fireside) -> ExportDialog:
    return child(fireside.window, ExportDialog)


def preview(fireside: Fireside) -> ImportDialog:
    return child(fireside.window, ImportDialog)


def gone(fireside: Fireside, kind: type[QDialog]) -> bool:
    return fireside.window.findChild(kind) is None


def told(fireside: Fireside) -> list[str]:
    """Return the lines of the preview."""
    shown = preview(fireside)
    lists = [label.text() for label in shown.findChildren(QLabel, "importTold")]
    return [
        line
        for text in (shown.head.text(), shown.about.text(), *lists)
        for line in text.split("\n")
    ]


def choose(fireside: Fireside, form: str, folder: Path, *, name: str = "") -> ExportDialog:
    """Fill in the dialog and accept it."""
    shown = dialog(fireside)
    assert shown
    fireside.find(QAbstractButton, form).click()
    shown.folder.setText(str(folder))
    if name:
        shown.name.setText(name)
    fireside.find(QAbstractButton, "startExport").click()
    return shown


@pytest.mark.parametrize("form", ["Markdown", "Html", "Pdf", "Json"])
def test_a_chat_is_exported(fireside: Fireside, tmp_path: Path, form: str) -> None:
    fireside.ask("apples?", *answer("They are **red**.", "Fruit."))
    fireside.shows("They are red.")
    fireside.idle()
    fireside.window.library.chats.export_shown()
    place = tmp_path / "out"
    choose(fireside, f"export{form}", place)
    fireside.until(lambda: gone(fireside, ExportDialog))
    (file,) = place.iterdir()
    assert file.stem == "apples"
    assert toast(fireside) == f"Exported to {file.name}"
    if form == "Pdf":
        text = "".join(page.get_textpage().get_text_range() for page in PdfDocument(file))
    else:
        text = file.read_text(encoding="utf-8")
    for words in ("red", "apples?", "Fruit."):
        assert words in text


def test_it_is_done_by_the_keyboard_and_remembered(start: Start, tmp_path: Path) -> None:
    fireside = start(export_folder=str(tmp_path / "out"))
    make(fireside, "apples")
    QTest.keyClick(
        fireside.window, Qt.Key.Key_E,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )  # fmt: skip
    fireside.until(lambda: fireside.window.findChild(ExportDialog))
    fireside.until(lambda: fireside.find(QAbstractButton, "exportMarkdown").hasFocus())

    def press(*pressed: Qt.Key) -> str:
        """Press keys in the focused widget, and return where the focus is then."""
        for key in pressed:
            QTest.keyClick(focused(), key)
        return focused().objectName()

    tab, right = Qt.Key.Key_Tab, Qt.Key.Key_Right
    assert [press(), *(press(tab) for _ in range(6))] == [
        "exportMarkdown", "exportReasoning", "exportShownBranch", "exportName", "exportFolder",
        "chooseExportFolder", "cancelExport",
    ]  # fmt: skip
    turn = Qt.Key.Key_Space
    assert press(tab, tab, right, tab, turn, tab, tab) == "exportName"
    QTest.keyClicks(focused(), "Fruit")
    press(Qt.Key.Key_Return)
    fireside.until(lambda: gone(fireside, ExportDialog))
    assert "Let me think" not in (tmp_path / "out" / "Fruit.html").read_text("utf-8")
    fireside.window.library.chats.export_shown()
    again = dialog(fireside)
    assert (again.form.value, again.reasoning.isChecked()) == (".html", False)
    assert again.place == tmp_path / "out"
    QTest.keyClick(again, Qt.Key.Key_Escape)
    fireside.until(lambda: gone(fireside, ExportDialog))


def test_all_chats_are_files_in_a_folder(start: Start, tmp_path: Path) -> None:
    fireside = start()
    make(fireside, "apples", "pears")
    fireside.window.preferences.open("dataPage")
    fireside.find(QAbstractButton, "exportAll").click()
    choose(fireside, "exportPdf", tmp_path, name="Fruit: all")
    fireside.until(lambda: gone(fireside, ExportDialog))
    names = sorted(path.name for path in (tmp_path / "Fruit all").iterdir())
    assert names == ["apples.pdf", "pears.pdf"]


def test_all_chats_go_out_and_come_in_again(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came of it is told where it was started, and leads to the chats."""
    fireside = start()
    make(fireside, "apples", "pears")
    fireside.window.preferences.open("dataPage")
    preferences = fireside.find(QDialog, "preferences")
    monkeypatch.setattr(QApplication, "activeWindow", lambda: preferences)
    fireside.find(QAbstractButton, "exportAll").click()
    choose(fireside, "exportJson", tmp_path, name="all")
    fireside.until(lambda: preferences.findChild(Toast))
    assert child(preferences, Toast).label.text() == "Exported to all.json"
    assert toast(fireside) == ""
    assert len(json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["chats"]) == 2
    for chat in list(fireside.window.state.index.rows):
        fireside.window.state.index.delete(chat)
    fireside.stored(lambda store: store.bin.purge(0))
    fireside.find(QAbstractButton, "importChats").click()
    files = child(fireside.window, QFileDialog, "importDialog")
    files.filesSelected.emit([str(tmp_path / "all.json")])
    files.close()
    fireside.until(lambda: preview(fireside).start.isEnabled())
    assert told(fireside) == ["2 chats (4 messages)", "From Fireside"]
    assert not fireside.window.state.index.rows  # not before it is needed
    fireside.find(QAbstractButton, "startImport").click()
    fireside.until(lambda: "Imported" in told(fireside)[0])
    assert told(fireside)[:2] == [
        "Imported 2 chats (4 messages) from Fireside", "Everything was imported.",
    ]  # fmt: skip
    fireside.until(lambda: len(fireside.window.state.index.rows) == 2)
    show = fireside.find(QAbstractButton, "startImport")
    assert show.text() == "Show"
    show.click()
    fireside.until(lambda: gone(fireside, ImportDialog))
    chosen = fireside.window.sidebar.list.chosen()
    assert sorted(chat.title for chat in chosen) == ["apples", "pears"]


def test_the_dialog_may_be_closed_when_all_is_done(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fireside = start()
    make(fireside, "apples")
    made: Future[Path] = Future()
    monkeypatch.setattr(fireside.host.exchange, "export", lambda *_: made)
    fireside.window.library.chats.export_shown()
    choose(fireside, "exportMarkdown", tmp_path, name="Fruit")
    QTest.keyClick(dialog(fireside), Qt.Key.Key_Escape)
    fireside.until(lambda: gone(fireside, ExportDialog))
    made.set_result(tmp_path / "Fruit.md")
    fireside.until(lambda: "Fruit.md" in toast(fireside))


def endless(*what: Any, **how: Any) -> Any:
    while True:
        yield 0.3


def test_a_pdf_is_made_where_each_step_takes_longer_than_its_time(
    fireside: Fireside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(fireside, "apples")
    monkeypatch.setattr(printer, "_SLICE_S", -1.0)
    fireside.window.library.chats.export_shown()
    choose(fireside, "exportPdf", tmp_path / "out")
    fireside.until(lambda: gone(fireside, ExportDialog))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["apples.pdf"]


@pytest.mark.parametrize("way", ["cancel", "close"])
def test_a_cancelled_export_leaves_nothing(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A running export blocks neither the window nor its closing."""
    fireside = start()
    make(fireside, "apples")
    monkeypatch.setattr(pdf_layout, "write", endless)
    fireside.window.library.chats.export_shown()
    shown = choose(fireside, "exportPdf", tmp_path / "out")
    fireside.until(lambda: shown.bar.value() == 300)
    fireside.ask("meanwhile?", *answer("It goes on."))
    fireside.shows("It goes on.")
    if way == "cancel":
        QTest.keyClick(shown, Qt.Key.Key_Escape)
        fireside.until(lambda: gone(fireside, ExportDialog))
        fireside.until(lambda: not fireside.host.jobs.stops)
    else:
        start()
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_says_so(
    fireside: Fireside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(fireside, "apples")
    fireside.window.library.chats.export_shown()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("app.base.files.os.fsync", full)
        shown = choose(fireside, "exportPdf", tmp_path / "out")
        fireside.until(shown.problem.isVisible)
    assert "No space left" in shown.problem.text()
    assert list((tmp_path / "out").iterdir()) == []
    fireside.find(QAbstractButton, "startExport").click()
    fireside.until(lambda: gone(fireside, ExportDialog))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["apples.pdf"]


def test_what_is_no_file_of_chats_says_so(fireside: Fireside, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.json"
    wrong.write_text("[1, 2]", encoding="utf-8")
    fireside.window.library.exchange.bring([wrong])
    fireside.until(lambda: preview(fireside).head.text() == "Nothing to import")
    assert "No chats found in notes.json" in preview(fireside).about.text()
    assert preview(fireside).start.isHidden()
    QTest.keyClick(preview(fireside), Qt.Key.Key_Escape)
    fireside.until(lambda: gone(fireside, ImportDialog))


def test_a_folder_is_dropped_and_shown_first(start: Start, tmp_path: Path) -> None:
    """The preview counts what is left out or unreadable, by kind and name.

    The second time, everything is there already.
    """
    folder = tmp_path / "exports"
    folder.mkdir()
    for name in ("openwebui-0.10-all.json", "claude.json"):
        (folder / name).write_bytes((CASES / name).read_bytes())
    (folder / "cut.json").write_text("[{", "utf-8")
    (folder / "users.json").write_text("[{}]", "utf-8")
    fireside = start()
    fireside.window.file_drop.take([folder])
    fireside.find(QAbstractButton, "importDropped").click()
    fireside.until(lambda: preview(fireside).start.isEnabled())
    head, about, *lines = told(fireside)
    assert (head, about) == ("3 chats (8 messages)", "From Claude (2), Open WebUI (1)")
    assert lines[:4] == ["2 images", "2 files", "2 tool calls", "2 citations"]
    for begin in ("2 tag", "1 unsupported item", "1 file", "cut.json is damaged"):
        assert any(line.startswith(begin) for line in lines), begin
    assert preview(fireside).start.text().startswith("Import 3 chat")
    preview(fireside).start.click()
    fireside.until(lambda: len(fireside.window.state.index.rows) == 3)
    fireside.until(lambda: "Couldn’t read 1 file" in told(fireside)[1])
    fireside.find(QAbstractButton, "cancelImport").click()
    fireside.until(lambda: gone(fireside, ImportDialog))
    fireside.window.library.exchange.bring([folder])
    fireside.until(lambda: "3 chats" in told(fireside))
    assert preview(fireside).start.isHidden()
    assert preview(fireside).cancel.text() == "Close"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("conversations.json", "chats"),
        ("conversations-001.json", "chats"),
        ("Conversations__ab-chatgpt-0001.ZIP", "chats"),
        ("1760000000000.conversation.json", "chats"),
        ("a folder", "folders"),
        ("wiki.ZIM", "encyclopaedias"),
        ("data.json", "attached"),
        ("my conversations.json.txt", "attached"),
    ],
)
def test_what_is_dropped_is_told_by_its_name(
    qapp: QApplication, tmp_path: Path, name: str, wanted: str
) -> None:
    path = tmp_path / name
    path.mkdir() if name == "a folder" else path.write_text("x", "utf-8")
    given: list[tuple[str, list[Path]]] = []
    window = QWidget()
    drop = FileDrop(window)
    for kind in ("chats", "folders", "encyclopaedias", "attached"):
        getattr(drop, kind).connect(lambda paths, kind=kind: given.append((kind, paths)))
    drop.take([path])
    assert given == [(wanted, [path])]


def test_an_import_is_given_up(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "claude.json"
    path.write_bytes((CASES / "claude.json").read_bytes())
    fireside = start()
    fireside.window.library.exchange.bring([path])
    fireside.until(lambda: preview(fireside).start.isEnabled())
    QTest.keyClick(preview(fireside), Qt.Key.Key_Escape)
    fireside.until(lambda: gone(fireside, ImportDialog))
    fireside.until(lambda: not fireside.host.jobs.stops)
    assert not fireside.window.state.index.rows


def test_an_import_whose_dialog_was_closed_leads_to_the_chat(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "claude.json"
    path.write_bytes((CASES / "claude.json").read_bytes())
    fireside = start()
    make(fireside, "apples")
    chat = fireside.chat
    fireside.window.new_chat()
    made: Future[ImportReport] = Future()
    monkeypatch.setattr(fireside.host.exchange, "take", lambda *_: made)
    fireside.window.library.exchange.bring([path])
    fireside.until(lambda: preview(fireside).start.isEnabled())
    preview(fireside).start.click()
    QTest.keyClick(preview(fireside), Qt.Key.Key_Escape)
    fireside.until(lambda: gone(fireside, ImportDialog))
    made.set_result(ImportReport(1, 2, 0, (chat,)))
    fireside.until(lambda: toast(fireside) == "Imported 1 chat (2 messages) from Claude.")
    fireside.find(QAbstractButton, "showImported").click()
    fireside.until(lambda: fireside.chat == chat)


def test_an_export_is_opened_and_found(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message goes by itself, but not under the pointer or with the keyboard in it."""
    opened: list[Path] = []
    for name in ("open_file", "reveal"):
        monkeypatch.setattr(exchange_controller, name, opened.append)
    fireside = start()
    QCursor.setPos(fireside.window.mapToGlobal(QPoint(1, 1)))  # an earlier test may have moved it
    make(fireside, "apples")
    fireside.window.library.chats.export_shown()
    choose(fireside, "exportMarkdown", tmp_path)
    fireside.until(lambda: toast(fireside) == "Exported to apples.md")
    shown = fireside.window.toast
    fireside.find(QAbstractButton, "openExport").click()
    fireside.find(QAbstractButton, "showExport").click()
    assert opened == [tmp_path / "apples.md"] * 2
    assert shown._timer.isActive()
    fireside.window.activateWindow()
    fireside.until(fireside.window.isActiveWindow)
    fireside.find(QAbstractButton, "showExport").setFocus()
    assert not shown._timer.isActive()
    fireside.window.composer.editor.setFocus()
    assert shown._timer.isActive()
    QApplication.sendEvent(shown, QEnterEvent(QPointF(1, 1), QPointF(1, 1), QPointF(1, 1)))
    assert not shown._timer.isActive()
    QApplication.sendEvent(shown, QEvent(QEvent.Type.Leave))
    shown._timer.start(1)
    fireside.until(lambda: not shown.isVisible())
