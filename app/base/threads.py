"""Work on the threads of executors."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable


def report_errors(work: Callable[..., object], *arguments: object) -> None:
    """Run ``work`` and pass what it raises to `threading.excepthook`, too.

    For work that is submitted to an executor, whose future nobody reads.
    """
    try:
        work(*arguments)
    except BaseException:
        threading.excepthook(
            threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread()))
        )
        raise
