"""The turns under way, each on a thread of its own, until everything is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait

from app.base.threads import report_errors
from app.turn import Turn

_CLOSE_S = 0.7  # for a running answer to end by itself
_MOST_AT_ONCE = 64  # threads: answers that may wait at once


class RunningTurns:
    """The turns that were started and have not ended. Thread-safe."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="turn")
        self._lock = threading.Lock()  # for all that follows
        self._running: dict[Turn, Future[None]] = {}
        self.closing = False
        """Whether nothing is started any more."""

    def start(
        self,
        turn: Turn,
        work: Callable[..., None],
        *arguments: object,
        threads: Executor | None = None,
    ) -> Future[None] | None:
        """Run ``work`` on a thread of its own, or of ``threads``. None if everything is closing."""
        with self._lock:
            if self.closing:
                return None
            future = (threads or self._threads).submit(report_errors, work, *arguments)
            self._running[turn] = future
        future.add_done_callback(lambda _: self._is_over(turn))
        return future

    def all(self) -> list[Turn]:
        """Return them, the oldest first."""
        with self._lock:
            return list(self._running)

    def refuse(self) -> None:
        """Start nothing any more."""
        with self._lock:
            self.closing = True

    def cancel(self) -> None:
        """Cancel all, and give them a moment to end by themselves."""
        with self._lock:
            running = dict(self._running)
        for turn in running:
            turn.cancel()
        wait(running.values(), timeout=_CLOSE_S)

    def join(self) -> None:
        """Wait for the end of those that were not started on others' threads."""
        self._threads.shutdown()

    def _is_over(self, turn: Turn) -> None:
        with self._lock:
            del self._running[turn]
