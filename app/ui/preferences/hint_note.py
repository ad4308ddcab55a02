"""A sentence with what to do, and a command to copy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.controls import Button, IconView
from app.ui.theme import Theme, font, mono
from app.wording.language import tr


class HintNote(QFrame):
    """A hint, whose text can be selected; hidden while there is none."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "hint")
        self._text, self._command = QLabel(), QLabel()
        self._text.setObjectName(f"{name}Text")
        self._command.setObjectName(f"{name}Command")
        self._text.setFont(font(13))
        self._command.setFont(mono(12))
        for label in (self._text, self._command):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = Button(
            theme, f"{name}Copy", tr("Copy command"), icon="copy", size=16, clicked=self._copy_it
        )
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._command, 1)
        row.addWidget(self._copy)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(self._text)
        texts.addWidget(self._row)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 10, 8, 10)
        layout.setSpacing(10)
        layout.addWidget(IconView(theme, "alert", "accent", 18), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        self.hide()

    def show_hint(self, hint: Sequence[str]) -> None:
        """Show a sentence, and perhaps a command; nothing hides it."""
        self._text.setText("".join(hint[:1]))
        self._command.setText("".join(hint[1:2]))
        self._row.setVisible(len(hint) > 1)
        self.setAccessibleName(" ".join(hint))
        self.setVisible(bool(hint))

    def _copy_it(self) -> None:
        QGuiApplication.clipboard().setText(self._command.text())
        self._copy.set_icon("check")
        QTimer.singleShot(1500, self._copy, lambda: self._copy.set_icon("copy"))
