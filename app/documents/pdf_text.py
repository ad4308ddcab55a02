"""The text of a PDF, by PDFium, with form values and notes.

PDFium (by pypdfium2, 8 MB; both under Apache-2.0 or BSD-3-Clause) and not pypdf: it takes 3 s for
500 pages, pypdf 85 s; and it resolves ligatures and words, while pypdf returns "ﬁne" and tabs. It
is C++ that reads hostile files, so it runs in a process that may die.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import BinaryIO

import pypdfium2
import pypdfium2.raw as raw

from app.base.errors import DocumentBroken, DocumentEncrypted, DocumentTooLong
from app.documents import pdf_notes, pdf_xfa
from app.documents.document import LONGEST, PageProgress

_HYPHENATED = re.compile("([^\\W\\d_]*)(?:\ufffe|\x02)\n?([^\\W\\d_]*)")
"""PDFium's mark of a hyphen at a line's end, with the letters before and after it."""
_WORD = re.compile("[^\\W\\d_]+(?:-[^\\W\\d_]+)*")
_LITTLE_TEXT = 40  # characters that a scanned page may have
_LARGE_SHARE = 0.5  # of a page's area
_MANY_STROKES = 50  # strokes that may be drawn letters
_PICTURES = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM, raw.FPDF_PAGEOBJ_SHADING)


def pages_of(
    path: Path, file: BinaryIO, on_page: PageProgress
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the text of each page, and the numbers, from 0, of those that are pictures.

    A page without text, or a damaged one, is empty. Raises DocumentEncrypted, DocumentBroken,
    DocumentTooLong.
    """
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # it warns about every XFA form
    try:
        document = pypdfium2.PdfDocument(file)
        if document.get_formtype() != raw.FORMTYPE_NONE:
            document.init_forms()
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise DocumentEncrypted(path) from error
        raise DocumentBroken(path, str(error)) from error
    pages: list[str] = []
    pictures: list[int] = []
    length = 0
    for number in range(len(document)):
        on_page(number, len(document))
        text, picture = _page(document, number)
        pages.append(text)
        pictures += [number] * picture
        length += len(text)
        if length > LONGEST:
            raise DocumentTooLong(path, LONGEST)
    if pages and (data := pdf_xfa.form_values(document)):
        pages[-1] = "\n".join(filter(None, (pages[-1], data)))
    words = {word for page in pages for word in _WORD.findall(page)}
    return tuple(
        _HYPHENATED.sub(lambda found: _joined_word(found, words), page) for page in pages
    ), tuple(pictures)


def _page(document: pypdfium2.PdfDocument, number: int) -> tuple[str, bool]:
    try:
        page = document[number]
        textpage = page.get_textpage()
        text = textpage.get_text_range()
        is_picture = len(text.strip()) < _LITTLE_TEXT and _is_picture(page, bool(text.strip()))
        text = pdf_notes.with_notes(page, textpage, text)
        page.close()  # and the objects made from it
    except pypdfium2.PdfiumError:
        return "", False
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip(), is_picture


def _is_picture(page: pypdfium2.PdfPage, has_text: bool) -> bool:
    """Return whether a page with little or no text shows something else."""
    strokes, size = 0, page.get_width() * page.get_height()
    for item in page.get_objects(max_depth=1):
        strokes += item.type == raw.FPDF_PAGEOBJ_PATH
        if item.type in _PICTURES:
            left, bottom, right, top = item.get_bounds()
            if not has_text or (right - left) * (top - bottom) > _LARGE_SHARE * size:
                return True
    return strokes > _MANY_STROKES and not has_text


def _joined_word(found: re.Match[str], words: set[str]) -> str:
    """Join a word that was broken at a line's end.

    Only between small letters may the hyphen come from the break alone; then the document's other
    words decide.
    """
    before, after = found.groups()
    with_it, without = f"{before}-{after}", before + after
    small = before[-1:].islower() and after[:1].islower()
    if before and after and not (small or _caseless(before[-1] + after[0])):
        return with_it
    if not before or not after or (with_it in words and without not in words):
        return with_it
    return without


def _caseless(letters: str) -> bool:
    return letters.lower() == letters.upper()
