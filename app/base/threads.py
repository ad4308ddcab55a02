"""Reporting of errors on executors' threads."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable


def report_errors(work: Callable[..., object], *arguments: object) -> None:
    """Run ``work`` on an executor's thread, and pass its exceptions to `threading.excepthook`.

    Otherwise they would stay in a future that nobody reads.
    """
    try:
        work(*arguments)
    except BaseException:
        threading.excepthook(
            threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread()))
        )
        raise
