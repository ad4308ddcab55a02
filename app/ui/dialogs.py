"""Small dialogs: a confirmation, and those that ask for a name, for files or for a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui.controls import Button, column
from app.ui.form_fields import heading, named, note
from app.ui.screen import FittingDialog
from app.ui.theme import Theme
from app.wording.language import tr


def confirm(
    parent: QWidget, theme: Theme, question: str, text: str, button: str, done: Callable[[], None]
) -> None:
    """Ask for confirmation; call ``done`` if ``button`` is pressed. Enter and Esc mean no."""
    dialog, layout = _dialog(parent, "confirm", question)
    layout.addWidget(note(text, "confirmText"))
    yes = Button(theme, "confirmYes", button, text=button, kind="danger", clicked=dialog.accept)
    no = _add_buttons(layout, theme, dialog, yes)
    dialog.accepted.connect(lambda: done())
    no.setFocus()
    dialog.open()


def offer(
    parent: QWidget,
    theme: Theme,
    name: str,
    question: str,
    text: str,
    choices: Sequence[tuple[str, str, Callable[[], object]]],
) -> None:
    """Offer what can be done: the objectName, text and work of each button, the usual one first.

    ``name`` is the dialog's objectName.
    """
    dialog, layout = _dialog(parent, name, question)
    layout.addWidget(note(text, f"{name}Text"))
    buttons = []
    for number, (each, label, work) in enumerate(choices):
        kind = "" if number else "primary"
        button = Button(theme, each, label, text=label, kind=kind, clicked=dialog.accept)
        button.clicked.connect(lambda _=False, work=work: work())
        buttons.append(button)
    _add_buttons(layout, theme, dialog, *reversed(buttons))
    buttons[0].setDefault(True)
    buttons[0].setFocus()
    dialog.open()


def ask_name(
    parent: QWidget, theme: Theme, name: str, question: str, label: str, done: Callable[[str], None]
) -> None:
    """Ask for a name and call ``done`` with it.

    ``name`` is the dialog's objectName. The name passed on is one line and not empty.
    """
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
    """Ask for existing files. ``kinds`` is a file name filter in Qt's syntax."""
    dialog = _file_dialog(parent, name, title, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.filesSelected.connect(lambda paths: done(list(map(Path, paths))))
    dialog.open()


def ask_file(
    parent: QWidget,
    name: str,
    title: str,
    done: Callable[[Path], object],
    kinds: str,
    at: str = "",
) -> None:
    """Ask for an existing file, in the folder ``at``."""
    dialog = _file_dialog(parent, name, title, kinds, at)
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
    """Ask where to write a file. ``at`` is suggested, ``ending`` is the default suffix."""
    dialog = _file_dialog(parent, name, title, kinds, at)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(ending)  # before the dialog asks about overwriting
    dialog.fileSelected.connect(lambda path: done(Path(path)))
    dialog.open()


def ask_folder(parent: QWidget, title: str, done: Callable[[Path], object], at: str = "") -> None:
    """Ask for a folder."""
    dialog = _file_dialog(parent, "folderDialog", title, "", at)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda path: done(Path(path)))
    dialog.open()


def ask_encyclopaedia(parent: QWidget, done: Callable[[Path], object]) -> None:
    """Ask for the file of an encyclopaedia to be added."""
    kinds = tr("Encyclopaedias (*.zim);;All files (*)")
    ask_file(parent, "zimDialog", tr("Add encyclopaedia"), done, kinds)


def _file_dialog(parent: QWidget, name: str, title: str, kinds: str, at: str = "") -> QFileDialog:
    dialog = QFileDialog(parent, title, at, kinds)
    dialog.setObjectName(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def _dialog(parent: QWidget, name: str, question: str) -> tuple[FittingDialog, QVBoxLayout]:
    dialog = FittingDialog(parent)
    dialog.setObjectName(name)
    dialog.setWindowTitle("Fireside")
    dialog.setAccessibleName(question)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setMinimumWidth(420)
    layout = column(dialog, (24, 20, 20, 18), gap=8)
    label = heading(question, 16)
    label.setWordWrap(True)
    layout.addWidget(label)
    return dialog, layout


def _add_buttons(layout: QVBoxLayout, theme: Theme, dialog: QDialog, *yes: Button) -> Button:
    """Add the buttons for no, and for each yes, and return the one for no."""
    no = Button(theme, "cancel", tr("Cancel"), text=tr("Cancel"), clicked=dialog.reject)
    buttons = QHBoxLayout()
    layout.addSpacing(8)
    layout.addLayout(buttons)
    buttons.setSpacing(8)
    buttons.addStretch(1)
    buttons.addWidget(no)
    for button in yes:
        buttons.addWidget(button)
    return no
