"""The text of one paragraph, heading or cell into spans, by markdown-it."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.markdown.blocks import Kind, Span, Spans

if TYPE_CHECKING:  # markdown-it is loaded when the first text is read, not when a window opens
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

LINK_SCHEMES = frozenset({"http", "https", "mailto"})
"""What a link may lead to; anything else stays as the text that was written."""

_NOTE = re.compile(r"\[\^([^\]\s]+)\]")
# Between dollars, no blank at either end; and no digit or letter outside, as in "$5 or US$6".
_DOLLARS = re.compile(
    r"\$\$(?P<display>(?:[^$\\]|\\.)+)\$\$"
    r"|(?<![0-9A-Za-z$])\$(?!\s)(?P<math>(?:[^$\\]|\\.)+)(?<!\s)\$(?![0-9A-Za-z])",
    re.DOTALL,
)
_MOST_BRACKETS = 400  # in a paragraph that is read as Markdown
_BRACKETS = {"\\(": ("\\)", "math"), "\\[": ("\\]", "display")}


def link_allowed(address: str) -> bool:
    """Whether a click on ``address`` may leave Fireside."""
    try:
        return urlsplit(address.strip()).scheme.lower() in LINK_SCHEMES
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Names:
    """What a message has defined so far, and its text may refer to: links by their normalised
    name, labels of footnotes."""

    links: ChainMap[str, Any] = field(default_factory=ChainMap)
    notes: ChainMap[str, bool] = field(default_factory=ChainMap)

    def copy(self) -> Names:
        """One whose additions are not seen here. It costs nothing."""
        return Names(self.links.new_child(), self.notes.new_child())

    def __bool__(self) -> bool:
        return bool(self.links or self.notes)


def spans(text: str, names: Names) -> Spans:
    """What the text says, in order. With so many brackets it is no prose, and is shown as it is:
    a search for each one's link would go on for minutes."""
    if text.count("[") > _MOST_BRACKETS:
        return (Span(text.replace("\n", " ")),)
    parser = _parser()
    tokens: list[Token] = []
    env = {"references": names.links, "notes": names.notes}
    parser.inline.parse(text, parser, env, tokens)
    result: list[Span] = []
    for span in _flat(tokens):
        if result and span.kind is result[-1].kind is Kind.TEXT and _alike(result[-1], span):
            result[-1] = _worded(span, result[-1].text + span.text)
        else:
            result.append(span)
    return tuple(result)


def define(text: str, names: Names) -> str:
    """Takes the definitions of links off the beginning of a paragraph; the rest of it."""
    parser = _parser()
    tokens: list[Token] = []
    parser.block.parse(text, parser, {"references": names.links}, tokens)
    return tokens[1].content if tokens else ""


def unescape(text: str) -> str:
    """Without the backslashes and entities of Markdown."""
    from markdown_it.common.utils import unescapeAll

    return unescapeAll(text)


def _flat(tokens: list[Token]) -> Iterator[Span]:
    style = Span("")
    outside: list[Span] = []  # the styles around the present one
    for token in tokens:
        if token.nesting < 0:
            style = outside.pop()
            continue
        if token.nesting > 0:
            outside.append(style)
            style = _inside(style, token)
            continue
        match token.type:
            case "softbreak":
                yield _worded(style, " ")
            case "hardbreak":
                yield Span("\n", Kind.BREAK)
            case "code_inline":
                yield _worded(style, token.content, Kind.CODE)
            case "math" | "display" | "note":
                yield _worded(style, token.content, Kind[token.type.upper()])
            case "image":
                yield _worded(style, _picture(token))
            case _:
                if token.content:
                    yield _worded(style, token.content)


def _worded(style: Span, text: str, kind: Kind = Kind.TEXT) -> Span:
    """Other words in the same style. `replace` would take ten times as long."""
    return Span(text, kind, style.bold, style.italic, style.strike, style.link)


def _alike(one: Span, other: Span) -> bool:
    """Do they look the same?"""
    return (one.bold, one.italic, one.strike, one.link) == (
        other.bold,
        other.italic,
        other.strike,
        other.link,
    )


def _inside(style: Span, token: Token) -> Span:
    match token.tag:
        case "strong":
            return replace(style, bold=True)
        case "em":
            return replace(style, italic=True)
        case "s":
            return replace(style, strike=True)
    return replace(style, link=str(token.attrs["href"]))


def _picture(token: Token) -> str:
    """Nothing is fetched: a picture is what it shows, in words, and its address."""
    words, address = _words(token), str(token.attrs["src"])
    return f"{words} ({address})" if words else address or "![]()"


def _words(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    return "".join(map(_words, token.children)) if token.children else token.content


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
    # An instance attribute: this is how markdown-it lets its rule be replaced.
    parser.validateLink = link_allowed  # type: ignore[assignment]
    parser.block.ruler.enableOnly(["reference", "paragraph"])
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.inline.ruler.before("link", "note", _note)
    return parser


def _formula(state: StateInline, silent: bool) -> bool:
    """A formula between ``$``, ``$$``, ``\\(`` and ``\\)``, ``\\[`` and ``\\]``. The plugin of
    mdit-py-plugins 0.7.0 knows only dollars, and takes the text's last character for the one
    before its first, so that it finds no formula in ``$n$ is 5``."""
    kind, content, end = "", "", 0
    opening = state.src[state.pos : state.pos + 2]
    if opening[:1] == "$":
        if found := _DOLLARS.match(state.src, state.pos):
            kind = found.lastgroup or ""
            content, end = found[kind], found.end()
    elif opening in _BRACKETS:
        closing, kind = _BRACKETS[opening]
        at = state.src.find(closing, state.pos + 2)
        content, end = state.src[state.pos + 2 : max(at, 0)], at + 2
    if not content.strip():
        return False
    _push(state, silent, kind, content.strip(), end)
    return True


def _note(state: StateInline, silent: bool) -> bool:
    """A reference to a footnote that was defined."""
    found = _NOTE.match(state.src, state.pos)
    if not found or found[1] not in state.env["notes"]:
        return False
    _push(state, silent, "note", found[1], found.end())
    return True


def _push(state: StateInline, silent: bool, kind: str, content: str, end: int) -> None:
    if not silent:
        state.push(kind, "", 0).content = content
    state.pos = end
