"""Conversion of blocks to text, for copying."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from textwrap import indent

from app.markdown.blocks import (
    Align,
    Block,
    Code,
    Footnote,
    Heading,
    List,
    Math,
    Paragraph,
    Quote,
    Row,
    Rule,
    Span,
    SpanKind,
    Table,
    VerticalAlign,
)
from app.markdown.inline_source import cell_markdown

_BOXES = {None: "", False: "[ ] ", True: "[x] "}
_MARKS = {SpanKind.MATH: ("$", "$"), SpanKind.DISPLAY: ("$$", "$$"), SpanKind.NOTE: ("[^", "]")}
# Superscript and subscript characters in Unicode, such as "ⁿ" in "10ⁿ".
_RISEN = {
    VerticalAlign.ABOVE: str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ"),
    VerticalAlign.BELOW: str.maketrans(
        "0123456789+-−=()aeoxhklmnpst", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜ"
    ),
}
_COLUMNS = {Align.NONE: "---", Align.LEFT: ":--", Align.CENTER: ":-:", Align.RIGHT: "--:"}


def spans_text(spans: Iterable[Span]) -> str:
    """Return the text without marks; a formula is its TeX between dollars.

    Superscripts and subscripts use Unicode's own characters if they all exist, so that
    "10<sup>6</sup>" does not become 106.
    """
    return "".join(_plain(span).join(_MARKS.get(span.kind, ("", ""))) for span in spans)


def blocks_text(blocks: Iterable[Block]) -> str:
    """Return plain text, with empty lines between blocks and tabs between a table's columns."""
    return _joined(blocks, "\n\n")


def table_csv(table: Table) -> str:
    """Return comma-separated values (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows([spans_text(cell) for cell in row] for row in _rows(table))
    return text.getvalue()


def row_text(row: Row) -> str:
    """Return a row's cells on one line, separated by tabs."""
    return "\t".join(spans_text(cell).replace("\n", " ") for cell in row)


def table_markdown(table: Table) -> str:
    """Return Markdown that parses back to this table."""
    lines = [[cell_markdown(cell) for cell in row] for row in _rows(table)]
    lines.insert(1, [_COLUMNS[align] for align in table.align])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _joined(blocks: Iterable[Block], gap: str) -> str:
    text = ""
    for block in blocks:
        joined = block.joined if isinstance(block, Paragraph) else None
        text += (gap if joined is None else joined) * bool(text) + _text(block)
    return text


def _text(block: Block) -> str:
    match block:
        case Paragraph(spans) | Heading(_, spans):
            return spans_text(spans)
        case Code(text):
            return text
        case Math(tex):
            return f"$$\n{tex}\n$$"
        case Rule():
            return "---"
        case Table():
            return "\n".join(map(row_text, _rows(block)))
        case Quote(blocks):
            return indent(blocks_text(blocks), "> ", lambda line: True)
        case Footnote(label, blocks):
            return f"[^{label}]: {_joined(blocks, chr(10))}"
        case List(start, items):
            marks = ("-" if start is None else f"{start + n}." for n in range(len(items)))
            return "\n".join(
                _hanging(f"{mark} {_BOXES[item.task]}", _joined(item.blocks, "\n"))
                for mark, item in zip(marks, items, strict=True)
            )


def _plain(span: Span) -> str:
    table = _RISEN.get(span.vertical_align)
    known = table is not None and all(ord(character) in table for character in span.text)
    return span.text.translate(table) if table and known else span.text


def _hanging(mark: str, text: str) -> str:
    """Indent the text below its marker."""
    return mark + indent(text, " " * len(mark)).removeprefix(" " * len(mark))


def _rows(table: Table) -> Sequence[Row]:
    """Return the header and all rows, padded to one length."""
    width = len(table.header)
    return [row + ((),) * (width - len(row)) for row in (table.header, *table.rows)]
