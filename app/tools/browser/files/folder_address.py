"""The addresses of documents: ``files:/NAME/relative/path``, as the model reads and writes them.

Within an index they have no name yet (``files:/relative/path``), so that a link never leaves the
folder, and so that nothing in the index changes with the name.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from app.tools.browser.source import FOLDER

_SPACE = re.compile(r" (?= |$)|^ ")  # one that an address on one line would lose
_ESCAPED = frozenset('%?#\\<>"`{}|^')


def path_of(relative: str) -> str:
    """Return a path as a part of an address: letters of all scripts stay as they are."""
    return _SPACE.sub("%20", "".join(map(_escaped, relative)))


def address_of(name: str, relative: str = "") -> str:
    """Return the address of a document, or of the folder itself."""
    return f"{FOLDER}/{path_of(name)}/{path_of(relative)}".rstrip("/")


def base_of(relative: str) -> str:
    """Return the address of a document within its index."""
    return f"{FOLDER}/{path_of(relative)}"


def named(address: str, name: str) -> str:
    """Return the address that a link in an index leads to; those of the web stay."""
    within = address.removeprefix(FOLDER)
    if within == address:
        return address
    return f"{FOLDER}/{path_of(name)}/{within.lstrip('/')}"


def is_below(address: str, name: str) -> bool:
    """Return whether an address is that of a folder, or seems to be in it."""
    return relative_of(address, name) is not None


def relative_of(address: str, name: str) -> str | None:
    """Return the path that an address means in the folder ``name``; None if it means none.

    It may have characters as they are, or escaped; that of the folder itself is empty.
    """
    if not address.startswith(FOLDER):
        return None
    path = address[len(FOLDER) :].partition("#")[0].partition("?")[0]
    decoded = _unescaped(path.strip("/"))
    first, _, rest = decoded.partition("/")
    return rest.strip("/") if _same(first, name) else None


def _escaped(char: str) -> str:
    if char in _ESCAPED or char in "【】†":
        return quote(char, safe="")
    if "\udc80" <= char <= "\udcff":  # a byte that is no UTF-8
        return f"%{ord(char) - 0xDC00:02X}"
    # Spaces stay readable, but none at which an address would seem to end.
    if char.isprintable() or char in "\u200c\u200d":
        return char
    return quote(char, safe="", errors="replace")


def _unescaped(path: str) -> str:
    data = unquote_to_bytes(path.encode("utf-8", "surrogateescape"))
    if sys.platform == "win32":
        return data.decode("utf-8", "replace")
    return os.fsdecode(data)


def _same(one: str, other: str) -> bool:
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
