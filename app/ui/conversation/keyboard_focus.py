"""Where the keyboard is in the conversation, and that this can be seen."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.ui.blocks.canvas import Canvas

_Reason = Qt.FocusReason
# The window or a menu takes the keyboard for a while, and gives it back.
_AWHILE = (_Reason.ActiveWindowFocusReason, _Reason.PopupFocusReason, _Reason.MenuBarFocusReason)


class KeyboardFocus(QObject):
    """A ring around the page while the keys scroll it (a mouse needs none), and word of the
    controls in it that the Tab key comes to."""

    reached = Signal(QWidget)

    def __init__(self, page: QAbstractScrollArea) -> None:
        super().__init__(page)
        self._page = page
        page.installEventFilter(self)

    def watch(self, controls: Iterable[QWidget]) -> None:
        """These are in the page. A canvas tells by itself which of its links is reached."""
        for control in controls:
            if not isinstance(control, Canvas):
                control.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.reason() not in _AWHILE:
            came = event.type() is QEvent.Type.FocusIn
            if watched is self._page:
                self._ring(came and event.reason() is not _Reason.MouseFocusReason)
            elif came and isinstance(watched, QWidget):
                self.reached.emit(watched)
        return False

    def _ring(self, shown: bool) -> None:
        if shown != bool(self._page.property("keyboard")):
            self._page.setProperty("keyboard", shown)
            self._page.style().unpolish(self._page)
            self._page.style().polish(self._page)
