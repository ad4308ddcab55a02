"""Spans as Markdown that parses back to equal spans.

Bold uses asterisks and italics underscores, so that their marks never run into each other. Where a
delimiter would not count beside a letter or a space, that character becomes an entity, which ends
in punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from string import punctuation

from app.markdown.addresses import addresses
from app.markdown.blocks import Span, SpanKind, Spans, VerticalAlign
from app.markdown.inline_rules import parser

_SPECIAL = re.compile(r"[\\`*~$]|(?<![^\W_])_|_(?![^\W_])|&(?=[#\w])|<(?=[A-Za-z/!?])|!(?=\[)|!$")
_ADDRESSED = re.compile(r":(?=//)|@|(?<=www)\.", re.IGNORECASE)
_BRACKETS = re.compile(r"\](?=[(\[:])|\]$|\[(?=\^)|【(?=[^【】\n]*†)")
_FIRST = re.compile(
    r"(?:(\d{1,9})(?=[.)](?:[ \t]|$)))|(?=#{1,6}(?:[ \t]|$)|[-+](?:[ \t]|$|-)|[>=|:])"
)
_ADDRESS = re.compile(r"[\\<>&]")
_CONTROL = re.compile(r"[\n\t\r]")
_DOLLARS = re.compile(r"(?!\s)(?:[^$\\]|\\.)+(?<!\s)", re.DOTALL)

_BREAKS = {SpanKind.BREAK: "\\\n", SpanKind.SOFT: "\n"}
_ENDS = re.compile(r"[.,;:!?]?\s+\S.*|[.,;:!?]\Z", re.DOTALL)
"""Text that may follow a bare address."""
_SORTS = {"[": "link", "<": "tag"}
_CELL_BREAK = Span("<br>", SpanKind.BREAK)

_Style = tuple[str, str]
"""A mark and, for a link, its address."""


@dataclass(slots=True)
class _Piece:
    """A piece of Markdown.

    ``kind`` is text, open or close (of a mark), math, break, edge, or any other, like tag.
    """

    kind: str
    markdown: str = ""
    text: str = ""
    """The content of text and math."""
    linked: bool = False


def spans_markdown(spans: Spans) -> str:
    """Return a paragraph, with a line for each BREAK."""
    return _text(spans, lines=True)


def heading_markdown(level: int, spans: Spans) -> str:
    """Return a heading; one of several lines is underlined."""
    text = _text(spans, lines=True)
    if "\n" in text:
        return f"{text}\n{'=' if level == 1 else '-'}"
    text = re.sub(r"#$", r"\\#", _text(spans, lines=False))  # marks at the end would be dropped
    return f"{'#' * level} {text}".rstrip()


def cell_markdown(spans: Spans) -> str:
    """Return a table's cell."""
    inside = tuple(_CELL_BREAK if span.kind in _BREAKS else span for span in spans)
    return _text(inside, lines=False).replace("\n", " ").replace("|", "\\|")


def _text(spans: Spans, *, lines: bool) -> str:
    pieces = [_Piece("break" if lines else "edge"), *_pieces(spans), _Piece("edge")]
    for number, piece in enumerate(pieces):
        if piece.kind == "text":
            piece.markdown = _escaped(pieces, number)
        elif piece.kind == "math" and pieces[number - 1].kind == "math":
            piece.markdown = f"\\({piece.text}\\)"  # dollars would run into each other
    return "".join(piece.markdown for piece in pieces)


def _pieces(spans: Spans) -> Iterator[_Piece]:
    """Yield texts and marks in order; marks are closed in the reverse order of opening."""
    open_styles: list[_Style] = []
    bare = [_is_bare(spans, number) for number in range(len(spans))]
    styles_of = [
        _styles(replace(span, link="") if alone else span)
        for span, alone in zip(spans, bare, strict=True)
    ]
    for number, span in enumerate(spans):
        keep = 0
        while keep < len(open_styles) and open_styles[keep] in styles_of[number]:
            keep += 1
        yield from (_closing(style) for style in reversed(open_styles[keep:]))
        del open_styles[keep:]
        new = [style for style in styles_of[number] if style not in open_styles]
        # The longest style is opened first; inside a link, none may outlast it.
        new.sort(key=lambda style: -_lasts(style, styles_of, number))
        for style in new:
            open_styles.append(style)
            yield _Piece(_SORTS.get(style[0][0], "open"), style[0])
        yield _Piece("address", span.text) if bare[number] else _piece(span)
    yield from (_closing(style) for style in reversed(open_styles))


