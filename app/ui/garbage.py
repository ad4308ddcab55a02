"""Python's cyclic garbage collection, run on the thread that may destroy widgets."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 200


class GarbageCollector(QObject):
    """A collector of Python's garbage on the GUI's thread only.

    By default Python collects on whatever thread happens to allocate, and would destroy the GUI
    thread's widgets there, which crashes now and then.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def close(self) -> None:
        """Return to Python's automatic collection."""
        self._timer.stop()
        gc.enable()

    def _collect(self) -> None:
        """Collect the generations that are due by Python's thresholds."""
        due = [
            count > most > 0 for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)
        ]
        if any(due):
            gc.collect(max(generation for generation, is_due in enumerate(due) if is_due))
