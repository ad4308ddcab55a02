"""Attached files: ways in, the composer, and the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from app.base.answer_events import Prompt
from app.base.errors import StoreFull
from app.base.types import Message, Part, PartKind, Role
from app.formats import question_text
from app.ui.composer.attachment import pages_of, ranges
from app.ui.composer.attachment_chip import AttachmentChip
from app.ui.composer.attachment_preview import AttachmentPreview
from app.ui.composer.part_choice import PartChoice
from app.ui.notice import Notice
from tests.fakes.pdf_file import pdf
from tests.ui.driver import Fireside, answer
from tests.ui.qt import child, focused

# Popups, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

FILE = Part("apples\npears", PartKind.FILE, "fruit.txt")


def urls(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def paste(fireside: Fireside, data: QMimeData | str) -> None:
    if isinstance(data, str):
        text, data = data, QMimeData()
        data.setText(text)
    fireside.window.composer.editor.insertFromMimeData(data)


def chips(fireside: Fireside) -> list[str]:
    """Return the text of each chip."""
    return [
        f"{chip.item.name}: {chip.item.detail}"
        for chip in fireside.window.composer.attachment_bar.findChildren(AttachmentChip)
        if chip.isVisible()
    ]


def counted(fireside: Fireside) -> None:
    items = fireside.window.composer.attachment_bar.items
    fireside.until(lambda: all(item.tokens is not None for item in items))


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def told(fireside: Fireside) -> list[str]:
    notices = fireside.window.composer.attachment_bar.findChildren(Notice)
    return [notice.label.text() for notice in notices if notice.isVisible()]


def foresee(fireside: Fireside, excess: int) -> None:
    """Make the engine report that the message is too long by so many tokens."""
    fireside.backend.foreseen = Prompt(900 + excess, 1000, 100, 0)
    count = len(fireside.backend.prepared)
    fireside.window.composer.typed.emit()
    fireside.until(lambda: len(fireside.backend.prepared) > count)
    fireside.until(lambda: fireside.window.chat_area.attachments._excess == excess)


def ask(fireside: Fireside, *parts: Part) -> None:
    fireside.script(*answer("Fruit."))
    fireside.window.composer.set_parts(parts)
    fireside.find(QAbstractButton, "send").click()
    fireside.shows("Fruit.")
    fireside.idle()


def test_a_file_is_sent_with_the_words_or_without(fireside: Fireside) -> None:
    ask(fireside, FILE, Part("What is it?\n"))
    ask(fireside, FILE)
    asked = fireside.backend.requests[-1].messages
    assert asked[0] == Message(Role.USER, (FILE, Part("What is it?")))
    assert asked[2] == Message(Role.USER, (FILE,))
    assert fireside.window.composer.parts() == ()


def test_a_draft_keeps_its_files(fireside: Fireside) -> None:
    ask(fireside, Part("a question"))
    draft = (FILE, Part("half a thought"))
    window = fireside.window
    window.composer.set_parts(draft)
    chat = fireside.chat
    window.new_chat()
    assert window.composer.parts() == ()
    window.open_chat(chat)
    assert window.composer.parts() == draft


def test_an_edited_message_has_its_files_again(fireside: Fireside) -> None:
    ask(fireside, FILE, Part("What is it?"))
    window = fireside.window
    window.composer.set_parts((Part("half a thought"),))
    fireside.find(QAbstractButton, "editMessage").click()
    assert window.composer.parts() == (FILE, Part("What is it?"))
    fireside.find(QAbstractButton, "endEdit").click()
    assert window.composer.parts() == (Part("half a thought"),)


def test_what_cannot_be_stored_comes_back(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise StoreFull(fireside.host.folders.chats)

    monkeypatch.setattr(fireside.host._store.messages, "ask", full)
    window = fireside.window
    window.composer.set_parts((FILE, Part("What is it?")))
    fireside.find(QAbstractButton, "send").click()
    window.composer.set_parts((Part("and more"),))
    fireside.until(window.banner.isVisible)
    assert window.composer.parts() == (FILE, Part("What is it?\n\nand more"))


# --- Ways in ------------------------------------------------------------------------------


def test_what_is_dropped_on_the_window(fireside: Fireside, tmp_path: Path) -> None:
    window = fireside.window
    used: list[Path] = []
    window.file_drop.model.disconnect()
    window.file_drop.model.connect(used.append)
    paths = [put(tmp_path, "a.txt", b"apples"), put(tmp_path, "m.gguf", b"GGUF"),
             put(tmp_path, "b.md", b"pears")]  # fmt: skip
    data = urls(*paths)
    place = QPoint(10, 10)
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(place, actions, data, buttons, none)
    QApplication.sendEvent(window.composer.editor.viewport(), entered)
    assert entered.isAccepted()
    assert entered.position() != place.toPointF()  # reported in the window's coordinates
    overlay = fireside.find(QWidget, "dropOverlay")
    assert overlay.accessibleName() == "Drop to attach"
    assert overlay.size() == window.pages.size()
    for path, text in (("m.gguf", "Drop to open this model"), ("x.zip", "Drop to import chats")):
        other = urls(tmp_path / path)
        QApplication.sendEvent(window, QDragEnterEvent(place, actions, other, buttons, none))
        assert overlay.accessibleName() == text
        overlay.grab()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not overlay.isVisible()
    QApplication.sendEvent(window, QDragEnterEvent(place, actions, data, buttons, none))
    QApplication.sendEvent(window, QDropEvent(place.toPointF(), actions, data, buttons, none))
    assert not overlay.isVisible()
    assert used == [tmp_path / "m.gguf"]
    counted(fireside)
    assert [part.text for part in window.composer.parts()] == ["apples", "pears"]
    assert [chip.split(":")[0] for chip in chips(fireside)] == ["a.txt", "b.md"]
    assert all(chip.endswith(" tokens") for chip in chips(fireside))


def test_the_paper_clip_asks_for_files(fireside: Fireside, tmp_path: Path) -> None:
    fireside.find(QAbstractButton, "attach").click()
    dialog = child(fireside.window, QFileDialog, "attachFiles")
    dialog.filesSelected.emit([str(put(tmp_path, "a.txt", b"apples"))])
    dialog.close()
    fireside.until(lambda: [p.text for p in fireside.window.composer.parts()] == ["apples"])


def test_what_gives_no_text_is_told(fireside: Fireside, tmp_path: Path) -> None:
    paste(fireside, urls(put(tmp_path, "a.png", b"\x89PNG\r\n\x1a\n"), tmp_path / "gone.pdf"))
    fireside.until(lambda: len(told(fireside)) == 2)
    instead = "gpt-oss can’t read images. Attach text, PDF, Word or code files instead."
    assert told(fireside)[0] == f"Can’t attach a.png: {instead}"
    assert "gone.pdf" in told(fireside)[1]
    assert chips(fireside) == []
    picture = QMimeData()
    picture.setImageData(QImage(2, 2, QImage.Format.Format_RGB32))
    paste(fireside, picture)
    assert told(fireside) == [instead]
    fireside.find(QAbstractButton, "dismissFailed").click()
    assert told(fireside) == []
    assert not fireside.window.composer.attachment_bar.isVisible()


def test_a_long_text_that_is_pasted_is_attached(fireside: Fireside) -> None:
    window = fireside.window
    long = "a line of text\n" * 1000
    fireside.type("look: ")
    paste(fireside, "short")
    paste(fireside, long)
    paste(fireside, long.upper())
    assert [chip.split(":")[0] for chip in chips(fireside)] == ["Pasted text", "Pasted text 2"]
    assert window.composer.parts()[2] == Part("look: short")
    QTest.keyClick(window.composer.editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.composer.editor.toPlainText() == "look: short" + long.upper()
    QTest.keyClick(window.composer.editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.composer.editor.toPlainText() == "look: short"  # as without the file
    assert len(chips(fireside)) == 1
    fireside.find(QAbstractButton, "unfoldAttached").click()
    assert window.composer.parts() == (Part("look: short" + long),)


# --- Encodings ----------------------------------------------------------------------------

CASES = Path(__file__).resolve().parents[1] / "cases" / "attachments"


def test_an_encoding_that_was_guessed_is_shown_and_can_be_changed(
    fireside: Fireside, tmp_path: Path
) -> None:
    path = put(tmp_path, "notes.txt", "Съешь ещё этих мягких булок".encode("koi8-r"))
    paste(fireside, urls(path))
    counted(fireside)
    assert chips(fireside)[0].endswith(" tokens · read as KOI8-R")
    assert fireside.window.composer.parts()[0].text == "Съешь ещё этих мягких булок"
    button = fireside.find(QAbstractButton, "readAs")
    assert button.accessibleName() == button.toolTip() == "Change encoding"
    assert button.width() > button.fontMetrics().horizontalAdvance(button.text()) + 10
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)
    menu = child(fireside.window, QMenu, "encodings")
    checked = [action.text() for action in menu.actions() if action.isChecked()]
    assert checked == ["KOI8-R: Съешь ещё этих мягких булок"]
    (other,) = [a for a in menu.actions() if a.text().startswith("Windows-1251: ")]
    menu.close()
    other.trigger()
    wrong = "Съешь ещё этих мягких булок".encode("koi8-r").decode("cp1251")
    fireside.until(lambda: fireside.window.composer.parts()[0].text == wrong)
    counted(fireside)
    assert chips(fireside)[0].endswith(" · read as Windows-1251")
    path.unlink()
    button.click()
    menu = child(fireside.window, QMenu, "encodings")
    (back,) = [a for a in menu.actions() if a.text().startswith("KOI8-R: ")]
    menu.close()
    back.trigger()
    fireside.until(lambda: "notes.txt" in "".join(told(fireside)))
    assert fireside.window.composer.parts()[0].text == wrong  # unchanged


def test_what_is_beyond_doubt_has_no_choice(fireside: Fireside, tmp_path: Path) -> None:
    paste(fireside, urls(put(tmp_path, "a.txt", "Größe".encode()), CASES / "c14_utf8_onebad.txt"))
    counted(fireside)
    one, other = fireside.window.composer.attachment_bar.findChildren(AttachmentChip)
    assert child(one, QAbstractButton, "readAs").isHidden()
    assert " · read as UTF-8 · 1 unreadable character" in other.item.detail
    assert not child(other, QAbstractButton, "readAs").isHidden()


def test_pages_that_are_pictures_are_named(fireside: Fireside, tmp_path: Path) -> None:
    paste(fireside, urls(put(tmp_path, "a.pdf", pdf(["One", None, "Three"]))))
    counted(fireside)
    assert chips(fireside)[0].startswith("a.pdf: 3 pages · ")
    assert chips(fireside)[0].endswith(" · page 2 is an image")
    assert "[Page 2: a picture, without text]" in fireside.window.composer.parts()[0].text


# --- While it is read ---------------------------------------------------------------------


def test_the_window_lives_while_a_long_file_is_read(fireside: Fireside, tmp_path: Path) -> None:
    lines = "\n".join(f"line {n} of a page with some words on it" for n in range(60))
    path = put(tmp_path, "long.pdf", pdf([lines] * 500))
    window = fireside.window
    turns, seen = 0, set()
    timer = QTimer(window)

    def turn() -> None:
        nonlocal turns
        turns += 1
        seen.update(chips(fireside))

    timer.timeout.connect(turn)
    timer.start(0)
    paste(fireside, urls(path))
    fireside.type("words")  # typed meanwhile
    fireside.until(lambda: bool(window.composer.parts()[1:]))
    timer.stop()
    assert turns > 200
    assert len([said for said in seen if "Reading page" in said]) > 5
    counted(fireside)
    assert chips(fireside)[0].startswith("long.pdf: 500 pages · ")
    assert window.composer.parts()[1] == Part("words")


def held(fireside: Fireside, monkeypatch: pytest.MonkeyPatch) -> Future[Any]:
    """Return a future that becomes the content of the next file."""
    future: Future[Any] = Future()
    monkeypatch.setattr(fireside.host.documents, "read", lambda path, stop: future)
    return future


def test_nothing_is_sent_before_a_file_is_read(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read = fireside.host.documents.read
    path = put(tmp_path, "a.txt", b"apples")
    future = held(fireside, monkeypatch)
    paste(fireside, urls(path))
    fireside.type("What is it?")
    send = fireside.find(QAbstractButton, "send")
    assert chips(fireside) == ["a.txt: Reading…"]
    assert not send.isEnabled()
    QTest.keyClick(fireside.window.composer.editor, Qt.Key.Key_Return)
    assert fireside.backend.requests == []
    chat = fireside.window.composer.parts()
    window = fireside.window
    window.new_chat()  # a switch of chats does not stop it
    assert window.composer.parts() == chat
    future.set_result(read(path, window.composer.attachment_bar.items[0].stop).result(30))
    fireside.until(send.isEnabled)
    assert window.composer.parts() == (Part("apples", PartKind.FILE, "a.txt"), Part("What is it?"))


def test_a_file_is_read_on_while_another_chat_is_shown(
    fireside: Fireside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ask(fireside, Part("a question"))
    window, read = fireside.window, fireside.host.documents.read
    first = fireside.chat
    path = put(tmp_path, "a.txt", b"apples")
    future = held(fireside, monkeypatch)
    paste(fireside, urls(path))
    item = window.composer.attachment_bar.items[0]
    window.new_chat()
    assert chips(fireside) == []
    future.set_result(read(path, item.stop).result(30))
    fireside.until(lambda: item.part is not None)
    assert window.composer.parts() == ()
    window.open_chat(first)
    assert window.composer.parts() == (Part("apples", PartKind.FILE, "a.txt"),)


def test_chips_are_removed_by_mouse_and_keyboard(fireside: Fireside) -> None:
    window = fireside.window
    three = tuple(Part(name, PartKind.FILE, name) for name in ("a.txt", "b.txt", "c.txt"))
    window.composer.set_parts((*three, Part("words")))
    removes, heads = (
        [
            child(chip, QAbstractButton, name)
            for chip in window.composer.attachment_bar.findChildren(AttachmentChip)
        ]
        for name in ("removeAttached", "openAttached")
    )
    editor = window.composer.editor
    editor.setFocus()
    order = [button for pair in zip(removes[::-1], heads[::-1], strict=True) for button in pair]
    for button in order:
        QTest.keyClick(focused(), Qt.Key.Key_Backtab)
        assert focused() is button
    QTest.keyClick(heads[0], Qt.Key.Key_Delete)
    assert window.composer.parts() == (*three[1:], Part("words"))
    assert removes[1].hasFocus()
    removes[2].click()
    assert removes[1].hasFocus()
    QTest.keyClick(removes[1], Qt.Key.Key_Return)
    assert window.composer.parts() == (Part("words"),)
    assert window.composer.editor.hasFocus()


def test_a_chip_shows_what_the_model_will_see(fireside: Fireside) -> None:
    long = f"{'word ' * 30_000}end"
    fireside.window.composer.set_parts((Part(long, PartKind.FILE, "a & b.txt"),))
    counted(fireside)
    (item,) = fireside.window.composer.attachment_bar.items
    for press in (lambda head: head.click(), lambda head: QTest.keyClick(head, Qt.Key.Key_Return)):
        press(fireside.find(QAbstractButton, "openAttached"))
        preview = child(fireside.window, AttachmentPreview)
        text = child(preview, QPlainTextEdit, "previewText")
        assert text.isReadOnly()
        assert text.toPlainText() == long[:100_000]
        assert child(preview, QLabel, "previewSize").text() == f"{item.detail} · 150,003 characters"
        assert "100,000 of 150,003" in child(preview, QLabel, "previewCut").text()
        child(preview, QAbstractButton, "closePreview").click()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    fireside.find(QAbstractButton, "cutAttached").click()
    choice = child(fireside.window, PartChoice)
    assert child(choice, QSpinBox, "tokens").value() == item.tokens, "as its chip says"
    child(choice, QAbstractButton, "partDone").click()
    assert item.complete, "nothing is lost by that"


# --- What does not fit --------------------------------------------------------------------


def test_pages_as_a_person_writes_them() -> None:
    assert pages_of("1-3, 8", 10) == (0, 1, 2, 7)
    assert pages_of(" 2 – 2;1", 10) == (0, 1)
    assert ranges((0, 1, 2, 7)) == "1–3, 8"
    assert pages_of(ranges((0, 4, 5, 6)), 7) == (0, 4, 5, 6)
    for nonsense in ("", "0", "3-2", "11", "1-", "a", "1,,2", "9999999999"):
        assert pages_of(nonsense, 10) == ()


def too_long(fireside: Fireside, path: Path, excess: int) -> None:
    paste(fireside, urls(path))
    fireside.until(lambda: bool(fireside.window.composer.parts()))
    counted(fireside)
    foresee(fireside, excess)
    fireside.until(lambda: bool(told(fireside)))


def test_what_does_not_fit_can_be_sent_in_part(fireside: Fireside, tmp_path: Path) -> None:
    window = fireside.window
    pages = [f"page {n} " + "with some words on it " * 8 for n in range(20)]
    path = put(tmp_path, "a.pdf", pdf(pages))
    too_long(fireside, path, 0 + 1)
    item = window.composer.attachment_bar.items[0]
    whole = item.tokens or 0
    foresee(fireside, 10 * whole)
    fireside.until(lambda: told(fireside) == ["There’s no room left for a.pdf. Remove a file."])
    foresee(fireside, whole // 2)
    fireside.until(lambda: f"{whole:,} tokens, but only" in told(fireside)[0])
    take = fireside.find(QAbstractButton, "attachWhatFits")
    some = take.text().removeprefix("Attach pages ")
    assert some.startswith("1–")
    assert window.composer.status.property("tone") == "muted"  # after it was shown once
    take.click()
    assert told(fireside) == []
    counted(fireside)
    assert whole * 0.35 < (item.tokens or 0) <= whole - whole // 2
    (part,) = window.composer.parts()
    assert part.name == f"a.pdf (pages {some} of 20)"
    assert part.text.startswith("[Page 1]\npage 0 with")
    fireside.find(QAbstractButton, "cutAttached").click()
    choice = child(window, PartChoice)
    field, done = (
        child(choice, QLineEdit, "pages"),
        child(choice, QAbstractButton, "partDone"),
    )
    assert field.text() == some
    field.setText("3, 99")
    assert not done.isEnabled()
    field.setText("3, 5-6")
    done.click()
    (part,) = window.composer.parts()
    assert part.name == "a.pdf (pages 3, 5–6 of 20)"
    assert [p for p in range(20) if f"page {p} " in part.text] == [2, 4, 5]
    ask(fireside, part)
    assert "a.pdf (pages 3, 5–6 of 20):\n```\n[Page 3]\n" in question_text(
        fireside.backend.requests[-1].messages[0].parts[0]
    )


def test_of_what_has_no_pages_the_beginning_is_sent(fireside: Fireside, tmp_path: Path) -> None:
    window = fireside.window
    path = put(tmp_path, "a.csv", b"".join(b"%d;some;words\n" % n for n in range(500)))
    too_long(fireside, path, 300)
    fireside.find(QAbstractButton, "choosePart").click()
    choice = child(window, PartChoice)
    field = child(choice, QSpinBox, "tokens")
    room = field.value()
    child(choice, QAbstractButton, "partDone").click()
    counted(fireside)
    item = window.composer.attachment_bar.items[0]
    assert item.tokens is not None
    assert item.tokens <= room + 16
    (part,) = window.composer.parts()
    assert part.name == "a.csv (first part only)"
    assert part.text.startswith("0;some;words\n1;some")
    assert part.text.endswith(";some;words")


def test_what_cannot_fit_is_told_while_an_answer_is_on_its_way(fireside: Fireside) -> None:
    foresee(fireside, -800)
    saying = fireside.hold()
    fireside.ask("pears", saying, *answer("Pears."))
    fireside.until(lambda: fireside.window.state.current.busy())
    count = len(fireside.backend.prepared)
    fireside.window.composer.set_parts((Part("word\n" * 2000, PartKind.FILE, "a.txt"),))
    counted(fireside)
    fireside.until(lambda: told(fireside))
    assert "only 884 fit" in told(fireside)[0]  # 900, less what joins it to the rest
    assert len(fireside.backend.prepared) == count
    saying.set()
    fireside.idle()


def test_another_model_counts_anew(fireside: Fireside, monkeypatch: pytest.MonkeyPatch) -> None:
    def count(model: object, part: Part, pieces: Sequence[str] = ()) -> Future[list[int]]:
        done: Future[list[int]] = Future()
        done.set_result([77, *[1] * len(pieces)])
        return done

    fireside.window.composer.set_parts((FILE,))
    counted(fireside)
    assert chips(fireside) != ["fruit.txt: 77 tokens"]
    monkeypatch.setattr(fireside.host.documents, "count", count)
    fireside.window.state.models.load()
    fireside.until(lambda: chips(fireside) == ["fruit.txt: 77 tokens"])


# --- In the conversation ------------------------------------------------------------------


def files(fireside: Fireside) -> list[QAbstractButton]:
    heads = fireside.window.transcript.findChildren(QAbstractButton, "file")
    return [head for head in heads if head.isVisible()]


def test_a_file_of_a_message_opens_to_its_text(fireside: Fireside) -> None:
    ask(fireside, FILE, Part("<b>x</b>", PartKind.FILE, "b.html"), Part("What is it?"))
    transcript = fireside.window.transcript
    assert [head.text() for head in files(fireside)] == ["fruit.txt", "b.html"]
    assert fireside.text().startswith("fruit.txt\n\nb.html\n\nWhat is it?")
    files(fireside)[1].click()
    assert "<b>x</b>" in fireside.text()  # shown literally
    assert "apples" not in fireside.text()
    QTest.keyClick(files(fireside)[0], Qt.Key.Key_Space)
    fireside.find(QAbstractButton, "copyQuestion").click()
    assert QApplication.clipboard().text() == "What is it?"
    transcript.selection.select_all()
    assert transcript.selection.text(markdown=False).startswith("apples\npears\n\n<b>x</b>")
    transcript.finder.bar.open(transcript.messages.records, "pears")
    assert len(transcript.finder.bar.results.hits) == 1
    files(fireside)[0].click()
    transcript.finder.bar.refresh(transcript.messages.records)
    assert not transcript.finder.bar.results.hits
    ask(fireside, FILE)  # a file without text
    assert [head.text() for head in files(fireside)] == ["fruit.txt", "b.html", "fruit.txt"]


def test_a_name_is_no_key(fireside: Fireside) -> None:
    ask(fireside, Part("x", PartKind.FILE, "R&D.txt"))
    (head,) = files(fireside)
    assert head.text() == "R&D.txt"
    assert head.shortcut().isEmpty()


def test_what_is_found_in_a_file_opens_it(fireside: Fireside) -> None:
    ask(fireside, FILE, Part("What is it?"))
    found = fireside.stored(lambda store: store.search("pears"))
    fireside.window.new_chat()
    fireside.window.open_chat(found[0].chat, found[0])
    fireside.shows("apples\npears")
    assert files(fireside)[0].isChecked()


def test_a_long_file_is_read_as_it_is_seen(fireside: Fireside) -> None:
    long = "\n".join(f"line {n}" for n in range(5_000))
    ask(fireside, Part(long, PartKind.FILE, "long.txt"), Part("What is it?"))
    transcript = fireside.window.transcript
    record = transcript.messages.records[0]
    assert transcript.list.heights[0] < 300
    files(fireside)[0].click()
    reader = record.files[0]._reader
    assert reader is not None
    assert 0 < len(reader.blocks) < 50  # the rest comes after other work
    fireside.until(lambda: not record.files[0].unread)
    assert transcript.list.heights[0] > 5_000 * 10
    files(fireside)[0].click()
    assert transcript.list.heights[0] < 300
