"""A message's text into blocks that can be drawn. Never raw HTML, never a fetched image.

``blocks`` has the values, ``stream`` reads a message at once or while it grows; ``reader`` reads
its lines, with the ``frames`` that are open, and ``inline`` what is in them, by markdown-it and its
further ``rules``; what is a formula, an address, a cell is in ``formulas``, ``addresses``,
``tables``; ``export`` writes blocks as text again.
"""

from app.markdown.blocks import (
    Align,
    Block,
    Code,
    Footnote,
    Heading,
    Item,
    Kind,
    List,
    Math,
    Paragraph,
    Quote,
    Rise,
    Row,
    Rule,
    Span,
    Spans,
    Table,
)
from app.markdown.export import blocks_text, row_text, spans_text, table_csv, table_markdown
from app.markdown.rules import link_allowed
from app.markdown.stream import Stream, parse

__all__ = [
    "Align",
    "Block",
    "Code",
    "Footnote",
    "Heading",
    "Item",
    "Kind",
    "List",
    "Math",
    "Paragraph",
    "Quote",
    "Rise",
    "Row",
    "Rule",
    "Span",
    "Spans",
    "Stream",
    "Table",
    "blocks_text",
    "link_allowed",
    "parse",
    "row_text",
    "spans_text",
    "table_csv",
    "table_markdown",
]
