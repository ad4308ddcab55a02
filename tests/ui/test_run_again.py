"""“Run again” in the row of a call."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.base.answer_events import Delta, PartAdded
from app.base.types import Outcome, Part, PartKind, ResultFacts
from app.tools.tool import Proposal, Result
from app.ui.conversation.made_view import Figure
from tests.fakes.tools import FakeTool, until_stopped
from tests.ui.driver import Fireside, done, said, thought
from tests.ui.test_tool_rows import made, png, returned

Answer = Iterable[str | Result]


@pytest.fixture
def tool(fireside: Fireside, monkeypatch: pytest.MonkeyPatch) -> FakeTool:
    """Return the tool of a chat with an answer that has called it, whose row is open."""
    tool = FakeTool()
    monkeypatch.setattr(fireside.host.tools, "_tools", lambda: [tool])
    fireside.ask(
        "add", thought("hm"), Delta(1, "17 + 25", PartKind.CALL, "python", "1"),
        PartAdded(returned("42", seconds=0.42)), said("It is 42.", 3), done(),
    )  # fmt: skip
    fireside.shows("It is 42.")
    fireside.idle()
    fireside.find(QAbstractButton, "thought").click()
    assert not there(fireside, "runAgain")
    fireside.find(QAbstractButton, "toolCall").click()
    return tool


def there(fireside: Fireside, name: str) -> list[QAbstractButton]:
    return [b for b in fireside.window.findChildren(QAbstractButton, name) if b.isVisible()]


def test_a_call_is_run_again_in_its_row(fireside: Fireside, tool: FakeTool) -> None:
    go = threading.Event()

    def ran(proposal: Proposal, cancel: threading.Event) -> Answer:
        yield "4"
        go.wait(30)
        yield Result("43", ResultFacts(seconds=0.3), (made(png(64, 48)),))

    tool.answer = ran
    before = fireside.stored(lambda store: store.messages.conversation(fireside.chat))
    button = fireside.find(QAbstractButton, "runAgain")
    assert (button.accessibleName(), button.text()) == ("Run again", "Run again")
    assert "Space" in button.toolTip()
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    running = r"17 \+ 25\n42\nRunning Python…( \d+ s)?\n4"
    fireside.until(lambda: re.search(running, fireside.text()))
    button.click()  # it runs already
    go.set()
    fireside.shows("17 + 25\n42\nRan again · 0.3 s\n43\nFigure 1, 64 × 48")
    assert len(tool.ran) == 1
    assert button.hasFocus()
    fireside.find(QAbstractButton, "copyOutput", last=True).click()
    assert QGuiApplication.clipboard().text() == "43"
    assert fireside.find(Figure, "toolFigure").height() > 40
    saved: list[Part] = []
    fireside.window.transcript.save_wanted.connect(saved.append)
    fireside.window.chat_area.file_saver.ask = lambda *given: None
    fireside.find(QAbstractButton, "saveMade").click()
    assert [part.name for part in saved] == ["figure 1.png"]
    assert fireside.find(QWidget, "rerunOutput").accessibleName() == "Output"
    chat = fireside.chat
    fireside.window.new_chat()
    fireside.window.open_chat(chat)
    fireside.shows("It is 42.")
    assert "Ran again" not in fireside.text()
    assert fireside.stored(lambda store: store.messages.conversation(chat)) == before


def test_it_is_stopped_by_its_button(fireside: Fireside, tool: FakeTool) -> None:
    tool.answer = until_stopped
    fireside.find(QAbstractButton, "runAgain").click()
    fireside.shows("begun")
    stop = fireside.find(QAbstractButton, "stopRerun")
    stop.setFocus()
    QTest.keyClick(stop, Qt.Key.Key_Space)
    fireside.shows("Ran again · stopped\nbegun")
    assert not there(fireside, "stopRerun")
    assert fireside.find(QAbstractButton, "runAgain").hasFocus()


@pytest.mark.parametrize("close", [True, False])
def test_it_ends_with_its_chat(fireside: Fireside, tool: FakeTool, close: bool) -> None:
    ended = threading.Event()

    def ran(proposal: Proposal, cancel: threading.Event) -> Answer:
        yield from until_stopped(proposal, cancel)
        ended.set()

    tool.answer = ran
    fireside.find(QAbstractButton, "runAgain").click()
    fireside.shows("begun")
    fireside.window.close() if close else fireside.window.new_chat()
    assert ended.wait(30)


def test_long_output_is_found_and_shown(fireside: Fireside, tool: FakeTool) -> None:
    text = "\n".join(f"line {number}" for number in range(60))
    tool.answer = lambda proposal, cancel: [Result(text)]
    fireside.find(QAbstractButton, "runAgain").click()
    assert fireside.find(QAbstractButton, "showAllRerun").text() == "Show all 60 lines"
    transcript = fireside.window.transcript
    message = transcript.messages.records[-1].row.id
    transcript.go_to(message, "line 57")
    fireside.until(lambda: not there(fireside, "showAllRerun"))
    assert len(transcript.finder.bar.results.hits) == 1


def test_why_it_cannot_be_run_is_said(fireside: Fireside, tool: FakeTool) -> None:
    tool.unavailable = "missing"
    fireside.find(QAbstractButton, "runAgain").click()
    fireside.shows("42\nPython isn’t installed. Run the setup again.")
    tool.unavailable = ""
    tool.answer = lambda proposal, cancel: [Result("no", ResultFacts(Outcome.FAILED))]
    fireside.find(QAbstractButton, "runAgain").click()
    fireside.shows("Ran again · error\nno")
