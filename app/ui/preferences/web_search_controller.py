"""Controller of the section about searching the web: its search engine, key, and test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

from app.base.errors import Cancelled
from app.base.secrets import SecretPlace
from app.host import Host
from app.tools.browser.source import SourceFault
from app.ui.bridge import Bridge
from app.ui.preferences.web_search_part import WebSearchPart
from app.ui.state.chat_tools import ChatTools
from app.wording.errors import explain
from app.wording.web_words import search_failed, search_worked

T = TypeVar("T")

_QUERY = "Wikipedia"  # a word of no language, which says nothing about the user
_COUNT = 5
_POLL_S = 0.05


class WebSearchController(QObject):
    """A controller that connects a `WebSearchPart` with the settings, the secrets and the web."""

    def __init__(self, part: WebSearchPart, host: Host, bridge: Bridge, tools: ChatTools) -> None:
        super().__init__(part)
        self._part, self._host, self._bridge, self._tools = part, host, bridge, tools
        self._stop = threading.Event()
        self._kept: Future[SecretPlace | None] | None = None  # the key that was given last
        part.provider_chosen.connect(self._choose)
        part.address_chosen.connect(lambda address: self._change(searxng_address=address))
        part.proxy_chosen.connect(lambda on: self._change(web_by_proxy=on))
        part.key_given.connect(self._keep)
        part.test_wanted.connect(self._test)
        part.destroyed.connect(self._stop.set)
        self._show_place()

    def _change(self, **changes: object) -> None:
        self._host.change(**changes)
        self._tools.refresh()  # it may be usable now, or not any more

    def _choose(self, provider: str) -> None:
        self._change(web_search=provider)
        self._show_place()

    def _show_place(self) -> None:
        if name := self._part.provider.secret:
            place = self._host.keeping.submit(lambda: self._host.secrets.place(name))
            self._when(place, lambda found: self._placed(name, found))

    def _keep(self, name: str, value: str) -> None:
        """Keep the key of a search engine; an empty one is removed."""

        def work() -> SecretPlace | None:
            if value:
                return self._host.secrets.set(name, value)
            self._host.secrets.delete(name)
            return None

        self._kept = self._host.keeping.submit(work)
        self._when(self._kept, lambda found: self._placed(name, found))

    def _placed(self, name: str, place: SecretPlace | None) -> None:
        if name == self._part.provider.secret:
            self._part.show_place(place)
        self._tools.refresh()

    def _test(self) -> None:
        """Search once, and show what came of it."""
        provider = self._part.provider

        kept = self._kept

        def work() -> str:
            while kept and not kept.done():  # the key that was just given is to be tested
                if self._stop.wait(_POLL_S):
                    return ""
            begun = time.monotonic()
            try:
                found = self._host.tool_parts.web.search(_QUERY, _COUNT, self._stop)
            except Cancelled:
                return ""
            return search_worked(len(found), time.monotonic() - begun)

        def show(said: str, *, worked: bool) -> None:
            of_this = provider is self._part.provider  # else another was chosen meanwhile
            self._part.show_tested(said if of_this else "", worked=worked)

        def failed(error: BaseException) -> None:
            if not isinstance(error, SourceFault):
                raise error
            cause = error.__cause__ or error
            show(search_failed(provider.name, cause), worked=False)

        done = self._host.jobs.submit_until(self._stop, work)
        self._when(done, lambda said: show(said, worked=True), failed)

    def _when(
        self,
        future: Future[T],
        done: Callable[[T], object],
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        def deliver(result: T) -> None:
            if isValid(self._part):
                done(result)

        def fail(error: BaseException) -> None:
            if isValid(self._part):
                (failed or self._refused)(error)

        self._bridge.when_done(future, deliver, fail)

    def _refused(self, error: BaseException) -> None:
        self._part.show_key_error(explain(error).sentence)
