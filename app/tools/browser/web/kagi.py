"""Kagi's search API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.base import outside
from app.network.fetched import ServiceRequest
from app.tools.browser.web.provider import SearchProvider, json_body
from app.tools.browser.web.web_options import SECRETS, WebOptions

_SERVICE = outside.value("kagi_search")


def _requests(query: str, count: int, options: WebOptions, key: str) -> Sequence[ServiceRequest]:
    body = json_body(query=query, workflow="search", limit=count)
    headers = (("Authorization", f"Bearer {key}"),)
    return [ServiceRequest(_SERVICE["api"], (), headers, body)]


def _found(body: Any, request: ServiceRequest) -> Sequence[tuple[str, str, str]]:
    results = body["data"].get("search") or ()  # not there if there are none
    return [(each["url"], each["title"], each.get("snippet") or "") for each in results]


KAGI = SearchProvider(
    "kagi", "Kagi", _requests, _found, secret=SECRETS["kagi"], site=_SERVICE["keys"]
)
