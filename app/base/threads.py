"""Reporting of errors on executors' threads."""

from __future__ import annotations

import threading
from collections.abc import Callable


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
