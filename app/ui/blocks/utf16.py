"""Text in UTF-16 code units, as Qt counts, and its direction."""

from __future__ import annotations

import re

# Right-to-left characters, such as Hebrew and Arabic letters.
_RTL = re.compile(
    "[\u200f\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def units(text: str) -> int:
    """Return the length of a text in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def part(text: str, start: int, end: int) -> str:
    """Return the part of a text between two of Qt's positions."""
    if text.isascii():
        return text[start:end]
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[2 * start : 2 * end].decode("utf-16-le", "ignore")


def has_rtl(text: str) -> bool:
    """Return whether any of a text is written from right to left."""
    return not text.isascii() and _RTL.search(text) is not None
