"""``fireside --smoke``: one question to the demo model, through the window's own controls."""

from __future__ import annotations

import sys

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from app.ui.window import Window

QUESTION = "What is the capital of France?"
ANSWER = "Paris"
LIMIT_MS = 60_000


class SmokeTest(QObject):
    """A simulated user, who chooses the demo model, types, presses send, and reads the screen."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._steps = [self._choose, self._type, self._send, self._read]
        self._timer = QTimer(self)
        self._timer.setInterval(50)
        self._timer.timeout.connect(self._step)

    def run(self, application: QApplication) -> int:
        """Return 0 if the answer is shown within a minute."""
        self._timer.start()
        QTimer.singleShot(LIMIT_MS, self, lambda: application.exit(1))
        code = application.exec() or int(bool(self._steps))
        if code:
            print(f"No answer: {self._window.transcript.plainText()!r}", file=sys.stderr)
        self._window.close()
        return code

    def _step(self) -> None:
        if self._steps[0]():
            del self._steps[0]
        if not self._steps:
            self._timer.stop()
            QCoreApplication.exit(0)

    def _choose(self) -> bool:
        if self._window.state.models.asked is None:
            self._find("tryDemo").click()
        return (
            self._window.state.models.loading is None
            and self._window.state.models.current is not None
        )

    def _type(self) -> bool:
        composer = self._window.findChild(QWidget, "composer")
        assert composer is not None
        for character in QUESTION:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                key = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, character)
                QApplication.sendEvent(composer, key)
        return True

    def _send(self) -> bool:
        self._find("send").click()
        return True

    def _read(self) -> bool:
        if not self._find("stop").isHidden():
            return False
        if ANSWER in self._window.transcript.plainText().split(QUESTION)[-1]:
            return True
        # So small a model sometimes goes astray. The question is asked again, as a user would.
        self._steps = [self._read, self._type, self._send, self._read]
        return True

    def _find(self, name: str) -> QAbstractButton:
        control = self._window.findChild(QAbstractButton, name)
        assert control is not None, name
        return control
