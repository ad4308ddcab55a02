"""Code blocks: what is painted is the text, however it arrived, and only what is visible."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from app.base.resources import resource
from app.markdown import Code, parse
from app.ui.blocks.box import Box, Highlights, Style
from app.ui.blocks.code_box import CodeBox
from app.ui.blocks.column import Column
from app.ui.blocks.highlighting import find_lexer
from app.ui.blocks.utf16 import units
from app.ui.theme import Colours, Theme
from tests.ui.painting import painted

WIDTH = 300
PYTHON = (
    'def f(x: int) -> str:\n\t"""Doc\n\tmore."""\n    return "é" + x  # 漢字 😀\n\n\nclass A: pass'
)
PIECES = [
    *("a", " ", "\n", "\t", "def f(x):", '"""', "'", "# ", "漢", "😀", "e\u0301", "\r", "\u2028"),
    *("return ", "word " * 30, "w" * 90, "{", "}", "/* ", " */", "<b>", "שלום", "\ufffc", "- "),
]
LANGUAGES = ["", "python", "js", "yaml", "json", "c", "html", "console", "diff", "nonsense"]


def made(theme: Theme, text: str, language: str = "python", *, wrap: bool = False) -> CodeBox:
    box = CodeBox(theme, Style())
    box.lay_out(WIDTH)
    box.set_block(Code(text, language))
    if wrap:
        box.act("wrapCode")
    return box


def rest(box: Box) -> None:
    """Paint until nothing is left to be highlighted."""
    for _ in range(3):
        painted(box)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(LANGUAGES), st.booleans())
