"""What a search engine is: how it is asked, and what its answers mean."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.network.fetched import ServiceAnswer, ServiceRequest
from app.tools.browser.source import Hit
from app.tools.browser.web.web_options import WebOptions

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_LONGEST_SUMMARY = 500


class SearchRefusal(StrEnum):
    """Why a search engine gave no results, though it answered."""

    KEY = "key"
    """It does not accept the key."""
    QUOTA = "quota"
    """What was paid for is used up."""
    RATE = "rate"
    """Too many requests in a short time."""
    FORMAT = "format"
    """SearXNG does not give out JSON."""
    PERSON = "person"
    """It wants to see that a person is there, or shows any page instead of results."""
    ENGINES = "engines"
    """None of the search engines behind it answered."""
    MOVED = "moved"
    """It is at another address."""
    TROUBLE = "trouble"
    """It has trouble of its own."""
    UNKNOWN = "unknown"
    """Anything else: a status, or an answer of another form."""


class SearchRefused(Exception):
    """A search engine gave no results; the message has details."""

    def __init__(self, why: SearchRefusal, detail: str = "") -> None:
        super().__init__(detail)
        self.why = why


_BY_STATUS = {
    401: SearchRefusal.KEY,
    402: SearchRefusal.QUOTA,
    403: SearchRefusal.KEY,
    429: SearchRefusal.RATE,
}


@dataclass(frozen=True, slots=True)
class SearchProvider:
    """A search engine.

    ``requests`` returns what is asked for a query, a number of results, the options and the key,
    one after another until there are results. ``found`` returns addresses, titles and summaries of
    an answer's JSON; it may raise whatever JSON of another form makes it raise. ``secret`` is the
    name of its key among the secrets, empty if it needs none; ``site`` is where the user gets one.
    ``statuses`` are refusals that are its own.
    """

    key: str
    name: str
    requests: Callable[[str, int, WebOptions, str], Sequence[ServiceRequest]]
    found: Callable[[Any, ServiceRequest], Sequence[tuple[str, str, str]]]
    secret: str = ""
    site: str = ""
    longest_query: int = 400
    statuses: Mapping[int, SearchRefusal] = field(default_factory=dict)

    def hits(self, answer: ServiceAnswer, request: ServiceRequest, count: int) -> list[Hit]:
        """Return the results of an answer. Raises SearchRefused."""
        if answer.status != 200:
            raise self._refused(answer)
        try:
            body = json.loads(answer.data)
        except (ValueError, RecursionError):
            raise SearchRefused(SearchRefusal.PERSON) from None
        try:
            found = self.found(body, request)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise SearchRefused(SearchRefusal.UNKNOWN) from None
        hits: dict[str, Hit] = {}
        for address, title, summary in found:
            if isinstance(address, str) and address.startswith(("http://", "https://")):
                words = plain(summary)[:_LONGEST_SUMMARY]
                hits.setdefault(address, Hit(address, plain(title) or address, words))
        return list(hits.values())[:count]

    def _refused(self, answer: ServiceAnswer) -> SearchRefused:
        known = self.statuses.get(answer.status) or _BY_STATUS.get(answer.status)
        if known is SearchRefusal.KEY and not self.secret:
            known = SearchRefusal.PERSON  # there is no key that it could mean
        if answer.status >= 500:
            known = known or SearchRefusal.TROUBLE
        elif 300 <= answer.status < 400:
            return SearchRefused(SearchRefusal.MOVED, answer.moved)
        return SearchRefused(known or SearchRefusal.UNKNOWN, f"status {answer.status}")


def plain(text: object) -> str:
    """Return a title or summary without HTML, on one line; empty for what is no text."""
    if not isinstance(text, str):
        return ""
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def json_body(**fields: object) -> bytes:
    """Return the body of a request."""
    return json.dumps(fields).encode()
