"""Work in the background on a few threads, which can be ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from app.base.errors import Cancelled

T = TypeVar("T")


class Jobs:
    """A pool of ``workers`` threads, called after what they do."""

    def __init__(self, name: str, workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=name)
        self.ending = threading.Event()
        """Set once everything ends."""
        self.stops: set[threading.Event] = set()
        """What would end the work that is under way."""

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Do some work, which is waited for when everything ends."""
        return self._pool.submit(work)

    def submit_until(self, stop: threading.Event, work: Callable[[], T]) -> Future[T]:
        """Do some work that ends early once ``stop`` is set, as it is when everything ends."""
        self.stops.add(stop)
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self.stops.discard(stop))
        return future

    def stop(self) -> None:
        """End what can be stopped, and begin nothing any more."""
        self.ending.set()
        for stop in list(self.stops):
            stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Stop, and wait for what is under way."""
        self.stop()
        self._pool.shutdown()


def stoppable(stop: threading.Event, seen: Callable[[T], None]) -> Callable[[T], None]:
    """Return a function that passes its argument to ``seen``, or raises Cancelled.

    It raises once ``stop`` is set.
    """

    def told(done: T) -> None:
        if stop.is_set():
            raise Cancelled
        seen(done)

    return told
