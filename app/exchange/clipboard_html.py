"""Messages as HTML for the clipboard, made for word processors: above all, tables stay tables.

Styles are inline, since pasted text has no style sheet. Formulas are shown as their source: word
processors would show MathML's letters in a row.
"""

from __future__ import annotations

from html import escape

from app.exchange.html_blocks import BlockRenderer
from app.markdown import parse

_BLOCKS = BlockRenderer(formulas=False, inline_styles=True)


def markdown_html(markdown: str) -> str:
    """Render a message or a part of one, which is Markdown."""
    return _BLOCKS.render(parse(markdown))


def typed_html(text: str) -> str:
    """Render typed text, which is not Markdown."""
    lines = escape(text.strip("\n")).split("\n")
    return f'<p dir="auto" style="white-space: pre-wrap">{"<br>".join(lines)}</p>'


def fragment(pieces: list[str]) -> str:
    """Join pieces of HTML into the document that the clipboard takes."""
    body = "\n".join(pieces)
    return f'<html><head><meta charset="utf-8"></head><body>{body}</body></html>'
