"""Threads: how their errors are reported, and how they wait and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.base.errors import Cancelled

_LOOK_S = 0.05  # between looks at whether a wait was cancelled


def report_errors(work: Callable[..., object], *arguments: object) -> None:
    """Run ``work`` on an executor's thread, and pass its exceptions to `threading.excepthook`.

    Otherwise they would stay in a future that nobody reads.
    """
    try:
        work(*arguments)
    except BaseException as error:
        tell_fault(error)
        raise


def tell_fault(error: BaseException) -> None:
    """Pass an exception to `threading.excepthook`, on a thread that goes on."""
    threading.excepthook(
        threading.ExceptHookArgs(
            (type(error), error, error.__traceback__, threading.current_thread())
        )
    )


@contextmanager
def held(lock: threading.Lock, cancel: threading.Event) -> Iterator[None]:
    """Hold a lock; raises Cancelled once ``cancel`` is set while it waits for it."""
    while not lock.acquire(timeout=_LOOK_S):
        if cancel.is_set():
            raise Cancelled
    try:
        yield
    finally:
        lock.release()


class AnyEvent(threading.Event):
    """An event that is also set if one of others is.

    That is for `is_set`: `wait` waits for its own.
    """

    def __init__(self, *others: threading.Event | None) -> None:
        super().__init__()
        self._others = [other for other in others if other]

    def is_set(self) -> bool:
        """Return whether it, or one of the others, is set."""
        return super().is_set() or any(other.is_set() for other in self._others)
