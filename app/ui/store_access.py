"""The way from the window to what is stored, and back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from app.host import Host
from app.store import Store
from app.ui.bridge import Bridge

T = TypeVar("T")


class StoreAccess:
    """``tell`` tells the person of an error that nobody else speaks of."""

    def __init__(self, host: Host, bridge: Bridge, tell: Callable[[BaseException], None]) -> None:
        self._host, self._bridge, self.tell = host, bridge, tell

    def ask(
        self,
        work: Callable[[Store], T],
        done: Callable[[T], object] = lambda _: None,
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Runs ``work`` where the disk is, and in the window ``done`` with its result, or
        ``failed`` with its error; without that, the error is told."""
        future: Future[T] = self._host.disk(work)
        self._bridge.when_done(future, done, failed or self.tell)
