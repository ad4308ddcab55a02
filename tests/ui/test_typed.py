"""Long questions: no word is split, and no text is lost."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QTextBoundaryFinder

from app.base.types import Part
from app.markdown import spans_text
from app.ui.blocks.box import Style
from app.ui.conversation.sections import PlainStream, Section, SectionKind
from app.ui.theme import Theme

LONG = {
    "words": "Donaudampfschifffahrt is one word of these. " * 300,
    "words without sentences": "and then again " * 700,
    "Chinese": "他说这是一个很长的问题，没有空格。" * 400,
    "Thai": "ภาษาไทยไม่มีช่องว่างระหว่างคำ" * 200,
    "families": "👩‍👩‍👧‍👦" * 700,
    "accents": "e\u0301\u0323" * 2000,
    "one word": "x" * 7001,
    "addresses": "https://example.org/" + "path/" * 1500,
    "lines": "a line\n" * 900,
    "Windows": "a line\r\n\r\n" * 700,
    "blanks": " " * 5000,
}


def pieces(text: str, size: int) -> list[str]:
    typed = PlainStream()
    for start in range(0, len(text), size):
        typed.feed(text[start : start + size])
    typed.finish()
    gaps = [block.joined for block in typed.blocks]
    assert gaps[0] is None
    assert None not in gaps[1:]
    shown = [spans_text(block.spans) for block in typed.blocks]
    whole = "".join((gap or "") + piece for gap, piece in zip(gaps, shown, strict=True))
    assert whole == text.replace("\r\n", "\n")
    return shown


@pytest.mark.parametrize("name", LONG)
def test_it_is_the_same_in_whatever_pieces_it_comes(name: str) -> None:
    whole = pieces(LONG[name], 10**6)
    assert len(whole) > 1
    assert max(map(len, whole)) <= 2000
    assert pieces(LONG[name], 777) == whole


@pytest.mark.parametrize("name", ["words", "words without sentences"])
def test_words_stay_whole(name: str) -> None:
    known = set(LONG[name].split())
    for piece in pieces(LONG[name], 10**6):
        assert set(piece.split()) <= known


@pytest.mark.parametrize("name", ["families", "accents", "one word", "Thai"])
def test_characters_stay_whole(name: str) -> None:
    text = LONG[name]
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Grapheme, text)
    at = 0
    for piece in pieces(text, 10**6):
        at += len(piece.encode("utf-16-le")) // 2
        finder.setPosition(at)
        assert finder.isAtBoundary()


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("markdown", [False, True])
def test_a_part_is_copied_as_it_was_typed(fixed_theme: Theme, name: str, markdown: bool) -> None:
    text = LONG[name].replace("\r\n", "\n")
    section = Section(SectionKind.QUESTION, Part(text))
    while section.blocks and section.unread:
        section.read_on()
    column = section.column(fixed_theme, Style())
    assert column.text(0, column.length) == text
    if markdown and name in ("words", "Chinese", "one word"):
        assert column.markdown(0, column.length).removesuffix("&#32;") == text.strip()
