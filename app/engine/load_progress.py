"""Progress of loading a model, also while llama.cpp maps its file.

llama.cpp reports what it has read; but when it maps the file, the system reads all of it before the
first report (MAP_POPULATE), and then everything is reported at once. Until then, the growth of this
process's memory tells how much has been read.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import psutil

_STEP = 0.01
_WATCH_S = 0.1  # between two looks at the memory
_MOST = 0.99  # of what memory tells: the rest is llama.cpp's to report


class LoadProgress:
    """A reporter of a growing fraction, in steps of a hundredth. Thread-safe."""

    def __init__(self, send: Callable[[float], None]) -> None:
        self._send = send
        self._sent = 0.0
        self._lock = threading.Lock()

    def report(self, fraction: float) -> None:
        """Send a fraction if it is larger than all before by a step, or all there is."""
        with self._lock:
            if fraction >= self._sent + _STEP or fraction >= 1 > self._sent:
                self._sent = fraction
                self._send(fraction)

    @contextlib.contextmanager
    def watching(self, size: int) -> Iterator[None]:
        """Report by memory, within this context, how much of ``size`` bytes has been mapped.

        With a size of 0 nothing is watched.
        """
        if not size:
            yield
            return
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(size, done), name="load progress")
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _watch(self, size: int, done: threading.Event) -> None:
        process = psutil.Process()
        with contextlib.suppress(psutil.Error):
            before = process.memory_info().rss
            while not done.wait(_WATCH_S):
                self.report(min(_MOST, (process.memory_info().rss - before) / size))
