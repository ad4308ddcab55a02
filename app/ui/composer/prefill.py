"""The timing of reading the next question ahead."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.turn import ReadingAhead
from app.ui.state.live_answer import PromptProgress
from app.wording.language import tr
from app.wording.quantities import percent

TYPED_MS = 400
CHANGED_MS = 300
OPENED_MS = 1200
SHOWN_MS = 600  # of reading ahead, from which the status line reports it


class PrefillTimer(QObject):
    """A timer that calls ``prepare`` a while after the last change.

    The argument is True if the engine may read ahead, else it only counts tokens. A chat that is
    only viewed is counted; it is read once something is typed or an answer has ended. After the
    user stops reading ahead, it begins again only when something else is typed.
    """

    moved = Signal()
    """``sentence`` has changed."""

    def __init__(self, prepare: Callable[[bool], None], parent: QObject) -> None:
        super().__init__(parent)
        self._wanted = False
        self._reading: PromptProgress | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: prepare(self._wanted))
        self._long = QTimer(self)  # fires once reading has taken that long
        self._long.setSingleShot(True)
        self._long.timeout.connect(self.moved)

    @property
    def sentence(self) -> str:
        """A sentence about what is being read, if that takes a while; else empty."""
        if self._reading is None or self._long.isActive():
            return ""
        return tr("Precomputing context… {percent}").format(percent=percent(self._reading.fraction))

    def typed(self) -> None:
        """Wait after a change of the text."""
        self._wanted = True
        self._timer.start(TYPED_MS)

    def changed(self) -> None:
        """Wait after a change of the effort or the instructions."""
        self._timer.start(CHANGED_MS)

    def opened(self) -> None:
        """Wait after another chat was shown."""
        self._wanted = False
        self._timer.start(OPENED_MS)

    def answered(self) -> None:
        """Wait after an answer in the chat that is shown."""
        self._wanted = True
        self._timer.start(OPENED_MS)

    def ready(self) -> None:
        """Wait after a model was loaded."""
        self._timer.start(OPENED_MS)

    def stopped(self) -> None:
        """Suspend reading ahead until something is typed."""
        self._wanted = False

    def receive(self, event: ReadingAhead) -> None:
        """Handle the engine's progress of reading ahead."""
        if event.progress is None:
            self._reading = None
            self._long.stop()
        else:
            if self._reading is None:
                self._reading = PromptProgress()
                self._long.start(SHOWN_MS)
            self._reading.receive(event.progress)
        self.moved.emit()
