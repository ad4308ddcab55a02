"""Notices that a long answer is done, while another program is in front."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QProcess, QTimer, Signal
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from app.store import State
from app.turn import TurnEnded, TurnStarted
from app.ui.state.chat_index import ChatIndex
from app.ui.state.live_turns import LiveTurns
from app.wording.language import tr

_LONG_S = 10.0
_SHOWN_MS = 10_000


class AnswerNotice(QObject):
    """A watcher of turns that calls ``show`` with a title and a sentence when one took long.

    ``wanted`` returns whether the user wants that; ``in_front`` whether Fireside is in front.
    """

    def __init__(
        self,
        turns: LiveTurns,
        index: ChatIndex,
        wanted: Callable[[], bool],
        show: Callable[[str, str], object],
        parent: QObject,
        *,
        in_front: Callable[[], bool] = lambda: QApplication.activeWindow() is not None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._index, self._wanted, self.show = index, wanted, show
        self.in_front, self.clock = in_front, clock
        self._begun: dict[int, float] = {}
        turns.started.connect(self._started)
        turns.ended.connect(self._ended)

    def _started(self, event: TurnStarted) -> None:
        self._begun[event.answer.id] = self.clock()

    def _ended(self, event: TurnEnded) -> None:
        took = self.clock() - self._begun.pop(event.answer.id, self.clock())
        done = event.answer.state is State.DONE
        if done and took >= _LONG_S and self._wanted() and not self.in_front():
            chat = self._index.rows.get(event.answer.chat)
            self.show(chat.title if chat else "Fireside", tr("Your answer is ready."))


class DesktopNotifier(QObject):
    """A notifier that uses what the system has: notify-send, a tray icon, or else a sound.

    The window's entry in the task bar is marked, too.
    """

    clicked = Signal()
    """The user clicked the notification, where the system reports that."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._tray: QSystemTrayIcon | None = None

    def show(self, title: str, text: str) -> None:
        """Show a notification. The title, which is never read as markup, may be the user's."""
        QApplication.alert(self._window)
        command = shutil.which("notify-send") if sys.platform == "linux" else None
        if command:
            options = ["--icon=fireside", f"--expire-time={_SHOWN_MS}"]  # which all versions know
            QProcess.startDetached(command, [*options, "--", title, text])
        elif QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            self._show_in_tray(title, text)
        else:
            QApplication.beep()

    def _show_in_tray(self, title: str, text: str) -> None:
        if self._tray is None:
            self._tray = QSystemTrayIcon(QApplication.windowIcon(), self)
            self._tray.messageClicked.connect(self.clicked)
        self._tray.show()  # only while the message is shown
        self._tray.showMessage(title, text, QApplication.windowIcon(), _SHOWN_MS)
        QTimer.singleShot(_SHOWN_MS, self._tray, self._tray.hide)
