"""What threads of ours have in common."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable


def report_errors(work: Callable[..., object], *arguments: object) -> None:
    """Runs ``work`` on an executor's thread, where a fault would be kept in a future that
    nobody reads: it goes to the interpreter's hook for threads instead."""
    try:
        work(*arguments)
    except BaseException:
        threading.excepthook(
            threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread()))
        )
        raise
