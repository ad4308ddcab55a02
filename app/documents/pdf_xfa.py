"""The data of a PDF whose form is another kind of document within it (XFA, of Adobe's LiveCycle):
what PDFium reads on its pages is only that another program is needed."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

import pypdfium2
import pypdfium2.raw as raw

from app.documents.docx_package import local, parsed

_DATA = re.compile(rb"<xfa:data[\s>].*</xfa:data>", re.DOTALL)
"""What was filled in; its neighbours are lists to choose from, which are not always XML."""


def filled(document: pypdfium2.PdfDocument) -> str:
    """The fields that have a value, by their names, a line for each; empty where there are
    none."""
    if document.get_formtype() != raw.FORMTYPE_XFA_FULL:
        return ""
    for index in range(raw.FPDF_GetXFAPacketCount(document)):
        name = ctypes.create_string_buffer(64)
        raw.FPDF_GetXFAPacketName(document, index, name, len(name))
        found = _DATA.search(_content(document, index)) if name.value == b"datasets" else None
        if found:
            try:
                return "\n".join(_values(parsed(b'<a xmlns:xfa="x">%s</a>' % found[0])))
            except ParseError:
                return ""
    return ""


def _content(document: pypdfium2.PdfDocument, index: int) -> bytes:
    size = ctypes.c_ulong()
    raw.FPDF_GetXFAPacketContent(document, index, None, 0, size)
    content = ctypes.create_string_buffer(max(1, size.value))
    raw.FPDF_GetXFAPacketContent(document, index, content, size.value, size)
    return content.raw[: size.value]


def _values(element: Element) -> Iterator[str]:
    for each in element:
        said = (each.text or "").strip()
        if said and not len(each):
            yield f"{local(each)}: {said}"
        yield from _values(each)
