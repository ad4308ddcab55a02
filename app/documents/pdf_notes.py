"""What stands on a PDF's page beside its content: the fields of a form, notes and marks."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as raw

from app.documents import html_text

_UNSEEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_PASSWORD = 1 << 13  # a flag of a field (ISO 32000-1, table 228)
_NEAR = 4.0  # points by which a field and its label may overlap
_ABOVE = 16.0  # points that a label may be above its field, and half of it beside its edge
_BOXES = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
_LISTS = (raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)
_SAID = (  # kinds that may say something; a pop-up has the words of another
    raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_LINE, raw.FPDF_ANNOT_SQUARE,
    raw.FPDF_ANNOT_CIRCLE, raw.FPDF_ANNOT_POLYGON, raw.FPDF_ANNOT_POLYLINE,
    raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_SQUIGGLY,
    raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_CARET, raw.FPDF_ANNOT_INK,
    raw.FPDF_ANNOT_FILEATTACHMENT, raw.FPDF_ANNOT_REDACT,
)  # fmt: skip


class _Field(NamedTuple):
    """``said``: what it is filled with. ``left`` and so on: its place, in points."""

    name: str
    said: str
    box: bool
    left: float
    bottom: float
    right: float
    top: float


class _Letter(NamedTuple):
    at: int
    left: float
    bottom: float
    right: float
    top: float


def with_notes(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, text: str) -> str:
    """The text of a page with each field's value behind its label, or else with its name at the
    end, where notes are, too."""
    fields: list[_Field] = []
    notes: list[str] = []
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        with _annotation(page, index) as annotation:
            if annotation and not raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
                kind = raw.FPDFAnnot_GetSubtype(annotation)
                if kind == raw.FPDF_ANNOT_WIDGET and page.formenv:
                    fields += _field(page.formenv, annotation)
                elif kind in _SAID:
                    notes += _note(annotation, kind)
    if fields:
        text = _filled(text, fields, _letters(textpage, text))
    return "\n".join((text, *notes))


@contextmanager
def _annotation(page: pypdfium2.PdfPage, index: int) -> Iterator[Any]:
    annotation = raw.FPDFPage_GetAnnot(page, index)
    try:
        yield annotation
    finally:
        raw.FPDFPage_CloseAnnot(annotation)


def _field(form: Any, annotation: Any) -> Iterator[_Field]:
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    flags = raw.FPDFAnnot_GetFormFieldFlags(form, annotation)
    said = ""
    if kind in _BOXES:
        said = "☒" if raw.FPDFAnnot_IsChecked(form, annotation) else "☐"
    elif kind in _LISTS:
        said = ", ".join(_chosen(form, annotation))
    if kind == raw.FPDF_FORMFIELD_TEXTFIELD or (kind == raw.FPDF_FORMFIELD_COMBOBOX and not said):
        said = _string(lambda *to: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *to))
    said = said.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not said or (kind == raw.FPDF_FORMFIELD_TEXTFIELD and flags & _PASSWORD):
        return
    tip = _string(lambda *to: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, *to))
    name = _string(lambda *to: raw.FPDFAnnot_GetFormFieldName(form, annotation, *to))
    place = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, place)
    yield _Field(
        tip or name, said, kind in _BOXES, place.left, place.bottom, place.right, place.top
    )


def _chosen(form: Any, annotation: Any) -> Iterator[str]:
    for index in range(raw.FPDFAnnot_GetOptionCount(form, annotation)):
        if raw.FPDFAnnot_IsOptionSelected(form, annotation, index):
            yield _string(
                lambda *to, n=index: raw.FPDFAnnot_GetOptionLabel(form, annotation, n, *to)
            )


def _note(annotation: Any, kind: int) -> Iterator[str]:
    said = _value(annotation, b"Contents") or html_text.text_of(_value(annotation, b"RC"))
    said = said.replace("\r\n", "\n").replace("\r", "\n").strip()
    author = _value(annotation, b"T").strip()
    if said and kind == raw.FPDF_ANNOT_FREETEXT:
        yield said
    elif said:
        yield f"[Comment, {author}]: {said}" if author else f"[Comment]: {said}"


def _value(annotation: Any, key: bytes) -> str:
    return _string(lambda *to: raw.FPDFAnnot_GetStringValue(annotation, key, *to))


def _string(ask: Callable[..., int]) -> str:
    """What PDFium writes as UTF-16, once it has told how much that is."""
    size = int(ask(None, 0))
    if size < 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    ask(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw.decode("utf-16-le", errors="replace").rstrip("\0")


# --- Places -----------------------------------------------------------------------------------


def _letters(textpage: pypdfium2.PdfTextPage, text: str) -> list[_Letter]:
    """Where the characters are that can be seen."""
    found = []
    for at in range(min(textpage.count_chars(), len(text))):
        if not text[at].isspace():
            left, bottom, right, top = textpage.get_charbox(at)
            found.append(_Letter(at, left, bottom, right, top))
    return found


def _filled(text: str, fields: list[_Field], letters: list[_Letter]) -> str:
    """The text with values in their places, which are counted in it as it was."""
    puts: list[tuple[int, float, str]] = []
    rest: list[str] = []
    for field in fields:
        at = _place(text, field, letters)
        if at is None:
            rest.append(f"{field.name}: {field.said}" if field.name else field.said)
        elif at >= 0:
            colon = "" if field.box or not text[at - 1].isalnum() else ":"
            puts.append((at, field.left, f"{colon} {field.said}"))
        else:
            puts.append((~at, field.left, f"{field.said} "))
    pieces, end = [], 0
    for at, _, said in sorted(puts):
        pieces += [text[end:at], said]
        end = at
    return "\n".join(("".join((*pieces, text[end:])), *rest))


def _place(text: str, field: _Field, letters: list[_Letter]) -> int | None:
    """Behind which character a value belongs; for the one before which it does, the inverse; None
    where there is no label."""
    row = [
        each
        for each in letters
        if field.bottom - _NEAR < (each.bottom + each.top) / 2 < field.top + _NEAR
    ]
    before = [each for each in row if each.right < field.left + _NEAR]
    after = [each for each in row if each.left > field.right - _NEAR]
    label = max(before, key=lambda each: each.right, default=None)
    follows = min(after, key=lambda each: each.left, default=None)
    if field.box and follows and (
        label is None or follows.left - field.right < field.left - label.right
    ):  # fmt: skip
        return ~follows.at
    if label:
        return label.at + 1
    above = [each for each in letters if 0 < each.bottom + _NEAR - field.top < _ABOVE]
    nearest = min(above, key=lambda each: abs(each.left - field.left), default=None)
    if nearest is None or field.box or abs(nearest.left - field.left) > _ABOVE / 2:
        return None
    end = text.find("\n", nearest.at)
    return len(text[:end].rstrip()) if end >= 0 else len(text)
