"""Words about calls of the browser, and the questions before something is sent to the web."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import unquote

from app.base.types import Part, PartKind
from app.tools.browser.address import AddressInvalid, WebAddress, web_address
from app.tools.browser.browser_functions import ADDRESS, NAME, QUERY
from app.tools.browser.source import ENCYCLOPAEDIA, FOLDER, WEB
from app.tools.tool import Proposal
from app.wording.brief_text import brief
from app.wording.language import tr

_LONGEST_TEXT = 40
_LONGEST_TITLE = 60
_PARSED = 20_000  # characters of arguments that are read
_MOST_SITES = 3
_HEADER = re.compile(r"\[\d+\] (.*)\n\*\*viewing lines")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")


class Tense(Enum):
    """The form of a verb in a heading."""

    PLAIN = auto()
    """What was to be done: "Open example.org"."""
    NOW = auto()
    PAST = auto()


def is_browser(recipient: str) -> bool:
    """Return whether a call is of the browser."""
    return bool(NAME.fullmatch(recipient))


def is_search(recipient: str) -> bool:
    """Return whether a call is a search of a source."""
    return is_browser(recipient) and recipient.endswith(".search")


def is_find(recipient: str) -> bool:
    """Return whether a call looks for a text in a page."""
    return is_browser(recipient) and recipient.endswith(".find")


def is_open(recipient: str) -> bool:
    """Return whether a call opens a page."""
    return is_browser(recipient) and recipient.endswith(".open")


def browser_phrase(
    recipient: str,
    arguments: str,
    tense: Tense,
    *,
    source: str = "",
    page: Part | None = None,
    count: int | None = None,
) -> str:
    """Return what a call of the browser does: "Searched your files for “copper”".

    ``source`` is the key of the tool, as far as it is known; ``page`` is what was displayed, and
    ``count`` how much was found.
    """
    fields = _fields(arguments)
    if is_search(recipient) or (not is_open(recipient) and "query" in fields):
        return _search_phrase(brief(_text(fields, "query"), _LONGEST_TEXT), tense, source)
    if is_find(recipient) or (not is_open(recipient) and "pattern" in fields):
        pattern = brief(_text(fields, "pattern"), _LONGEST_TEXT)
        return _find_phrase(pattern, tense, _found_in(page), count)
    return _open_phrase(fields, tense, page)


def page_of(result: Part) -> Part | None:
    """Return the page that a result of the browser displays, as far as its header tells it.

    That is its title and address in one, since a title may look like an address.
    """
    found = _HEADER.match(result.text) if is_browser(result.name) else None
    return Part("", PartKind.PAGE, found[1]) if found else None


def browsed(searches: int, finds: int, pages: Iterable[Part]) -> list[str]:
    """Return what an answer has done with the browser: "searched twice", "read 5 pages".

    ``pages`` are those that were displayed, of which each address counts once.
    """
    read = len({page.text or page.name for page in pages})
    said = []
    match searches:
        case 0:
            pass
        case 1:
            said.append(tr("searched once"))
        case 2:
            said.append(tr("searched twice"))
        case _:
            said.append(tr("searched %Ln time(s)", "", searches))
    if read:
        said.append(tr("read a page") if read == 1 else tr("read %Ln page(s)", "", read))
    return said or ([tr("searched a page")] if finds else [])


def sites_of(pages: Iterable[Part]) -> str:
    """Return the names of the sites of some pages, each once: "example.org, de.wikipedia.org"."""
    names = [name for page in pages if (name := _place(page.text)) and not _is_file(page.text)]
    names = list(dict.fromkeys(names))
    said = ", ".join(names[:_MOST_SITES])
    rest = len(names) - _MOST_SITES
    return tr("{sites} and %Ln more", "", rest).format(sites=said) if rest > 0 else said


# --- What is asked before something is sent ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendingWords:
    """The words of a question whether something is sent to the web.

    ``site`` is empty for a search. ``note`` says how the site's name reads in another script.
    ``shown`` are names and texts: all that is sent, and what is encoded in it.
    """

    title: str
    question: str
    site: str
    note: str
    shown: tuple[tuple[str, str], ...]
    once: str
    lasting: str
    refuse: str


def sending_words(proposal: Proposal | None) -> SendingWords | None:
    """Return the words of the question about a proposal; None if it sends nothing to the web."""
    if proposal is None or proposal.tool != WEB or proposal.server:
        return None
    match proposal.shown:
        case ((name, text),) if name == ADDRESS:
            return _address_words(text)
        case ((name, text),) if name == QUERY:
            title = tr("Search the web for this?")
            return SendingWords(
                title, title, "", "", ((tr("Search words"), text), *_encoded(text)),
                tr("Search"), "", tr("Don’t search"),
            )  # fmt: skip
    return None


def _address_words(text: str) -> SendingWords | None:
    try:
        address = web_address(text)
    except AddressInvalid:
        return None
    site = address.site
    plain = address.plain_site
    note = tr("In its own script, this name is “{name}”. It may imitate another site.").format(
        name=brief(plain, 260)
    )
    return SendingWords(
        tr("Open a page of this site?"),
        tr("Open a page of {site}?").format(site=site),
        site,
        note if plain else "",
        ((tr("Address"), text), *_decoded_address(address)),
        tr("Open once"),
        tr("Always this site in this chat"),
        tr("Don’t open"),
    )


def _decoded_address(address: WebAddress) -> Iterator[tuple[str, str]]:
    """Yield what of an address reads otherwise than it is written."""
    path = address.decoded_path
    if path != address.path:
        yield tr("Page"), path
    for name, value in address.decoded_query:
        label = tr("Sends “{name}”").format(name=brief(name, _LONGEST_TEXT))
        yield label, value or name
        yield from _encoded(value)
    for name in path.split("/"):
        yield from _encoded(name)


def _encoded(text: str) -> Iterator[tuple[str, str]]:
    """Yield the texts that are encoded in another as Base64 or hexadecimal numbers."""
    for found in _ENCODED.finditer(text):
        for read in (_from_hexadecimal, _from_base64):
            if plain := read(found.group()):
                label = tr("“{code}” decoded").format(code=brief(found.group(), _LONGEST_TEXT))
                yield label, plain
                break


def _from_hexadecimal(code: str) -> str:
    try:
        return _readable(bytes.fromhex(code))
    except ValueError:
        return ""


def _from_base64(code: str) -> str:
    code = code.rstrip("=")
    if not (any(map(str.isupper, code)) and any(map(str.islower, code))):
        return ""
    try:
        return _readable(base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_"))
    except (ValueError, binascii.Error):
        return ""


def _readable(data: bytes) -> str:
    """Return bytes as text if that is what they are, else nothing."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    printable = all(char.isprintable() or char in "\n\t" for char in text)
    return text if printable and len(text) > 3 else ""


