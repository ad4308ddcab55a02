"""Fenced code blocks in Markdown."""

from __future__ import annotations

import re

_OPENING = re.compile(r"\s*```[ \t]*[\w-]*[ \t]*\n")


def code_fence(text: str, language: str = "") -> str:
    """Return a code block with fences longer than anything in ``text`` that could close it."""
    mark = "~" if "`" in language else "`"
    longest = max(map(len, re.findall(f"{mark}+", text)), default=0)
    fence = mark * max(longest + 1, 3)
    return f"{fence}{language}\n{text}\n{fence}"


def unfenced(text: str) -> str:
    """Return what is in the fence around all of a text; the text itself if there is none."""
    opening, end = _OPENING.match(text), text.rstrip().removesuffix("```")
    if opening is None or len(end) == len(text.rstrip()) or len(end) < opening.end():
        return text
    return end[opening.end() :].rstrip(" \t").removesuffix("\n")
