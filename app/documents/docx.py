"""The text of a Word file: its paragraphs and tables in their order. Headers, footers, notes and
text in drawings are left out: python-docx does not know them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import docx
from docx.blkcntnr import BlockItemContainer
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from lxml.etree import XMLSyntaxError

from app.base.errors import DocumentBroken, DocumentEncrypted, DocumentTooLarge

_LARGEST = 400_000_000  # bytes, unpacked
_HEADING = re.compile(r"Heading ([1-6])")
_LOCKED = 1  # a bit of zip's flags


def text_of(path: Path, file: BinaryIO) -> str:
    """The text: titles and items with Markdown's marks, cells with a bar between them. Raises
    DocumentEncrypted, DocumentTooLarge, DocumentBroken."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
        if any(entry.flag_bits & _LOCKED for entry in entries):
            raise DocumentEncrypted(path)
        if sum(entry.file_size for entry in entries) > _LARGEST:
            raise DocumentTooLarge(path, _LARGEST)
        file.seek(0)
        return "\n\n".join(_texts(docx.Document(file)))
    except (zipfile.BadZipFile, OpcError, XMLSyntaxError, KeyError, ValueError) as error:
        raise DocumentBroken(path, str(error)) from error


def _texts(holder: Document | BlockItemContainer) -> Iterator[str]:
    items: list[str] = []  # of a list, which are lines of one paragraph
    for block in holder.iter_inner_content():
        text = _table(block) if isinstance(block, Table) else _paragraph(block)
        if text.startswith("- "):
            items.append(text)
            continue
        if items:
            yield "\n".join(items)
            items.clear()
        if text.strip():
            yield text
    if items:
        yield "\n".join(items)


def _paragraph(paragraph: Paragraph) -> str:
    text = paragraph.text.strip("\n")
    style = paragraph.style.name if paragraph.style is not None else ""
    if not text.strip():
        return ""
    if heading := _HEADING.fullmatch(style or ""):
        return "#" * int(heading[1]) + " " + text
    return f"- {text}" if (style or "").startswith("List ") else text


def _table(table: Table) -> str:
    return "\n".join(" | ".join(map(_cell, _once(row.cells))) for row in table.rows)


def _once(cells: tuple[_Cell, ...]) -> Iterator[_Cell]:
    """Cells that are joined are there once for each place that they take."""
    before = None
    for cell in cells:
        if cell._tc is not before:
            yield cell
        before = cell._tc


def _cell(cell: _Cell) -> str:
    return " ".join(" ".join(_texts(cell)).split())
