"""The keys of the conversation: scrolling, selecting, and copying."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractScrollArea

from app.ui.conversation.find_controller import FindController
from app.ui.conversation.selection_controller import SelectionController
from app.ui.conversation.text_locator import STEPS, TextLocator
from app.ui.conversation.virtual_list import VirtualList

_STEP = 40  # pixels of an arrow key


class KeyboardController:
    """A controller that turns key presses of a scroll area into scrolling and a selection."""

    def __init__(
        self,
        area: QAbstractScrollArea,
        view: VirtualList,
        locator: TextLocator,
        selection: SelectionController,
        finder: FindController,
    ) -> None:
        self._area, self._view, self._locator = area, view, locator
        self._selection, self._finder = selection, finder

    def press(self, event: QKeyEvent) -> None:
        """Handle a key; leave any other to the parent widgets."""
        key = Qt.Key(event.key())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        bar = self._area.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.Copy):
            self._selection.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._selection.select_all()
        elif shift and key in (*STEPS, Qt.Key.Key_Home, Qt.Key.Key_End):
            self._extend(key)
        elif key == Qt.Key.Key_Escape and self._selection.range:
            self._selection.clear()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            bar.setValue(bar.value() + _STEP * STEPS[key][1])
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            step = bar.pageStep() - _STEP
            bar.setValue(bar.value() + (step if key == Qt.Key.Key_PageDown else -step))
        elif key == Qt.Key.Key_Home:
            bar.setValue(0)
        elif key == Qt.Key.Key_End:
            self._view.follow()
        else:
            event.ignore()

    def _extend(self, key: Qt.Key) -> None:
        """Move the free end of the selection, which begins at the top of the view."""
        middle = QPoint(self._area.viewport().width() // 2, 0)
        start = self._selection.range.moving or self._locator.nearest(middle)
        if start is None:
            return
        fixed = self._selection.range.fixed or start
        moving = self._locator.stepped(start, key)
        self._selection.select(fixed, moving)
        self._locator.bring_into_view(moving, self._finder.covered)
