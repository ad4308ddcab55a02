"""Names and arguments of models and servers inside sentences of the program."""

from __future__ import annotations

import unicodedata

from app.tools import visible

_LEFTWARDS = frozenset(("R", "AL", "AN"))
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))


def brief(text: str, longest: int) -> str:
    """Return a text as one line of at most ``longest`` characters, safe inside a sentence.

    It cannot end the quotation in which it stands.
    """
    text = visible.one_line(text).translate(_QUOTES)
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    if any(unicodedata.bidirectional(character) in _LEFTWARDS for character in text):
        return f"\u2068{text}\u2069"  # so that it does not reorder what is around it
    return text
