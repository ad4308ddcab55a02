"""Parse a message's text into blocks that can be drawn; never raw HTML, never a fetched image.

``blocks`` has the values; ``stream`` parses a message, whole or while it grows. ``block_parser``
reads its lines, each by a ``line_scanner``, with the ``open_blocks``, of which ``open_verbatim``
take theirs as they are; ``inline`` reads the text in them, by markdown-it with the further
``inline_rules``. ``formulas``, ``addresses``, ``citations`` and ``tables`` recognise formulas,
addresses, marks that cite and cells, also in ``scripts`` without spaces; ``tex`` makes MathML, with
the lines of ``arrays`` and ``chemistry``. ``direction`` says from which side a block is read.
``block_text`` and ``inline_source`` turn blocks back into text.
"""

from app.markdown.block_text import blocks_text, row_text, spans_text, table_csv, table_markdown
from app.markdown.blocks import (
    Align,
    Block,
    Code,
    Footnote,
    Heading,
    List,
    ListItem,
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
    "List",
    "ListItem",
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
