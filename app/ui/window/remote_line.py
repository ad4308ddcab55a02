"""The line above a chat whose answers are generated elsewhere."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from app.base.types import ModelRef
from app.ui.controls import muted
from app.ui.theme import Theme
from app.wording.answered_by import leaving_sentence


class RemoteLine(QFrame):
    """A line that says that the chat leaves this computer, and to where."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("remoteLine")
        self._text = muted(name="remoteLineText", pixels=13)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._text.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 7, 24, 7)
        row.addWidget(self._text, 1)
        self.hide()

    def set_model(self, model: ModelRef | None) -> None:
        """Show where this model runs; nothing for one in a file."""
        sentence = leaving_sentence(model) if model else ""
        self._text.setText(sentence)
        self.setAccessibleName(sentence)
        self.setVisible(bool(sentence))
