"""Text into a page: neutral characters, numbered links, lines of 80 columns.

The form is that of gpt-oss's reference (``simple_browser/page_contents.py``), which the model was
trained on. A page is data: nothing in it can look like a mark of a link or a citation.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urljoin, urlsplit

from app.base.pages.stored_page import COLUMNS, LARGEST_LINKS, LINK_MARK, LONGEST, MOST_LINKS, Page
from app.tools.browser.source import LOCAL, PageText

_LONGEST_ADDRESS = 2048
_LONGEST_TITLE = 300
_AT_ONCE = 50_000  # characters
_CUT = "[The page is longer: its end is left out.]"
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Control characters, those that change the direction of text, and those without a shape. What
# scripts and emoji need stays: joiners, and the selectors of text and emoji.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b"
    "\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0"
    "\ufff0-\ufffb\U000e0000-\U000e0fff]+"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_JOINERS = re.compile("([\u200c\u200d\ufe0e\ufe0f]{2})[\u200c\u200d\ufe0e\ufe0f]+")
_BLANK_RUN = re.compile(r"\n\n+")
_BELOW = re.compile(r"\w[\w.~%-]*(?:/\w[\w.~%-]*)*(?:#[^\s]*)?", re.ASCII)  # a relative address
_CHUNKS = textwrap.TextWrapper.wordsep_re


def neutral(text: str) -> str:
    """Return text without anything hidden, and without brackets that could be those of a mark."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    if len(text) > _AT_ONCE:  # so that other threads have their turn
        ends = range(_AT_ONCE, len(text) + _AT_ONCE, _AT_ONCE)
        return "".join(neutral(text[end - _AT_ONCE : end]) for end in ends)
    text = _HIDDEN.sub("", _BREAKS.sub("\n", text))
    return _JOINERS.sub(r"\1", text).replace("【", "〖").replace("】", "〗")


def neutral_line(text: str) -> str:
    """Return neutral text on one line."""
    return " ".join(neutral(text).split())


def mark(id: int, text: str, domain: str = "") -> str:
    """Return the mark of a link: ``【3†text†domain】``, the domain only if it is another one."""
    words = neutral_line(text).replace("†", "‡")
    where = neutral_line(domain).replace("†", "‡")
    return f"【{id}†{words}†{where}】" if where else f"【{id}†{words}】"


def without_marks(text: str) -> str:
    """Return text with the words of its links in the place of their marks."""
    return LINK_MARK.sub(r"\2", text)


def domain_of(address: str) -> str:
    """Return the host of a web address, as it is written there; empty for any other address."""
    try:
        parts = urlsplit(address)
        return parts.netloc if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def joined(base: str, address: str) -> str:
    """Return the whole address that a link means on the page ``base``; empty if it means none.

    A link on a page of this computer stays below the root, however many ``..`` it has.
    """
    address = address.strip()
    try:
        for scheme in LOCAL:
            if base.startswith(scheme) and not urlsplit(address).scheme and address[:2] != "//":
                path = urljoin(f"http://local/{base[len(scheme) :].lstrip('/')}", address)
                return f"{scheme}/{path.removeprefix('http://local/')}"
        whole = urljoin(base, address)
        scheme = urlsplit(whole).scheme
    except ValueError:
        return ""
    web = scheme in ("http", "https") and domain_of(whole)
    # None leads from the web to this computer; results of a search have no base.
    own = whole.startswith(LOCAL) and (not base or base.startswith(f"{scheme}:"))
    return whole if web or own else ""


