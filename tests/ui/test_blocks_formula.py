"""Formulas are typeset, or shown as source; none takes long or loads anything."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF

from app.markdown import Math, parse
from app.ui.blocks import formula_image
from app.ui.blocks import tex_svg as setter
from app.ui.blocks.box import Highlights, Style
from app.ui.blocks.formula_box import FormulaBox
from app.ui.blocks.formula_image import FormulaImage, picture
from app.ui.theme import Theme
from tests.ui.painting import painted

_CASES = Path(__file__).parents[1] / "cases/formulas"
DRAWN = (_CASES / "drawn.txt").read_text(encoding="utf-8").splitlines()
NOT_DRAWN = (_CASES / "source.txt").read_text(encoding="utf-8").splitlines()
WIDTH = 300
SET = [
    "n",
    r"E = mc^2 \tag{1}",
    r"\mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V",
    r"\begin{align} a &= b \\ &= c \nonumber \end{align}",
    r"\begin{cases} x^2 & \text{if } x \ge 0 \\ -x & \text{otherwise} \end{cases}",
    r"\operatorname*{arg\,max}_\theta \mathcal{L}(\theta)",
    r"\mathop{\mathbb{E}}_{x \sim p}\left[\log D(x)\right]",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
    r"\cfrac{1}{1+\cfrac{1}{2+\cfrac{1}{3+\cfrac{1}{4+x}}}}",
]
REFUSED = [
    "",
    " ",
    r"\frac{1",
    r"\ce{$H$}",
    r"\begin{matrix}",
    r"\left(",
    "x" * 1001,
    r"\hspace{99999999em}x",
    r"\,",
]
DEAR = [
    (open_ * depth + "x" + close * depth)[:1000]
    for depth in (12, 40, 80)
    for open_, close in (
        (r"\frac{1}{1+", "}"),
        (r"\left(", r"\right)"),
        (r"\widehat{", "}"),
        (r"\sqrt[3]{", "}"),
        (r"\pmod{", "}"),
        (r"\color{red}{", "}"),
        ("{", r"\atop b}"),
        (r"\begin{matrix}", r"\end{matrix}"),
    )
] + [r"\sum_{i=1}^{n}x_i " * 50, "-1" * 500, "漢" * 1000, r"\text{" + "a" * 900 + "}"]
HOSTILE = [
    r"\input{/etc/passwd}",
    r"\includegraphics{/etc/passwd}",
    r"\href{file:///etc/passwd}{x}",
    r"\text{<image xlink:href='file:///etc/passwd' width='9' height='9'/>}",
    r"\text{]]><!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;}",
    r"\color{url(file:///etc/passwd)}{x}",
    r"\color{nonsense}{x}",
    r"\color{#ggg}{x}",
    r"\hspace{1e999em}x",
    r"\style{background: url(http://example.org/x)}{x}",
    r"\class{x}{y}",
    r"\unicode{x26}",
    "x & y < z > w",
]


def drawn(
    tex: str, pixels: int = 15, colour: str = "#000000", ratio: float = 1
) -> FormulaImage | None:
    return picture(tex, pixels, colour, ratio)


def made(theme: Theme, tex: str, width: float = WIDTH) -> FormulaBox:
    box = FormulaBox(theme, Style())
    box.set_block(Math(tex))
    box.lay_out(width)
    return box


@pytest.mark.parametrize("tex", SET)
@pytest.mark.parametrize("display", [False, True])
def test_formulas_are_set(fixed_theme: Theme, tex: str, display: bool) -> None:
    once = picture(tex, 15, "#1d1d1b", 1.0, display)
    twice = picture(tex, 15, "#1d1d1b", 2.0, display)
    assert once
    assert twice
    assert (once.width, once.height, once.descent) == (twice.width, twice.height, twice.descent)
    assert once.image.deviceIndependentSize().toSize() == twice.image.deviceIndependentSize()
    assert twice.image.width() == 2 * twice.width
    inks = {
        once.image.pixelColor(x, y).name()
        for x in range(once.width)
        for y in range(once.height)
        if once.image.pixelColor(x, y).alpha() == 255
    }
    assert len(inks) < 3


@pytest.mark.parametrize("tex", DRAWN)
def test_what_was_looked_at_is_set(fixed_theme: Theme, tex: str) -> None:
    assert picture(tex, 15, "#000000", 1.0, display=True)


@pytest.mark.parametrize("tex", NOT_DRAWN)
@pytest.mark.parametrize("display", [False, True])
def test_what_is_not_known_is_no_picture(fixed_theme: Theme, tex: str, display: bool) -> None:
    assert picture(tex, 15, "#000000", 1.0, display) is None


@pytest.mark.parametrize("tex", REFUSED)
def test_what_cannot_be_set_is_no_picture(fixed_theme: Theme, tex: str) -> None:
    assert drawn(tex) is None


def test_it_is_of_the_size_and_colour_that_was_asked_for(fixed_theme: Theme) -> None:
    small, large, red = drawn("x^2"), drawn("x^2", 30), drawn("x^2", colour="#ff0000")
    assert small
    assert large
    assert red
    assert 1.7 < large.width / small.width < 2.3
    assert red.image != small.image
    assert red.image.size() == small.image.size()


@pytest.mark.parametrize("tex", [r"\left[\sum_i (a_i)^2\right]^2", "1\\sum '||"])
def test_powers_of_brackets_stay_near(fixed_theme: Theme, tex: str) -> None:
    found = picture(tex, 15, "#000000", 1.0, display=True)
    assert found
    assert found.height < 60


def test_the_baseline_is_that_of_the_letters(fixed_theme: Theme) -> None:
    for tex in ("x", "x_2", r"\frac{x}{y}"):
        assert drawn(tex)
    x, low = drawn("x"), drawn("y")
    assert x
    assert low
    assert x.descent <= 1
    assert low.descent > 2


def test_pictures_are_kept(fixed_theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formula_image, "_pictures", formula_image._Pictures())
    assert drawn("a + b") is drawn("a + b")
    monkeypatch.setattr(formula_image, "_KEPT", 20_000)
    for number in range(60):
        drawn(f"a + {number}")
    kept = formula_image._pictures._cache.values()
    assert (
        sum(formula_image._area(found) for found in kept)
        == formula_image._pictures._pixels
        <= 20_000
    )


@pytest.mark.parametrize("tex", DEAR)
def test_what_would_take_long_is_not_set(
    fixed_theme: Theme, monkeypatch: pytest.MonkeyPatch, tex: str
) -> None:
    """A row within a row is measured once, not again for every row around it."""
    made_of: list[str] = []
    nodes = setter._ziamath().nodes.mnode.Mnode
    real = nodes.fromelement.__func__

    def counted(*args: object, **how: object) -> object:
        made_of.append("")
        return real(nodes, *args, **how)

    monkeypatch.setattr(nodes, "fromelement", counted)
    setter.draw.cache_clear()
    drawn(tex)
    assert len(made_of) < 3000


_watched: list[str] | None = None


def _audit(event: str, args: tuple[object, ...]) -> None:
    if _watched is not None and event in ("open", "socket.connect", "subprocess.Popen"):
        _watched.append(f"{event} {args[0]!r}")


sys.addaudithook(_audit)


def test_no_formula_takes_anything_from_here(fixed_theme: Theme) -> None:
    global _watched
    drawn("warm")
    setter.draw.cache_clear()
    _watched = []
    try:
        for tex in [*HOSTILE, *SET]:
            picture(tex, 15, "#000000", 1.0, display=True)
        touched = _watched
    finally:
        _watched = None
    assert touched == []
    for tex in HOSTILE:
        found = setter.draw(tex, 15, display=True)
        assert found is None or not re.search("passwd|example|url|image", found.svg)


def test_it_stands_in_the_middle(fixed_theme: Theme) -> None:
    box = made(fixed_theme, "x = y")
    (rect,) = box.rects(0, 1)
    assert abs(rect.center().x() - WIDTH / 2) < 1
    assert box.length == 1
    assert box.position_at(rect.center() - QPointF(3, 0)) == 0
    assert box.position_at(rect.center() + QPointF(3, 0)) == 1
    assert painted(box) != painted(box, Highlights((0, 1)))
    assert painted(box, Highlights((0, 1)), strip=5) == painted(box, Highlights((0, 1)))


def test_a_wide_one_scrolls(fixed_theme: Theme) -> None:
    box = made(fixed_theme, "+".join("abcdefghij" * 4))
    left = box.rects(0, 1)[0].left()
    before = painted(box)
    assert box.scroll(QPointF(10, 10), 50)
    assert box.rects(0, 1)[0].left() == left - 50
    assert painted(box) != before
    assert not made(fixed_theme, "x").scroll(QPointF(10, 10), 50)


def test_one_that_cannot_be_set_is_code(fixed_theme: Theme) -> None:
    box = made(fixed_theme, r"\foo{bad} + 1")
    assert box.length == len(r"\foo{bad} + 1")
    assert box.text(0, 4) == r"\foo"
    assert [c.name for c in box.controls()] == ["copyCode"]
    assert box.controls()[0].box.act("copyCode") == r"\foo{bad} + 1"
    assert painted(box)


@pytest.mark.parametrize("tex", [r"x^2", r"\foo{bad}", "a\n+ b"])
def test_markdown_reads_back(fixed_theme: Theme, tex: str) -> None:
    box = made(fixed_theme, tex)
    assert parse(box.markdown(0, box.length)) == (Math(tex),)
    assert box.text(0, box.length) == f"$$\n{tex}\n$$"


def test_another_formula(fixed_theme: Theme) -> None:
    box = made(fixed_theme, "x")
    for tex in (r"\foo", r"\frac{1}{2}", "y"):
        box.set_block(Math(tex))
        fresh = made(fixed_theme, tex)
        assert (box.height, box.length) == (fresh.height, fresh.length)
        assert painted(box) == painted(fresh)