def test_code_that_grew_is_the_same_as_fresh(
    fixed_theme: Theme, pieces: list[str], language: str, wrap: bool
) -> None:
    # Depending on where it starts to read, Pygments takes an unclosed comment for different things.
    # The colours of its last line may differ until the comment ends.
    assume("".join(pieces).count("/*") <= "".join(pieces).count("*/"))
    box = made(fixed_theme, "", language, wrap=wrap)
    text = ""
    for piece in pieces:
        text += piece
        box.set_block(Code(text, language))
        painted(box)
    fresh = made(fixed_theme, text, language, wrap=wrap)
    rest(box)
    rest(fresh)
    assert (box.height, box.length) == (fresh.height, fresh.length) == (box.height, units(text))
    assert painted(box) == painted(fresh)
    assert box.text(0, box.length) == text


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.booleans())
def test_strips_are_the_whole(fixed_theme: Theme, pieces: list[str], wrap: bool) -> None:
    box = made(fixed_theme, "".join(pieces), wrap=wrap)
    ink = Highlights((1, box.length - 1), ((2, 4), (5, 9)), (5, 9))
    rest(box)
    assert painted(box, ink, strip=13) == painted(box, ink)


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("text", [PYTHON, "w" * 5000, "漢字 " * 900, "\n\n", ""])
def test_a_click_finds_the_character(fixed_theme: Theme, text: str, wrap: bool) -> None:
    box = made(fixed_theme, text, wrap=wrap)
    assert box.length == units(text)
    step = max(box.length // 97, 1)
    for at in range(0, box.length, step):
        if not box.text(at, at + 1) or "\u0301" in box.text(at, at + 2):
            continue  # inside a character
        rects = box.rects(at, at + 1)
        assert len(rects) == 1
        rect = rects[0]
        if rect.width() > 0:
            assert box.position_at(QPointF(rect.left() + 0.1, rect.center().y())) == at
    assert box.position_at(QPointF(0, -5)) == 0
    assert box.position_at(QPointF(0, box.height + 5)) == box.length


def test_rects_have_a_line_each(fixed_theme: Theme) -> None:
    box = made(fixed_theme, "one\n\ntwo\nthree")
    assert len(box.rects(0, box.length)) == 4
    assert box.rects(1, 1) == []
    assert box.leaf_at(6) == (5, 8)


def test_selecting_shows(fixed_theme: Theme) -> None:
    box = made(fixed_theme, "one\ntwo")
    plain, selected = painted(box), painted(box, Highlights((0, 7)))
    assert plain != selected
    at = box.rects(4, 5)[0].topLeft().toPoint()
    assert selected.pixelColor(at) == fixed_theme.colour("selection")


def test_a_string_that_is_open_keeps_its_colour(fixed_theme: Theme) -> None:
    box = CodeBox(fixed_theme, Style())
    box.lay_out(WIDTH)
    text = '"""\nfor text in it\n'
    for end in range(1, len(text) + 1):
        box.set_block(Code(text[:end], "python"))
        painted(box)
    assert [s.colour for s in box._tokens.line(1)] == ["code_string"]


def test_what_is_far_below_is_guessed(fixed_theme: Theme) -> None:
    box = made(fixed_theme, "x = None\n" * 3000)
    bottom = QRectF(0, box.height - 60, WIDTH, 60)
    image = QImage(WIDTH, 60, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    painter.translate(0, -bottom.top())
    box.paint(painter, bottom, Highlights())
    painter.end()
    assert len(box._tokens._lines) < 1000
    assert "code_number" in {s.colour for s in box._tokens.line(2999)}
    assert len(box._layouts) < 10


def test_code_that_grows_leaves_what_was_there(fixed_theme: Theme) -> None:
    text = "a = 1  # " + "x" * 50 + "\n"
    box = made(fixed_theme, text * 150)
    rest(box)
    before = list(box._pieces.pieces)
    known = box._tokens.line(50)
    box.set_block(Code(text * 150 + "b = 2", "python"))
    assert all(a is b for a, b in zip(before[:-1], box._pieces.pieces, strict=False))
    assert box._tokens.line(50) is known
    assert box._tokens._mark.line > 140


@pytest.mark.parametrize("wrap", [False, True])
def test_a_line_of_a_million_characters(fixed_theme: Theme, wrap: bool) -> None:
    box = made(fixed_theme, "x = 1; " * 150_000, "js", wrap=wrap)
    clip = QRectF(0, 0, WIDTH, 400)
    image = QImage(WIDTH, 400, QImage.Format.Format_ARGB32_Premultiplied)
    for _ in range(3):
        painter = QPainter(image)
        box.paint(painter, clip, Highlights((0, box.length)))
        painter.end()
        box.scroll(QPointF(20, 50), 1e6)
    assert len(box._layouts) < 40
    assert all(len(laid.piece.text) <= 1000 for laid in box._layouts.values())


def test_code_that_is_too_long_is_plain(fixed_theme: Theme) -> None:
    box = made(fixed_theme, f"x = {'1' * 595}\n" * 101)  # 60,600 characters
    painted(box, strip=5000)
    assert not any(box._tokens.line(n) for n in range(101))


def test_lines_are_wrapped_where_they_are_too_long(fixed_theme: Theme) -> None:
    box = made(fixed_theme, "short")
    assert [c.name for c in box.controls()] == ["copyCode"]
    box.set_block(Code("some words that are " * 10))
    assert [c.name for c in box.controls()] == ["wrapCode", "copyCode"]
    low = box.height
    assert box.scroll(QPointF(20, 45), 50)
    assert box.act("wrapCode") == ""
    assert box.height > low
    assert not box.scroll(QPointF(20, 45), 50)
    assert [c.label for c in box.controls()] == ["Don’t wrap lines", "Copy code"]
    assert max(r.right() for r in box.rects(0, box.length)) <= WIDTH
    box.act("wrapCode")
    assert box.height == low


def test_copies(fixed_theme: Theme) -> None:
    box = made(fixed_theme, "a\n````\nb", "js")
    assert box.act("copyCode") == "a\n````\nb"
    assert parse(box.markdown(0, box.length)) == (Code("a\n````\nb", "js"),)
    assert box.markdown(0, 1) == "a"
    assert box.text(2, 6) == "````"


def test_scrolled_code_stops_at_its_ends(fixed_theme: Theme) -> None:
    box = made(fixed_theme, "w" * 100)
    assert not box.scroll(QPointF(20, 45), -10)
    while box.scroll(QPointF(20, 45), 200):
        pass
    rect = box.rects(99, 100)[0]
    assert WIDTH - 20 < rect.right() <= WIDTH


def test_languages_have_their_names() -> None:
    python = find_lexer("py")
    assert python is not None
    assert python.name == "Python"
    assert find_lexer("mermaid") is None
    assert find_lexer("text") is None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colours_of_code_can_be_read(theme: str) -> None:
    colours = json.loads(resource("themes", f"{theme}.json").read_text(encoding="utf-8"))
    names = [f.name for f in fields(Colours) if f.name.startswith("code_")]
    assert len(names) == 8
    for name in [*names, "text", "muted", "danger"]:
        assert contrast(colours[name], colours["code"]) >= 4.5, name


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance as defined by WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    "source", ["~~~~`\n\n~~~~", "~~~ a`b\n~~~~\nx\n```\n~~~", "``` \\\\&amp;amp;\nx\n```"]
)
def test_odd_languages_read_back(theme: Theme, source: str) -> None:
    blocks = parse(source)
    column = Column(theme, Style())
    column.set_blocks(blocks)
    assert parse(column.markdown(0, column.length)) == blocks
