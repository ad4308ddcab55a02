"""Formulas are drawn right, or not at all.

Those in `cases/formulas/drawn.txt` were checked by eye, as the window draws them; those in
`source.txt` are shown as source.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from app.exchange.html_formula import mathml
from app.markdown import Block, Math, Paragraph, SpanKind, parse
from app.markdown.arrays import line_positions
from app.markdown.tex import math_element

_CASES = Path(__file__).parents[1] / "cases"
DRAWN = (_CASES / "formulas/drawn.txt").read_text(encoding="utf-8").splitlines()
SOURCE = (_CASES / "formulas/source.txt").read_text(encoding="utf-8").splitlines()
# Letters that the window's formula font lacks, and browsers find in other fonts.
_ONLY_IN_BROWSERS = [tex for tex in SOURCE if not set(tex).isdisjoint("漢日速")]


def said(tex: str) -> str:
    """Return a formula's letters and signs in order."""
    root = math_element(tex, display=True)
    assert root is not None
    return "".join(root.itertext())


def formulas(blocks: list[Block]) -> list[str]:
    spans = [span for block in blocks if isinstance(block, Paragraph) for span in block.spans]
    inside = [span.text for span in spans if span.kind in (SpanKind.MATH, SpanKind.DISPLAY)]
    return inside + [block.tex for block in blocks if isinstance(block, Math)]


def test_what_was_looked_at_is_drawn() -> None:
    assert [tex for tex in DRAWN if math_element(tex, display=True) is None] == []


@pytest.mark.parametrize("display", [False, True])
def test_what_is_not_known_stays_as_it_is(display: bool) -> None:
    for tex in set(SOURCE) - set(_ONLY_IN_BROWSERS):
        assert math_element(tex, display=display) is None, tex
        assert mathml(tex, display=display) == "", tex


@pytest.mark.parametrize("case", ["18_chem", "42_arrays"])
def test_no_formula_of_a_message_is_wrong(case: str) -> None:
    """Each is one of those checked by eye, or its source is shown."""
    text = (_CASES / f"rendering/{case}.md").read_text(encoding="utf-8")
    found = formulas(list(parse(text)))
    assert len(found) > 6
    for tex in found:
        known = any(" ".join(tex.split()) in line for line in DRAWN)
        assert known or math_element(tex, display=True) is None, tex


@pytest.mark.parametrize(
    ("tex", "right"),
    [
        (r"a \not= b", "a≠b"),
        (r"x := 5", "x≔5"),
        (r"x\mathrel{\mathop:}=y", "x≔y"),
        (r"\mathbb{1}\mathbb R\mathbb{Z}", "𝟙ℝℤ"),
        (r"\mathbf{12}\boldsymbol\alpha\bm{x}", "𝟏𝟐𝜶𝒙"),
        (r"\mathcal{L}\mathcal{O}\mathfrak{C}\mathscr{B}", "ℒ𝒪ℭℬ"),
        (r"\Bigl\{ x \Bigr\}\big\|", "{x}‖"),
        (r"a \sim b", "a∼b"),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}^T", "(12)T"),
        (r"\binom{n_{1}}{k^{2}}", "(n1k2)"),
        (r"\begin{array}{rl} a &= b \\[1ex] c &= d \end{array}", "a=bc=d"),
        (r"\begin{array}{|c|c|} \hline p & q \\ \hline T & F \\ \hline \end{array}", "pqTF"),
        (r"\ce{2H2 + O2 -> 2H2O}", "2H2+O2⟶2H2O"),
        (r"\ce{SO4^2-}", "SO42−"),
    ],
)
def test_what_latex2mathml_gets_wrong(tex: str, right: str) -> None:
    assert said(tex).replace("\u2212", "−") == right


@pytest.mark.parametrize(
    "tex", [r"\log_2 n", r"\sup S", r"\det A", r"a \bmod n", r"\limsup_{k} a", r"3\sin x"]
)
def test_words_stand_apart_from_what_they_are_of(tex: str) -> None:
    element = math_element(tex, display=True)
    assert element is not None
    assert element.findall(".//mspace")


@pytest.mark.parametrize("tex", [r"\text{a <b/>}", r"\text{if $x$}", r"\text{a\_b}", r"\text{\x}"])
def test_texts_in_formulas_are_plain(tex: str) -> None:
    assert math_element(tex, display=False) is None


def test_lines_of_arrays_are_where_they_are_to_be() -> None:
    tex = r"\left[\begin{array}{c|cc} a & b & c \\ \hline d & e & f \\ \hline \end{array}\right]"
    element = math_element(tex, display=True)
    assert element is not None
    table = element.find(".//mtable")
    assert table is not None
    assert len(table) == 2
    assert (line_positions(table, "vertical"), line_positions(table, "horizontal")) == ([1], [1, 2])
    page = mathml(tex, display=True)
    assert page.count("border-left: 1px solid") == 2
    assert page.count("border-top: 1px solid") == 3
    assert page.count("border-bottom: 1px solid") == 3
    assert "vertical" not in page


def test_browsers_are_told_in_css_what_mathml_core_lacks() -> None:
    aligned = mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display=True)
    assert aligned.count("text-align: right") == 2
    assert "columnalign" not in aligned
    for side in ("left", "right"):  # browsers know no columnspacing
        assert aligned.count(f"padding-{side}: 0") == 2
    assert "border: 1px solid" in mathml(r"\boxed{x}", display=False)
    assert mathml(r"\cancel{x}", display=False) == ""
    assert mathml(r"a \\ b", display=True) == ""


def test_the_lines_of_equations_do_not_touch() -> None:
    root = math_element(r"\begin{align} u &= 1 \\ v &= 2 \end{align}", display=True)
    assert root is not None
    (table,) = root.iter("mtable")
    assert table.get("rowspacing") == "0.5em"
    assert "font-weight: bold" in mathml(r"\textbf{x}", display=False)
    assert 'mathvariant="double-struck"' not in mathml(r"\mathbb{N}", display=False)
