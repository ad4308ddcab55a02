"""When the engine is to look at the next question before it is asked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

TYPED_MS = 400
CHANGED_MS = 300
OPENED_MS = 1200


class Ahead(QObject):
    """Calls ``prepare`` once things have been still for a while: each call restarts the wait."""

    def __init__(self, prepare: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(prepare)

    def typed(self) -> None:
        """The words in the composer are others."""
        self._timer.start(TYPED_MS)

    def changed(self) -> None:
        """The effort or the instructions are others."""
        self._timer.start(CHANGED_MS)

    def opened(self) -> None:
        """Another chat is shown, or another model is there."""
        self._timer.start(OPENED_MS)

    def stop(self) -> None:
        """A question was asked: there is nothing to foresee."""
        self._timer.stop()