# --- Headings ---------------------------------------------------------------------------------


def _search_phrase(query: str, tense: Tense, source: str) -> str:
    """Return the heading of a search; the query is empty while it is not known."""
    name = brief(source.removeprefix(ENCYCLOPAEDIA), _LONGEST_TEXT)
    kind, colon, _ = source.partition(":")
    match tense, f"{kind}{colon}":
        case _, _ if not query:
            return {
                Tense.PLAIN: tr("Search"),
                Tense.NOW: tr("Searching…"),
                Tense.PAST: tr("Searched"),
            }[tense]
        case Tense.PLAIN, "":
            said = tr("Search for “{query}”")
        case Tense.NOW, "":
            said = tr("Searching for “{query}”…")
        case Tense.PAST, "":
            said = tr("Searched for “{query}”")
        case Tense.PLAIN, "web":
            said = tr("Search the web for “{query}”")
        case Tense.NOW, "web":
            said = tr("Searching the web for “{query}”…")
        case Tense.PAST, "web":
            said = tr("Searched the web for “{query}”")
        case Tense.PLAIN, "files:":
            said = tr("Search your files for “{query}”")
        case Tense.NOW, "files:":
            said = tr("Searching your files for “{query}”…")
        case Tense.PAST, "files:":
            said = tr("Searched your files for “{query}”")
        case Tense.PLAIN, _:
            said = tr("Search {source} for “{query}”")
        case Tense.NOW, _:
            said = tr("Searching {source} for “{query}”…")
        case _:
            said = tr("Searched {source} for “{query}”")
    return said.format(query=query, source=name)


def _find_phrase(pattern: str, tense: Tense, title: str, count: int | None) -> str:
    match tense:
        case Tense.PLAIN:
            said = tr("Find “{text}” in the page")
        case Tense.NOW:
            said = tr("Looking for “{text}” in the page…")
        case _ if count is None:
            said = tr("Looked for “{text}” in the page")
        case _ if not count:
            said = tr("Didn’t find “{text}” in “{title}”") if title else tr("Didn’t find “{text}”")
        case _ if title:
            said = tr("Found “{text}” %Ln time(s) in “{title}”", "", count)
        case _:
            said = tr("Found “{text}” %Ln time(s)", "", count)
    return said.format(text=pattern, title=title)


def _open_phrase(fields: dict[str, Any], tense: Tense, page: Part | None) -> str:
    id = fields.get("id", -1)
    further = id in (-1, "", "-1", None)
    address = id.strip() if isinstance(id, str) and not id.strip().isdigit() else ""
    place = _place(page.text if page else address)
    title = brief(page.name, _LONGEST_TITLE) if page else ""
    match tense:
        case Tense.PAST if title and further:
            return tr("Read more of “{title}”").format(title=title)
        case Tense.PAST if title:
            said = tr("Read “{title}”").format(title=title)
            return said if place in ("", title) else f"{said} · {place}"
        case Tense.PAST:
            return tr("Read {place}").format(place=place) if place else tr("Read a page")
        case Tense.NOW if further and fields:
            return tr("Reading more…")
        case Tense.NOW:
            return tr("Opening {place}…").format(place=place) if place else tr("Opening a page…")
    if further and fields:
        return tr("Read more")
    return tr("Open {place}").format(place=place) if place else tr("Open a page")


def _found_in(page: Part | None) -> str:
    """Return the title of the page in which something was found, as its display is titled."""
    name = page.name if page else ""
    title = name.rpartition("` in `")[2].removesuffix("`")
    return brief(title, _LONGEST_TITLE) if title != name else ""


def _place(address: str) -> str:
    """Return where a page is: its site, the name of its file, or of its encyclopaedia."""
    address = address.removeprefix("view-source:")
    if address.startswith(FOLDER):
        return brief(unquote(address.rstrip("/").rpartition("/")[2]), _LONGEST_TITLE)
    if address.startswith(ENCYCLOPAEDIA):
        name = address.removeprefix(ENCYCLOPAEDIA).lstrip("/").partition("/")[0]
        return brief(unquote(name), _LONGEST_TITLE)
    try:
        return web_address(address).site if address else ""
    except AddressInvalid:
        return ""


def _is_file(address: str) -> bool:
    return address.startswith(FOLDER)


def _fields(arguments: str) -> dict[str, Any]:
    try:
        fields = json.loads(arguments) if len(arguments) <= _PARSED else None
    except (ValueError, RecursionError):
        fields = None
    return fields if isinstance(fields, dict) else {}


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""
