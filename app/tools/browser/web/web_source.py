"""The source ``web``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.base.errors import Cancelled, Offline
from app.base.threads import held
from app.tools.browser.source import WEB, Hit, PageText, Redirected, SourceFault
from app.tools.browser.web.web_options import (
    SEARXNG_KEY,
    SECRETS,
    WebOptions,
    searxng_address,
)

if TYPE_CHECKING:
    from app.tools.browser.web.fetching import Fetcher, TextMaker

_MOMENT_S = 0.05
_APART_S = 0.25
"""The time between two pages: four a second."""
_NO_KEY = (
    "The key of {name} is not there, is none, or is not given out by the system’s keyring. The "
    "user can enter it in Settings → Tools."
)
_CUT = "The page is longer than what was fetched."
_CUT_PDF = "The PDF is too large to be read."


class WebSource:
    """The web. Pages are not kept: each display has its own copy, which nothing rewrites.

    ``fetcher`` and ``texts`` are asked for when they are first needed. ``options`` are those of the
    moment; ``has_key`` tells at once whether there is a secret of this name, and ``key_of`` returns
    it, which may take long.
    """

    key = name = WEB

    def __init__(
        self,
        fetcher: Callable[[], Fetcher],
        texts: Callable[[], TextMaker],
        options: Callable[[], WebOptions],
        has_key: Callable[[str], bool],
        key_of: Callable[[str], str],
    ) -> None:
        self._fetcher, self._texts, self._options = fetcher, texts, options
        self._has_key, self._key_of = has_key, key_of
        self._searching, self._pacing = threading.Lock(), threading.Lock()
        self._next = 0.0

    @property
    def unavailable(self) -> str:
        """``offline``, ``no key`` or ``no address``, of the search engine; empty if it can."""
        options = self._options()
        if options.offline:
            return "offline"
        secret = SECRETS.get(options.provider)
        if secret and not self._has_key(secret):
            return "no key"
        if options.provider == SEARXNG_KEY and not searxng_address(options.searxng_address):
            return "no address"
        return ""

    def has(self, address: str) -> bool:
        """Return whether it is an address of the web."""
        return address.lower().startswith(("http://", "https://"))

    def search(self, query: str, count: int, cancel: threading.Event) -> Sequence[Hit]:
        """Return results of the search engine; one search at a time."""
        from app.network.connection_log import LogUnwritable
        from app.network.page_faults import PageFault
        from app.tools.browser.web.provider import SearchRefused
        from app.tools.browser.web.providers import provider_of
        from app.tools.browser.web.web_faults import search_sentence

        options = self._options()
        provider = provider_of(options.provider)
        query = _shortened(query, provider.longest_query)
        if not query:
            return []
        host = ""
        try:
            with held(self._searching, cancel):
                secret = self._key_of(provider.secret) if provider.secret else ""
                is_usable = secret and secret.isascii() and secret.isprintable()
                if provider.secret and not is_usable:
                    raise SourceFault(_NO_KEY.format(name=provider.name))
                for request in provider.requests(query, max(count, 1), options, secret):
                    host = urlsplit(request.url).netloc
                    answer = self._fetcher().ask(request, cancel)
                    if hits := provider.hits(answer, request, count):
                        return hits
                return []
        except (PageFault, Offline, LogUnwritable, SearchRefused) as error:
            raise SourceFault(search_sentence(error, provider, host)) from error

    def open(
        self, address: str, cancel: threading.Event, allowed: Callable[[str], bool]
    ) -> PageText:
        """Return a page, as it is now."""
        from app.network.connection_log import LogUnwritable
        from app.network.page_faults import PageFault, RedirectRefused
        from app.tools.browser.web.web_faults import page_sentence

        self._wait(cancel)
        try:
            found = self._fetcher().get(address, cancel, allowed)
        except RedirectRefused as error:
            raise Redirected(error.address) from error
        except (PageFault, Offline, LogUnwritable) as error:
            raise SourceFault(page_sentence(error, _host(address))) from error
        if found.cut and found.media_type == "application/pdf":
            raise SourceFault(_CUT_PDF)
        text = self._texts().page(
            found.data, found.media_type, found.charset, found.address, cancel
        )
        return replace(text, note=" ".join(filter(None, (text.note, _CUT)))) if found.cut else text

    def _wait(self, cancel: threading.Event) -> None:
        """Wait until a page may be fetched."""
        with self._pacing:
            start = max(time.monotonic(), self._next)
            self._next = start + _APART_S
        while (left := start - time.monotonic()) > 0:
            if cancel.is_set():
                raise Cancelled
            cancel.wait(min(left, _MOMENT_S))


def _shortened(query: str, limit: int) -> str:
    """Return a query on one line, and no more of it than a search engine takes."""
    query = " ".join(query.split())
    return query if len(query) <= limit else query[:limit].rpartition(" ")[0] or query[:limit]


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.rpartition("@")[2] or "The site"
    except ValueError:
        return "The site"
