"""Text of models and servers, with every character that could deceive a reader made visible."""

from __future__ import annotations

import re
import unicodedata

from app.wording.language import tr

# Letters and symbols that are drawn as nothing, or as a blank.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_LEFTWARDS = frozenset(("R", "AL", "AN"))
_GAP = re.compile(r" {30,}|(?:[ \t]*\n){4,}")
_PLAIN = re.compile(r"[\n\t -~]*")


def reveal(text: str) -> str:
    """Return a text with characters that are invisible, or reorder others, as ‹U+202E›.

    Line breaks and tabs stay. Blanks that are not the usual one are shown, too: a name could
    contain them to look like another.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(map(_shown, text))


def without_gaps(text: str) -> str:
    """Return a text with its wide gaps told in words, which could move what follows out of sight.

    Nothing else of it is left out.
    """
    return _GAP.sub(_told, text)


def _told(gap: re.Match[str]) -> str:
    if "\n" in gap[0]:
        lines = tr("%Ln blank line(s)", "", gap[0].count("\n") - 1)
        return f"\n‹{lines}›\n"
    return f"‹{tr('%Ln space(s)', '', len(gap[0]))}›"


def one_line(text: str, longest: int) -> str:
    """Return a text as one line of at most ``longest`` characters, safe inside a sentence."""
    text = reveal(" ".join(text.split()))
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    if any(unicodedata.bidirectional(character) in _LEFTWARDS for character in text):
        return f"\u2068{text}\u2069"  # so that it does not reorder what is around it
    return text


def _shown(character: str) -> str:
    if character in "\n\t ":
        return character
    kind = unicodedata.category(character)
    tag = 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF
    if kind in _HIDDEN or kind == "Zs" or character in _BLANK or tag:
        return f"‹U+{ord(character):04X}›"
    return character
