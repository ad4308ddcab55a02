"""Fenced code blocks in Markdown."""

from __future__ import annotations

import re


def code_fence(text: str, language: str = "") -> str:
    """Return a code block with fences longer than anything in ``text`` that could close it."""
    mark = "~" if "`" in language else "`"
    longest = max(map(len, re.findall(f"{mark}+", text)), default=0)
    fence = mark * max(longest + 1, 3)
    return f"{fence}{language}\n{text}\n{fence}"
