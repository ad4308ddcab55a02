"""Buttons that answer a question only once it has been visible for a while."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.ui.controls import Button
from app.ui.theme import Theme

_GAP = 8


class CalmButtons(QWidget):
    """Buttons in as many rows as they need.

    They never take the keyboard focus by themselves, and work only after they have been visible for
    `CALM_MS`, so that a key or a click that was meant for something else does not press them.
    """

    CALM_MS = 1000

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buttons: list[Button] = []
        self._others: list[Button] = []
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(self.CALM_MS)
        self._calm.timeout.connect(lambda: self._enable(True))
        self._seen = self._focus_wanted = False

    def add(self, *buttons: Button) -> None:
        """Add buttons that answer; `focus_first` leads to the first of all."""
        for button in buttons:
            button.setParent(self)
            self._buttons.append(button)

    def add_other(self, button: Button) -> None:
        """Add a button after them that answers nothing, and so works at once."""
        button.setParent(self)
        self._others.append(button)

    @property
    def all(self) -> list[Button]:
        """All buttons, in tab order."""
        return [*self._buttons, *self._others]

    def wait(self) -> None:
        """Have them wait again, from when they are next painted."""
        self._seen = False
        self._calm.stop()
        self._enable(False)
        self.update()

    def focus_first(self) -> None:
        """Give the keyboard focus to the first button, once that works."""
        if self._buttons[0].isEnabled():
            self._buttons[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self._focus_wanted = True

    def lay_out(self, left: int, y: int, width: int) -> int:
        """Place them, and itself, for a width. Return where the next thing goes."""
        gap, x, top = self._theme.px(_GAP), 0, 0
        high = self._buttons[0].sizeHint().height()
        for button in self.all:
            if button.isHidden():
                continue
            wide = min(button.sizeHint().width(), width)
            if x and x + wide > width:
                x, top = 0, top + high + gap
            low = min(high, button.sizeHint().height())
            button.setGeometry(x, top + (high - low) // 2, wide, low)
            x += wide + gap
        self.setGeometry(left, y, width, top + high)
        return y + top + high + gap

    def _enable(self, enabled: bool) -> None:
        for button in self._buttons:
            button.setEnabled(enabled)
        if enabled and self._focus_wanted:
            self._buttons[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._focus_wanted = False

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.wait()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._seen:
            self._seen = True
            self._calm.start()
