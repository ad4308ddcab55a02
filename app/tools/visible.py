"""Text in which nothing is hidden: for what a user decides about, and for text of servers."""

from __future__ import annotations

import re
import unicodedata

# Letters and marks without a shape of their own, and spaces that look like nothing or like another:
# fillers, joiners, variation selectors, tags.
_SHAPELESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_LONG_GAP = re.compile(r"(?:[ \t]*\n){8,}|[ \t]{80,}")
_PICTURE = "[\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff]"
_SHAPE = "\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_EMOJI = re.compile(f"{_PICTURE}{_SHAPE}(?:\u200d{_PICTURE}{_SHAPE})*")
"""An emoji with what is invisible in it, and belongs to it."""


def visible(text: str) -> str:
    """Return ``text`` with a mark in the place of whatever would not be seen.

    Control characters other than line breaks and tabs, those that change the direction of text,
    invisible ones, and spaces that are none become ``⟨U+202E⟩``. A gap that would push text out of
    sight becomes ``⟨500 line breaks⟩``.
    """
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return _LONG_GAP.sub(_gap, text)
    shown, last = [], 0
    for emoji in _EMOJI.finditer(text):
        shown += [_marked(text[last : emoji.start()]), emoji.group()]
        last = emoji.end()
    return _LONG_GAP.sub(_gap, "".join((*shown, _marked(text[last:]))))


def one_line(text: str) -> str:
    """Return the same on one line."""
    return " ".join(visible(text).split())


def _marked(text: str) -> str:
    return "".join(f"⟨U+{ord(char):04X}⟩" if _is_hidden(char) else char for char in text)


def _is_hidden(char: str) -> bool:
    if char in "\n\t ":
        return False
    category = unicodedata.category(char)
    return category in _HIDDEN or category == "Zs" or char in _SHAPELESS


def _gap(found: re.Match[str]) -> str:
    lines = found.group().count("\n")
    return f"⟨{lines} line breaks⟩\n" if lines else f"⟨{len(found.group())} spaces⟩"
