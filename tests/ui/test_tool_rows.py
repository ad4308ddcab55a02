"""Calls of tools in the transcript: rows, output, figures and files."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, Qt
from PySide6.QtGui import QAccessible, QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from app.base.answer_events import Delta, PartAdded, Prompt
from app.base.types import Effort, Message, Outcome, Part, PartKind, ResultFacts, Role
from app.store import MessageRow, State
from app.tools.tool import Call, Effect, Proposal
from app.tools.tool_events import WAITING, CallOutput, CallStarted, ResultsShortened
from app.ui.conversation.file_saver import FileSaver, safe_name
from app.ui.conversation.made_view import Figure
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.selection import TextPosition
from app.ui.conversation.transcript import Transcript
from app.wording.tool_words import results_shortened
from tests.ui.driver import Fireside, done, said, thought

LONG = "\n".join(f"line {n}" for n in range(60))


def png(width: int, height: int, *, drawn: bool = True) -> bytes:
    """Return a blue picture, or only the header of one."""
    if not drawn:
        head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        check = struct.pack(">I", zlib.crc32(head))
        return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + check
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("#2040c0"))
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def called(text: str, id: str = "1", name: str = "python") -> Part:
    return Part(text, PartKind.CALL, name, id)


def returned(text: str, id: str = "1", **facts: object) -> Part:
    return Part(text, PartKind.RESULT, "python", id, facts=ResultFacts(**facts))  # type: ignore[arg-type]


def made(data: bytes, name: str = "figure 1.png", media_type: str = "image/png") -> Part:
    return Part("", PartKind.MEDIA, name, "1", media_type=media_type, data=data)


PARTS = (
    Part("I will add.", PartKind.REASONING),
    called("17 + 25"),
    returned("42", seconds=0.42),
    Part("Now the invoices.", PartKind.REASONING),
    called('{"query":"inv\\u006fice",  "deep":{"a":[1,2,{}]}}', "2", "functions.files__search"),
    returned(LONG, "2", count=3, decision="chat"),
    Part("It is 42."),
)


def show(transcript: Transcript, *parts: Part, state: State = State.DONE) -> MessageState:
    question = MessageRow(1, 1, None, Message(Role.USER, (Part("?"),)), State.DONE, 0.0)
    reply = Message(Role.ASSISTANT, parts)
    row = MessageRow(2, 1, 1, reply, state, 0.0, Effort.LOW, "m", thought_s=12.0)
    transcript.messages.set_rows([question, row])
    QApplication.processEvents()
    return transcript.messages.records[1]


def buttons(transcript: Transcript, name: str = "toolCall") -> list[QAbstractButton]:
    found = transcript.findChildren(QAbstractButton, name)
    return sorted((b for b in found if b.isVisible()), key=lambda b: b.mapToGlobal(b.pos()).y())


def test_calls_stand_between_the_paragraphs_of_reasoning(transcript: Transcript) -> None:
    record = show(transcript, *PARTS)
    header = "Thought for 12 s · ran Python, used files.search"
    assert transcript.plainText() == f"?\n\n{header}\n\nIt is 42."
    buttons(transcript, "thought")[0].click()
    rows = (
        "Ran Python · 0.4 s",
        "files.search “invoice” · 3 results · You allowed this in this chat",
    )
    assert transcript.plainText() == (
        f"?\n\n{header}\nI will add.\n{rows[0]}\nNow the invoices.\n{rows[1]}\n\nIt is 42."
    )
    assert [b.accessibleName() for b in buttons(transcript)] == list(rows)
    assert [s.plain for s in record.visible] == ["I will add.", "Now the invoices.", "It is 42."]


def test_a_row_is_opened_by_keys_and_shows_what_was_called(transcript: Transcript) -> None:
    show(transcript, *PARTS)
    buttons(transcript, "thought")[0].click()
    first, second = buttons(transcript)
    for key, button in ((Qt.Key.Key_Space, first), (Qt.Key.Key_Return, second)):
        button.setFocus()
        QTest.keyClick(button, key)
    text = transcript.plainText()
    assert "Ran Python · 0.4 s\n17 + 25\n42\nNow the invoices." in text
    arguments = (
        '{\n  "query": "inv\\u006fice",\n  "deep": {\n    "a": [\n      1,\n      2,\n      {}'
    )
    assert arguments in text
    outputs = [w for w in transcript.findChildren(QWidget, "toolOutput") if w.isVisible()]
    assert [w.accessibleName() for w in outputs] == ["Output", "Output"]
    buttons(transcript)[0].click()
    assert "17 + 25" not in transcript.plainText()


def test_long_output_is_shown_when_it_is_wanted(transcript: Transcript) -> None:
    record = show(transcript, *PARTS)
    buttons(transcript, "thought")[0].click()
    buttons(transcript)[1].click()
    before = record.measured or 0
    (more,) = buttons(transcript, "showAllOutput")
    assert more.text() == "Show all 60 lines"
    buttons(transcript, "copyOutput")[-1].click()
    assert QGuiApplication.clipboard().text() == LONG
    more.click()
    assert (record.measured or 0) > before + 300
    assert not more.isVisible()


def test_calls_and_output_are_found_and_opened(transcript: Transcript) -> None:
    record = show(transcript, *PARTS)
    transcript.go_to(2, "line 57")
    QApplication.processEvents()
    results = transcript.finder.bar.results
    assert (len(results.hits), results.current) == (1, 0)
    assert record.opened
    assert [call.opened for call in record.calls] == [False, True]
    assert not record.calls[1].output.hidden_lines
    assert not buttons(transcript, "showAllOutput")


def test_code_is_copied_as_code(transcript: Transcript) -> None:
    record = show(transcript, *PARTS)
    record.open(record.calls[0].code)
    transcript.selection.select(TextPosition(1, 0, 0), TextPosition(1, 3, 3))
    wanted = "I will add.\n\n```python\n17 + 25\n```\n\n```\n42\n```\n\nNow"
    assert transcript.selection.text() == wanted
    assert transcript.selection.text(markdown=False) == "I will add.\n\n17 + 25\n\n42\n\nNow"


def test_a_call_after_text_stays_where_it_was_made(transcript: Transcript) -> None:
    show(transcript, Part("I will look."), called("1"), returned("1"), Part("Done."))
    assert transcript.plainText() == "?\n\nI will look.\n\nRan Python\n\nDone."


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        (ResultFacts(Outcome.FAILED, 2.0), "Ran Python · error · 2.0 s"),
        (ResultFacts(Outcome.REFUSED, decision="refuse"), "Python · You didn’t allow this"),
        (ResultFacts(Outcome.REFUSED), "Python · not allowed"),
        (ResultFacts(Outcome.STOPPED, 61, decision="refuse"), "Python · stopped · 61 s"),
        (ResultFacts(Outcome.UNKNOWN), "Python · interrupted, outcome unknown"),
        (ResultFacts(Outcome.INVALID), "Python · not available"),
        (None, "Python · not run"),
    ],
)
def test_how_a_call_ended_is_said(facts: ResultFacts | None, label: str) -> None:
    parts = (called("1"), Part("x", PartKind.RESULT, "python", "1", facts=facts))
    said = Message(Role.ASSISTANT, parts if facts else parts[:1])
    record = MessageState(MessageRow(2, 1, 1, said, State.STOPPED, 0.0))
    assert record.calls[0].label() == label
    left = MessageState(MessageRow(2, 1, 1, said, State.CUT_OFF, 0.0))
    assert left.calls[0].label() == (label if facts else "Python · interrupted, outcome unknown")
    if not facts:  # the user was still asked about it
        said = replace(said, parts=(replace(parts[0], facts=WAITING),))
        asked = MessageState(MessageRow(2, 1, 1, said, State.CUT_OFF, 0.0))
        assert asked.calls[0].label() == label


def test_an_answer_that_ends_in_a_call_says_so(transcript: Transcript) -> None:
    show(transcript, called("1"))
    notice = "The model called a tool, but the call was not carried out."
    assert transcript.plainText() == f"?\n\nPython · not run\nPython · not run\n\n{notice}"
    assert buttons(transcript, "tryAgain")


def test_figures_and_files_stand_in_the_answer(transcript: Transcript) -> None:
    show(
        transcript,
        Part("hm", PartKind.REASONING),
        called("plot"),
        returned("1 figure"),
        made(png(640, 480)),
        made(png(9000, 9000, drawn=False)),
        made(b"not a picture"),
        made(b"a,b\n" * 300, "../table\u202e.csv", "text/csv"),
        Part("There."),
    )
    assert transcript.plainText().endswith(
        "Figure 1, 640 × 480\n\nfigure 1.png, 33 bytes\n\nfigure 1.png, 13 bytes\n\n"
        "../table⟨U+202E⟩.csv, 1.2 kB\n\nThere."
    )
    (figure,) = (w for w in transcript.findChildren(Figure) if w.isVisible())
    assert (figure.objectName(), figure.accessibleName()) == ("toolFigure", "Figure 1, 640 × 480")
    found = QAccessible.queryAccessibleInterface(figure)
    assert found
    assert found.role() == QAccessible.Role.Graphic
    shown = figure.grab().toImage()
    assert shown.pixelColor(shown.width() // 2, shown.height() // 2) == QColor("#2040c0")
    assert shown.pixelColor(4, shown.height() // 2) == QColor("white")
    transcript.resize(380, 700)
    QApplication.processEvents()
    assert figure.width() < 360
    assert abs(figure.width() / figure.height() - 4 / 3) < 0.05


@pytest.mark.parametrize(
    ("name", "media_type", "safe"),
    [
        ("figure 1.png", "image/png", "figure 1.png"),
        ("", "image/png", "File.png"),
        ("/etc/../x/\u202egpj.exe", "text/plain", "gpj.exe"),
        ("C:\\con.csv", "text/csv", "_con.csv"),
        (".bashrc", "text/plain", "bashrc.txt"),
        ("a/b\n.c?d", "application/pdf", "b .c d.pdf"),
        ("..", "", "File.bin"),
    ],
)
def test_a_saved_file_has_a_safe_name(name: str, media_type: str, safe: str) -> None:
    assert safe_name(made(b"", name, media_type)) == safe


def test_a_figure_is_saved(fireside: Fireside, tmp_path: Path) -> None:
    data = png(64, 48)
    fireside.ask(
        "plot", thought("hm"), Delta(1, "plot()", PartKind.CALL, "python", "1"),
        PartAdded(returned("")), PartAdded(made(data)), said("There.", 4), done(),
    )  # fmt: skip
    fireside.shows("Figure 1, 64 × 48")
    fireside.idle()
    figure = fireside.find(Figure, "toolFigure")
    fireside.until(lambda: figure.grab().toImage().pixelColor(40, 32) == QColor("#2040c0"))
    asked: list[str] = []
    files = fireside.window.findChild(FileSaver)
    assert files

    def choose(*given: object) -> None:
        asked.append(str(given[5]))
        given[3](tmp_path / "saved.png")  # type: ignore[operator]

    files.ask = choose
    fireside.find(QAbstractButton, "saveMade").click()
    fireside.until(lambda: fireside.window.toast.isVisible())
    assert asked[0].endswith("figure 1.png")
    assert (tmp_path / "saved.png").read_bytes() == data
    assert fireside.find(QAbstractButton, "openMade").isVisible()
    files.ask = lambda *given: given[3](tmp_path / "gone" / "x.png")
    fireside.find(QAbstractButton, "saveMade").click()
    fireside.until(lambda: "x.png" in fireside.find(QLabel, "bannerText").text())


def test_a_running_call_is_shown_and_stopped(fireside: Fireside) -> None:
    proposal = Proposal("python", Call("1", "python", "1"), Effect.NONE)
    call, begins = Delta(1, "while 1:", PartKind.CALL, "python", "1"), fireside.hold()
    fireside.ask(
        "run", Prompt(80, 4096), thought("hm"), call, begins, CallStarted(1, proposal),
        CallOutput(1, "first\n"), CallOutput(1, "second\n"), fireside.hold(),
    )  # fmt: skip
    fireside.shows("Preparing Python…")
    begins.set()
    fireside.shows("Running Python…")
    fireside.until(lambda: fireside.find(QLabel, "statusLine").text() == "Running Python…")
    fireside.find(QAbstractButton, "toolCall", last=True).click()
    fireside.shows("while 1:\nfirst\nsecond")
    fireside.find(QAbstractButton, "thought", last=True).click()
    header = fireside.find(QAbstractButton, "thought", last=True)
    assert header.text().startswith("Running Python…")  # after a second, how long
    fireside.find(QAbstractButton, "thought", last=True).click()
    fireside.stored(lambda store: None)
    fireside.find(QAbstractButton, "stopCall").click()
    fireside.shows("You stopped this answer.")
    assert "Python · stopped\nwhile 1:" in fireside.text()


def test_shortened_results_are_told_in_their_place(fireside: Fireside) -> None:
    call = Delta(1, "1", PartKind.CALL, "python", "1")
    result = PartAdded(returned("1", seconds=0.1))
    more = thought("More.")
    fireside.ask(
        "run", thought("hm"), call, result, ResultsShortened(1, 100),
        Delta(3, more.text, more.kind), said("Done.", 4), done(),
    )  # fmt: skip
    fireside.shows("Done.")
    fireside.idle()
    fireside.find(QAbstractButton, "thought").click()
    assert f"Ran Python · 0.1 s\n{results_shortened()}\nMore." in fireside.text()


def test_rows_survive_a_restart(fireside: Fireside) -> None:
    call = Delta(1, "1", PartKind.CALL, "python", "1")
    result, figure = PartAdded(returned("1", seconds=0.1)), PartAdded(made(png(4, 4)))
    fireside.ask("run", thought("hm"), call, result, figure, said("Done.", 4), done())
    fireside.shows("Done.")
    fireside.idle()
    before, chat = fireside.text(), fireside.chat
    fireside.window.new_chat()
    fireside.window.open_chat(chat)
    fireside.shows("Done.")
    assert fireside.text() == before
    assert "Figure 1, 4 × 4" in before
