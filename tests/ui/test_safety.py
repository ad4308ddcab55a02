"""What a person or a model writes is never more than text."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument
from PySide6.QtWidgets import QLabel, QTextBrowser

from app.markdown import Paragraph, Span
from app.ui.render import ProseView
from app.ui.text import TextView
from app.ui.theme import Look
from tests.ui.driver import Fireside, answer

EVIL = (
    "<script>alert(1)</script> <img src='http://x.example/a.png'> "
    "![shot](http://x.example/b.png) [go](javascript:alert(1)) [local](file:///etc/passwd)\n\n"
    "<b>bold</b>"
)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that any text asked to have loaded."""
    asked: list[str] = []
    real = TextView.loadResource

    def load(self: TextView, kind: int, name: QUrl) -> object:
        asked.append(name.toString())
        return real(self, kind, name)

    monkeypatch.setattr(TextView, "loadResource", load)
    return asked


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were opened in the browser."""
    urls: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url.toString()))
    return urls


def anchors(view: QTextBrowser) -> set[str]:
    found = set()
    block = view.document().begin()
    while block.isValid():
        found |= {item.format.anchorHref() for item in block.textFormats()}
        block = block.next()
    return found - {""}


def test_an_answer_is_text_only(fireside: Fireside, loads: list[str], opened: list[str]) -> None:
    fireside.ask("hello", *answer(EVIL))
    fireside.shows("<b>bold</b>")
    fireside.idle()
    text = fireside.text()
    assert "<script>alert(1)</script>" in text
    assert "<img src='http://x.example/a.png'>" in text
    assert "shot (http://x.example/b.png)" in text
    assert "[go](javascript:alert(1))" in text
    for view in fireside.window.transcript.findChildren(QTextBrowser):
        assert anchors(view) == set()
        assert "￼" not in view.toPlainText()  # an object in the text: a picture
    assert loads == []
    assert opened == []


def test_a_question_is_shown_as_it_was_typed(fireside: Fireside) -> None:
    fireside.ask("<h1>x</h1> **y** <|end|>", *answer("ok"))
    fireside.shows("<h1>x</h1> **y** <|end|>")


def test_titles_are_text(fireside: Fireside) -> None:
    fireside.ask("<b>x</b><img src='file:///a'>", *answer("ok"))
    fireside.shows("ok")
    fireside.idle()
    title = fireside.find(QLabel, "title")
    assert title.textFormat() is Qt.TextFormat.PlainText
    assert title.text().startswith("<b>x</b>")


def test_nothing_is_loaded_even_where_it_is_asked_for(look: Look, qtbot: object) -> None:
    view = TextView(look)
    for kind in (QTextDocument.ResourceType.ImageResource, QTextDocument.ResourceType.HtmlResource):
        assert view.loadResource(kind.value, QUrl.fromLocalFile(sys.executable)) is None
        assert view.document().resource(kind.value, QUrl.fromLocalFile(sys.executable)) is None


def click_word(fireside: Fireside, view: QTextBrowser, word: str) -> None:
    cursor = view.document().find(word)
    cursor.setPosition(cursor.selectionStart() + 1)
    where = view.cursorRect(cursor).center() + QPoint(1, 0)
    fireside.qtbot.mouseMove(view.viewport(), where)
    fireside.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_a_link_opens_on_a_click_only(fireside: Fireside, opened: list[str]) -> None:
    fireside.ask("hello", *answer("See [the page](https://example.org/a?b=1&c=2) now."))
    fireside.shows("See the page now.")
    fireside.idle()
    assert opened == []
    view = next(v for v in fireside.window.findChildren(QTextBrowser) if anchors(v))
    click_word(fireside, view, "page")
    assert opened == ["https://example.org/a?b=1&c=2"]
    assert "See the page now." in fireside.text()


def test_a_forged_link_does_not_open(look: Look, qtbot: object, opened: list[str]) -> None:
    view = ProseView(look, Paragraph((Span("x", link="file:///etc/passwd"),)))
    view.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert opened == []
    view.anchorClicked.emit(QUrl("mailto:a@example.org"))
    assert opened == ["mailto:a@example.org"]


def test_pasting_takes_the_text_alone(fireside: Fireside) -> None:
    from PySide6.QtCore import QMimeData

    data = QMimeData()
    data.setHtml("<b>bold</b>")
    data.setText("bold")
    fireside.window.composer.editor.insertFromMimeData(data)
    assert fireside.window.composer.text() == "bold"


def test_void_calls_leave_none_alone(look: Look) -> None:
    """PySide6 6.12.0 on Python 3.10 and 3.11 loses a reference to None in every such call."""
    label = QLabel()
    before = sys.getrefcount(None)
    for _ in range(3000):
        label.setText("x")
    assert abs(sys.getrefcount(None) - before) < 500
