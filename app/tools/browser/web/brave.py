"""Brave's search API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.base import outside
from app.network.fetched import ServiceRequest
from app.tools.browser.web.provider import SearchProvider, SearchRefusal
from app.tools.browser.web.web_options import SECRETS, WebOptions

_SERVICE = outside.value("brave_search")


def _requests(query: str, count: int, options: WebOptions, key: str) -> Sequence[ServiceRequest]:
    words = " ".join(query.split()[:50])
    params = (("q", words), ("count", str(min(count, 20))), ("text_decorations", "false"))
    return [ServiceRequest(_SERVICE["api"], params, (("X-Subscription-Token", key),))]


def _found(body: Any, request: ServiceRequest) -> Sequence[tuple[str, str, str]]:
    if body["type"] != "search":
        raise ValueError(body["type"])
    results = body.get("web", {}).get("results", [])  # not there if there are none
    return [(each["url"], each["title"], each.get("description", "")) for each in results]


BRAVE = SearchProvider(
    "brave",
    "Brave Search",
    _requests,
    _found,
    secret=SECRETS["brave"],
    site=_SERVICE["keys"],
    statuses={422: SearchRefusal.KEY},  # for a key that it does not know
)
