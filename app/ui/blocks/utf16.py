"""Texts as Qt counts them, in units of UTF-16, and their direction."""

from __future__ import annotations

import re

# Written from right to left, as the letters of Hebrew and Arabic are.
_RTL = re.compile(
    "[\u200f\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def units(text: str) -> int:
    """Return the length of a text in units of UTF-16."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def part(text: str, start: int, end: int) -> str:
    """Return a part of a text between two positions of Qt's."""
    if text.isascii():
        return text[start:end]
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[2 * start : 2 * end].decode("utf-16-le", "ignore")


def has_rtl(text: str) -> bool:
    """Return whether some of a text is written from right to left."""
    return not text.isascii() and _RTL.search(text) is not None
