"""Small dialogs: the question before what cannot be undone, and those for a name, for files and for
a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui.controls import Button, column
from app.ui.form_fields import heading, named, note
from app.ui.theme import Theme
from app.wording.language import tr


def confirm(
    parent: QWidget, theme: Theme, question: str, text: str, button: str, done: Callable[[], None]
) -> None:
    """Asks, with ``button`` for yes, and calls ``done`` then. Enter and Esc mean no."""
    dialog, layout = _dialog(parent, "confirm", question)
    layout.addWidget(note(text, "confirmText"))
    yes = Button(theme, "confirmYes", button, text=button, kind="danger", clicked=dialog.accept)
    no = _add_buttons(layout, theme, dialog, yes)
    dialog.accepted.connect(lambda: done())
    no.setFocus()
    dialog.open()


def ask_name(
    parent: QWidget, theme: Theme, name: str, question: str, label: str, done: Callable[[str], None]
) -> None:
    """Asks for a name, in a dialog of the objectName ``name``, and calls ``done`` with it, in one
    line; it is not empty."""
    dialog, layout = _dialog(parent, name, question)
    field = QLineEdit()
    named(field, f"{name}Field", label, label)
    field.setProperty("kind", "field")
    field.setPlaceholderText(label)
    layout.addWidget(field)
    yes = Button(theme, f"{name}Yes", tr("OK"), text=tr("OK"), clicked=dialog.accept)
    yes.setEnabled(False)
    field.textChanged.connect(lambda text: yes.setEnabled(bool(text.strip())))
    field.returnPressed.connect(yes.click)
    _add_buttons(layout, theme, dialog, yes)
    dialog.accepted.connect(lambda: done(" ".join(field.text().split())))
    field.setFocus()
    dialog.open()


def ask_files(
    parent: QWidget, name: str, title: str, done: Callable[[list[Path]], object], kinds: str = ""
) -> None:
    """Asks for files that are there. ``kinds``: those that are offered, as Qt writes them."""
    dialog = _file_dialog(parent, name, title, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.filesSelected.connect(lambda paths: done(list(map(Path, paths))))
    dialog.open()


def ask_file(
    parent: QWidget, name: str, title: str, done: Callable[[Path], object], kinds: str
) -> None:
    """Asks for one."""
    dialog = _file_dialog(parent, name, title, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda path: done(Path(path)))
    dialog.open()


def ask_target(
    parent: QWidget,
    name: str,
    title: str,
    done: Callable[[Path], object],
    kinds: str,
    at: str,
    ending: str,
) -> None:
    """Asks where a file is to be written, ``at`` what is proposed."""
    dialog = _file_dialog(parent, name, title, kinds, at)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(ending)  # before it asks about a file that is there
    dialog.fileSelected.connect(lambda path: done(Path(path)))
    dialog.open()


def ask_folder(parent: QWidget, title: str, done: Callable[[Path], object], at: str = "") -> None:
    """Asks for a folder."""
    dialog = _file_dialog(parent, "folderDialog", title, "", at)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda path: done(Path(path)))
    dialog.open()


def _file_dialog(parent: QWidget, name: str, title: str, kinds: str, at: str = "") -> QFileDialog:
    dialog = QFileDialog(parent, title, at, kinds)
    dialog.setObjectName(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def _dialog(parent: QWidget, name: str, question: str) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setObjectName(name)
    dialog.setWindowTitle("Fireside")
    dialog.setAccessibleName(question)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setMinimumWidth(420)
    layout = column(dialog, (24, 20, 20, 18), gap=8)
    said = heading(question, 16)
    said.setWordWrap(True)
    layout.addWidget(said)
    return dialog, layout


def _add_buttons(layout: QVBoxLayout, theme: Theme, dialog: QDialog, yes: Button) -> Button:
    """Returns the one for no."""
    no = Button(theme, "cancel", tr("Cancel"), text=tr("Cancel"), clicked=dialog.reject)
    buttons = QHBoxLayout()
    layout.addSpacing(8)
    layout.addLayout(buttons)
    buttons.setSpacing(8)
    buttons.addStretch(1)
    buttons.addWidget(no)
    buttons.addWidget(yes)
    return no
