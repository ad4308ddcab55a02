"""The keyboard focus in the conversation: its ring, and signals about it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.ui.blocks.canvas import Canvas

_Reason = Qt.FocusReason
_BY_KEYBOARD = (_Reason.TabFocusReason, _Reason.BacktabFocusReason, _Reason.ShortcutFocusReason)
# The window or a menu takes the focus only for a while.
_AWHILE = (_Reason.ActiveWindowFocusReason, _Reason.PopupFocusReason, _Reason.MenuBarFocusReason)


class KeyboardFocus(QObject):
    """An event filter that rings the page while the keyboard scrolls it, but not for the mouse.

    It also reports which control in the page the Tab key has reached.
    """

    reached = Signal(QWidget)

    def __init__(self, page: QAbstractScrollArea) -> None:
        super().__init__(page)
        self._page = page
        page.installEventFilter(self)

    def set_order(self, controls: Sequence[QWidget]) -> None:
        """Set the controls of the page, in tab order."""
        for control in controls:
            if not isinstance(control, Canvas):  # a canvas reports its links itself
                control.installEventFilter(self)
        for one, next_one in pairwise(controls):
            QWidget.setTabOrder(one, next_one)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.reason() not in _AWHILE:
            came = event.type() is QEvent.Type.FocusIn
            if watched is self._page:
                self._ring(came and event.reason() in _BY_KEYBOARD)
            elif came and isinstance(watched, QWidget):
                self.reached.emit(watched)
        return False

    def _ring(self, shown: bool) -> None:
        if shown != bool(self._page.property("keyboard")):
            self._page.setProperty("keyboard", shown)
            self._page.style().unpolish(self._page)
            self._page.style().polish(self._page)
