"""When the engine is to look at the next question before it is asked, and what it reads then."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.turn import ReadingAhead
from app.ui.state.live_turns import PromptProgress
from app.wording.language import number, tr

TYPED_MS = 400
CHANGED_MS = 300
OPENED_MS = 1200
SHOWN_MS = 600  # of reading, from which on it is told


class PrefillTimer(QObject):
    """Calls ``prepare`` once things have been still for a while: each call restarts the wait.

    It is called with True where the engine may read. A chat that is only looked at is counted;
    it is read from the first word that is typed on, or where its answer has just come. What a
    person stops is not begun again until they type something else.
    """

    moved = Signal()
    """There is another sentence to show."""

    def __init__(self, prepare: Callable[[bool], None], parent: QObject) -> None:
        super().__init__(parent)
        self._wanted = False
        self._reading: PromptProgress | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: prepare(self._wanted))
        self._long = QTimer(self)  # has run out where it reads for long enough to be told
        self._long.setSingleShot(True)
        self._long.timeout.connect(self.moved)

    @property
    def sentence(self) -> str:
        """What is read just now, where that takes a while."""
        if self._reading is None or self._long.isActive():
            return ""
        return tr("Reading ahead… {percent} %").format(
            percent=number(int(100 * self._reading.fraction))
        )

    def typed(self) -> None:
        """The words in the composer are others."""
        self._wanted = True
        self._timer.start(TYPED_MS)

    def changed(self) -> None:
        """The effort or the instructions are others."""
        self._timer.start(CHANGED_MS)

    def opened(self) -> None:
        """Another chat is shown."""
        self._wanted = False
        self._timer.start(OPENED_MS)

    def answered(self) -> None:
        """An answer has come in the chat that is shown."""
        self._wanted = True
        self._timer.start(OPENED_MS)

    def ready(self) -> None:
        """Another model is there."""
        self._timer.start(OPENED_MS)

    def stopped(self) -> None:
        """The person wants nothing to be read."""
        self._wanted = False

    def receive(self, event: ReadingAhead) -> None:
        """How far the engine is."""
        if event.progress is None:
            self._reading = None
            self._long.stop()
        else:
            if self._reading is None:
                self._reading = PromptProgress()
                self._long.start(SHOWN_MS)
            self._reading.receive(event.progress)
        self.moved.emit()
