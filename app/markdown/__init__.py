"""A message's text into blocks that can be drawn. Never raw HTML, never a fetched image.

``blocks`` has the values, ``stream`` reads a message at once or while it grows; ``reader`` reads
its lines, with the ``frames`` that are open, and ``inline`` what is in them, by markdown-it and its
further ``rules``; what is a formula, an address, a cell is in ``formulas``, ``addresses``,
``tables``; ``export`` writes blocks as text again.
"""

from app.markdown.block_text import blocks_text, row_text, spans_text, table_csv, table_markdown
from app.markdown.blocks import (
    Align,
    Block,
    Code,
    Footnote,
    Heading,
    Item,
    List,
    Math,
    Paragraph,
    Quote,
    Row,
    Rule,
    Span,
    SpanKind,
    Spans,
    Table,
    VerticalAlign,
)
from app.markdown.inline_rules import link_allowed
from app.markdown.stream import MarkdownStream, parse

__all__ = [
    "Align",
    "Block",
    "Code",
    "Footnote",
    "Heading",
    "Item",
    "List",
    "MarkdownStream",
    "Math",
    "Paragraph",
    "Quote",
    "Row",
    "Rule",
    "Span",
    "SpanKind",
    "Spans",
    "Table",
    "VerticalAlign",
    "blocks_text",
    "link_allowed",
    "parse",
    "row_text",
    "spans_text",
    "table_csv",
    "table_markdown",
]
