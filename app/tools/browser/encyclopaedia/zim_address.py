"""The addresses of articles: ``zim:/NAME/path``, as the model reads and writes them.

In files of the old kind, the path begins with the namespace, as their links do.
"""

from __future__ import annotations

from urllib.parse import unquote

from app.tools.browser.encyclopaedia.zim_file import ZimEntry, ZimFile
from app.tools.browser.files.folder_address import path_of
from app.tools.browser.source import ENCYCLOPAEDIA


def address_of(name: str, place: str) -> str:
    """Return the address of an article of an encyclopaedia, by its place in the file."""
    return f"{ENCYCLOPAEDIA}/{path_of(name)}/{path_of(place)}"


def base_of(place: str) -> str:
    """Return the address of an article within its file."""
    return f"{ENCYCLOPAEDIA}/{path_of(place)}"


def named(address: str, name: str) -> str:
    """Return the address that a link of an article leads to; those of the web stay."""
    within = address.removeprefix(ENCYCLOPAEDIA)
    return address if within == address else f"{ENCYCLOPAEDIA}/{path_of(name)}/{within.lstrip('/')}"


def place_in(address: str, name: str) -> str | None:
    """Return the place that an address means in the encyclopaedia ``name``; None if in none."""
    if not address.startswith(f"{ENCYCLOPAEDIA}/"):
        return None
    first, _, rest = address[len(ENCYCLOPAEDIA) + 1 :].partition("/")
    return rest if name in (first, unquote(first)) else None


def place_of(file: ZimFile, entry: ZimEntry) -> str:
    """Return an entry's place in its file."""
    return entry.path if file.articles == "C" else f"{entry.namespace}/{entry.path}"


def entry_at(file: ZimFile, place: str) -> ZimEntry | None:
    """Return the article at a place as it stands in an address; None if there is none."""
    plain = place.partition("#")[0]
    for spelled in dict.fromkeys((plain, unquote(plain), plain.partition("?")[0])):
        letter, path = file.articles, spelled
        if letter != "C":
            letter, _, path = spelled.partition("/")
        found = file.find(letter, path) if len(letter) == 1 else None
        if found or (found := file.find(file.articles, spelled)):
            return found
    return None
