"""Form fields, notes and marks on a PDF's page."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as raw

from app.documents import html_text

_HIDDEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_PASSWORD = 1 << 13  # a flag of a field (ISO 32000-1, table 228)
_OVERLAP = 4.0  # points by which a field and its label may overlap
_LABEL_DISTANCE = 16.0  # points above a field; half of it to the side
_CHECKABLE = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
_CHOICES = (raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)
_NOTE_KINDS = (  # kinds with text of their own; a pop-up repeats another's
    raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_LINE, raw.FPDF_ANNOT_SQUARE,
    raw.FPDF_ANNOT_CIRCLE, raw.FPDF_ANNOT_POLYGON, raw.FPDF_ANNOT_POLYLINE,
    raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_SQUIGGLY,
    raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_CARET, raw.FPDF_ANNOT_INK,
    raw.FPDF_ANNOT_FILEATTACHMENT, raw.FPDF_ANNOT_REDACT,
)  # fmt: skip


class _Field(NamedTuple):
    """A form field with its value; its place is in points."""

    name: str
    value: str
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
    """Return the text of a page with each field's value after its label.

    Values without a label follow at the end by name, and so do notes.
    """
    fields: list[_Field] = []
    notes: list[str] = []
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        with _annotation(page, index) as annotation:
            if annotation and not raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
                kind = raw.FPDFAnnot_GetSubtype(annotation)
                if kind == raw.FPDF_ANNOT_WIDGET and page.formenv:
                    fields += _field(page.formenv, annotation)
                elif kind in _NOTE_KINDS:
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
    value = ""
    if kind in _CHECKABLE:
        value = "☒" if raw.FPDFAnnot_IsChecked(form, annotation) else "☐"
    elif kind in _CHOICES:
        value = ", ".join(_chosen(form, annotation))
    if kind == raw.FPDF_FORMFIELD_TEXTFIELD or (kind == raw.FPDF_FORMFIELD_COMBOBOX and not value):
        value = _read_string(lambda *to: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *to))
    value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not value or (kind == raw.FPDF_FORMFIELD_TEXTFIELD and flags & _PASSWORD):
        return
    tip = _read_string(lambda *to: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, *to))
    name = _read_string(lambda *to: raw.FPDFAnnot_GetFormFieldName(form, annotation, *to))
    place = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, place)
    yield _Field(
        tip or name, value, kind in _CHECKABLE, place.left, place.bottom, place.right, place.top
    )


def _chosen(form: Any, annotation: Any) -> Iterator[str]:
    for index in range(raw.FPDFAnnot_GetOptionCount(form, annotation)):
        if raw.FPDFAnnot_IsOptionSelected(form, annotation, index):
            yield _read_string(
                lambda *to, n=index: raw.FPDFAnnot_GetOptionLabel(form, annotation, n, *to)
            )


def _note(annotation: Any, kind: int) -> Iterator[str]:
    value = _string_value(annotation, b"Contents") or html_text.text_of(
        _string_value(annotation, b"RC")
    )
    value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    author = _string_value(annotation, b"T").strip()
    if value and kind == raw.FPDF_ANNOT_FREETEXT:
        yield value
    elif value:
        yield f"[Comment, {author}]: {value}" if author else f"[Comment]: {value}"


def _string_value(annotation: Any, key: bytes) -> str:
    return _read_string(lambda *to: raw.FPDFAnnot_GetStringValue(annotation, key, *to))


def _read_string(call: Callable[..., int]) -> str:
    """Read a UTF-16 string from PDFium, which is asked for the size first."""
    size = int(call(None, 0))
    if size < 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    call(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw.decode("utf-16-le", errors="replace").rstrip("\0")


# --- Positions --------------------------------------------------------------------------------


def _letters(textpage: pypdfium2.PdfTextPage, text: str) -> list[_Letter]:
    """Return the positions of the visible characters."""
    found = []
    for at in range(min(textpage.count_chars(), len(text))):
        if not text[at].isspace():
            left, bottom, right, top = textpage.get_charbox(at)
            found.append(_Letter(at, left, bottom, right, top))
    return found


def _filled(text: str, fields: list[_Field], letters: list[_Letter]) -> str:
    """Insert the values at their positions in the text."""
    insertions: list[tuple[int, float, str]] = []
    rest: list[str] = []
    for field in fields:
        at = _position(text, field, letters)
        if at is None:
            rest.append(f"{field.name}: {field.value}" if field.name else field.value)
        elif at >= 0:
            colon = "" if field.box or not text[at - 1].isalnum() else ":"
            insertions.append((at, field.left, f"{colon} {field.value}"))
        else:
            insertions.append((~at, field.left, f"{field.value} "))
    pieces, end = [], 0
    for at, _, value in sorted(insertions):
        pieces += [text[end:at], value]
        end = at
    return "\n".join(("".join((*pieces, text[end:])), *rest))


def _position(text: str, field: _Field, letters: list[_Letter]) -> int | None:
    """Return the position in the text at which a value belongs, None without a label.

    If the value belongs before a character, its position is returned bitwise inverted (~).
    """
    row = [
        letter
        for letter in letters
        if field.bottom - _OVERLAP < (letter.bottom + letter.top) / 2 < field.top + _OVERLAP
    ]
    before = [letter for letter in row if letter.right < field.left + _OVERLAP]
    after = [letter for letter in row if letter.left > field.right - _OVERLAP]
    label = max(before, key=lambda letter: letter.right, default=None)
    follows = min(after, key=lambda letter: letter.left, default=None)
    if field.box and follows and (
        label is None or follows.left - field.right < field.left - label.right
    ):  # fmt: skip
        return ~follows.at
    if label:
        return label.at + 1
    above = [
        letter for letter in letters if 0 < letter.bottom + _OVERLAP - field.top < _LABEL_DISTANCE
    ]
    nearest = min(above, key=lambda letter: abs(letter.left - field.left), default=None)
    if nearest is None or field.box or abs(nearest.left - field.left) > _LABEL_DISTANCE / 2:
        return None
    end = text.find("\n", nearest.at)
    return len(text[:end].rstrip()) if end >= 0 else len(text)
