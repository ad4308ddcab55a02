"""Delivery of events from other threads on the GUI's thread. Nothing else crosses threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

T = TypeVar("T")

_INTERVAL_S = 0.025  # between two deliveries


class Bridge(QObject):
    """A queue that takes events from any thread and delivers them on the GUI's, in order.

    One queued signal is emitted when the list was empty, and the list is emptied at most once in
    ``interval_s`` seconds, 40 times a second, however many events come.
    """

    delivered = Signal(list)
    """The events since the last delivery."""
    _filled = Signal()

    def __init__(self, *, interval_s: float = _INTERVAL_S) -> None:
        super().__init__()
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._waiting: list[Any] = []
        self._closed = False
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drain)
        self._filled.connect(self._schedule, Qt.ConnectionType.QueuedConnection)

    def publish(self, event: Any) -> None:
        """Queue an event, from any thread. A closed bridge drops it."""
        with self._lock:
            if self._closed:
                return
            self._waiting.append(event)
            if len(self._waiting) == 1:
                self._filled.emit()

    def call(self, work: Callable[[], None]) -> None:
        """Call ``work`` on the GUI's thread, in order with the events."""
        self.publish(_Call(work))

    def when_done(
        self,
        future: Future[T],
        done: Callable[[T], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        """Call ``done`` with the future's result, or ``failed`` with its error.

        The call is made on the GUI's thread, in order with the events. A cancelled future calls
        neither.
        """

        def deliver() -> None:
            error = future.exception()
            if error is None:
                done(future.result())
            else:
                failed(error)

        def publish(_: Future[T]) -> None:
            if not future.cancelled():
                self.call(deliver)

        future.add_done_callback(publish)

    def close(self) -> None:
        """Stop delivering."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
        self._timer.stop()

    def _schedule(self) -> None:
        wait = self._last + self._interval_s - time.monotonic()
        if not self._timer.isActive():
            self._timer.start(max(0, round(wait * 1000)))

    def _drain(self) -> None:
        self._last = time.monotonic()
        with self._lock:
            waiting, self._waiting = self._waiting, []
        try:
            while waiting and not self._closed:
                self._deliver_first(waiting)
        finally:
            if waiting and not self._closed:  # a receiver raised: deliver the rest later
                with self._lock:
                    self._waiting = waiting + self._waiting
                self._filled.emit()

    def _deliver_first(self, waiting: list[Any]) -> None:
        """Remove and deliver the first call, or all the events before it."""
        if isinstance(waiting[0], _Call):
            waiting.pop(0).call()
            return
        count = next((i for i, it in enumerate(waiting) if isinstance(it, _Call)), len(waiting))
        events = waiting[:count]
        del waiting[:count]
        self.delivered.emit(events)


class _Call:
    """A call among the events."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call


class Newest:
    """The last of several futures, whatever threads they end on: what came of others is dropped.

    So an older answer never takes the place of a newer one.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._asked: Future[Any] | None = None

    def when_done(
        self,
        future: Future[T],
        done: Callable[[T], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        """Do what `Bridge.when_done` does, unless this is called again before."""
        self._asked = future

        def deliver(result: T) -> None:
            if self._asked is future:
                done(result)

        def fail(error: BaseException) -> None:
            if self._asked is future:
                failed(error)

        self._bridge.when_done(future, deliver, fail)
