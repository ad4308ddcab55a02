"""Text by a person or a model is never interpreted as anything else."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel

from app.markdown import Paragraph, Span
from app.ui.blocks.box import Style
from app.ui.blocks.canvas import Canvas
from app.ui.blocks.column import Column
from app.ui.theme import Theme
from tests.ui.driver import Fireside, answer

EVIL = (
    "<script>alert(1)</script> <img src='http://x.example/a.png'> "
    "![shot](http://x.example/b.png) [go](javascript:alert(1)) [local](file:///etc/passwd)\n\n"
    "<b>bold</b>"
)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of addresses that were opened in the browser."""
    urls: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url.toString()))
    return urls


def links(fireside: Fireside) -> set[str]:
    """Return every address that a click somewhere in the conversation opens."""
    canvases = fireside.window.transcript.findChildren(Canvas)
    shown = [canvas for canvas in canvases if canvas.isVisible()]
    return {link.address for canvas in shown for link in canvas.column.links()}


def test_an_answer_is_text_only(fireside: Fireside, opened: list[str]) -> None:
    fireside.ask("hello", *answer(EVIL))
    fireside.shows("<b>bold</b>")
    fireside.idle()
    text = fireside.text()
    assert "<script>alert(1)</script>" in text
    assert "<img src='http://x.example/a.png'>" in text
    assert "shot (http://x.example/b.png)" in text
    assert "[go](javascript:alert(1))" in text
    assert links(fireside) == set()
    assert opened == []


def test_a_question_is_shown_as_it_was_typed(fireside: Fireside) -> None:
    fireside.ask("<h1>x</h1> **y** <|end|>", *answer("ok"))
    fireside.shows("<h1>x</h1> **y** <|end|>")


def test_titles_are_text(fireside: Fireside) -> None:
    fireside.ask("<b>x</b><img src='file:///a'>", *answer("ok"))
    fireside.shows("ok")
    fireside.idle()
    title = fireside.find(QAbstractButton, "title")  # whose text is never markup
    assert title.text().startswith("<b>x</b>")


def test_a_link_opens_on_a_click_only(fireside: Fireside, opened: list[str]) -> None:
    fireside.ask("hello", *answer("See [the page](https://example.org/a?b=1&c=2) now."))
    fireside.shows("See the page now.")
    fireside.idle()
    assert opened == []
    assert links(fireside) == {"https://example.org/a?b=1&c=2"}
    canvas = fireside.find(Canvas, "answerText")
    where = canvas.column.rects(9, 12)[0].center().toPoint()
    QTest.mouseMove(canvas, where)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=where)
    assert opened == ["https://example.org/a?b=1&c=2"]
    assert "See the page now." in fireside.text()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "mailto:a@example.org"])
def test_a_forged_link_does_not_open(
    fireside: Fireside, theme: Theme, opened: list[str], address: str
) -> None:
    """Holds even if the Markdown parser let such a link through."""
    column = Column(theme, Style())
    column.set_blocks([Paragraph((Span("click here", link=address),))])
    canvas = Canvas(theme)
    canvas.set_column(column)
    canvas.resize(400, canvas.height_for(400))
    fireside.qtbot.addWidget(canvas)
    canvas.show()
    where = column.rects(2, 4)[0].center().toPoint()
    QTest.mouseMove(canvas, where)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=where)
    assert opened == ([address] if address.startswith("mailto") else [])


def test_pasting_takes_the_text_alone(fireside: Fireside) -> None:
    from PySide6.QtCore import QMimeData

    data = QMimeData()
    data.setHtml("<b>bold</b>")
    data.setText("bold")
    fireside.window.composer.editor.insertFromMimeData(data)
    assert fireside.window.composer.editor.toPlainText() == "bold"


def test_void_calls_leave_none_alone(theme: Theme) -> None:
    """PySide6 6.12.0 before Python 3.12 loses a reference to None in every such call."""
    label = QLabel()
    before = sys.getrefcount(None)
    for _ in range(3000):
        label.setText("x")
    assert abs(sys.getrefcount(None) - before) < 500
