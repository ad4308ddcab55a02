"""Typing in the conversation, which goes into the message editor."""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import (
    QGuiApplication,
    QInputMethodEvent,
    QInputMethodQueryEvent,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QPlainTextEdit, QWidget

_Key = Qt.KeyboardModifier
_Query = Qt.InputMethodQuery
_PLACES = (_Query.ImCursorRectangle, _Query.ImAnchorRectangle, _Query.ImInputItemClipRectangle)


class TypingRelay(QObject):
    """An event filter that passes on what is typed in a page, which has nothing to type into.

    An input method sees a key before the widget with the focus does, and only if that widget takes
    text. So every widget of the page that gets the focus says that it does, answers for the editor,
    and passes on the text that is being composed. Only when some of it is final does the focus
    follow: before, that would end the composition. A space still presses a button, also one that
    an input method has made its own.
    """

    def __init__(self, page: QWidget, editor: QPlainTextEdit) -> None:
        super().__init__(page)
        self._page, self._editor = page, editor
        page.installEventFilter(self)  # gets the keys that nothing in it has used
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._watch)

    def _watch(self, _: QWidget | None, now: QWidget | None) -> None:
        takes_text = Qt.WidgetAttribute.WA_InputMethodEnabled
        if now is not None and self._page.isAncestorOf(now) and not now.testAttribute(takes_text):
            now.installEventFilter(self)
            now.setAttribute(takes_text)
            QGuiApplication.inputMethod().update(_Query.ImQueryAll)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event:
            case QKeyEvent() if event.type() is QEvent.Type.KeyPress and watched is self._page:
                return self._press(event)
            case QInputMethodQueryEvent() if isinstance(watched, QWidget):
                self._answer(watched, event)
                return True
            case QInputMethodEvent() if isinstance(watched, QAbstractButton) and _is_space(event):
                watched.click()
                return True
            case QInputMethodEvent():
                QApplication.sendEvent(self._editor, event)
                if event.commitString():
                    self._editor.setFocus()
                return True
        return False

    def _press(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Paste):
            self._editor.setFocus()
            self._editor.paste()
        elif event.matches(QKeySequence.StandardKey.Undo):
            QApplication.sendEvent(self._editor, event.clone())
        elif _is_text(event):
            self._editor.setFocus()
            QApplication.sendEvent(self._editor, event.clone())
        else:
            return False
        return True

    def _answer(self, widget: QWidget, event: QInputMethodQueryEvent) -> None:
        """Answer an input method as the editor would, but with places as ``widget`` sees them."""
        offset = self._editor.mapToGlobal(QPoint()) - widget.mapToGlobal(QPoint())
        for query in event.queries():
            value = self._editor.inputMethodQuery(query)
            if query is _Query.ImEnabled:
                value = True
            elif query in _PLACES and isinstance(value, QRect | QRectF):
                value = value.translated(offset)
            event.setValue(query, value)


def _is_space(event: QInputMethodEvent) -> bool:
    text = event.commitString()
    return bool(text) and not text.strip() and not event.preeditString()


def _is_text(event: QKeyEvent) -> bool:
    """Return whether a key types something, other than a space."""
    text = event.text()
    if not text.isprintable() or not text.strip():
        return False
    held = event.modifiers() & ~(
        _Key.ShiftModifier | _Key.KeypadModifier | _Key.GroupSwitchModifier
    )
    alt_gr = _Key.ControlModifier | _Key.AltModifier  # on Windows
    option = sys.platform == "darwin" and held == _Key.AltModifier
    return held in (_Key.NoModifier, alt_gr) or option
