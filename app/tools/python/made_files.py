"""The types of files that code has made, by their content: a name can say anything."""

from __future__ import annotations

import re
import struct
import unicodedata

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"\x1f\x8b", "application/gzip"),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_PACKAGES = (
    (b"xl/", f"{_OFFICE}spreadsheetml.sheet"),
    (b"word/", f"{_OFFICE}wordprocessingml.document"),
    (b"ppt/", f"{_OFFICE}presentationml.presentation"),
)
_TEXTS = {"csv": "text/csv", "tsv": "text/tab-separated-values", "json": "application/json",
          "md": "text/markdown"}  # fmt: skip
_SVG = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]", re.DOTALL
)
_LONGEST_NAME = 120
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn"}  # categories: control, direction, unassigned


def media_type(name: str, content: bytes) -> str:
    """Return a file's type. The name only tells kinds of plain text from each other."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"PK\x03\x04"):
        return _package(content)
    if _SVG.match(content[:4096].removeprefix(b"\xef\xbb\xbf")):
        return "image/svg+xml"
    if b"\0" in content or not _is_text(content):
        return "application/octet-stream"
    return _TEXTS.get(name.rpartition(".")[2].lower(), "text/plain")


def display_name(path: str) -> str:
    """Return the name under which a file is shown and saved: no folder, nothing invisible."""
    name = path.rpartition("/")[2]
    name = "".join("_" if unicodedata.category(c) in _UNSAFE else c for c in name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if len(name) > _LONGEST_NAME:
        name = stem[: _LONGEST_NAME - 20] + dot + ending[:19]
    return re.sub(r'[\\/:*?"<>|]', "_", name) or "file"


def png_size(content: bytes) -> tuple[int, int] | None:
    """Return the width and height of a PNG in pixels; None if it is none."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR":
        return None
    if len(content) < 24:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _package(content: bytes) -> str:
    """Return the type of a ZIP, by names in it. Its directory may be huge, and is not read."""
    if b"[Content_Types].xml" in content:
        for begin, kind in _PACKAGES:
            if begin in content:
                return kind
    return "application/zip"


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
