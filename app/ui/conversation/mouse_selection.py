"""Selecting with the mouse: dragging, words, paragraphs, and scrolling beyond an edge."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication

from app.ui.conversation.selection import TextPosition, word_at
from app.ui.conversation.selection_controller import SelectionController
from app.ui.conversation.text_locator import TextLocator

_SCROLL_MS = 30  # between two steps beyond an edge
_FASTEST = 60  # pixels of a step


class MouseSelection(QObject):
    """A controller that turns the mouse events of a scroll area into a selection."""

    def __init__(
        self, area: QAbstractScrollArea, locator: TextLocator, selection: SelectionController
    ) -> None:
        super().__init__(area)
        self._area, self._locator, self._selection = area, locator, selection
        self._presses = 0  # presses in the same place, in quick succession: 1 to 3
        self._pressed_at = 0.0
        self._pressed = QPoint()
        self._pointer = QPoint()
        self._dragging = False
        self._scroll = QTimer(self)
        self._scroll.setInterval(_SCROLL_MS)
        self._scroll.timeout.connect(self._scroll_on)
        area.viewport().setMouseTracking(True)

    def press(self, event: QMouseEvent) -> None:
        """Begin a selection, extend it, or select a word or a paragraph."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        place = event.position().toPoint()
        self._count_press(place)
        point = self._locator.nearest(place)
        if point is None:
            return
        self._dragging = True
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if extends and self._selection.range.fixed:
            self._selection.extend(point)
        elif self._presses == 1:
            self._selection.select(point, point)
        else:
            column = self._locator.column(point.message, point.section)
            at = point.position
            start, end = word_at(column, at) if self._presses == 2 else column.leaf_at(at)
            self._dragging = False
            self._selection.select(
                TextPosition(point.message, point.section, start),
                TextPosition(point.message, point.section, end),
            )

    def move(self, event: QMouseEvent) -> None:
        """Extend the selection while the button is held, and scroll if the mouse is outside."""
        self._pointer = event.position().toPoint()
        if self._dragging and event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(self._pointer)
            outside = not self._area.viewport().rect().contains(self._pointer)
            if outside != self._scroll.isActive():
                self._scroll.start() if outside else self._scroll.stop()

    def release(self) -> None:
        """End the selection; on X11, copy it for pasting with the middle button."""
        self._dragging = False
        self._scroll.stop()
        clipboard = QApplication.clipboard()
        if clipboard.supportsSelection() and self._selection.range:
            clipboard.setText(self._selection.text(), clipboard.Mode.Selection)

    def _count_press(self, place: QPoint) -> None:
        now = time.monotonic()
        quick = (now - self._pressed_at) * 1000 < QApplication.doubleClickInterval()
        near = (place - self._pressed).manhattanLength() < QApplication.startDragDistance()
        self._presses = self._presses % 3 + 1 if quick and near else 1
        self._pressed_at, self._pressed = now, place

    def _drag_to(self, place: QPoint) -> None:
        point = self._locator.nearest(place)
        if point and self._selection.range.fixed:
            self._selection.extend(point)

    def _scroll_on(self) -> None:
        y, high = self._pointer.y(), self._area.viewport().height()
        beyond = y if y < 0 else max(0, y - high)
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.value() + max(-_FASTEST, min(_FASTEST, beyond // 2)))
        self._drag_to(self._pointer)
