"""Parse the text of a paragraph, heading or cell into spans, by markdown-it."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.markdown.blocks import Span, SpanKind, Spans, VerticalAlign
from app.markdown.citations import CITATION, may_cite
from app.markdown.inline_rules import parser, tokenize

if TYPE_CHECKING:
    from markdown_it.token import Token

_MARK = re.compile(r"[\n\\`*_\[<&$~@†]|://|www\.", re.IGNORECASE)
"""Markup characters; a text without any of them need not be parsed."""
_MOST_BRACKETS = 400  # in a paragraph; one with more is not parsed
_BREAKS = {"softbreak": SpanKind.SOFT, "hardbreak": SpanKind.BREAK}


@dataclass(frozen=True, slots=True)
class Definitions:
    """The definitions of a message that its text may refer to.

    ``links`` are by normalised name, ``notes`` are labels of footnotes.
    """

    links: ChainMap[str, Any] = field(default_factory=ChainMap)
    notes: ChainMap[str, bool] = field(default_factory=ChainMap)

    def copy(self) -> Definitions:
        """Return a copy in constant time; additions to it do not affect this one."""
        return Definitions(self.links.new_child(), self.notes.new_child())

    def __bool__(self) -> bool:
        return bool(self.links or self.notes)


def spans(text: str, definitions: Definitions) -> Spans:
    """Parse the text; with too many brackets it is left as plain text.

    Looking up each bracket's link would take minutes.
    """
    if not _MARK.search(text):
        return (Span(text),) if text else ()
    if text.count("[") > _MOST_BRACKETS:
        return lines(text)
    tokens = tokenize(text, {"references": definitions.links, "notes": definitions.notes})
    found, tags = _flatten(tokens)
    result: list[Span] = []
    for span in _apply_tags(found, tags) if tags else found:
        before = result[-1].kind if result else None
        if before is span.kind is SpanKind.TEXT and _same_style(result[-1], span):
            result[-1] = _with_text(span, result[-1].text + span.text)
        elif not (
            before is SpanKind.BREAK and span.kind is SpanKind.SOFT
        ):  # two marks of one line's end
            result.append(span)
    while result and result[-1].kind in (SpanKind.BREAK, SpanKind.SOFT):  # they break nothing
        del result[-1]
    return tuple(result)


def lines(text: str) -> Spans:
    """Return the text as it is, split into lines."""
    result: list[Span] = []
    for line in text.split("\n"):
        result += [Span("\n", SpanKind.SOFT)] * bool(result)
        result += _cited(line.strip(" \t"))
    return tuple(result)


def _cited(line: str) -> list[Span]:
    """Return a line as it is, with its citations."""
    if not may_cite(line):
        return [Span(line)] * bool(line)
    found: list[Span] = []
    at = 0
    for mark in CITATION.finditer(line):
        found += [Span(line[at : mark.start()])] * (mark.start() > at)
        found.append(Span(mark[0], SpanKind.CITATION))
        at = mark.end()
    return found + [Span(line[at:])] * (at < len(line))


def define(text: str, definitions: Definitions) -> str:
    """Remove and record link definitions at the start of a paragraph; return the rest."""
    tokens: list[Token] = []
    parser().block.parse(text, parser(), {"references": definitions.links}, tokens)
    return tokens[1].content if tokens else ""


def unescape(text: str) -> str:
    """Resolve Markdown's backslashes and entities."""
    from markdown_it.common.utils import unescapeAll

    return unescapeAll(text)


def _flatten(tokens: Sequence[Token]) -> tuple[list[Span], list[int]]:
    """Return spans, and which of them are tags."""
    found: list[Span] = []
    tags: list[int] = []
    style = Span("")
    outside: list[Span] = []  # the styles around the current one
    opened = -1  # the number of spans before the current link
    for token in tokens:
        if token.nesting < 0:
            if token.type == "link_close" and opened == len(found):  # it has no text
                found.append(_with_text(style, style.link or "[]()"))
            style = outside.pop()
            continue
        if token.nesting > 0:
            outside.append(style)
            style = _inside(style, token)
            opened = len(found) if token.type == "link_open" else opened
            continue
        match token.type:
            case "softbreak" | "hardbreak":
                found.append(Span("\n", _BREAKS[token.type]))
            case "code_inline":
                found.append(_with_text(style, token.content, SpanKind.CODE))
            case "math" | "display" | "note" | "key" | "citation":
                found.append(_with_text(style, token.content, SpanKind[token.type.upper()]))
            case "image":
                found.append(_with_text(style, _image_text(token)))
            case kind:
                if token.content:
                    tags += [len(found)] * (kind == "tag")
                    found.append(_with_text(style, token.content))
    return found, tags


def _apply_tags(spans: Sequence[Span], tags: Sequence[int]) -> Iterator[Span]:
    """Apply tags to the spans between them; an unmatched tag is text."""
    ends = _match_tags(spans, tags)
    paired = {*ends, *ends.values()}
    keys = [at for at in ends if _name(spans[at]) == "kbd"]
    keys += [at for at, span in enumerate(spans) if span.kind is SpanKind.KEY]
    rises: list[VerticalAlign] = []
    at = 0
    while at < len(spans):
        span, end = spans[at], ends.get(at, 0)
        if at not in paired:
            yield replace(span, vertical_align=rises[-1]) if rises else span
        elif _name(span) != "kbd":
            rises = [*rises, VerticalAlign(_name(span))] if end else rises[:-1]
        elif end and not any(at < key < end for key in keys):  # else only the inner tags are keys
            inside = [spans[n] for n in range(at + 1, end) if n not in paired]
            words = " ".join("".join(part.text for part in inside).split())
            if words:
                yield _with_text(inside[0], words, SpanKind.KEY)
            at = end
        at += 1


def _match_tags(spans: Sequence[Span], tags: Sequence[int]) -> dict[int, int]:
    """Return the position of the closing tag for each opening one."""
    ends: dict[int, int] = {}
    opened_tags: list[int] = []
    for at in tags:
        if spans[at].text[1] != "/":
            opened_tags.append(at)
            continue
        while opened_tags and _name(spans[at]) in map(_name, map(spans.__getitem__, opened_tags)):
            start = opened_tags.pop()  # tags opened inside stay unmatched
            if _name(spans[start]) == _name(spans[at]):
                if at > start + 1:
                    ends[start] = at
                break
    return ends


def _name(tag: Span) -> str:
    return tag.text.strip("</> ").lower()


def _with_text(style: Span, text: str, kind: SpanKind = SpanKind.TEXT) -> Span:
    """Return other text in the same style; `replace` would take ten times as long."""
    return Span(
        text, kind, style.bold, style.italic, style.strike, style.link, style.vertical_align
    )


def _same_style(one: Span, other: Span) -> bool:
    """Return whether the spans look the same."""
    return (one.bold, one.italic, one.strike, one.link, one.vertical_align) == (
        other.bold,
        other.italic,
        other.strike,
        other.link,
        other.vertical_align,
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


def _image_text(token: Token) -> str:
    """Return a picture's description and address; nothing is fetched."""
    words, address = _words(token), str(token.attrs["src"])
    return f"{words} ({address})" if words else address or "![]()"


def _words(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    return "".join(map(_words, token.children)) if token.children else token.content
