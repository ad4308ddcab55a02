"""A file of a folder into text with links, in the child process."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from app.base.errors import (
    DocumentEmpty,
    DocumentEncrypted,
    DocumentError,
    DocumentImage,
    DocumentTooLarge,
    DocumentTooLong,
    DocumentUnknown,
)
from app.base.folder import Folder
from app.documents import file_types
from app.documents.document import LONGEST, DocumentKind
from app.documents.plain_text import decode
from app.documents.worker import document_of
from app.tools.browser.extraction import markdown_links
from app.tools.browser.extraction.markup_page import html_page
from app.tools.browser.files.exclusions import begins_like_key, largest
from app.tools.browser.files.file_index import IndexedText
from app.tools.browser.files.folder_address import base_of
from app.tools.browser.page import LinkTable, neutral
from app.tools.browser.source_status import SkipReason

_LONGEST_TITLE = 200


class Unread(Exception):
    """A file that gives no text, for a ``reason``."""

    def __init__(self, reason: SkipReason) -> None:
        super().__init__(reason)
        self.reason = reason


def fingerprint_of(data: bytes) -> str:
    """Return what two files have in common only if they have the same bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def read_text(
    folder: Folder, relative: str, on_page: Callable[[int, int], None] = lambda *_: None
) -> IndexedText:
    """Read a file. ``on_page`` is called while a long one is read.

    Raises Unread, and FileNotFoundError if it is gone.
    """
    limit = largest(relative)
    try:
        status = folder.status(relative)  # before its bytes: if it changes now, it is read again
        data = folder.read(relative, limit + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unread(SkipReason.UNREADABLE) from error
    if len(data) > limit:
        raise Unread(SkipReason.SIZE)
    try:
        title, text, links = _extracted(relative, data, on_page)
    except DocumentError as error:
        raise Unread(_reason(error)) from error
    except Exception as error:  # what reads strangers' files raises errors of any type
        raise Unread(SkipReason.DAMAGED) from error
    if not text.strip():
        raise Unread(SkipReason.EMPTY)
    if len(text) > LONGEST:
        raise Unread(SkipReason.SIZE)
    if begins_like_key(text[:200]):
        raise Unread(SkipReason.SECRET)
    return IndexedText(
        relative,
        title[:_LONGEST_TITLE] or PurePosixPath(relative).name,
        text,
        links,
        status.size,
        status.mtime_ns,
        fingerprint_of(data),
    )


def _extracted(
    relative: str, data: bytes, on_page: Callable[[int, int], None]
) -> tuple[str, str, tuple[str, ...]]:
    """Return a document's title, if it has one of its own, its text, and its links."""
    name = Path(PurePosixPath(relative).name)
    if file_types.detect_kind(name, data[: file_types.HEAD]) is DocumentKind.HTML:
        page = html_page(decode(name, data).text, base_of(relative), whole=True)
        return page.title, page.text, page.links
    table = LinkTable(base_of(relative))
    document = document_of(name, io.BytesIO(data), on_page)
    text = neutral(document.text(range(len(document.sections))))
    if relative.lower().endswith(markdown_links.ENDINGS):
        title = markdown_links.heading(text)
        return title, markdown_links.marked(text, table), table.addresses
    if not any(section.strip() for section in document.sections):
        raise DocumentEmpty(name, pages=len(document.sections))
    return "", text, ()


def _reason(error: DocumentError) -> SkipReason:
    match error:
        case DocumentImage() | DocumentUnknown():
            return SkipReason.KIND
        case DocumentEncrypted():
            return SkipReason.ENCRYPTED
        case DocumentTooLarge() | DocumentTooLong():
            return SkipReason.SIZE
        case DocumentEmpty():
            return SkipReason.EMPTY
    return SkipReason.DAMAGED
