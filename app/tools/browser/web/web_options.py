"""What the user has chosen for the web."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

SECRETS = {
    "brave": "brave_search_key",
    "tavily": "tavily_key",
    "exa": "exa_key",
    "kagi": "kagi_key",
}
"""The names of the keys among the secrets, by the search engine that needs one."""
SEARXNG_KEY = "searxng"


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What the user has chosen: a search engine, by its key, and the rest of the settings.

    ``language`` is the window's.
    """

    provider: str = "wikipedia"
    searxng_address: str = ""
    language: str = "en"
    offline: bool = False


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
