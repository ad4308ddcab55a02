"""A SearXNG that somebody runs, at an address that the user gives; also on this computer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.network.fetched import ServiceRequest
from app.tools.browser.web.provider import SearchProvider, SearchRefusal, SearchRefused
from app.tools.browser.web.web_options import SEARXNG_KEY, WebOptions, searxng_address


def _requests(query: str, count: int, options: WebOptions, key: str) -> Sequence[ServiceRequest]:
    params = (("q", query), ("format", "json"))
    address = searxng_address(options.searxng_address) or ""
    return [ServiceRequest(f"{address}/search", params, inside=True)]


def _found(body: Any, request: ServiceRequest) -> Sequence[tuple[str, str, str]]:
    results = body["results"]
    if not results and (silent := body.get("unresponsive_engines")):
        names = ", ".join(f"{each[0]} ({each[1]})" for each in silent[:5])
        raise SearchRefused(SearchRefusal.ENGINES, names)
    return [(each["url"], each["title"], each.get("content") or "") for each in results]


SEARXNG = SearchProvider(
    SEARXNG_KEY, "SearXNG", _requests, _found, statuses={403: SearchRefusal.FORMAT}
)
