"""Messages as HTML for the clipboard: what a word processor takes over, above all tables.

It is made of the same blocks and by the same hand as an exported page, so that nothing in it is raw
HTML. Formulas are their source: word processors would show MathML's letters in a row.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from html import escape
from typing import Any

from app.exchange.html_page import blocks_html
from app.markdown import Code, Math, Span, SpanKind, parse, spans_text

# All text is escaped, so that these are nowhere but in our own marks. A page has a sheet of styles
# for them, and what is pasted has none.
_STYLED = {
    "<table": '<table border="1" cellspacing="0" cellpadding="4" style="border-collapse: collapse"',
    ' class="center"': ' style="text-align: center"',
    ' class="right"': ' style="text-align: right"',
    ' class="wide"': "",
}


def markdown_html(markdown: str) -> str:
    """A message or a part of one."""
    html = blocks_html([_without_formulas(block) for block in parse(markdown)])
    for mark, styled in _STYLED.items():
        html = html.replace(mark, styled)
    return html


def typed_html(text: str) -> str:
    """What was typed, as it is."""
    lines = escape(text.strip("\n")).split("\n")
    return f'<p dir="auto" style="white-space: pre-wrap">{"<br>".join(lines)}</p>'


def fragment(pieces: list[str]) -> str:
    """Pieces below each other, as the clipboard takes them."""
    body = "\n".join(pieces)
    return f'<html><head><meta charset="utf-8"></head><body>{body}</body></html>'


def _without_formulas(value: Any) -> Any:
    """A block, or what is in one, with the source of each formula."""
    match value:
        case Math(tex=tex):
            return Code(tex, "latex")
        case Span(kind=SpanKind.MATH | SpanKind.DISPLAY):
            return replace(value, text=spans_text((value,)), kind=SpanKind.CODE)
        case tuple():
            return tuple(map(_without_formulas, value))
    if not is_dataclass(value) or isinstance(value, Span | type):
        return value
    return replace(
        value,
        **{f.name: _without_formulas(getattr(value, f.name)) for f in fields(value)},
    )
