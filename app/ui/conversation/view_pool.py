"""The widgets of visible messages, reused for others once they are out of sight."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QAbstractScrollArea, QApplication

from app.ui.conversation.answer_view import AnswerView
from app.ui.conversation.figure_images import FigureImages
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import MessageView
from app.ui.conversation.question_view import QuestionView
from app.ui.theme import Theme

View = QuestionView | AnswerView


class ViewPool(QObject):
    """A widget for each visible message, and spare ones."""

    made = Signal(MessageView)
    """A new widget, whose signals must be connected."""

    def __init__(self, theme: Theme, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._theme, self._area = theme, area
        self.images = FigureImages(self)
        self.active: dict[MessageState, View] = {}
        self.idle: dict[type[View], list[View]] = {QuestionView: [], AnswerView: []}

    def get(self, record: MessageState) -> View | None:
        """Return the widget that shows a message, or None."""
        return self.active.get(record)

    def acquire(self, record: MessageState) -> View:
        """Return the widget that shows a message; a new one has yet to be laid out."""
        if (view := self.active.get(record)) is not None:
            return view
        kind: type[View] = QuestionView if record.is_question else AnswerView
        view = self.idle[kind].pop() if self.idle[kind] else self._make(kind)
        record.measured = None
        self.active[record] = view
        return view

    def release(self, record: MessageState) -> None:
        """Hide the widget of a message and keep it for another, without losing the focus."""
        view = self.active.pop(record, None)
        if view is None:
            return
        focus = QApplication.focusWidget()
        if focus and view.isAncestorOf(focus):
            self._area.setFocus()
        view.hide()
        self.idle[type(view)].append(view)

    def release_all(self) -> None:
        """Hide every widget."""
        for record in list(self.active):
            self.release(record)

    def _make(self, kind: type[View]) -> View:
        view: View
        if kind is AnswerView:
            view = AnswerView(self._theme, self.images)
        else:
            view = QuestionView(self._theme)
        view.setParent(self._area.viewport())
        view.hide()
        view.ensurePolished()  # zoomed before it is measured
        self.made.emit(view)
        return view
