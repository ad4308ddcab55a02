"""Copied text, and what a word processor makes of it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QTextDocument, QTextTable
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from app.ui import clipboard
from app.ui.clipboard import copy_markdown
from tests.ui.driver import Fireside, answer

TABLE = (
    "It is **bold** and $x^2$:\n\n| Fruit | Count |\n|---|--:|\n| apple | 3 |\n| <b>pear</b> | 40 |"
)


@pytest.fixture
def told(fireside: Fireside) -> Fireside:
    fireside.ask("**Which** fruit? <i>Two</i>.", *answer(TABLE))
    fireside.shows("apple")
    fireside.idle()
    return fireside


def copied() -> QMimeData:
    return QGuiApplication.clipboard().mimeData()


def pasted() -> QTextDocument:
    """Paste into Qt's own editor, which imports the HTML."""
    assert "text/html" in copied().formats()
    document = QTextDocument()
    document.setHtml(copied().html())
    return document


def cells(document: QTextDocument) -> list[list[str]]:
    frames = document.rootFrame().childFrames()
    tables = [frame for frame in frames if isinstance(frame, QTextTable)]
    assert len(tables) == 1
    table = tables[0]
    return [
        [
            table.cellAt(row, column).firstCursorPosition().block().text()
            for column in range(table.columns())
        ]
        for row in range(table.rows())
    ]


ROWS = [["Fruit", "Count"], ["apple", "3"], ["<b>pear</b>", "40"]]


def test_a_selection_is_rich(told: Fireside) -> None:
    transcript = told.window.transcript
    transcript.selection.select_all()
    QTest.keyClick(transcript, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "| apple | 3 |" in copied().text()
    document = pasted()
    assert cells(document) == ROWS
    text = document.toPlainText()
    assert text.startswith("**Which** fruit? <i>Two</i>.")
    assert "$x^2$" in text
    assert "font-weight" in document.toHtml()


@pytest.mark.parametrize("markdown", [False, True])
def test_text_alone_where_that_was_asked_for(told: Fireside, markdown: bool) -> None:
    transcript = told.window.transcript
    transcript.selection.select_all()
    transcript.selection.copy(markdown=markdown)
    assert "text/html" not in copied().formats()
    assert ("**bold**" in copied().text()) is markdown


@pytest.mark.parametrize("name", ["copyMessage", "copyTable"])
def test_an_answer_and_a_table_are_rich(told: Fireside, name: str) -> None:
    told.find(QAbstractButton, name).click()
    assert "| apple | 3 |" in copied().text()
    assert cells(pasted()) == ROWS


def test_csv_is_text(told: Fireside) -> None:
    told.find(QAbstractButton, "copyCsv").click()
    assert copied().text().startswith("Fruit,Count")
    assert "text/html" not in copied().formats()


def test_a_long_text_is_copied_as_text(qapp: object) -> None:
    copy_markdown("x" * (clipboard.RICHEST + 1))
    assert "text/html" not in copied().formats()


def test_a_program_ends_well_with_its_text_on_the_clipboard() -> None:
    program = (
        "from PySide6.QtWidgets import QApplication\n"
        "from app.ui.clipboard import copy_markdown\n"
        "app = QApplication([])\n"
        "copy_markdown('a | b')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
