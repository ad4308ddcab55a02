"""What a call of the browser means on a path of a chat: pure.

There is no other state than the displays on the path: cursors count them, and each
has its own page. So branches, restarts and imports need no other state, and a later search changes
no earlier display.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from app.base.code_fence import unfenced
from app.base.pages.displays import FOUND_LINES, Display, Displays
from app.base.pages.stored_page import PageKind
from app.tools.browser.browser_functions import NAME
from app.tools.tool import Call, CallInvalid

FUNCTIONS = ("search", "open", "find")
MOST_RESULTS = 20
DEFAULT_RESULTS = 10
SOURCE_VIEW = "view-source:"
"""What precedes the address of a page whose source was displayed."""

# A link, as models write one besides its bare number.
_NUMBER = re.compile(r"(?:【|\[)?\s*(\d{1,9})\s*(?:†.*)?(?:】|\])?", re.DOTALL)
_FORMS = {
    "search": '{"query": string, "topn"?: number, "source"?: string}',
    "open": '{"id"?: number | string, "cursor"?: number, "loc"?: number, "num_lines"?: number, '
    '"view_source"?: boolean, "source"?: string}',
    "find": '{"pattern": string, "cursor"?: number}',
}


@dataclass(frozen=True, slots=True)
class SearchStep:
    """A search of a source; without ``source``, of the default one."""

    query: str
    count: int
    source: str


@dataclass(frozen=True, slots=True)
class FetchStep:
    """A page to be read at an address. It is opened at ``loc``, else near a passage.

    ``again``: a page that has been read in this answer is read anew.
    """

    address: str
    source: str
    passage: str = ""
    loc: int = -1
    num_lines: int = -1
    view_source: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class ScrollStep:
    """A page that was displayed before, to be shown from line ``loc`` on."""

    display: Display
    loc: int
    num_lines: int


@dataclass(frozen=True, slots=True)
class FindStep:
    """A text to be found in a page that was displayed before."""

    display: Display
    pattern: str


Step = SearchStep | FetchStep | ScrollStep | FindStep


def function_of_call(call: Call) -> str:
    """Return which function is called. Raises CallInvalid for one that there is not."""
    found = NAME.fullmatch(call.name)
    name = (found and found[1]) or ""
    if not name:  # only "browser": the arguments tell it
        fields = _fields(call, "search")
        name = "search" if "query" in fields else "find" if "pattern" in fields else "open"
    if name not in FUNCTIONS:
        offered = ", ".join(f"browser.{each}" for each in FUNCTIONS)
        raise CallInvalid(f"Unknown function: {name}. The functions are: {offered}.")
    return name


def step_of(call: Call, displays: Displays) -> Step:
    """Return what a call means after some displays. Raises CallInvalid.

    Arguments that are not known are ignored, and those that can mean one thing only are put right.
    """
    name = function_of_call(call)
    fields = _fields(call, name)
    source = _text(fields, "source").strip()
    if name == "search":
        query = " ".join(_text(fields, "query").split())
        if not query:
            raise CallInvalid(_wrong(name, "the query is empty"))
        count = _number(fields, "topn", "top_n")
        return SearchStep(query, min(count, MOST_RESULTS) if count > 0 else DEFAULT_RESULTS, source)
    cursor = _number(fields, "cursor")
    if name == "find":
        pattern = _text(fields, "pattern")
        if not pattern.strip():
            raise CallInvalid(_wrong(name, "the pattern is empty"))
        display = display_at(displays, cursor)
        if display.page.kind is not PageKind.PAGE:
            raise CallInvalid("Cannot run `find` on search results page or find results page")
        return FindStep(display, pattern)
    loc, lines = _number(fields, "loc"), _number(fields, "num_lines")
    target = _target(fields)
    view_source = _is_true(fields.get("view_source"))
    if isinstance(target, str):
        address = target.removeprefix(SOURCE_VIEW)
        view_source = view_source or address != target
        return FetchStep(address, source, "", loc, lines, view_source, again=True)
    display = display_at(displays, cursor)
    if target >= 0:
        return _followed(
            display, target, displays, FetchStep("", source, "", loc, lines, view_source)
        )
    if view_source:
        address = display.page.address.removeprefix(SOURCE_VIEW)
        if not address:
            raise CallInvalid("Search results have no source that could be viewed.")
        return FetchStep(address, source, "", loc, lines, view_source=True)
    return ScrollStep(display, max(loc, 0), lines)


def display_at(displays: Displays, cursor: int) -> Display:
    """Return the display with a cursor, or the last one. Raises CallInvalid."""
    last = len(displays) - 1
    if last < 0:
        raise CallInvalid("No pages to access!")
    at = cursor if cursor >= 0 else last
    if at > last:
        raise CallInvalid(f"Cursor `{at}` is out of range. Available cursor indices: [0 - {last}].")
    display = displays.get(at)
    if display is None:
        raise CallInvalid(f"The page of cursor `{at}` cannot be read any more. Open it again.")
    return display


def source_view(address: str) -> str:
    """Return the address of a page's source."""
    return f"{SOURCE_VIEW}{address}"


def _followed(display: Display, link: int, displays: Displays, fetch: FetchStep) -> Step:
    """Return the opening of a link of a page. Raises CallInvalid."""
    page = display.page
    if link >= len(page.links):
        raise CallInvalid(f"Invalid link id `{link}`.")
    if page.kind is PageKind.FIND and not fetch.view_source:
        place = page.places[link] if link < len(page.places) else 0
        loc = place - FOUND_LINES if place > FOUND_LINES else place
        found_in = display_at(displays, display.of)
        return ScrollStep(found_in, fetch.loc if fetch.loc >= 0 else loc, fetch.num_lines)
    passage = page.passages[link] if link < len(page.passages) else ""
    return FetchStep(
        page.links[link], fetch.source, passage, fetch.loc, fetch.num_lines, fetch.view_source
    )


def _target(fields: dict[str, Any]) -> int | str:
    """Return the number of the link that is to be opened, an address, or -1 for neither."""
    id = fields.get("id", fields.get("url", -1))
    if not isinstance(id, str):
        return _as_number(id)
    id = id.strip()
    if found := _NUMBER.fullmatch(id):
        return int(found[1])
    return -1 if id in ("", "-1") else id


def _fields(call: Call, name: str) -> dict[str, Any]:
    """Return a call's arguments. Raises CallInvalid."""
    text = unfenced(call.arguments).strip()
    try:
        value = json.loads(text, strict=False) if text else {}
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise CallInvalid(_wrong(name, "the arguments are not one JSON object"))
    return value


def _wrong(name: str, what: str) -> str:
    return (
        f"Error: {what}. The arguments of browser.{name} are one JSON object of this form: "
        f"{_FORMS[name]}"
    )


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value)


def _number(fields: dict[str, Any], *names: str) -> int:
    """Return the first of some numbers that is there, -1 if none is."""
    return next((_as_number(fields[name]) for name in names if name in fields), -1)


def _as_number(value: Any) -> int:
    """Return a number as a whole one; -1 for what is none."""
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value.strip().lstrip("L"))
        return int(found[1]) if found else -1
    if isinstance(value, bool) or not isinstance(value, int | float):
        return -1
    return max(-1, int(min(value, 10**9))) if math.isfinite(value) else -1


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")
