"""A card with an icon, a heading and some text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.controls import IconView, muted
from app.ui.theme import Theme, font


class Card(QFrame):
    """A card; ``below`` is the layout under the text, for more widgets."""

    def __init__(
        self, theme: Theme, icon: str, title: str, text: str = "", *, button: QWidget | None = None
    ) -> None:
        super().__init__()
        self.setObjectName("card")
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 16, 16, 16)
        row.setSpacing(14)
        row.addWidget(IconView(theme, icon, "accent", 22), 0, Qt.AlignmentFlag.AlignTop)
        self.below = QVBoxLayout()
        self.below.setSpacing(5)
        name = QLabel()
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setText(title)
        name.setFont(font(15, 600))
        self.below.addWidget(name)
        if text:
            description = muted(text, pixels=13)
            description.setWordWrap(True)
            self.below.addWidget(description)
        row.addLayout(self.below, 1)
        if button:
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
