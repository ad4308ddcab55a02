"""Background work on a few threads, which can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from app.base.errors import Cancelled

T = TypeVar("T")


class Jobs:
    """A pool of ``workers`` threads, named ``name``."""

    def __init__(self, name: str, workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=name)
        self.ending = threading.Event()
        """Set once `stop` or `close` is called."""
        self.stops: list[threading.Event] = []
        """The stop events of the work under way."""

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run ``work`` on the pool; `close` waits for it. Fails with Cancelled once stopped."""
        try:
            return self._pool.submit(work)
        except RuntimeError:
            if not self.ending.is_set():
                raise  # the system gives no more threads
        refused: Future[T] = Future()
        refused.set_exception(Cancelled())
        return refused

    def submit_until(self, stop: threading.Event, work: Callable[[], T]) -> Future[T]:
        """Run work that ends early once ``stop`` is set, which `stop` and `close` also do."""

        def until() -> T:
            with self.stopping(stop):
                return work()

        return self.submit(until)

    @contextmanager
    def stopping(self, stop: threading.Event) -> Iterator[None]:
        """Have ``stop`` set by `stop` and `close`, also by one that has just been called."""
        self.stops.append(stop)
        try:
            if self.ending.is_set():
                stop.set()
            yield
        finally:
            self.stops.remove(stop)

    def stop(self) -> None:
        """Stop what can be stopped, and start nothing new."""
        self.ending.set()
        for stop in list(self.stops):
            stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Call `stop`, and wait for the work under way."""
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
