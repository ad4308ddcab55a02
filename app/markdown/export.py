"""Blocks as text again, to be copied."""

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
    Kind,
    List,
    Math,
    Paragraph,
    Quote,
    Row,
    Rule,
    Span,
    Table,
)
from app.markdown.write import cell_markdown

_BOXES = {None: "", False: "[ ] ", True: "[x] "}
_MARKS = {Kind.MATH: ("$", "$"), Kind.DISPLAY: ("$$", "$$"), Kind.NOTE: ("[^", "]")}
_COLUMNS = {Align.NONE: "---", Align.LEFT: ":--", Align.CENTER: ":-:", Align.RIGHT: "--:"}


def spans_text(spans: Iterable[Span]) -> str:
    """What is read, without marks; a formula is its TeX between dollars."""
    return "".join(span.text.join(_MARKS.get(span.kind, ("", ""))) for span in spans)


def blocks_text(blocks: Iterable[Block]) -> str:
    """What is read, with an empty line between two blocks, and tabs between a table's columns."""
    return _joined(blocks, "\n\n")


def table_csv(table: Table) -> str:
    """Comma-separated values, as RFC 4180 has them."""
    text = io.StringIO()
    csv.writer(text).writerows([spans_text(cell) for cell in row] for row in _rows(table))
    return text.getvalue()


def table_markdown(table: Table) -> str:
    """The table as Markdown that reads as this table."""
    lines = [[cell_markdown(cell) for cell in row] for row in _rows(table)]
    lines.insert(1, [_COLUMNS[align] for align in table.align])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _joined(blocks: Iterable[Block], gap: str) -> str:
    text = ""
    for block in blocks:
        joined = isinstance(block, Paragraph) and block.joined
        text += (" " if joined else gap) * bool(text) + _text(block)
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
            return "\n".join("\t".join(map(spans_text, row)) for row in _rows(block))
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


def _hanging(mark: str, text: str) -> str:
    """The text behind its mark, and under itself."""
    return mark + indent(text, " " * len(mark)).removeprefix(" " * len(mark))


def _rows(table: Table) -> Sequence[Row]:
    """The header and all rows, of one length."""
    width = len(table.header)
    return [row + ((),) * (width - len(row)) for row in (table.header, *table.rows)]
