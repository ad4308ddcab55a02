"""Python's cyclic garbage collection, run where widgets may be destroyed."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 200


class GarbageCollector(QObject):
    """Collects garbage on the GUI's thread only.

    Left to itself Python collects on whatever thread happens to allocate, and would destroy widgets
    of the GUI's thread there, which crashes now and then.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def close(self) -> None:
        """Give garbage collection back to Python."""
        self._timer.stop()
        gc.enable()

    def _collect(self) -> None:
        """Collect the generations that Python's own thresholds call for."""
        due = [
            count > most > 0 for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)
        ]
        if any(due):
            gc.collect(max(generation for generation, is_due in enumerate(due) if is_due))
