"""A SearXNG that somebody runs, at an address that the user gives; also on this computer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from app.network.fetched import ServiceRequest
from app.tools.browser.web.provider import (
    SearchProvider,
    SearchRefusal,
    SearchRefused,
    WebOptions,
)


def searxng_address(text: str) -> str | None:
    """Return the address of a SearXNG as the user typed it, tidied; None if it is none.

    ``https://`` may be left out, for this computer ``http://``, and ``/search`` may be at its end.
    """
    text = text.strip()
    if not text:
        return ""
    if "://" not in text:
        is_here = text.startswith(("localhost", "127.", "[::1]"))
        text = f"http{'' if is_here else 's'}://{text}"
    try:
        parts = urlsplit(text)
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    plain = text.isprintable() and not any(each in text for each in ' \\"<>')
    if not sound or not plain or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return None
    path = parts.path.rstrip("/").removesuffix("/search")
    return f"{parts.scheme}://{parts.netloc}{path}"


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
    "searxng", "SearXNG", _requests, _found, statuses={403: SearchRefusal.FORMAT}
)
