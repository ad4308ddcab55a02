"""The dialog in which the key for a server is changed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.controls import Button, column, tell
from app.ui.form_fields import DialogButtons, heading, named, note
from app.ui.screen import FittingDialog
from app.ui.theme import Theme
from app.wording.language import tr

_WIDTH = 420


class EndpointKeyDialog(FittingDialog):
    """A masked field for the key. The present one is never shown, but can be removed."""

    given = Signal(str)
    """The new key; empty to remove the present one."""

    def __init__(self, theme: Theme, host: str, parent: QWidget, *, known: bool) -> None:
        """Create the dialog; ``known``: a key is kept for this ``host``."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("endpointKeyDialog")
        title = tr("Key for {host}").format(host=host)
        self.setWindowTitle("Fireside")
        self.setAccessibleName(title)
        self.setMinimumWidth(theme.px(_WIDTH))
        layout = column(self, (24, 20, 20, 18), gap=8)
        label = heading(title, 16)
        label.setWordWrap(True)
        layout.addWidget(label)
        layout.addWidget(note(tr("It’s sent to this server only, and never shown again.")))
        self._key = QLineEdit()
        named(self._key, "newEndpointKey", tr("Key"), tr("The server’s API key"))
        self._key.setProperty("kind", "field")
        self._key.setEchoMode(QLineEdit.EchoMode.Password)
        self._key.setPlaceholderText("••••••••" if known else tr("Key"))
        self._key.textEdited.connect(self._typed)
        layout.addWidget(self._key)
        self._fault = note("", "endpointKeyFault")
        self._fault.hide()
        layout.addWidget(self._fault)
        buttons = DialogButtons(
            theme, self, tr("Save"), self._save, name="saveEndpointKey",
            cancel_name="cancelEndpointKey",
        )  # fmt: skip
        if known:
            remove = Button(
                theme, "removeEndpointKey", tr("Remove key"), text=tr("Remove key"),
                clicked=lambda: self._give(""),
            )  # fmt: skip
            remove.setAutoDefault(False)
            buttons.insertWidget(0, remove)
        self._save_button = buttons.primary
        self._save_button.setEnabled(False)
        layout.addLayout(buttons)
        self._key.setFocus()

    def _typed(self, text: str) -> None:
        key = text.strip()
        wrong = not is_key(key)
        tell(self._fault, tr("Keys can’t contain spaces or accented letters.") if wrong else "",
             "danger")  # fmt: skip
        self._save_button.setEnabled(bool(key) and not wrong)

    def _save(self) -> None:
        self._give(self._key.text().strip())

    def _give(self, key: str) -> None:
        self._key.clear()
        self.given.emit(key)
        self.accept()


def is_key(text: str) -> bool:
    """Return whether a text can be sent as a key in HTTP's headers."""
    return text.isascii() and ((text.isprintable() and " " not in text) or not text)
