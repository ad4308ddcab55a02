"""Text out of bytes of unknown encoding."""

from __future__ import annotations

import codecs
from pathlib import Path

from app.base.errors import DocumentUnknown

# UTF-32's first, since UTF-16's is the beginning of it.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = bytes({*range(32), 127} - set(b"\t\n\f\r\x1b"))
_MOST_CONTROL = 0.01  # of all bytes, that text may have


def decode(path: Path, data: bytes) -> str:
    """The text of a file that has these bytes. Raises DocumentUnknown where they are none."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _lines(data[len(mark) :].decode(encoding, errors="replace"))
    if b"\0" in data or _control(data) > _MOST_CONTROL * len(data):
        raise DocumentUnknown(path)
    try:
        return _lines(data.decode("utf-8"))
    except UnicodeDecodeError:
        import charset_normalizer

        found = charset_normalizer.from_bytes(data).best()
        if found is None:
            raise DocumentUnknown(path) from None
        return _lines(str(found))


def _control(data: bytes) -> int:
    return len(data) - len(data.translate(None, _CONTROL))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
