"""CommonMark's examples, and markdown-it as the oracle for the nesting of blocks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.markdown import (
    Block,
    Code,
    Heading,
    List,
    Paragraph,
    Quote,
    Spans,
    Table,
    inline_rules,
    parse,
)

EXAMPLES = json.loads((Path(__file__).parent / "data/commonmark.json").read_text("utf-8"))
SECTIONS = list(dict.fromkeys(example["section"] for example in EXAMPLES))
LITERAL = MarkdownIt("commonmark", {"html": False}).enable("table")
REFERENCE = MarkdownIt("commonmark")
FORMULA = 12  # the example that escapes every mark, and so has \[ and \]
BELOW = 297  # a bullet indented by three after "10)", which we nest


@pytest.fixture(autouse=True)
def any_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow the examples' links to /url."""
    monkeypatch.setattr(inline_rules.parser(), "validateLink", LITERAL.validateLink)


class Text(HTMLParser):
    """The text of HTML, in our form.

    Pictures are their text and address, and a link without text is its address.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            words, address = dict(attrs)["alt"], dict(attrs)["src"]
            self.text += f"{words} ({address})" if words else str(address)
        if tag == "a":
            self._link = len(self.text), dict(attrs)["href"] or "[]()"

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link[0] == len(self.text):
            self.text += self._link[1]


def dense(text: str) -> str:
    """Remove all blanks."""
    return "".join(text.split())


def said(spans: Spans) -> str:
    """Return the text, with line ends as blanks, like CommonMark's soft breaks."""
    return "".join(span.text.replace("\n", " ") for span in spans)


def texts(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph(spans) | Heading(_, spans):
                yield said(spans)
            case Code(text):
                yield text
            case Quote(inner):
                yield from texts(inner)
            case List(_, items):
                for item in items:
                    yield from texts(item.blocks)


def test_all_examples_are_there() -> None:
    assert [example["example"] for example in EXAMPLES] == list(range(1, 653))


def examples(section: str) -> Iterator[dict[str, Any]]:
    return (example for example in EXAMPLES if example["section"] == section)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_text_is_that_of_the_reference(section: str) -> None:
    """Raw HTML is compared with markdown-it, which shows it as text, too."""
    for example in examples(section):
        source, html = example["markdown"], example["html"]
        if REFERENCE.render(source) != LITERAL.render(source):
            html = LITERAL.render(source)
        expected = dense(Text(html).text)
        if example["example"] == FORMULA:
            expected = expected.replace("[\\]", "\\\\")
        assert dense("".join(texts(parse(source)))) == expected, example["example"]


def shape(blocks: tuple[Block, ...]) -> list[Any]:
    """Return the nesting of blocks, with their texts."""
    result: list[Any] = []
    for block in blocks:
        match block:
            case Paragraph(spans):
                result.append(("p", dense(said(spans))))
            case Heading(level, spans):
                result.append((f"h{level}", dense(said(spans))))
            case Code(text):
                result.append(("code", text))
            case Quote(inner):
                result.append(("blockquote", shape(inner)))
            case List(start, items):
                kind = "ul" if start is None else f"ol{start}"
                result.append((kind, [shape(item.blocks) for item in items]))
            case Table(_, header, rows):
                cells = [[said(cell) for cell in row] for row in (header, *rows)]
                result.append(("table", [row + [""] * (len(header) - len(row)) for row in cells]))
            case _:
                result.append(("hr", ""))
    return result


def rendered(inline: Token) -> str:
    return dense(Text(LITERAL.renderer.render([inline], LITERAL.options, {})).text)


def oracle(tokens: list[Token]) -> list[Any]:
    """Return the same of markdown-it's tokens."""
    result: list[Any] = []
    for first, *inner in runs(tokens):
        match first.type:
            case "paragraph_open" | "heading_open":
                result.append((first.tag, rendered(inner[0])))
            case "fence" | "code_block":
                result.append(("code", first.content.removesuffix("\n")))
            case "blockquote_open":
                result.append(("blockquote", oracle(inner[:-1])))
            case "table_open":
                cells = [token.content for token in inner if token.type == "inline"]
                width = sum(token.type == "th_open" for token in inner)
                rows = [cells[at : at + width] for at in range(0, len(cells), width)]
                result.append(("table", rows))
            case "bullet_list_open" | "ordered_list_open":
                kind = "ul" if first.tag == "ul" else f"ol{first.attrs.get('start', 1)}"
                result.append((kind, [oracle(item[1:-1]) for item in runs(inner[:-1])]))
            case _:
                result.append((first.tag, ""))
    return result


def runs(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each top-level element."""
    depth, run = 0, []
    for token in tokens:
        run.append(token)
        depth += token.nesting
        if not depth:
            yield run
            run = []


@pytest.mark.parametrize("section", SECTIONS)
def test_blocks_are_nested_as_by_markdown_it(section: str) -> None:
    for example in examples(section):
        source, number = example["markdown"], example["example"]
        if number not in (FORMULA, BELOW):
            assert shape(parse(source)) == oracle(LITERAL.parse(source)), number


LINES = [
    *("", "   ", "para", "  lazy", "      deep", "    code", "\tcode", "---", "===", "* * *"),
    *("- a", "  - b", "    - c", "- ", "-", "* s", "+ p", "- - n", "-\t-\tt", "-     code"),
    *("1. one", "   two", "  1. t", "2. t", "10) x", "> q", "> - x", ">   y", ">", "- > q"),
    *("```", "~~~", "   ```", "> ```", "# h", "#", "| a | b |", "|--|:-:|", "| c", "a | b"),
]


@given(st.lists(st.sampled_from([f"{line}\n" for line in LINES]), max_size=12).map("".join))
def test_whatever_lines_are_nested_as_by_markdown_it(source: str) -> None:
    # In markdown-it, a table takes precedence over lists and quotations; not so on GitHub.
    assume(not re.search(r"^[>*+ -].*\|", source, re.MULTILINE))
    # We nest a bullet that is indented a little further than a number.
    assume(not re.search(r"^ *\d+[.)](.*\n)+ +[-+*] ", source, re.MULTILINE))
    assert shape(parse(source)) == oracle(LITERAL.parse(source))
