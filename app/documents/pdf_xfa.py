"""The data of PDF forms in XFA, a kind of document within the PDF (Adobe's LiveCycle).

PDFium finds only a note on their pages that another program is needed.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

import pypdfium2
import pypdfium2.raw as raw

from app.documents.docx_package import local, parse_xml

_DATA = re.compile(rb"<xfa:data[\s>].*</xfa:data>", re.DOTALL)
"""The data that was filled in; its neighbours are lists of choices, not always valid XML."""


def form_values(document: pypdfium2.PdfDocument) -> str:
    """Return the fields that have a value, a line for each with its name; "" without any."""
    if document.get_formtype() != raw.FORMTYPE_XFA_FULL:
        return ""
    for index in range(raw.FPDF_GetXFAPacketCount(document)):
        name = ctypes.create_string_buffer(64)
        raw.FPDF_GetXFAPacketName(document, index, name, len(name))
        found = _DATA.search(_content(document, index)) if name.value == b"datasets" else None
        if found:
            try:
                return "\n".join(_values(parse_xml(b'<a xmlns:xfa="x">%s</a>' % found[0])))
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
        text = (each.text or "").strip()
        if text and not len(each):
            yield f"{local(each)}: {text}"
        yield from _values(each)
