"""Names and arguments of models and servers inside sentences of the program."""

from __future__ import annotations

import unicodedata

from app.tools import visible

_LEFTWARDS = frozenset(("R", "AL", "AN"))


def brief(text: str, longest: int) -> str:
    """Return a text as one line of at most ``longest`` characters, safe inside a sentence."""
    text = visible.one_line(text)
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    if any(unicodedata.bidirectional(character) in _LEFTWARDS for character in text):
        return f"\u2068{text}\u2069"  # so that it does not reorder what is around it
    return text
