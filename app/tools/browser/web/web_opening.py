"""The web as a source, from the settings, the secrets and the network."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from app.base.secrets import Secrets
from app.base.settings import Settings
from app.tools.browser.web.kept_keys import KeptKeys
from app.tools.browser.web.web_options import WebOptions
from app.tools.browser.web.web_source import WebSource

if TYPE_CHECKING:
    from app.network.client import Network
    from app.network.page_client import PageClient
    from app.tools.browser.web.fetching import TextMaker


def open_web(
    network: Callable[[], Network],
    secrets: Secrets,
    settings: Callable[[], Settings],
    language: Callable[[], str],
    texts: Callable[[], TextMaker],
) -> WebSource:
    """Return the web, which loads what it needs with its first call.

    ``settings`` and ``language``, which is the window's, are those of the moment.
    """
    keys = KeptKeys(secrets)

    @cache
    def pages() -> PageClient:
        from app.network.page_client import PageClient

        return PageClient(network, lambda: settings().web_by_proxy)

    def options() -> WebOptions:
        now = settings()
        return WebOptions(now.web_search, now.searxng_address, language(), now.offline)

    return WebSource(pages, texts, options, keys.has, keys.get)
