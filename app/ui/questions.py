"""Small dialogs: the question before what cannot be undone, and the one for a name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui.controls import Button, column
from app.ui.fields import heading, named, note
from app.ui.language import tr
from app.ui.theme import Look


def confirm(
    parent: QWidget, look: Look, question: str, text: str, button: str, done: Callable[[], None]
) -> None:
    """Asks, with ``button`` for yes, and calls ``done`` then. Enter and Esc mean no."""
    dialog, layout = _dialog(parent, "confirm", question)
    layout.addWidget(note(text, "confirmText"))
    yes = Button(look, "confirmYes", button, text=button, kind="danger", clicked=dialog.accept)
    no = _add_buttons(layout, look, dialog, yes)
    dialog.accepted.connect(lambda: done())
    no.setFocus()
    dialog.open()


def ask_name(
    parent: QWidget, look: Look, name: str, question: str, label: str, done: Callable[[str], None]
) -> None:
    """Asks for a name, in a dialog of the objectName ``name``, and calls ``done`` with it, in one
    line; it is not empty."""
    dialog, layout = _dialog(parent, name, question)
    field = QLineEdit()
    named(field, f"{name}Field", label, label)
    field.setProperty("kind", "field")
    field.setPlaceholderText(label)
    layout.addWidget(field)
    yes = Button(look, f"{name}Yes", tr("OK"), text=tr("OK"), clicked=dialog.accept)
    yes.setEnabled(False)
    field.textChanged.connect(lambda text: yes.setEnabled(bool(text.strip())))
    field.returnPressed.connect(yes.click)
    _add_buttons(layout, look, dialog, yes)
    dialog.accepted.connect(lambda: done(" ".join(field.text().split())))
    field.setFocus()
    dialog.open()


def _dialog(parent: QWidget, name: str, question: str) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setObjectName(name)
    dialog.setWindowTitle("Fireside")
    dialog.setAccessibleName(question)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setMinimumWidth(420)
    layout = column(dialog, (24, 20, 20, 18), gap=8)
    said = heading(question, 16)
    said.setTextFormat(Qt.TextFormat.PlainText)
    said.setWordWrap(True)
    layout.addWidget(said)
    return dialog, layout


def _add_buttons(layout: QVBoxLayout, look: Look, dialog: QDialog, yes: Button) -> Button:
    """Returns the one for no."""
    no = Button(look, "cancel", tr("Cancel"), text=tr("Cancel"), clicked=dialog.reject)
    buttons = QHBoxLayout()
    layout.addSpacing(8)
    layout.addLayout(buttons)
    buttons.setSpacing(8)
    buttons.addStretch(1)
    buttons.addWidget(no)
    buttons.addWidget(yes)
    return no
