"""The page about Hugging Face: the token, and another address."""

from __future__ import annotations

import os

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.base.secrets import SecretPlace
from app.network import hub_address
from app.ui.controls import Button, tell
from app.ui.form_fields import heading, named, note
from app.ui.form_page import FormPage
from app.ui.theme import Theme
from app.wording.errors import explain
from app.wording.language import tr


class HubPage(FormPage):
    """The page with the token and the address of the hub. Neither is shown again once saved."""

    token_given = Signal(str)
    """The token to keep; "" to remove it."""
    address_chosen = Signal(str)
    """A valid address; "" for Hugging Face itself."""

    def __init__(self, theme: Theme, address: str) -> None:
        super().__init__("hubPage", "Hugging Face")
        self._theme = theme
        self._address = address
        self._add_token()
        self.column.addSpacing(14)
        self._add_address()
        self.column.addStretch(1)

    def leave(self) -> None:
        self._give_token()
        self._choose_address()

    def show_place(self, place: SecretPlace | None) -> None:
        """Show where the token is kept; None if there is none."""
        said = {
            SecretPlace.KEYRING: tr("Saved in the system keyring."),
            SecretPlace.FILE: tr("Saved in a file only you can read."),
        }
        tell(self._token_status, said[place] if place else "")
        self.token.setPlaceholderText("••••••••" if place else "hf_…")
        self._remove.setVisible(place is not None)

    def show_error(self, error: BaseException) -> None:
        """Show why the token could not be kept."""
        tell(self._token_status, explain(error).sentence, "danger")

    def _add_token(self) -> None:
        part = self.add_part()
        part.addWidget(heading(tr("Access token")))
        part.addWidget(note(tr("For gated models. Create one in your Hugging Face account.")))
        self.token = QLineEdit()
        named(self.token, "hubToken", tr("Access token"), tr("Hugging Face access token"))
        self.token.setProperty("kind", "field")
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.editingFinished.connect(self._give_token)
        self._show = Button(
            self._theme, "showToken", tr("Show token"), text=tr("Show"),
            clicked=self._toggle_echo,
        )  # fmt: skip
        self._remove = Button(
            self._theme, "removeToken", tr("Remove token"), text=tr("Remove"),
            clicked=lambda: self._send_token(""),
        )  # fmt: skip
        self._token_status = note("", "hubTokenSaid")
        _add_line(part, self.token, self._show, self._remove, status=self._token_status)
        if os.environ.get("HF_TOKEN"):
            part.addWidget(note(tr("{name} is set and overrides this.").format(name="HF_TOKEN")))
        self.show_place(None)

    def _add_address(self) -> None:
        part = self.add_part()
        part.addWidget(heading(tr("Mirror")))
        part.addWidget(
            note(tr("Used instead of huggingface.co. Receives your searches and token."))
        )
        self.address = QLineEdit(self._address)
        named(self.address, "hubAddress", tr("Mirror"), tr("Mirror address"))
        self.address.setProperty("kind", "field")
        self.address.setPlaceholderText("https://huggingface.co")
        self.address.editingFinished.connect(self._choose_address)
        self._address_status = note("", "hubAddressSaid")
        _add_line(part, self.address, status=self._address_status)
        if os.environ.get("HF_ENDPOINT"):
            overrides = tr("{name} is set and overrides this.").format(name="HF_ENDPOINT")
            part.addWidget(note(overrides))

    def _toggle_echo(self) -> None:
        hidden = self.token.echoMode() is QLineEdit.EchoMode.Password
        mode = QLineEdit.EchoMode.Normal if hidden else QLineEdit.EchoMode.Password
        self.token.setEchoMode(mode)
        self._show.setText(tr("Hide") if hidden else tr("Show"))

    def _give_token(self) -> None:
        token = self.token.text().strip()
        if not token:
            return
        if not token.isascii() or not token.isprintable() or " " in token:
            tell(self._token_status, tr("Invalid token. Tokens look like hf_abc123."), "danger")
            return
        self._send_token(token)

    def _send_token(self, token: str) -> None:
        self.token.clear()
        tell(self._token_status, tr("Saving…") if token else "")
        self.token_given.emit(token)

    def _choose_address(self) -> None:
        address = hub_address.checked(self.address.text())
        if address is None:
            sentence = tr("Enter an address like https://hub.example.com.")
            tell(self._address_status, sentence, "danger")
            return
        plain = bool(address) and not hub_address.is_private(address)
        tell(
            self._address_status,
            tr("This connection isn’t encrypted, so your token isn’t sent.") if plain else "",
        )
        if self.address.text() != address:
            self.address.setText(address)
        if address != self._address:
            self._address = address
            self.address_chosen.emit(address)


def _add_line(part: QVBoxLayout, *widgets: QWidget, status: QLabel) -> None:
    """Add a field with its buttons, and a line about it, which is hidden while empty."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget, isinstance(widget, QLineEdit))
    part.addLayout(row)
    part.addWidget(status)
    status.hide()
