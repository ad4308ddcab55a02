"""Blocks out of Markdown, and nothing that is not meant to be there."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.markdown import Block, Code, Items, Prose, Quote, Rule, link_allowed, parse

TAGS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "br", "a"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"href", "start", "class", "style"}


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


def prose(blocks: tuple[Block, ...] | list[Block]) -> list[str]:
    """The HTML of all the prose in some blocks."""
    found: list[str] = []
    for block in blocks:
        match block:
            case Prose(html):
                found.append(html)
            case Quote(inner):
                found += prose(inner)
            case Items(_, items):
                found += [html for item in items for html in prose(item)]
    return found


def test_top_level_blocks_in_order() -> None:
    blocks = parse("# One\n\ntext *a*\n\n```python x\nf()\n```\n\n    indented\n\n---\n\n> q")
    assert blocks == [
        Prose("<h1>One</h1>"),
        Prose("<p>text <em>a</em></p>"),
        Code("f()", "python"),
        Code("indented", ""),
        Rule(),
        Quote((Prose("<p>q</p>"),)),
    ]


def test_an_open_fence_is_code_already() -> None:
    assert parse("```rust\nfn main() {") == [Code("fn main() {", "rust")]
    assert parse("```") == [Code("", "")]


def test_a_list_with_code_keeps_the_code_apart() -> None:
    blocks = parse("3. first\n   ```sh\n   ls\n   ```\n4. second")
    assert blocks == [Items(3, ((Prose("first"), Code("ls", "sh")), (Prose("second"),)))]


@pytest.mark.parametrize(("mark", "start"), [("0.", 0), ("1.", 1), ("7)", 7), ("-", None)])
def test_a_list_with_code_starts_where_it_was_written_to(mark: str, start: int | None) -> None:
    (block,) = parse(f"{mark} first\n\n   ```\n   ls\n   ```")
    assert isinstance(block, Items)
    assert block.start == start


def test_a_list_of_text_is_prose() -> None:
    (block,) = parse("- a\n  - b\n- c")
    assert isinstance(block, Prose)
    assert block.html.count("<li>") == 3


def test_tasks_have_boxes() -> None:
    (block,) = parse("- [ ] open\n- [x] done\n- plain [x]")
    assert isinstance(block, Prose)
    assert '<li class="unchecked">open</li>' in block.html
    assert '<li class="checked">done</li>' in block.html
    assert "<li>plain [x]</li>" in block.html


def test_tables_and_strikethrough() -> None:
    (table, struck) = parse("| a | b |\n|:-:|--:|\n| 1 | 2 |\n\n~~gone~~")
    assert isinstance(table, Prose)
    assert Tags(table.html).tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert struck == Prose("<p><s>gone</s></p>")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick='x'>bold</b> <!-- c -->",
        "<iframe src='http://x'></iframe>\n\nand more",
        "&lt;img src=x&gt;",
    ],
)
def test_html_is_text(text: str) -> None:
    for html in prose(parse(text)):
        assert Tags(html).tags <= {"p"}


def test_pictures_are_their_words_and_address() -> None:
    (block,) = parse("![a *cat*](https://example.org/cat.png)")
    assert block == Prose("<p>a cat (https://example.org/cat.png)</p>")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "vbscript:x",
        "ftp://example.org",
        "//example.org",
        "relative/path",
        "#anchor",
    ],
)
def test_other_schemes_are_no_links(address: str) -> None:
    assert not link_allowed(address)
    for html in prose(parse(f"[x]({address}) <{address}> ![p]({address})")):
        assert "a" not in Tags(html).tags


@pytest.mark.parametrize("address", ["https://e.org/?a=1&b=2", "http://e.org", "mailto:a@e.org"])
def test_links(address: str) -> None:
    (block,) = parse(f'[x]({address} "title")')
    assert isinstance(block, Prose)
    assert Tags(block.html).attributes == [("href", address)]


MARKS = "ab <>&\"'`*_#-[](){}!|\\\n\t1.:/xjavscript~"


@given(st.text(alphabet=st.sampled_from(MARKS), max_size=200))
def test_only_what_we_make_comes_out(text: str) -> None:
    for html in prose(parse(text)):
        tags = Tags(html)
        assert tags.tags <= TAGS
        for name, value in tags.attributes:
            assert name in ATTRIBUTES
            if name == "href":
                assert link_allowed(value or "")
            if name == "style":
                assert re.fullmatch(r"text-align:(left|right|center)", value or "")


@given(st.text(max_size=300))
def test_anything_can_be_parsed(text: str) -> None:
    parse(text)
