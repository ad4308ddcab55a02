"""The question before what cannot be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def confirm(
    parent: QWidget, question: str, text: str, button: str, done: Callable[[], None]
) -> None:
    """Asks, with ``button`` for yes, and calls ``done`` then. Enter and Esc mean no."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Fireside", question, parent=parent)
    box.setObjectName("confirm")
    box.setInformativeText(text)
    yes = box.addButton(button, QMessageBox.ButtonRole.AcceptRole)
    yes.setObjectName("confirmYes")
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.accepted.connect(lambda: done())
    box.open()
