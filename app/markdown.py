"""A message's text into blocks that can be drawn. Never raw HTML, never a fetched image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

LINK_SCHEMES = frozenset({"http", "https", "mailto"})
"""What a link may lead to; anything else stays as the text that was written."""


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, a heading, a table or a list of such, as HTML that was made here: every
    character of the source is escaped, the only addresses in it are those of links (http,
    https, mailto)."""

    html: str


@dataclass(frozen=True, slots=True)
class Code:
    """A fenced or indented block of code; ``language`` is the first word behind the fence."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quotation."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list with code or quotations inside, which HTML in a text document would spoil. A list
    without is `Prose`. ``start`` is the first number, None for bullets."""

    start: int | None
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the page."""


Block = Prose | Code | Quote | Items | Rule


def parse(text: str) -> list[Block]:
    """Markdown (CommonMark, tables, strikethrough) into its top-level blocks, in order."""
    return list(_blocks(_parser().parse(text)))


def link_allowed(address: str) -> bool:
    """Whether a click on ``address`` may leave Fireside."""
    try:
        return urlsplit(address.strip()).scheme.lower() in LINK_SCHEMES
    except ValueError:
        return False


class _Renderer(RendererHTML):
    """markdown-it's own, without pictures, titles and classes."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        alt = self.renderInlineAsText(token.children or [], options, env)
        return escape(f"{alt} ({token.attrGet('src')})" if alt else str(token.attrGet("src")))

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<a href="{escape(str(tokens[idx].attrGet("href")))}">'

    def softbreak(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return " "


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough"])
    # An instance attribute: this is how markdown-it lets its rule be replaced.
    parser.validateLink = link_allowed  # type: ignore[assignment]
    return parser


def _blocks(tokens: Sequence[Token]) -> tuple[Block, ...]:
    return tuple(_block(run) for run in _runs(tokens))


def _runs(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The tokens, cut behind each element that is not inside another."""
    runs = []
    depth = start = 0
    for i, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            runs.append(tokens[start : i + 1])
            start = i + 1
    return runs


def _block(run: Sequence[Token]) -> Block:
    first = run[0]
    match first.type:
        case "fence" | "code_block":
            words = first.info.split()
            return Code(first.content.removesuffix("\n"), words[0] if words else "")
        case "blockquote_open":
            return Quote(_blocks(run[1:-1]))
        case "hr":
            return Rule()
        case "bullet_list_open" | "ordered_list_open" if _has_blocks(run):
            start = int(first.attrs.get("start", 1)) if first.tag == "ol" else None
            return Items(start, tuple(_blocks(item[1:-1]) for item in _runs(run[1:-1])))
    return Prose(_html(run))


def _has_blocks(run: Sequence[Token]) -> bool:
    inside = {"fence", "code_block", "blockquote_open", "table_open", "hr"}
    return any(token.type in inside for token in run)


def _html(run: Sequence[Token]) -> str:
    parser = _parser()
    _mark_tasks(run)
    env: dict[str, Any] = {}
    return str(parser.renderer.render(run, parser.options, env)).strip()


def _mark_tasks(run: Sequence[Token]) -> None:
    """Turns the ``[ ]`` and ``[x]`` that begin a list's items into boxes."""
    for item, paragraph, inline in zip(run, run[1:], run[2:], strict=False):
        if (item.type, paragraph.type) != ("list_item_open", "paragraph_open"):
            continue
        box = {"[ ] ": "unchecked", "[x] ": "checked", "[X] ": "checked"}.get(inline.content[:4])
        if box and inline.children and inline.children[0].type == "text":
            item.attrSet("class", box)
            inline.children[0].content = inline.children[0].content[4:]
