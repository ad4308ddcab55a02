"""Recognise a file's type by its first bytes; its name decides only if they are ambiguous."""

from __future__ import annotations

from pathlib import Path

from app.base.errors import DocumentEncrypted, DocumentImage, DocumentUnknown
from app.documents.document import DocumentKind

HEAD = 1024  # bytes; a PDF's signature need not be the first
_IMAGES = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*",
    b"\x00\x00\x01\x00", b"8BPS", b"\xff\x0a",
)  # fmt: skip
_IMAGE_NAMES = {
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif",
    ".avif", ".ico", ".psd", ".jxl", ".raw", ".dng",
}  # fmt: skip
_OTHERS = (  # programs, archives, data, audio, fonts; some consist largely of text
    b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\0asm", b"\x1f\x8b", b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"PK\5\6", b"PK\7\x08", b"\x28\xb5\x2f\xfd",
    b"!<arch>\n", b"\0\1\0\0", b"\x1aE\xdf\xa3",
)  # fmt: skip
_OTHER_WORDS = (  # a text may begin with these, too, but has no NUL
    b"MZ", b"BZh", b"SQLite format 3", b"GGUF", b"PAR1", b"bplist", b"OggS", b"fLaC", b"ID3",
    b"RIFF", b"OTTO", b"wOFF", b"wOF2",
)  # fmt: skip
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = (b"<!doctype html", b"<html")
_HTML_NAMES = {".html", ".htm", ".xhtml"}


def detect_kind(path: Path, head: bytes) -> DocumentKind:
    """Return the kind of a file that begins with ``head``.

    Raises DocumentImage, DocumentUnknown, and DocumentEncrypted for a locked Word file, which is an
    OLE file inside.
    """
    ending = path.suffix.lower()
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _is_image(head) or (ending in _IMAGE_NAMES and b"\0" in head):
        raise DocumentImage(path)
    if b"%PDF-" in head:
        return DocumentKind.PDF
    if head.startswith(_OLE) and ending == ".docx":
        raise DocumentEncrypted(path)
    if head.startswith(_ZIP):
        if ending in (".docx", ".docm", ".dotx", ".dotm"):
            return DocumentKind.DOCX
        raise DocumentUnknown(path)
    if head.startswith(_OLE) or begin.startswith(b"{\\rtf") or _is_other(head):
        raise DocumentUnknown(path)
    if ending in _HTML_NAMES or begin[:20].lower().startswith(_HTML):
        return DocumentKind.HTML
    return DocumentKind.TEXT


def _is_other(head: bytes) -> bool:
    compiled = head[1:4] == b"\r\r\n"  # compiled Python
    named = head.startswith(_OTHER_WORDS) or head[4:8] == b"ftyp" or compiled
    return head.startswith(_OTHERS) or head[257:262] == b"ustar" or (named and b"\0" in head)


def _is_image(head: bytes) -> bool:
    riff = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    brand = head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"avif", b"msf1")
    return riff or brand or head.startswith(_IMAGES)
