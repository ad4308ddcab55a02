"""The HTML that text documents are given has nothing in it that is not meant to be there."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.markdown import Block, Footnote, List, Quote, link_allowed, parse
from app.ui.prose import html, is_prose

TAGS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "br", "a"),
    *("ul", "ol", "li", "table", "tr", "th", "td"),
}
ATTRIBUTES = {"href", "start", "class", "style"}
MARKS = "ab <>&\"'`*_#-[](){}!|\\\n\t1.:/xjavscript~$^"


class Tags(HTMLParser):
    """Collects the tags and attributes of some HTML, and the text between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def prose(blocks: tuple[Block, ...]) -> list[str]:
    """The HTML of all the prose in some blocks."""
    found: list[str] = []
    for block in blocks:
        if is_prose(block):
            found.append(html(block))
        elif isinstance(block, Quote | Footnote):
            found += prose(block.blocks)
        elif isinstance(block, List):
            found += [text for item in block.items for text in prose(item.blocks)]
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# a *b*", "<h1>a <em>b</em></h1>"),
        ("a **b** ~~c~~ `<d>`", "<p>a <strong>b</strong> <s>c</s> <code>&lt;d&gt;</code></p>"),
        ('[a](https://b.c/?d=1&e "f")', '<p><a href="https://b.c/?d=1&amp;e">a</a></p>'),
        (
            "- a\n- [x] b\n  1. c",
            '<ul><li>a</li><li class="checked">b<ol start="1"><li>c</li></ol></li></ul>',
        ),
        ("2. a\n\n3. b", '<ol start="2"><li>a</li><li><p>b</p></li></ol>'),
        ("- [ ] a\n\n  b", '<ul><li class="unchecked"><p>a</p><p>b</p></li></ul>'),
        ("-", "<ul><li></li></ul>"),
        ("a  \nb", "<p>a<br>b</p>"),
        ("$$a<b$$", "<p>a&lt;b</p>"),
        (
            "| a |  |\n|:-:|-|\n| b |",
            '<table><tr><th style="text-align:center">a</th><th></th></tr>'
            '<tr><td style="text-align:center">b</td><td></td></tr></table>',
        ),
    ],
)
def test_html(text: str, expected: str) -> None:
    assert prose(parse(text)) == [expected]


@pytest.mark.parametrize("text", ["- ```\n  a", "- > a", "- | a |\n  |---|", "> a", "---", "    a"])
def test_what_html_would_spoil_is_no_prose(text: str) -> None:
    assert not is_prose(parse(text)[0])


@given(st.text(alphabet=st.sampled_from(MARKS), max_size=200))
def test_only_what_we_make_comes_out(text: str) -> None:
    for made in prose(parse(text)):
        tags = Tags(made)
        assert tags.tags <= TAGS
        for name, value in tags.attributes:
            assert name in ATTRIBUTES
            if name == "href":
                assert link_allowed(value or "")
            if name == "style":
                assert re.fullmatch(r"text-align:(left|right|center)", value or "")
