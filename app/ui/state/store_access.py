"""Access to the store from the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from app.host import Host
from app.store import Store
from app.ui.bridge import Bridge

T = TypeVar("T")


class StoreAccess:
    """A runner of work on the store's thread that delivers results on the window's.

    ``report`` is called with an error that nobody else handles.
    """

    def __init__(self, host: Host, bridge: Bridge, report: Callable[[BaseException], None]) -> None:
        self._host, self._bridge, self.report = host, bridge, report

    def ask(
        self,
        work: Callable[[Store], T],
        done: Callable[[T], object] = lambda _: None,
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Run ``work``, then call ``done`` with its result or ``failed`` with its error."""
        future: Future[T] = self._host.disk(work)
        self._bridge.when_done(future, done, failed or self.report)
