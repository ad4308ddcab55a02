"""Work off the GUI's thread, whose result comes back on it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.ui.bridge import Bridge

T = TypeVar("T")


class WorkThread:
    """A thread for short work on what is shown, such as decoding a picture or writing a file."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="background")

    def do(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Do work, then call ``done`` with its result, or ``failed`` with its error."""
        self._bridge.when_done(self._thread.submit(work), done, failed or _raise)

    def close(self) -> None:
        """Finish the work that was begun."""
        self._thread.shutdown(cancel_futures=True)


def _raise(error: BaseException) -> None:
    raise error
