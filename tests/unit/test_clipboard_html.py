"""Copied rich text for a word processor, and the direction of pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html as lxml_html

from app.exchange.clipboard_html import fragment, markdown_html, typed_html
from app.exchange.html_blocks import BlockRenderer
from app.markdown import parse

_CASES = Path(__file__).parents[1] / "cases/rendering"


def test_a_table_is_a_table() -> None:
    page = lxml_html.fromstring(markdown_html("| a | b |\n|:-:|--:|\n| **1** | `x<y` |\n"))
    table = page if page.tag == "table" else page.find(".//table")
    assert table is not None
    assert table.get("border") == "1"
    assert [str(cell.xpath("string()")) for cell in table.iter("th", "td")] == [
        "a",
        "b",
        "1",
        "x<y",
    ]
    assert [cell.get("style") for cell in table.iter("td")] == [
        "text-align: center",
        "text-align: right",
    ]
    assert table.find(".//strong") is not None


@pytest.mark.parametrize("text", ["<b>x</b>", '<table class="wide">', "<script>alert(1)</script>"])
def test_nothing_is_raw(text: str) -> None:
    for made in (markdown_html(text), markdown_html(f"`{text}`"), typed_html(text)):
        page = lxml_html.fromstring(fragment([made]))
        assert text in str(page.xpath("string()"))
        tags = {element.tag for element in page.iter() if isinstance(element.tag, str)}
        assert tags <= {"html", "head", "meta", "body", "p", "code"}


def test_formulas_are_their_source() -> None:
    made = markdown_html("a $x^2$ b\n\n$$\n\\frac{1}{2}\n$$\n\n- $y$\n")
    assert "<math" not in made
    text = str(lxml_html.fromstring(fragment([made])).xpath("string()"))
    for source in ("$x^2$", "\\frac{1}{2}", "$y$"):
        assert source in text


def test_typed_text_keeps_its_lines() -> None:
    assert "a  b<br>&lt;c&gt;" in typed_html("a  b\n<c>\n")


def test_blocks_run_as_their_first_letter_does() -> None:
    text = (_CASES / "23_rtl.md").read_text(encoding="utf-8")
    page = lxml_html.fromstring(f"<div>{BlockRenderer().render(parse(text))}</div>")
    sides = {
        tag: {element.get("dir") for element in page.iter(tag)}
        for tag in ("ul", "ol", "blockquote", "table", "h2")
    }
    assert list(sides.values()) == [{"rtl"}] * 5


def test_what_is_in_a_block_may_run_otherwise() -> None:
    text = "- עברית\n  - English\n\n    ```\n    code\n    ```\n- 123\n\n> `x` שלום\n>\n> Hello\n"
    page = lxml_html.fromstring(f"<div>{BlockRenderer().render(parse(text))}</div>")
    outer, inner = page.iter("ul")
    assert (outer.get("dir"), inner.get("dir")) == ("rtl", "ltr")
    quote = page.find(".//blockquote")
    assert quote is not None
    assert quote.get("dir") == "rtl"
    assert [p.get("dir") for p in quote.iter("p")] == [None, "ltr"]
    assert "dir" not in BlockRenderer().render(parse("- Latin\n\n> only\n\n| a |\n|---|\n| 1 |\n"))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("- a\n\n  b\n- c", ["<p>a</p>\n<p>b</p>", "c"]),
        ("1. **a**\n\n   b\n\n2. c", ["<p><strong>a</strong></p>\n<p>b</p>", "c"]),
        ("- a\n  ```\n  x\n  ```\n  b", ["a\n<pre><code>x</code></pre>\nb"]),
    ],
)
def test_paragraphs_of_an_item_stay_apart(text: str, items: list[str]) -> None:
    inside = "".join(f"<li>{item}</li>" for item in items)
    assert inside in BlockRenderer().render(parse(text))
