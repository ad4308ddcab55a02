"""The dialog that removes data: what is stored, with sizes, and what to remove."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.removal import DataKind, StoredData
from app.ui.choices import Switch
from app.ui.controls import Button, column, set_tone
from app.ui.dialogs import confirm
from app.ui.form_fields import heading, note
from app.ui.form_page import FormRow
from app.ui.screen import FittingDialog
from app.ui.theme import Theme
from app.wording.errors import explain
from app.wording.language import tr
from app.wording.quantities import gigabytes

_LABELS = {
    DataKind.CHATS: lambda: tr("Chats, presets and backups"),
    DataKind.SETTINGS: lambda: tr("Settings"),
    DataKind.CACHE: lambda: tr("Disk cache"),
    DataKind.LOGS: lambda: tr("Logs"),
    DataKind.SECRETS: lambda: tr("Access tokens and keys"),
    DataKind.SOURCES: lambda: tr("Index of folders and encyclopaedias"),
    DataKind.MODELS: lambda: tr("Downloaded models"),
}


class RemovalDialog(FittingDialog):
    """A list of what there is, each with a switch. It removes nothing itself."""

    wanted = Signal(object)
    """A frozenset of the kinds that the user wants to remove, and has confirmed."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("removalDialog")
        title = tr("Remove all data")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(480)
        layout = column(self, (28, 22, 28, 22), gap=8)
        layout.addWidget(heading(title, 18, 640))
        self.about = note(tr("Checking stored data…"), "removalAbout")
        layout.addWidget(self.about)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        layout.addLayout(self._rows)
        layout.addStretch(1)
        self._switches: dict[DataKind, Switch] = {}
        self._cancel = Button(
            theme, "cancelRemoval", tr("Cancel"), text=tr("Cancel"), shortcut="Esc",
            clicked=self.reject,
        )  # fmt: skip
        self._remove = Button(
            theme, "startRemoval", tr("Remove and quit"), text=tr("Remove and quit…"),
            kind="danger", clicked=self._confirm,
        )  # fmt: skip
        self._remove.setEnabled(False)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._remove)
        layout.addSpacing(8)
        layout.addLayout(buttons)
        self._cancel.setFocus()

    def show_found(self, found: Sequence[StoredData]) -> None:
        """Show what there is. Models begin unchosen, since other programs may use them."""
        self.about.setText(tr("Fireside itself stays installed."))
        for data in found:
            label = _LABELS[data.kind]()
            switch = Switch(
                f"remove{data.kind.capitalize()}", label, on=data.kind is not DataKind.MODELS
            )
            switch.turned.connect(self._chosen)
            self._switches[data.kind] = switch
            self._rows.addWidget(FormRow(label, _explained(data), switch))
        for one, other in zip(
            (self._cancel, *self._switches.values()), self._switches.values(), strict=False
        ):
            self.setTabOrder(one, other)
        self._chosen()
        self.grow()

    def show_error(self, error: BaseException) -> None:
        """Show why the data could not be read."""
        self.about.setText(explain(error).sentence)
        set_tone(self.about, "danger")

    @property
    def chosen(self) -> frozenset[DataKind]:
        """The kinds to remove."""
        return frozenset(kind for kind, switch in self._switches.items() if switch.isChecked())

    def _chosen(self) -> None:
        self._remove.setEnabled(bool(self.chosen))

    def _confirm(self) -> None:
        names = [_LABELS[kind]() for kind in DataKind if kind in self.chosen]
        about = tr("This can’t be undone. Fireside will quit.")
        confirm(
            self,
            self._theme,
            tr("Remove this data permanently?"),
            "\n".join(names) + f"\n\n{about}",
            tr("Remove and quit"),
            lambda: self.wanted.emit(self.chosen),
        )


def _explained(data: StoredData) -> str:
    size = gigabytes(data.size)
    match data.kind:
        case DataKind.SECRETS:
            return tr("In the system keyring or the data folder.")
        case DataKind.SOURCES:
            return tr("{size}. Your own files stay.").format(size=size)
        case DataKind.MODELS:
            models = tr("%Ln model(s)", "", data.count)
            shared = tr("Other apps may use them too.")
            return f"{models}, {size}. {shared}"
    return size
