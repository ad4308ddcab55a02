"""File names that are valid on Linux, Windows and macOS."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

_LONGEST = 80  # characters; every system takes names of 255 bytes
_BYTES = 200
# What Windows forbids, control characters, and characters that change the writing direction.
_FORBIDDEN = re.compile(
    '[<>:"/\\\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufffe\uffff]'
)
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_NOT_IN_SUFFIX = re.compile(r"[^\w.]")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|$)", re.IGNORECASE)


def file_name(title: str, suffix: str, taken: set[str]) -> str:
    """Return a name for a title with ``suffix`` (like ``.md``), and add it to ``taken``.

    No name in ``taken`` equals it, ignoring case and Unicode normalisation.
    """
    stem = _stem(title)
    number = 1
    while True:
        name = f"{stem}{suffix}" if number == 1 else f"{stem} ({number}){suffix}"
        if same(name) not in taken:
            taken.add(same(name))
            return name
        number += 1


def unused_name(name: str, taken: Iterable[str]) -> str:
    """Return a name for a file that was called ``name`` elsewhere, unlike all in ``taken``."""
    own = PurePath(name)
    suffix = _NOT_IN_SUFFIX.sub("", own.suffix)
    return file_name(own.stem, suffix, {same(each) for each in taken})


def same(name: str) -> str:
    """Return a normalised name; names with equal ones may be the same file on some systems."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _stem(title: str) -> str:
    text = unicodedata.normalize("NFC", title.encode("utf-8", "replace").decode())
    text = " ".join(_FORBIDDEN.sub(" ", text).split())[:_LONGEST]
    text = text.encode()[:_BYTES].decode(errors="ignore").strip(" .")
    if _DEVICE.match(text):
        text = f"_{text}"
    return text or "Chat"
