"""Unloading of a model that nobody has asked for some time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from app.base.errors import Cancelled
from app.engine.scheduled_backend import ScheduledBackend

_LOOK_S = 15.0  # between looks at whether there is something to unload


class IdleUnloader:
    """A watch that unloads ``backend``'s model after ``minutes()`` without a request; 0 for never.

    ``told`` is called afterwards, on the watch's thread.
    """

    def __init__(
        self,
        backend: ScheduledBackend,
        minutes: Callable[[], float],
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._backend, self._minutes, self._told = backend, minutes, told
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """Take note that ``minutes()`` may have changed; call this once at first."""
        with self._changed:
            if self._thread is None and self._minutes() and not self._closed:
                self._thread = threading.Thread(target=self._watch, name="idle")
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """End the watch."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        now = threading.Event()
        now.set()  # it does not wait for a request that has just come
        while not self._closed:
            after = 60 * self._minutes()
            if after and self._backend.idle_s >= after and self._backend.loaded():
                with suppress(Cancelled):
                    self._backend.unload(now)
                    self._told()
            with self._changed:
                # If it has changed meanwhile, a `look` was missed.
                if not self._closed and after == 60 * self._minutes():
                    self._changed.wait(min(after, _LOOK_S) if after else None)
