"""The text of one paragraph, heading or cell into spans, by markdown-it."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.markdown.blocks import Span, SpanKind, Spans, VerticalAlign
from app.markdown.inline_rules import parser, read

if TYPE_CHECKING:
    from markdown_it.token import Token

_MARK = re.compile(r"[\n\\`*_\[<&$~@]|://|www\.", re.IGNORECASE)
"""What may make a text say anything but its words."""
_MOST_BRACKETS = 400  # in a paragraph that is read as Markdown
_BREAKS = {"softbreak": SpanKind.SOFT, "hardbreak": SpanKind.BREAK}


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a message has defined so far, and its text may refer to: links by their normalised
    name, labels of footnotes."""

    links: ChainMap[str, Any] = field(default_factory=ChainMap)
    notes: ChainMap[str, bool] = field(default_factory=ChainMap)

    def copy(self) -> Definitions:
        """One whose additions are not seen here. It costs nothing."""
        return Definitions(self.links.new_child(), self.notes.new_child())

    def __bool__(self) -> bool:
        return bool(self.links or self.notes)


def spans(text: str, names: Definitions) -> Spans:
    """What the text says, in order. With so many brackets it is no prose, and is shown as it is:
    a search for each one's link would go on for minutes."""
    if not _MARK.search(text):
        return (Span(text),) if text else ()
    if text.count("[") > _MOST_BRACKETS:
        return lines(text)
    tokens = read(text, {"references": names.links, "notes": names.notes})
    found, tags = _flat(tokens)
    result: list[Span] = []
    for span in _honoured(found, tags) if tags else found:
        before = result[-1].kind if result else None
        if before is span.kind is SpanKind.TEXT and _alike(result[-1], span):
            result[-1] = _worded(span, result[-1].text + span.text)
        elif not (
            before is SpanKind.BREAK and span.kind is SpanKind.SOFT
        ):  # two marks of one line's end
            result.append(span)
    while result and result[-1].kind in (SpanKind.BREAK, SpanKind.SOFT):  # which end nothing
        del result[-1]
    return tuple(result)


def lines(text: str) -> Spans:
    """Text as it is, in its lines."""
    result: list[Span] = []
    for line in text.split("\n"):
        result += [Span("\n", SpanKind.SOFT)] * bool(result)
        result += [Span(line.strip(" \t"))] * bool(line.strip(" \t"))
    return tuple(result)


def define(text: str, names: Definitions) -> str:
    """Takes the definitions of links off the beginning of a paragraph; the rest of it."""
    tokens: list[Token] = []
    parser().block.parse(text, parser(), {"references": names.links}, tokens)
    return tokens[1].content if tokens else ""


def unescape(text: str) -> str:
    """Without the backslashes and entities of Markdown."""
    from markdown_it.common.utils import unescapeAll

    return unescapeAll(text)


def _flat(tokens: Sequence[Token]) -> tuple[list[Span], list[int]]:
    """Spans, and which of them are tags."""
    found: list[Span] = []
    tags: list[int] = []
    style = Span("")
    outside: list[Span] = []  # the styles around the present one
    opened = -1  # the spans before the present link
    for token in tokens:
        if token.nesting < 0:
            if token.type == "link_close" and opened == len(found):  # it has no words of its own
                found.append(_worded(style, style.link or "[]()"))
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
                found.append(_worded(style, token.content, SpanKind.CODE))
            case "math" | "display" | "note" | "key":
                found.append(_worded(style, token.content, SpanKind[token.type.upper()]))
            case "image":
                found.append(_worded(style, _picture(token)))
            case kind:
                if token.content:
                    tags += [len(found)] * (kind == "tag")
                    found.append(_worded(style, token.content))
    return found, tags


def _honoured(spans: Sequence[Span], tags: Sequence[int]) -> Iterator[Span]:
    """The spans, with what tags say of those between them. A tag without its other half is
    text."""
    ends = _pairs(spans, tags)
    paired = {*ends, *ends.values()}
    keys = [at for at in ends if _name(spans[at]) == "kbd"]
    keys += [at for at, span in enumerate(spans) if span.kind is SpanKind.KEY]
    rises: list[VerticalAlign] = []
    at = 0
    while at < len(spans):
        span, end = spans[at], ends.get(at, 0)
        if at not in paired:
            yield replace(span, rise=rises[-1]) if rises else span
        elif _name(span) != "kbd":
            rises = [*rises, VerticalAlign(_name(span))] if end else rises[:-1]
        elif end and not any(at < key < end for key in keys):  # else the keys are those inside
            inside = [spans[n] for n in range(at + 1, end) if n not in paired]
            words = " ".join("".join(part.text for part in inside).split())
            if words:
                yield _worded(inside[0], words, SpanKind.KEY)
            at = end
        at += 1


def _pairs(spans: Sequence[Span], tags: Sequence[int]) -> dict[int, int]:
    """Where the other half of each tag is that opens something."""
    ends: dict[int, int] = {}
    open_: list[int] = []
    for at in tags:
        if spans[at].text[1] != "/":
            open_.append(at)
            continue
        while open_ and _name(spans[at]) in map(_name, map(spans.__getitem__, open_)):
            start = open_.pop()  # what is open inside has no end
            if _name(spans[start]) == _name(spans[at]):
                if at > start + 1:
                    ends[start] = at
                break
    return ends


def _name(tag: Span) -> str:
    return tag.text.strip("</> ").lower()


def _worded(style: Span, text: str, kind: SpanKind = SpanKind.TEXT) -> Span:
    """Other words in the same style. `replace` would take ten times as long."""
    return Span(text, kind, style.bold, style.italic, style.strike, style.link, style.rise)


def _alike(one: Span, other: Span) -> bool:
    """Do they look the same?"""
    return (one.bold, one.italic, one.strike, one.link, one.rise) == (
        other.bold,
        other.italic,
        other.strike,
        other.link,
        other.rise,
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
