"""Retries for a download's threads, which can be interrupted and report what they wait for."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from app.models.download_progress import DownloadWait, WaitReason
from app.models.hub_requests import NotWanted, RetryLater
from app.models.timeouts import Timeouts

T = TypeVar("T")


class Retries:
    """The retries of several threads until ``ended`` is set. Thread-safe."""

    def __init__(self, timeouts: Timeouts, ended: threading.Event) -> None:
        self._timeouts = timeouts
        self._ended = ended
        self._lock = threading.Lock()
        self._waiting: dict[threading.Thread, tuple[DownloadWait, float]] = {}
        self._active = 0  # threads that fetch or wait to fetch
        self._last = DownloadWait(WaitReason.CONNECTION, 0.0)
        self._pause_until = 0.0  # for all threads, as requested by the server

    def run(self, action: Callable[[], T], received: Callable[[], int]) -> T:
        """Repeat ``action`` until it raises no RetryLater.

        The pauses double while ``received``, the bytes of all threads so far, stays the same.
        Raises NotWanted once it has ended, and whatever else ``action`` raises.
        """
        pauses = self._timeouts.pauses()
        while True:
            self._wait(self._pause_until - time.monotonic(), None)
            before = received()
            try:
                return action()
            except RetryLater as retry:
                if received() > before:
                    pauses = self._timeouts.pauses()
                if retry.reason is WaitReason.BUSY and retry.after is not None:
                    self._pause_until = time.monotonic() + retry.after
                self._wait(max(retry.after or 0.0, next(pauses)), retry)

    @contextlib.contextmanager
    def fetching(self) -> Iterator[None]:
        """Count this thread as one that is not waiting."""
        with self._lock:
            self._active += 1
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1

    @property
    def wait(self) -> DownloadWait | None:
        """The pending wait that ends first; None while any thread is fetching."""
        with self._lock:
            waits = list(self._waiting.values())
            if not waits or len(waits) < self._active:
                return None
        first, until = min(waits, key=lambda wait: wait[1])
        return DownloadWait(first.reason, max(0.0, until - time.monotonic()), first.detail)

    def _wait(self, seconds: float, retry: RetryLater | None) -> None:
        """Wait because of ``retry``, or of a pause that another thread got."""
        if self._ended.is_set():
            raise NotWanted
        if seconds <= 0:
            return
        me = threading.current_thread()
        with self._lock:
            if retry:
                self._last = DownloadWait(retry.reason, seconds, str(retry))
            self._waiting[me] = self._last, time.monotonic() + seconds
            self._active += 1
        try:
            if self._ended.wait(seconds):
                raise NotWanted
        finally:
            with self._lock:
                del self._waiting[me]
                self._active -= 1
