"""The field in which a message is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from app.ui.controls import zooms
from app.ui.theme import font
from app.wording.language import tr

_LINES = 9  # the most lines that it grows to
_LONG = 8000  # characters from which a pasted text is attached


class Editor(QPlainTextEdit):
    """A plain text editor that grows with its text."""

    submitted = Signal()
    focus_changed = Signal(bool)
    files_given = Signal(object)
    """Files were pasted or dropped: a list of their paths."""
    text_pasted = Signal(str)
    """A pasted text that is too long to be shown in a message."""
    picture_pasted = Signal()
    edit_left = Signal()
    """Esc was pressed while an earlier message is being edited."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("composer")
        self.setAccessibleName(tr("Message"))
        self.setPlaceholderText(_placeholder())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(font(15))
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(2)
        self.viewport().setAutoFillBackground(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # `textChanged` is emitted before the text is laid out.
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._grow()
        self.editing = False
        """Whether an earlier message is being edited."""
        self.send_with_ctrl = False
        """Whether Ctrl+Enter sends, rather than Enter."""
        self.take_back: Callable[[], bool] = lambda: False
        """Undo calls this first. It undoes the last action unless that was an edit of the text.

        Returns whether it did.
        """

    def _sends(self, event: QKeyEvent) -> bool:
        """Return whether a key sends the message, and does not confirm what is composed."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return False
        if self.textCursor().block().layout().preeditAreaText():
            return False
        held = event.modifiers()
        if self.send_with_ctrl:
            return bool(held & Qt.KeyboardModifier.ControlModifier)
        return not held & Qt.KeyboardModifier.ShiftModifier

    def event(self, event: QEvent) -> bool:
        """Have Esc leave an edit rather than stop an answer."""
        if event.type() == QEvent.Type.ShortcutOverride and self._leaves(event):
            event.accept()
            return True
        return super().event(event)

    def _leaves(self, event: QEvent) -> bool:
        return self.editing and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._sends(event):
            self.submitted.emit()
        elif self._leaves(event):
            self.edit_left.emit()
        elif event.matches(QKeySequence.StandardKey.Undo) and self.take_back():
            pass
        else:
            super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Hide the placeholder behind what is composed, which is no text of the document yet."""
        super().inputMethodEvent(event)
        self.setPlaceholderText("" if event.preeditString() else _placeholder())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the window while Ctrl is held, which zooms everything."""
        if zooms(event):
            event.ignore()
        else:
            super().wheelEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Accept text, files and pictures."""
        return source.hasUrls() or source.hasImage() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Insert text, or emit a signal for files or pictures.

        If the source also offers text, the text is taken.
        """
        if files := files_in(source):
            self.files_given.emit(files)
        elif source.hasImage() and not source.hasText():
            self.picture_pasted.emit()
        elif len(source.text()) > _LONG:
            self.text_pasted.emit(source.text())
        else:
            super().insertFromMimeData(source)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Leave files to the window, wherever they are dropped."""
        if files_in(event.mimeData()):
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._grow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _grow(self) -> None:
        lines = max(1, round(self.document().size().height()))  # QPlainTextEdit counts in lines
        high = self.fontMetrics().lineSpacing() * min(lines, _LINES) + 8
        if high != self.height():
            self.setFixedHeight(max(high, 32))
        policy = Qt.ScrollBarPolicy
        bar = policy.ScrollBarAsNeeded if lines > _LINES else policy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(bar)


def _placeholder() -> str:
    return tr("Ask anything")


def files_in(data: QMimeData) -> list[Path]:
    """Return the local files in dropped or pasted data."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
