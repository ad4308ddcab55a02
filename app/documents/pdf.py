"""The text of a PDF, by PDFium.

PDFium (by pypdfium2, 8 MB; both under Apache-2.0 or BSD-3-Clause) and not pypdf: 500 pages take
it 3 s where pypdf needs 85 s, and it knows ligatures and words apart where pypdf gives "ﬁne" and
tabs. It is C++ that reads hostile files, so it runs in a process that may die.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

import pypdfium2
import pypdfium2.raw as raw

from app.base.errors import DocumentBroken, DocumentEncrypted, DocumentTooLong
from app.documents.document import LONGEST, Seen

_HYPHEN = re.compile("[\ufffe\x02]\n?")  # PDFium's mark of a word that is broken at a line's end


def pages_of(path: Path, file: BinaryIO, seen: Seen) -> tuple[str, ...]:
    """The text of each page, empty for one that has none or is damaged. Raises
    DocumentEncrypted, DocumentBroken, DocumentTooLong."""
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise DocumentEncrypted(path) from error
        raise DocumentBroken(path, str(error)) from error
    pages: list[str] = []
    length = 0
    for number in range(len(document)):
        seen(number, len(document))
        pages.append(_page(document, number))
        length += len(pages[-1])
        if length > LONGEST:
            raise DocumentTooLong(path, LONGEST)
    return tuple(pages)


def _page(document: pypdfium2.PdfDocument, number: int) -> str:
    try:
        page = document[number]
        text = page.get_textpage().get_text_range()
        page.close()  # and what was made of it
    except pypdfium2.PdfiumError:
        return ""
    lines = _HYPHEN.sub("", text.replace("\r\n", "\n")).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()
