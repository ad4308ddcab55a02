"""Python's cyclic garbage, collected where widgets may be destroyed."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 200


class GarbageCollector(QObject):
    """Collects on the GUI's thread only. By itself Python collects on whatever thread makes
    objects just then, and there would destroy widgets that belong to this one, which ends in a
    crash now and then."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def close(self) -> None:
        """Leaves it to Python again."""
        self._timer.stop()
        gc.enable()

    def _collect(self) -> None:
        """What Python would do, by its own thresholds."""
        due = [
            count > most > 0 for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)
        ]
        if any(due):
            gc.collect(max(generation for generation, is_due in enumerate(due) if is_due))
