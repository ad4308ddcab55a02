"""The line above a chat whose answers are generated elsewhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from app.base.types import ModelRef
from app.ui.controls import muted, tip
from app.wording.answered_by import leaving_sentence, served_name

_SHORTEST = 90  # pixels of a name that is cut


class RemoteLine(QFrame):
    """A line that says that the chat leaves this computer, and to where.

    If there is no room, the model's name is cut in its middle, and then that of the host.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("remoteLine")
        self._model: ModelRef | None = None
        self._text = muted(name="remoteLineText", pixels=13)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(24, 7, 24, 7)
        self._row.addWidget(self._text, 1)
        self.hide()

    def set_model(self, model: ModelRef | None) -> None:
        """Show where this model runs; nothing for one in a file."""
        self._model = model
        sentence = leaving_sentence(model) if model else ""
        self.setAccessibleName(sentence)
        self.setToolTip(tip(sentence))
        self._fit()
        self.setVisible(bool(sentence))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        model = self._model
        if model is None:
            self._text.setText("")
            return
        name, host = served_name(model.name), model.host
        name = self._cut(name, leaving_sentence(model))
        host = self._cut(host, leaving_sentence(model, name=name))
        self._text.setText(leaving_sentence(model, name=name, host=host))

    def _cut(self, word: str, sentence: str) -> str:
        """Return a word of a sentence, cut as far as the sentence is too long."""
        metrics = self._text.fontMetrics()
        beside = self._row.contentsMargins()  # zoomed
        over = metrics.horizontalAdvance(sentence) - self.width() + beside.left() + beside.right()
        if over <= 0:
            return word
        width = max(_SHORTEST, metrics.horizontalAdvance(word) - over)
        return metrics.elidedText(word, Qt.TextElideMode.ElideMiddle, width)
