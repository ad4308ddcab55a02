"""Text within the fences of Markdown's blocks of code."""

from __future__ import annotations

import re


def code_fence(text: str, language: str = "") -> str:
    """A block of code, whose fences are longer than anything in it that could end it."""
    mark = "~" if "`" in language else "`"
    longest = max(map(len, re.findall(f"{mark}+", text)), default=0)
    fence = mark * max(longest + 1, 3)
    return f"{fence}{language}\n{text}\n{fence}"
