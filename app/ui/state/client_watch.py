"""A watch over the other programs that the engine answers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

LOOK_MS = 1500


class ClientWatch(QObject):
    """A timer that polls ``ask`` for the clients that are being answered."""

    changed = Signal()

    def __init__(self, ask: Callable[[], frozenset[str]], parent: QObject) -> None:
        super().__init__(parent)
        self._ask = ask
        self.clients: frozenset[str] = frozenset()
        """The names of those that were there at the last look."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK_MS)

    def _look(self) -> None:
        now = self._ask()
        if now != self.clients:
            self.clients = now
            self.changed.emit()
