"""The interfaces of what the web is read with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from app.network.fetched import FetchedPage, ServiceAnswer, ServiceRequest
from app.tools.browser.source import PageText


class Fetcher(Protocol):
    """What fetches: `app.network.page_client.PageClient`."""

    def get(
        self, address: str, cancel: threading.Event, allowed: Callable[[str], bool]
    ) -> FetchedPage:
        """Return a page."""

    def ask(self, request: ServiceRequest, cancel: threading.Event) -> ServiceAnswer:
        """Return what a service answers."""


class TextMaker(Protocol):
    """What makes text of what was fetched: `app.tools.browser.extraction`'s Extractor."""

    def page(
        self, data: bytes, media_type: str, charset: str, address: str, cancel: threading.Event
    ) -> PageText:
        """Return a page's text. Raises SourceFault and Cancelled."""
