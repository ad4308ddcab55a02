"""Tavily's search API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.base import outside
from app.network.fetched import ServiceRequest
from app.tools.browser.web.provider import SearchProvider, SearchRefusal, json_body
from app.tools.browser.web.web_options import SECRETS, WebOptions

_SERVICE = outside.value("tavily_search")


def _requests(query: str, count: int, options: WebOptions, key: str) -> Sequence[ServiceRequest]:
    body = json_body(query=query, max_results=min(count, 20), search_depth="basic")
    headers = (("Authorization", f"Bearer {key}"),)
    return [ServiceRequest(_SERVICE["api"], (), headers, body)]


def _found(body: Any, request: ServiceRequest) -> Sequence[tuple[str, str, str]]:
    return [(each["url"], each["title"], each.get("content", "")) for each in body["results"]]


TAVILY = SearchProvider(
    "tavily",
    "Tavily",
    _requests,
    _found,
    secret=SECRETS["tavily"],
    site=_SERVICE["keys"],
    statuses={432: SearchRefusal.QUOTA, 433: SearchRefusal.QUOTA},
)
