"""The line above a chat with the demo model."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.ui.controls import Button, muted
from app.ui.theme import Theme
from app.wording.demo_words import demo_sentence
from app.wording.explanation import Action


class DemoLine(QFrame):
    """A line that says who is talking, with a button that leads to a real model."""

    wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("demoLine")
        self.setAccessibleName(demo_sentence())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 5, 0, 5)
        row.setSpacing(0)
        words = Action.GET_MODEL.words
        self._get = Button(
            theme, "getModelFromLine", words, text=words, kind="link", clicked=self.wanted.emit
        )
        row.addStretch(1)
        row.addWidget(muted(demo_sentence(), pixels=13))
        row.addSpacing(8)
        row.addWidget(muted("·", pixels=13))
        row.addSpacing(3)  # the button has the rest within
        row.addWidget(self._get)
        row.addStretch(1)
        self.hide()
