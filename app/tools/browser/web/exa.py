"""Exa's search API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.base import outside
from app.network.fetched import ServiceRequest
from app.tools.browser.web.provider import SearchProvider, json_body
from app.tools.browser.web.web_options import SECRETS, WebOptions

_SERVICE = outside.value("exa_search")


def _requests(query: str, count: int, options: WebOptions, key: str) -> Sequence[ServiceRequest]:
    body = json_body(
        query=query, type="auto", numResults=min(count, 25), contents={"highlights": True}
    )
    return [ServiceRequest(_SERVICE["api"], (), (("x-api-key", key),), body)]


def _found(body: Any, request: ServiceRequest) -> Sequence[tuple[str, str, str]]:
    return [
        (each["url"], each.get("title") or "", " … ".join(each.get("highlights") or ()))
        for each in body["results"]
    ]


EXA = SearchProvider(
    "exa",
    "Exa",
    _requests,
    _found,
    secret=SECRETS["exa"],
    site=_SERVICE["keys"],
    longest_query=1000,
)
