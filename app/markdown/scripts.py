"""Scripts written without spaces between words, so that marks may be next to letters."""

from __future__ import annotations

import re

# https://github.com/tats-u/markdown-cjk-friendly/blob/main/ranges.md of Unicode 17, read on
# 2026-11-29: wide, full-width and half-width characters that are not emoji, and Hangul.
_CJK = (
    "\u1100-\u11ff\u20a9\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u3247"
    "\u3250-\ua4c6\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uffee"
    "\U00016fe0-\U0001b2fb\U0001d300-\U0001d376\U0001f200\U0001f202-\U0001f219"
    "\U0001f21b-\U0001f22e\U0001f230\U0001f231\U0001f237\U0001f23b-\U0001f248"
    "\U0001f260-\U0001f265\U00020000-\U0003fffd"
)
# Thai, Lao, Tibetan, Burmese and Khmer, which that list does not cover.
_SOUTH = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f"

UNSPACED = f"{_CJK}{_SOUTH}"
"""Letters and punctuation of such scripts, as the inside of a character class for `re`."""

_UNSPACED = re.compile(f"[{UNSPACED}]")


def is_unspaced(character: str) -> bool:
    """Return whether a character is of such a script."""
    return _UNSPACED.match(character) is not None
