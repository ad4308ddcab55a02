"""Citations in the window: chips in the text, and the reader beside it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from app.base.answer_events import Delta
from app.base.draft import Draft
from app.base.pages import displays
from app.base.pages.cited import CitationMark, CitedPlace, CitedSource
from app.base.pages.stored_page import StoredDisplay, unpack
from app.base.types import Effort, Message, Part, PartKind, Role
from app.exchange import ExportFormat, ExportOptions, export, read
from app.formats import Abilities
from app.store import MessageRow, State, Store
from app.tools.browser.browser import Browser
from app.tools.browser.page import wrapped
from app.tools.browser.source import PageText
from app.tools.registry import Registry
from app.ui.blocks.canvas import Canvas
from app.ui.blocks.citation_button import CitationButton
from app.ui.conversation.find_marks import places_in
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.selection import word_at
from app.ui.conversation.transcript import Transcript
from app.ui.reader import reader_controller
from app.ui.reader.page_on_screen import page_on_screen
from app.ui.reader.page_view import PageView
from app.ui.reader.reader_pane import ReaderPane
from app.ui.reader.reader_place import ReaderPlace
from app.ui.theme import Theme
from tests.fakes.browsing import NOTES
from tests.fakes.citations import FILE, WEB, browsed, citing_answer, pages
from tests.fakes.tools import calls as call_of
from tests.fakes.tools import says
from tests.ui.driver import Fireside, Start

SEEDS = range(200) if os.environ.get("FIRESIDE_EXPLORE") else range(0, 200, 40)
RAW = re.compile(r"【\s*\d+\s*†")
TEXT = (
    "Copper is a metal【1†L2】, whose price 【2†L4】 rose【1†L7】. Nowhere【9†L1】.\n\n"
    "| Metal | Source |\n| --- | --- |\n| Copper | notes【2†L2-L4】 |\n\n"
    "> Quoted【0†L8】\n\nالنحاس فلز【1†L2】 لين.\n\n`【1†L3】` 【注意】"
)


def rows(*parts: Part, state: State = State.DONE) -> list[MessageRow]:
    question, calls = browsed()
    reply = Message(Role.ASSISTANT, (*calls.parts, *parts))
    return [
        MessageRow(1, 1, None, question, State.DONE, 0.0),
        MessageRow(2, 1, 1, reply, state, 0.0, model="m"),
    ]


def show(transcript: Transcript, *parts: Part) -> MessageState:
    transcript.messages.set_rows(rows(*parts))
    QApplication.processEvents()
    return transcript.messages.records[1]


def cited_lines(place: CitedPlace) -> str:
    """Return the text that should be marked, without blanks and the marks of links."""
    assert place.page
    lines = [line for a, b in place.lines for line in place.page.lines[max(a, 2) : b + 1]]
    text = re.sub(r"【\d+†([^【】†]*)(?:†([^【】]*))?】", r"\1(\2)", "".join(lines))
    return re.sub(r"\s", "", text).replace("()", "")


def marked(view: PageView) -> list[str]:
    return [part.cursor.selectedText() for part in view.extraSelections()]


def chips(transcript: Transcript) -> list[CitationButton]:
    found = [b for b in transcript.findChildren(CitationButton, "citation") if b.isVisible()]
    return sorted(found, key=lambda b: (b.mapToGlobal(QPoint()).y(), b.mapToGlobal(QPoint()).x()))


def test_chips_stand_in_the_text(transcript: Transcript) -> None:
    transcript.resize(900, 1000)
    show(transcript, Part(TEXT))
    names = [chip.accessibleName() for chip in chips(transcript)]
    assert names == [
        "Source 1: Copper, line 2",
        f"Source 2: {FILE.title}, line 4",
        "Source 1: Copper, line 7",
        "This citation is invalid: the model never saw this page.",
        f"Source 2: {FILE.title}, lines 2 to 4",
        "Source 3: Tin & <b>copper</b>, line 8",
        "Source 1: Copper, line 2",
    ]
    made = next(label for label in transcript.findChildren(QLabel, "made") if label.isVisible())
    assert made.text().endswith(" · 1 invalid citation")
    shown = transcript.plainText()
    assert "Copper is a metal[1], whose price [2] rose[1]. Nowhere[?]." in shown
    assert "Copper\tnotes[2]" in shown
    assert "فلز[1]" in shown
    assert shown.endswith("【1†L3】 【注意】")
    canvas = next(c for c in transcript.findChildren(Canvas, "answerText") if c.isVisible())
    for chip in chips(transcript):  # each on the character that it stands for
        spot = canvas.column.position_at(chip.geometry().center().toPointF())
        near = canvas.column.text(spot - 2, spot + 2)
        assert re.search(r"[\d?]", near), (chip.accessibleName(), near)


def test_a_chip_never_leaves_its_word(transcript: Transcript) -> None:
    show(transcript, Part("one two three four 【1†L2】【2†L2】【2†L4】【1†L7】. " * 9))
    canvas = next(c for c in transcript.findChildren(Canvas, "answerText") if c.isVisible())
    text = canvas.column.text(0, canvas.column.length)
    assert text.startswith("one two three four [1][2][2][1].")
    for width in range(150, 420, 30):
        canvas.column.lay_out(width)
        unit = len("one two three four [1][2][2][1]. ")
        for start in range(0, canvas.column.length - unit, unit):
            word = canvas.column.rects(start + 14, start + 18)  # "four"
            row = canvas.column.rects(start + 19, start + 32)  # four chips, and the full stop
            assert {rect.top() for rect in word} == {rect.top() for rect in row}


def test_words_beside_chips_are_found(transcript: Transcript) -> None:
    record = show(transcript, Part(TEXT))
    section = record.sections[-1]
    column = section.column(transcript._theme, section._style)
    for words in ("whose price [2] rose", "nowhere[?].", "الن"):
        (found,) = places_in(column, words)
        assert column.text(*found).casefold() == words.casefold()
    assert section.plain.count("rose[1]") == len(places_in(column, "rose[1]")) == 1
    start, end = word_at(column, column.text(0, 40).index("price") + 1)
    assert column.text(start, end) == "price"


def test_hints_are_plain_text(transcript: Transcript, monkeypatch: pytest.MonkeyPatch) -> None:
    show(transcript, Part("a【0†L8】 b【1†L2-L3】 c【1†L90】"))
    first, second, third = chips(transcript)
    assert first.hint().splitlines()[:2] == [
        "Source 1: Tin & <b>copper</b>, line 8",
        "news.example",
    ]
    assert second.hint().splitlines()[3] == "Copper is a kind of metal. " * 2 + (
        "Copper is a kind of metal."
    )
    assert third.hint() == "This citation is invalid: the page doesn’t have these lines."
    shown: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: shown.append(text))
    tip = QHelpEvent(QEvent.Type.ToolTip, QPoint(1, 1), QPoint(1, 1))
    QApplication.sendEvent(first, tip)
    assert "&lt;b&gt;copper" in shown[0]
    third.click()
    assert "This citation is invalid" in shown[1]


def test_chips_are_reached_and_pressed_by_keys(transcript: Transcript, qtbot: QtBot) -> None:
    show(transcript, Part("a【1†L2】 [link](https://example.org) b【2†L4】"))
    pressed: list[CitedPlace] = []
    transcript.cited.connect(lambda labels, mark: pressed.append(labels.place(mark)))
    canvas = next(c for c in transcript.findChildren(Canvas, "answerText") if c.isVisible())
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    assert canvas._step(None, True)
    first, second = chips(transcript)
    assert first.hasFocus()
    QTest.keyClick(first, Qt.Key.Key_Return)
    canvas.focusNextPrevChild(True)
    assert canvas.link is not None
    canvas.focusNextPrevChild(True)
    assert second.hasFocus()
    QTest.keyClick(second, Qt.Key.Key_Space)
    second.click()
    assert [place.source and place.source.address for place in pressed] == [
        WEB.address,
        FILE.address,
        FILE.address,
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_answers_that_stream(transcript: Transcript, theme: Theme, seed: int) -> None:
    answer = citing_answer(seed)
    question, row = rows(state=State.STREAMING)
    draft = Draft(row.message.parts)
    transcript.messages.set_rows([question])
    transcript.messages.start(row, draft)
    at = len(row.message.parts)
    record = transcript.messages.records[1]
    for number, piece in enumerate(answer.pieces):
        draft.add(Delta(at, piece))
        if number % 5 and number != len(answer.pieces) - 1:
            continue
        transcript.messages.feed(2)
        transcript.messages.update_drafts()
        for canvas in transcript.findChildren(Canvas, "answerText"):
            shown = canvas.column.text(0, canvas.column.length)
            assert not RAW.search(shown.replace("【7†L777】", ""))  # that is in code
    message = Message(Role.ASSISTANT, draft.parts)
    transcript.messages.finish(MessageRow(2, 1, 1, message, State.DONE, 0.0))
    text = transcript.plainText()
    assert len(RAW.findall(text)) == answer.text.count("in code")
    assert len(re.findall(r"\[\d+\]", text)) >= len(answer.good)
    assert text.count("[?]") == len(answer.bad)
    assert all(bracket in text for bracket in answer.brackets)
    assert record.citations.cited.faults == len(answer.bad)
    view = PageView(theme)
    for place in record.citations.cited.places:  # each opens at its lines
        if place.page:
            view.show_page(page_on_screen(place.page), place.lines)
            assert cited_lines(place) == "".join(marked(view)).replace(" ", "")
    view.deleteLater()


def test_copies_have_footnotes(transcript: Transcript) -> None:
    record = show(transcript, Part("Copper【1†L2】 and **prices**【2†L4】. Nowhere【9†L1】."))
    assert record.to_copy().startswith("Copper[^1] and **prices**[^2]. Nowhere")
    assert f"[^1]: [Copper](<{WEB.address}>), <{WEB.address}>, line 2\n\n[^2]: " in record.to_copy()
    transcript.selection.select_all()
    transcript.selection.copy(markdown=False)
    copied = QGuiApplication.clipboard().text()
    assert "Copper[1] and prices[2]. Nowhere[?]." in copied
    assert f"[1] Copper, {WEB.address}, line 2\n[2] {FILE.title}, {FILE.address}, line 4" in copied
    assert "1 invalid citation" in copied
    transcript.selection.copy(markdown=True)
    assert "Copper[^1] and **prices**[^2]" in QGuiApplication.clipboard().text()
    transcript.selection.copy()
    html = QGuiApplication.clipboard().mimeData().html()
    assert "Copper<sup>[1]</sup>" in html
    assert f'href="{WEB.address}"' in html


def test_reasoning_has_numbers_of_its_own(transcript: Transcript) -> None:
    record = show(transcript, Part("So【2†L4】.", PartKind.REASONING), Part("Copper【1†L2】."))
    record.set_opened(True)
    transcript.messages.show_again(2)
    assert "So[1]." in transcript.plainText()
    assert "Copper[1]." in transcript.plainText()


# --- The reader ---------------------------------------------------------------------------


@pytest.fixture
def reading(start: Start) -> Fireside:
    fireside = start()
    fireside.window.resize(1300, 800)
    question, row = rows(Part(TEXT))

    def keep(store: Store) -> int:
        _, answer = store.messages.ask(None, question.message, Effort.LOW, "m")
        store.messages.update(answer.id, parts=row.message.parts, state=State.DONE)
        return answer.chat

    chat = fireside.stored(keep)
    fireside.window.open_chat(chat)
    fireside.shows("Copper is a metal[1]")
    return fireside


def press(fireside: Fireside, number: int) -> None:
    fireside.until(lambda: len(chips(fireside.window.transcript)) > number)
    chips(fireside.window.transcript)[number].click()


def test_the_reader_opens_at_the_cited_lines(
    reading: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = reading.window
    press(reading, 2)
    view = reading.find(PageView, "readerText")
    assert marked(view) == ["It conducts electricity well: see tin and history (history.example)."]
    assert view.hasFocus()
    assert window.conversation.isVisible()
    assert window.conversation.width() > 400
    opened: list[str] = []
    monkeypatch.setattr(reader_controller, "open_address", opened.append)
    reading.find(QPushButton, "openSource").click()
    assert opened == [WEB.address]
    reading.find(QPushButton, "copySource").click()
    assert QGuiApplication.clipboard().text() == (
        f"It conducts electricity well: see tin and history (history.example).\n\n"
        f"Copper\n{WEB.address}"
    )
    reading.find(QPushButton, "nextCitation").click()  # the one that leads nowhere is passed over
    assert marked(view) == ["March: 9,800.", "June: 10,450 [USD]."]
    reading.find(QPushButton, "openSource").click()  # of a folder that was removed since
    reading.until(lambda: window.toast.isVisible())
    assert window.toast.accessibleName() or window.toast.isVisible()
    reading.find(QPushButton, "previousCitation").click()
    field = reading.find(QLineEdit, "readerFind")
    field.setText("bronze")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert view.textCursor().selectedText() == "Bronze"
    assert view.accessibleName() == "Source 1: Copper, line 7"
    none, keys = Qt.KeyboardModifier.NoModifier, QEvent.Type.ShortcutOverride
    escape = QKeyEvent(keys, Qt.Key.Key_Escape, none)
    escape.ignore()
    QApplication.sendEvent(view, escape)
    assert escape.isAccepted()  # else it would stop an answer that runs
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert marked(view) == ["March: 9,800.", "June: 10,450 [USD]."]
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not window.chat_area.reader.shown


def test_the_reader_fits_a_narrow_window(
    reading: Fireside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_controller, "_LONG", 0)  # its text comes a moment later
    window = reading.window
    window.views.show_sidebar(False)
    window.resize(480, 600)
    press(reading, 0)
    place = window.findChild(ReaderPlace)
    assert place
    assert place.covered
    view = reading.find(PageView, "readerText")
    assert view.width() <= 480
    reading.until(lambda: bool(marked(view)))
    assert view.isVisible()
    assert not window.conversation.isVisible()
    window.transcript.open_find()  # it is to be seen
    assert not window.chat_area.reader.shown
    assert window.conversation.isVisible()
    press(reading, 0)
    assert place.covered
    window.resize(1300, 700)
    reading.until(lambda: not place.covered)
    window.views.focus_editor()
    assert window.chat_area.reader.shown
    window.new_chat()
    reading.until(lambda: not window.chat_area.reader.shown)


def test_of_a_long_page_only_what_is_seen_is_laid_out(qtbot: QtBot, theme: Theme) -> None:
    view = PageView(theme)
    qtbot.addWidget(view)
    view.resize(400, 600)
    view.show()
    text = "\n\n".join(f"Paragraph {n}: {'copper is a metal ' * 20}" for n in range(800))
    page = wrapped(PageText("https://a.example/", "", text))
    for cited in (len(page.lines) - 40, 2000):
        view.show_page(page_on_screen(page), ((cited, cited),))
        QApplication.processEvents()
        assert marked(view) == [page.lines[cited].rstrip()]
        assert 0 < view.cursorRect().top() < 300  # with some of what stands above it
        blocks = map(view.document().findBlockByNumber, range(view.blockCount()))
        assert 5 < sum(block.layout().lineCount() > 0 for block in blocks) < 50


def test_a_strangers_page_is_text(qtbot: QtBot, theme: Theme) -> None:
    """Markup, control characters and endless lines of an imported page do nothing."""
    view = PageView(theme)
    qtbot.addWidget(view)
    view.resize(300, 300)
    lines = (
        "",
        "URL: x",
        '<img src="http://localhost/x">',
        "<|start|>system \x07",
        "x" * 900,
        "😀",
    )
    page = type(pages()[1])("javascript:alert(1)", "<b>T</b>", lines)
    view.show_page(page_on_screen(page), ((2, 3), (5, 5)))
    view.show()
    assert view.toPlainText().splitlines()[0] == lines[2]
    assert marked(view) == [lines[2], "<|start|>system \ufffd", "😀"]
    pane = ReaderPane(theme)
    qtbot.addWidget(pane)
    source = CitedSource(1, "", "https://a.example/\u202emoc.knab", "web")
    pane.show_place(CitedPlace(CitationMark(0), source, page), 0, 1, "")
    told = [label.accessibleName() for label in pane.findChildren(QLabel)]
    assert told.count("https://a.example/⟨U+202E⟩moc.knab") == 2


def test_a_long_answer_stays_quick(transcript: Transcript) -> None:
    """Each update lays out only what has changed, with 200 citations above it, too."""
    question, row = rows(state=State.STREAMING)
    draft = Draft(row.message.parts)
    transcript.messages.set_rows([question])
    transcript.messages.start(row, draft)
    at = len(row.message.parts)
    draft.add(Delta(at, "Copper is a metal【1†L2】【2†L4】, and so on.\n\n" * 100))

    def update() -> None:
        transcript.messages.feed(2)
        transcript.messages.update_drafts()

    update()
    section = transcript.messages.records[1].sections[-1]
    while section.unread:
        section.read_on()
    column = section.column(transcript._theme, section._style)
    boxes = list(column.boxes)
    assert len(boxes) == 100
    draft.add(Delta(at, "More【1†L2】"))
    update()
    assert section.column(transcript._theme, section._style).boxes[:100] == boxes


def test_pages_are_unpacked_when_an_answer_is_shown(
    transcript: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long chat does not unpack the pages of answers that nobody sees."""
    unpacked: list[Part] = []

    def counting(part: Part) -> StoredDisplay | None:
        unpacked.append(part)
        return unpack(part)

    monkeypatch.setattr(displays, "unpack", counting)
    question, calls = browsed()
    made: list[MessageRow] = []
    for number in range(1, 121, 2):
        parts = (*calls.parts, Part("Copper【1†L2】.\n\n" * 20))
        answer = Message(Role.ASSISTANT, parts)
        made.append(MessageRow(number, 1, number - 1 or None, question, State.DONE, 0.0))
        made.append(MessageRow(number + 1, 1, number, answer, State.DONE, 0.0))
    transcript.messages.set_rows(made)
    QApplication.processEvents()
    assert 0 < len(unpacked) < 12
    assert transcript.plainText().count("Copper[1].") == 20 * 60


