"""All search engines, by the key that the settings have."""

from __future__ import annotations

from app.tools.browser.web.brave import BRAVE
from app.tools.browser.web.exa import EXA
from app.tools.browser.web.kagi import KAGI
from app.tools.browser.web.provider import SearchProvider
from app.tools.browser.web.searxng import SEARXNG
from app.tools.browser.web.tavily import TAVILY
from app.tools.browser.web.wikipedia import WIKIPEDIA

PROVIDERS = {each.key: each for each in (WIKIPEDIA, BRAVE, TAVILY, EXA, KAGI, SEARXNG)}
"""In the order in which the user chooses; the first is the default."""


def provider_of(key: str) -> SearchProvider:
    """Return the provider with a key of the settings, else the default."""
    return PROVIDERS.get(key, WIKIPEDIA)