def _is_bare(spans: Spans, number: int) -> bool:
    """Return whether an address is separate enough to be a link without marks."""
    span = spans[number]
    if not span.link or span.kind is not SpanKind.TEXT:
        return False
    before, after = spans[:number][-1:], spans[number + 1 :][:2]
    alone = all(
        near.kind in _BREAKS or (near.text[-1:].isspace() and near.text.strip()) for near in before
    ) and all(
        near.kind in _BREAKS
        or (_ENDS.fullmatch(near.text) and not (len(near.text) < 2 and after[1:]))
        for near in after[:1]
    )
    alike = all(
        near.kind in _BREAKS or _styles(near) == _styles(replace(span, link=""))
        for near in (*before, *after[:1])
    )
    found = addresses(span.text) if alone and alike else []
    return (
        len(found) == 1
        and (found[0].start, found[0].end) == (0, len(span.text))
        and parser().normalizeLink(found[0].target) == span.link
    )


def _lasts(style: _Style, styles_of: Sequence[list[_Style]], number: int) -> float:
    end = number
    while end < len(styles_of) and style in styles_of[end]:
        end += 1
    return end + (0.5 if style[0] == "[" else 0)


def _styles(span: Span) -> list[_Style]:
    marks = ((span.bold, "**"), (span.italic, "_"), (span.strike, "~~"))
    styles = [(mark, "") for on, mark in marks if on]
    if span.vertical_align is not VerticalAlign.NONE:
        styles.append((f"<{span.vertical_align.value}>", ""))
    return [*styles, ("[", span.link)] if span.link else styles


def _closing(style: _Style) -> _Piece:
    mark, address = style
    if mark[0] == "<":
        return _Piece("tag", f"</{mark[1:]}")
    if mark != "[":
        return _Piece("close", mark)
    return _Piece("link", f"](<{_ADDRESS.sub(lambda found: chr(92) + found[0], address)}>)")


def _piece(span: Span) -> _Piece:
    text = span.text
    match span.kind:
        case SpanKind.TEXT:
            return _Piece("text", text=text, linked=bool(span.link))
        case SpanKind.CODE:
            return _Piece("code", _code(text))
        case SpanKind.KEY:
            return _Piece("tag", f"<kbd>{_plain(text)}</kbd>")
        case SpanKind.BREAK | SpanKind.SOFT if text == "\n":
            return _Piece("break", _BREAKS[span.kind])
        case SpanKind.BREAK | SpanKind.SOFT:
            return _Piece("tag", text)
        case SpanKind.NOTE:
            return _Piece("note", f"[^{text}]")
        case SpanKind.CITATION:
            return _Piece("note", text)
        case SpanKind.MATH:
            return _Piece(
                "math", f"${text}$" if _DOLLARS.fullmatch(text) else f"\\({text}\\)", text
            )
        case SpanKind.DISPLAY:
            display = f"$${text}$$" if _DOLLARS.fullmatch(text) else f"\\[{text}\\]"
            return _Piece("display", display)


def _code(text: str) -> str:
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    stripped = text[:1] == text[-1:] == " " and text.strip(" ") != ""
    padding = " " if "`" in text[:1] + text[-1:] or stripped else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _escaped(pieces: Sequence[_Piece], number: int) -> str:
    """Escape a text as its neighbours require."""
    text = pieces[number].text
    lead = tail = first = ""
    if _needs(text[:1], pieces, number, -1):
        lead, text = _entity(text[0]), text[1:]
    elif pieces[number - 1].kind == "break":
        first, text = _first(text)
    if _needs(text[-1:], pieces, number, 1):
        tail, text = _entity(text[-1]), text[:-1]
    plain = _plain(text)
    if pieces[number].linked:  # nothing in it may become a link itself
        plain = re.sub(r"[\[\]]", lambda found: _entity(found[0]), plain)
    else:
        plain = _ADDRESSED.sub(lambda found: "\\" + found[0], plain)
    return lead + first + plain + tail


def _plain(text: str) -> str:
    """Escape all marks in a text."""
    text = _SPECIAL.sub(lambda found: "\\" + found[0], text)
    text = _BRACKETS.sub(lambda found: _entity(found[0]), text)
    return _CONTROL.sub(lambda found: _entity(found[0]), text)


def _needs(character: str, pieces: Sequence[_Piece], number: int, side: int) -> bool:
    """Return whether the text's outermost character must be an entity beside its neighbour."""
    near = pieces[number + side]
    if character.isspace():  # is lost at a line's end, and disables a mark beside it
        return near.kind in ("edge", "break") or near.kind == ("open" if side < 0 else "close")
    if near.kind == "math":
        return character.isalnum() or character == "$"
    if near.kind == ("close" if side < 0 else "open"):
        inner = pieces[number + 2 * side]
        letter = inner.text[-1:] if side < 0 else inner.text[:1]
        plain = near.markdown != "_" and inner.kind == "text" and letter.isalnum()
        return bool(character) and character not in punctuation and not plain
    return False


def _first(text: str) -> tuple[str, str]:
    """Split a line into an escaped beginning, which opens no block, and the rest."""
    if text[:1] == "[":
        return _entity("["), text[1:]
    found = _FIRST.match(text)
    if not found:
        return "", text
    number = found[1] or ""
    return number + "\\" + text[len(number)], text[len(number) + 1 :]


def _entity(character: str) -> str:
    return f"&#{ord(character)};"