def test_a_turn_is_read_again_after_a_restart_and_an_import(start: Start, tmp_path: Path) -> None:
    fireside = start()
    fireside.host.tools = registry = Registry(Browser(lambda: [NOTES]).tools)
    fireside.host.backend._registry = registry
    fireside.host.chats._declared = lambda keys: registry.declared((NOTES.key,))
    fireside.backend.abilities = lambda model: Abilities(tools=True)  # type: ignore[method-assign]
    fireside.script(*call_of("browser.search", '{"query": "copper"}'))
    fireside.script(*call_of("browser.open", '{"id": 0}', at=2))
    pieces = ("Copper conducts【1†", "L2-", "L3】 well【0†L", "4】, says nobody【7†L1】.")
    said = [event for piece in pieces for event in says(piece, at=4)[1:2]]
    fireside.ask("What is copper?", *says("", at=4)[:1], *said, *says("", at=4)[2:])
    fireside.shows("Copper conducts[1] well[1], says nobody[?].")
    fireside.idle()
    chat = fireside.chat

    def check(fireside: Fireside) -> None:
        press(fireside, 0)
        (lines,) = marked(fireside.find(PageView, "readerText"))
        assert lines.startswith("Copper is a kind of metal. It conducts electricity well, and")
        assert lines.endswith("its colour is that of a sunset.")

    check(fireside)
    fireside = start()
    fireside.window.open_chat(chat)
    fireside.shows("Copper conducts[1]")
    check(fireside)
    options = ExportOptions(ExportFormat.JSON)
    path = fireside.stored(lambda store: export(store, tmp_path, "chat", options, [chat]))
    assert path.stat().st_size < 8000
    fireside.stored(lambda store: store.bin.erase([chat]))
    found = read([path], lambda count: None)
    fireside.stored(lambda store: found.into(store, lambda count: None))
    imported = fireside.stored(lambda store: max(store.chats.live()))
    assert imported != chat
    fireside.window.open_chat(imported)
    fireside.shows("Copper conducts[1]")
    check(fireside)
