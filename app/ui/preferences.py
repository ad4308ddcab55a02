"""The preferences, in a dialog of their own."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from app.base.settings import Theme
from app.host import Host
from app.ui.controls import Button, Segments, column, muted
from app.ui.theme import Look, font


class Preferences(QDialog):
    """Each change counts at once; there is nothing to confirm."""

    def __init__(self, look: Look, host: Host, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._host = look, host
        self.setObjectName("preferences")
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(520)
        layout = column(self, (24, 20, 24, 20), gap=8)
        self._add_theme(layout)
        layout.addSpacing(14)
        self._add_instructions(layout)
        layout.addSpacing(14)
        self._add_prepare(layout)
        layout.addSpacing(14)
        self._add_folder(layout)
        layout.addSpacing(16)
        layout.addWidget(muted(f"Fireside {__version__}", "version"))
        self._instructions.setFocus()

    def done(self, result: int) -> None:
        """Closes, however it was asked to, and keeps what was written."""
        text = self._instructions.toPlainText().strip()
        if text != self._host.settings.instructions:
            self._host.change(instructions=text)
        super().done(result)

    def _add_theme(self, layout: QVBoxLayout) -> None:
        choices = [
            (Theme.SYSTEM, "System", "themeSystem", ""),
            (Theme.LIGHT, "Light", "themeLight", ""),
            (Theme.DARK, "Dark", "themeDark", ""),
        ]
        theme = Segments("theme", "Theme", choices)
        theme.set_value(self._host.settings.theme)
        theme.chosen.connect(self._choose_theme)
        layout.addLayout(_row("Theme", theme))

    def _add_prepare(self, layout: QVBoxLayout) -> None:
        prepare = Segments(
            "prepare",
            "Read ahead",
            [("on", "On", "prepareOn", ""), ("off", "Off", "prepareOff", "")],
        )
        prepare.set_value("on" if self._host.settings.prepare else "off")
        prepare.chosen.connect(lambda value: self._host.change(prepare=value == "on"))
        layout.addLayout(_row("Read ahead", prepare))
        layout.addWidget(
            muted("Prepares your next question while you read. Never on battery.", pixels=13)
        )

    def _add_instructions(self, layout: QVBoxLayout) -> None:
        layout.addWidget(_heading("Instructions to the model"))
        layout.addWidget(muted("Sent with every question, in every chat.", pixels=13))
        self._instructions = QPlainTextEdit(self._host.settings.instructions)
        self._instructions.setObjectName("instructions")
        self._instructions.setAccessibleName("Instructions to the model")
        self._instructions.setToolTip("Sent with every question, in every chat")
        self._instructions.setProperty("kind", "field")
        self._instructions.setPlaceholderText("For example: Answer briefly.")
        self._instructions.setTabChangesFocus(True)
        self._instructions.setFrameShape(QFrame.Shape.NoFrame)
        self._instructions.setFixedHeight(110)
        layout.addWidget(self._instructions)

    def _add_folder(self, layout: QVBoxLayout) -> None:
        layout.addWidget(_heading("Your data"))
        layout.addWidget(muted("Chats and settings lie in this folder.", pixels=13))
        folder = QLineEdit(str(self._host.folders.data))
        folder.setObjectName("dataFolder")
        folder.setAccessibleName("Data folder")
        folder.setToolTip("Where chats and settings are kept")
        folder.setReadOnly(True)
        folder.setCursorPosition(0)
        button = Button(
            self._look, "openFolder", "Open the data folder in the file manager",
            text="Open folder", clicked=self._open_folder,
        )  # fmt: skip
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(folder, 1)
        row.addWidget(button)
        layout.addLayout(row)

    def _choose_theme(self, value: str) -> None:
        self._host.change(theme=Theme(value))
        self._look.choose(Theme(value))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._host.folders.data)))


def _row(text: str, choice: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(_heading(text), 1)
    row.addWidget(choice)
    return row


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(font(14, 600))
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return label
