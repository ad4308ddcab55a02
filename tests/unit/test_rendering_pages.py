"""The cases of `test_rendering` in exports: HTML and Markdown."""

from __future__ import annotations

import re

import pytest

from app.base.types import Effort, Message, Part, Role
from app.exchange import ExportWords
from app.exchange.html_page import chat_html
from app.exchange.markdown_page import chat_markdown
from app.store import ChatRow, MessageRow, State, TitleBy
from tests.unit.test_exchange_pages import Page
from tests.unit.test_rendering import CASES, case

HEAD = ChatRow(1, "x", TitleBy.PERSON, Effort.LOW, 0.0, 0.0, 1)
PIECES = {
    "03": ["<td><code>(1 | group)</code></td><td>random intercept", "<code>cmd1 || cmd2</code>"],
    "05": ["<td>• Gather data<br>• Clean data<br>• Plot</td>", "<td>Train<br>Test<br>Ship</td>"],
    "07": [
        "<strong>重要：</strong>请",
        "是<strong>「引用」</strong>的",
        "<strong>1,000円（税込）</strong>です",
        "<strong>“如何更好地服务你”</strong>是",
    ],
    "10": [
        '<a href="https://example.com/docs?a=1&amp;b=2" rel="noopener noreferrer">',
        ">https://en.wikipedia.org/wiki/Foo_(bar)</a>), <a",
        ">www.python.org</a> and",
        '<a href="mailto:me@example.com" rel="noopener noreferrer">me@example.com</a>.',
        ">https://example.com/docs</a>（中文说明）",
    ],
    "16": [
        "costs $5 and $6, or $5-$10k. <strong>$4</strong> vs <strong>$1.50</strong>.",
        "Pay $5, get 2$ back.<br>Budget: $10 – $20 (i.e. <math",
        "in $/kWh and $/MWh.",
    ],
    "20": ["<li>Item with display:\n<math", "Consider<math", "</math>and so on.", "</math> after."],
    "21": [
        "H<sub>2</sub>O, x<sup>2</sup>, <kbd>Ctrl</kbd>+<kbd>C</kbd>, &lt;u&gt;under",
        "line<br>break, &lt;mark&gt;m&lt;/mark&gt;",
        "<p>&lt;details&gt;<br>&lt;summary&gt;More&lt;/summary&gt;</p>",
        "Hidden <strong>text</strong>",
        "&lt;!-- a comment --&gt;<br>After.",
        "&lt;keyword&gt; and &lt;think&gt;hm&lt;/think&gt;",
    ],
    "30": [
        "<p>Roses are red<br>Violets are blue<br>Two spaces<br>break here<br>backslash</p>",
        "<p>Poem:<br>indented two<br>indented four?</p>",
    ],
    "50": ["pip install x", "Usage text.", "README, <strong>normal text</strong>"],
}


def row(text: str) -> MessageRow:
    return MessageRow(1, 1, None, Message(Role.ASSISTANT, (Part(text),)), State.DONE, 0.0)


def test_every_case_is_tried() -> None:
    assert {path.name[:2] for path in CASES.glob("*.md")} >= set(PIECES)


@pytest.mark.parametrize("number", PIECES)
def test_a_page_has_the_real_elements_and_no_other(number: str) -> None:
    html = chat_html(HEAD, [row(case(number))], reasoning=False, words=ExportWords())
    Page(html)
    text = re.sub(r"</?span[^>]*>", "", html)
    for piece in PIECES[number]:
        assert piece in text


@pytest.mark.parametrize("number", PIECES)
def test_markdown_is_what_the_model_wrote(number: str) -> None:
    text = chat_markdown(HEAD, [row(case(number))], reasoning=False, words=ExportWords())
    assert case(number).strip("\n") in text


def test_a_break_beside_a_formula_is_none_on_a_page() -> None:
    html = chat_html(
        HEAD, [row("a\n\\[ x \\] b\n\nc<br>$y$")], reasoning=False, words=ExportWords()
    )
    assert re.search(r"<p>a<math .*</math> b</p>", html)
    assert "c<br><math" in html


def test_a_number_alone_in_a_cell_stays_on_the_side_of_its_table() -> None:
    """Browsers take a number as left-to-right, and would put it at the left in Arabic."""
    page = chat_html(HEAD, [row("| الاسم |\n|---|\n| ٣٠ |")], reasoning=False, words=ExportWords())
    assert '<table dir="rtl">' in page
    assert ":where(table[dir=rtl]) :is(th, td) { text-align: right; }" in page
