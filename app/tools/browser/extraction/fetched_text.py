"""The bytes of a page into text with links, by their type.

They are strangers', so this runs in a process that can be killed (`extractor`).
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.base.errors import DocumentEncrypted, DocumentError
from app.documents.charset import normalized_name
from app.documents.document import Document, DocumentKind
from app.documents.plain_text import clean, decode
from app.tools.browser.extraction import markdown_links
from app.tools.browser.extraction.feed import feed_page, is_feed
from app.tools.browser.extraction.markup_page import html_page
from app.tools.browser.page import LinkTable, neutral
from app.tools.browser.source import PageText, SourceFault

LARGEST_HTML = 2_000_000
"""Characters of HTML that are read."""

_LONGEST_JSON = 1_000_000
_LONGEST_DECLARED = 40
_CUT = "The page is longer: only its first part was read."
_NO_TEXT = "The page has no text: it may need JavaScript, or consist of pictures."
_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_XML = re.compile(r"\s*<\?xml\b|\s*<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_BAD = 0.001  # of the characters that may be unreadable in a declared encoding


def page_text(
    data: bytes, media_type: str, charset: str, address: str, *, whole: bool = False
) -> PageText:
    """Return the text of a page. Raises SourceFault if it has none."""
    media_type = media_type.partition(";")[0].strip().lower()
    if media_type == "application/pdf" or data[:1024].lstrip().startswith(b"%PDF-"):
        return _pdf_page(data, address)
    if media_type.startswith(("image/", "audio/", "video/", "font/")):
        raise SourceFault(f"This is no page but {media_type}, which cannot be read.")
    text = _decoded(data, charset)
    if text is None:
        raise SourceFault("This is no text, but data for a program.")
    html = media_type in ("text/html", "application/xhtml+xml") or bool(_HTML.match(text[:4000]))
    page = _html(text, address, whole) if html else _other(text, media_type, address)
    if not page.text.strip():
        raise SourceFault(_NO_TEXT)
    return page


def _html(text: str, address: str, whole: bool) -> PageText:
    page = html_page(text[:LARGEST_HTML], address, whole=whole)
    if len(text) <= LARGEST_HTML:
        return page
    return PageText(address, page.title, page.text, page.links, page.source, _CUT)


def _other(text: str, media_type: str, address: str) -> PageText:
    if _XML.match(text[:2000]) and is_feed(text):
        return feed_page(text, address)
    if media_type.endswith("json"):
        return PageText(address, name_of(address), neutral(_indented(text)), source=text)
    plain = neutral(text)
    if media_type == "text/markdown" or urlsplit(address).path.lower().endswith(
        markdown_links.ENDINGS
    ):
        table = LinkTable(address)
        title = markdown_links.heading(plain) or name_of(address)
        return PageText(address, title, markdown_links.marked(plain, table), table.addresses, text)
    return PageText(address, name_of(address), plain, source=text)


def _indented(text: str) -> str:
    """Return JSON in lines, if it is in few and can be read."""
    if len(text) > _LONGEST_JSON or text.count("\n") > len(text) / 200:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return text


def _pdf_page(data: bytes, address: str) -> PageText:
    from app.documents.pdf_text import pages_of

    name = name_of(address)
    try:
        pages, pictures = pages_of(Path(name), io.BytesIO(data), lambda *_: None)
    except DocumentEncrypted as error:
        raise SourceFault("This PDF is locked with a password.") from error
    except DocumentError as error:
        raise SourceFault("This PDF is damaged and cannot be read.") from error
    document = Document(name, DocumentKind.PDF, pages, pictures=pictures)
    if not any(page.strip() for page in pages):
        raise SourceFault("This PDF has no text: its pages are pictures.")
    return PageText(address, name, neutral(document.text(range(len(pages)))))


def _decoded(data: bytes, charset: str) -> str | None:
    """Return text in the encoding that the server named, unless the bytes say another one.

    None if they are no text.
    """
    declared = normalized_name(charset[:_LONGEST_DECLARED]) if charset else ""
    try:
        found = decode(Path("page"), data)
        certain = not found.encoding
    except DocumentError:
        found, certain = None, False
    if declared and not certain:
        text = data.decode(declared, errors="replace")
        if text.count("\ufffd") <= len(text) * _BAD and (found or "\0" not in text):
            return clean(text)
    if found is None and _HTML.match(data[:4000].decode("latin-1")):
        return clean(data.decode("utf-8", errors="replace"))
    return found.text if found else None


def name_of(address: str) -> str:
    """Return the name of a file at an address; that of its host if it has none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc or address