class LinkTable:
    """The links of a page, numbered in the order in which they are met. ``base`` is its address."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._domain = domain_of(base)
        self._ids: dict[str, int] = {}
        self._wholes: dict[str, str] = {}  # by what stands on the page
        self._folder = "" if {"?", "#"} & {*base} else base[: base.rfind("/") + 1]

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses, by id."""
        return tuple(self._ids)

    def mark(self, text: str, address: str) -> str:
        """Return a link as the model sees it; only its text, if it leads nowhere that can be read.

        The same address has the same id. A link without text has none, as that of an image.
        """
        words = neutral_line(text)
        whole = self._wholes.get(address)
        if whole is None:
            whole = self._wholes[address] = self._whole(address)
        if not words or not whole or len(whole) > _LONGEST_ADDRESS:
            return words
        if whole not in self._ids and len(self._ids) >= MOST_LINKS:
            return words
        id = self._ids.setdefault(whole, len(self._ids))
        if whole.startswith(self._folder or "?"):  # of the same domain, for certain
            return f"【{id}†{words.replace('†', '‡')}】"
        domain = domain_of(whole)
        return mark(id, words, domain if domain != self._domain else "")

    def _whole(self, address: str) -> str:
        if address.lstrip()[:1] in ("#", ""):
            return ""
        # Most links of documents on this computer are so simple that nothing has to be joined.
        if self._folder.startswith(LOCAL) and _BELOW.fullmatch(address):
            return self._folder + address
        return joined(self._base, address)


def wrapped(text: PageText, source: str = "") -> Page:
    """Return a page in lines. ``source`` is the key of the tool that it came from."""
    links = tuple(_storable_links(text.links))
    body = _only_marks(text.text[:LONGEST], len(links))
    body = "\n".join("" if line.isspace() else line for line in body.split("\n"))
    body = _BLANK_RUN.sub("\n\n", body).strip("\n").rstrip()
    notes = [_CUT] if len(text.text) > LONGEST else []
    notes += [neutral_line(text.note)] if text.note else []
    address = storable(text.address)
    url = neutral_line(address)
    lines = tuple(lines_of("\n\n".join([f"\nURL: {url}\n{body}", *notes])))
    title = neutral_line(text.title)[:_LONGEST_TITLE] or domain_of(address) or url
    return Page(address, title[:_LONGEST_TITLE], lines, links, source=source)


def storable(address: str) -> str:
    """Return an address that can be stored with a page; it is the same unless it is none at all."""
    return _CONTROL.sub("", address)[: 2 * _LONGEST_ADDRESS]


def _storable_links(links: Iterable[str]) -> Iterator[str]:
    """Yield links, the first ones, as many as can be stored with a page."""
    left = LARGEST_LINKS
    for link in islice(map(storable, links), MOST_LINKS):
        left -= len(link.encode())
        if left < 0:
            return
        yield link


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines of a text, none longer than 80 columns; all characters stay."""
    for line in text.split("\n"):
        if len(line) <= COLUMNS and "\t" not in line:
            yield line
        else:
            yield from _wrapped(line.expandtabs())


def _wrapped(line: str) -> Iterator[str]:
    """Yield what `textwrap.wrap` does, with its rules for words, in time that grows evenly."""
    shown = ""
    for chunk in filter(None, _CHUNKS.split(line)):
        begin = 0
        while len(chunk) - begin > COLUMNS - len(shown):
            # A word that fits no line begins on this one, any other on the next.
            end = _break(chunk, begin, COLUMNS - len(shown)) if len(chunk) > COLUMNS else begin
            if shown or end > begin:
                yield shown + chunk[begin:end]
            shown, begin = "", end
        shown += chunk[begin:]
    if shown:
        yield shown


def _break(chunk: str, begin: int, room: int) -> int:
    """Return where a word that is longer than a line is broken: after a hyphen, if it has one."""
    hyphen = chunk.rfind("-", begin, begin + room)
    words = hyphen > begin and any(char != "-" for char in chunk[begin:hyphen])
    return hyphen + 1 if words else begin + room


def _only_marks(text: str, links: int) -> str:
    """Return neutral text with the marks of its links, and no other brackets of that kind."""
    pieces, last = [], 0
    for found in LINK_MARK.finditer(text):
        if int(found[1]) < links:
            link = mark(int(found[1]), found[2], found[3] or "")
            pieces += [neutral(text[last : found.start()]), link]
            last = found.end()
    return "".join([*pieces, neutral(text[last:])])
