"""A page that was displayed to the model, and how a display of it is packed into a part.

A packed part is compressed JSON: the page with all its lines, or only which earlier display has it,
and which lines were shown. Chats are imported, so a part may hold anything: what does not fit is
read as None, and nothing is unpacked that is much larger than any page.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.base.types import Part, PartKind

MEDIA_TYPE = "application/x-fireside-page"
LONGEST = 2_000_000
"""The most characters of a page's text; see `app.tools.browser.page.wrapped`."""
MOST_LINKS = 20_000
LARGEST_LINKS = 2_000_000
"""The most bytes of all addresses of a page's links."""
COLUMNS = 80
"""The most characters of a line."""
LINK_MARK = re.compile(r"【(\d{1,6})†([^【】†]*)(?:†([^【】†]*))?】")
"""The mark of a link in a page: its id, its words, and the domain if it is another one."""

_LARGEST = 16_000_000  # bytes of JSON: what the longest page may take
_LONGEST_LINE = 1000  # characters
_MOST_LISTS = 1000  # what no page needs
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_LONGEST_NAME = 4096


class PageKind(StrEnum):
    """What a display shows."""

    PAGE = "page"
    SEARCH = "search"
    """The results of a search."""
    FIND = "find"
    """The places in a page at which a text stands."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page in lines, which keep their numbers for ever.

    ``links`` are addresses, by the ids in the marks (``【3†text†domain】``). Of a search's results,
    ``passages`` are texts near which the pages open, by the same ids; empty for their beginnings.
    Of what was found, ``places`` are the numbers of the lines in the page that was searched, by the
    ids. ``source`` is the key of the tool that it came from.
    """

    address: str
    title: str
    lines: tuple[str, ...]
    links: tuple[str, ...] = ()
    kind: PageKind = PageKind.PAGE
    source: str = ""
    passages: tuple[str, ...] = ()
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredDisplay:
    """A display as it is stored: lines ``first`` to ``last`` of a page were shown.

    Without a page of its own it shows that of the display with the cursor ``of``; what was found
    has a page of its own, and was found in that one.
    """

    page: Page | None
    first: int
    last: int
    of: int = -1


def pack(stored: StoredDisplay, name: str, address: str = "") -> Part:
    """Return a display as a part. ``name`` is the page's title, ``address`` its address.

    They are also the part's name and text, so that rows of calls need not unpack it.
    """
    page = stored.page
    fields: dict[str, Any] = {"first": stored.first, "last": stored.last}
    if stored.of >= 0:
        fields["of"] = stored.of
    if page:
        fields |= {"address": page.address, "title": page.title, "kind": page.kind.value}
        fields |= {"source": page.source, "lines": page.lines, "links": page.links}
        fields |= {"passages": page.passages} if any(page.passages) else {}
        fields |= {"places": page.places} if page.places else {}
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    data = zlib.compress(text.encode("utf-8", "replace"), 6)
    return Part(address, PartKind.PAGE, name, media_type=MEDIA_TYPE, data=data)


def unpack(part: Part) -> StoredDisplay | None:
    """Return the display that a part holds; None if it holds none that can be read."""
    if part.kind is not PartKind.PAGE or part.media_type != MEDIA_TYPE:
        return None
    try:
        packed = zlib.decompressobj()
        text = packed.decompress(part.data, _LARGEST)
        if not packed.eof or _is_bomb(text):
            return None
        return _read(json.loads(text))
    except (zlib.error, ValueError, TypeError, KeyError, RecursionError):
        return None


def _is_bomb(text: bytes) -> bool:
    """Return whether JSON has millions of lists or numbers, which would take seconds to read."""
    if text.count(b",") > 2 * LONGEST:
        return True
    if text.count(b"[") + text.count(b"{") <= _MOST_LISTS:
        return False
    beside = _STRING.sub(b"", text)
    return beside.count(b"[") + beside.count(b"{") > _MOST_LISTS


def _read(fields: Any) -> StoredDisplay | None:
    """Return what was packed. Raises ValueError, TypeError and KeyError for anything else."""
    first, last, of = fields["first"], fields["last"], fields.get("of", -1)
    if not all(type(n) is int and -1 <= n <= LONGEST for n in (first, last, of)):
        raise ValueError
    page = _page(fields) if "lines" in fields else None
    return StoredDisplay(page, first, last, of) if page or of >= 0 else None


def _page(fields: dict[str, Any]) -> Page:
    lines = _texts(fields["lines"], LONGEST, _LONGEST_LINE)
    links = _texts(fields["links"], MOST_LINKS, _LONGEST_NAME)
    passages = _texts(fields.get("passages", []), MOST_LINKS, LONGEST)
    places = tuple(fields.get("places", []))
    if not lines or not all(type(n) is int and 0 <= n <= LONGEST for n in places):
        raise ValueError
    ((address, title, source),) = [
        _texts([fields["address"], fields["title"], fields["source"]], 3, _LONGEST_NAME)
    ]
    kind = PageKind(fields["kind"])
    return Page(address, title, lines, links, kind, source, passages, places)


def _texts(values: Any, most: int, longest: int) -> tuple[str, ...]:
    """Return texts of one line each. Raises ValueError if they are not, or too many or long."""
    if not isinstance(values, list) or len(values) > most:
        raise ValueError
    for value in values:
        if not isinstance(value, str) or len(value) > longest or "\n" in value:
            raise ValueError
        value.encode()  # half of a pair of surrogates is no text
    return tuple(values)
