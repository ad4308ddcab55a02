"""A section of the page about tools: which search engine the web is searched with."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from app.base.secrets import SecretPlace
from app.tools.browser.web.provider import SearchProvider
from app.tools.browser.web.providers import PROVIDERS, provider_of
from app.tools.browser.web.searxng import SEARXNG
from app.tools.browser.web.web_options import searxng_address
from app.ui.choices import Switch
from app.ui.controls import Button, column, menu_of, pop_up_below, tell
from app.ui.file_manager import open_address
from app.ui.form_fields import heading, named, note
from app.ui.form_page import FormPart, FormRow
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.web_words import sent_sentence


class WebSearchPart(FormPart):
    """The choice of a search engine, its key or address, and a button that tries it.

    Keys are not shown again once saved.
    """

    provider_chosen = Signal(str)
    """The key of a SearchProvider."""
    key_given = Signal(str, str)
    """The name of a secret, and its value; "" to remove it."""
    address_chosen = Signal(str)
    """A valid address of a SearXNG; "" for none."""
    proxy_chosen = Signal(bool)
    """Whether pages are to be read through this computer's proxy."""
    test_wanted = Signal()

    def __init__(
        self, theme: Theme, provider: str, address: str, *, proxy: bool, by_proxy: bool
    ) -> None:
        """Create the section; ``proxy``: this computer has one, and ``by_proxy``: it is used."""
        super().__init__()
        self._theme, self._address = theme, address
        self._provider = provider_of(provider)
        self.setObjectName("webSearchPart")
        self._layout = column(self, gap=8)
        self._layout.addWidget(heading(tr("Web search")))
        self._layout.addWidget(
            note(tr("Off in new chats. Switch it on with the globe below the message."))
        )
        self._choice = Button(
            theme, "webProvider", tr("Search engine"), icon="chevron-down", text="-",
            kind="pill", size=14, weight=400, clicked=self._pick,
        )  # fmt: skip
        self._choice.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._layout.addWidget(FormRow(tr("Search engine"), "", self._choice))
        self._add_key()
        self._add_address()
        self._sent = note("", "webSent")
        self._layout.addWidget(self._sent)
        if proxy:
            self._add_proxy(on=by_proxy)
        self._add_test()
        self._show()

    @property
    def provider(self) -> SearchProvider:
        """The search engine that is chosen."""
        return self._provider

    def leave(self) -> None:
        """Commit half-written values, since the preferences are closing."""
        self._give_key()
        self._choose_address()

    def show_place(self, place: SecretPlace | None) -> None:
        """Show where the key of the search engine is kept; None if there is none."""
        said = {
            SecretPlace.KEYRING: tr("Saved in the system keyring."),
            SecretPlace.FILE: tr("Saved in a file only you can read."),
        }
        tell(self._key_said, said[place] if place else "")
        self.key.setPlaceholderText("••••••••" if place else tr("Key"))
        self._remove.setVisible(place is not None)
        self._get.setVisible(place is None)

    def show_key_error(self, sentence: str) -> None:
        """Show why the key could not be kept."""
        tell(self._key_said, sentence, "danger")

    def show_tested(self, sentence: str, *, worked: bool) -> None:
        """Show what came of a search."""
        self._test.setEnabled(True)
        tell(self._tested, sentence, "muted" if worked else "danger")

    def _add_key(self) -> None:
        self.key = QLineEdit()
        named(self.key, "webKey", tr("Key"), tr("Key of the search engine"))
        self.key.setProperty("kind", "field")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.editingFinished.connect(self._give_key)
        self._get = Button(
            self._theme, "getWebKey", tr("Get a key on the website"), text=tr("Get a key"),
            clicked=lambda: open_address(self._provider.site),
        )  # fmt: skip
        self._remove = Button(
            self._theme, "removeWebKey", tr("Remove key"), text=tr("Remove"),
            clicked=lambda: self._send_key(""),
        )  # fmt: skip
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.key, 1)
        row.addWidget(self._get)
        row.addWidget(self._remove)
        self._layout.addLayout(row)
        self._key_said = note("", "webKeySaid")
        self._layout.addWidget(self._key_said)

    def _add_address(self) -> None:
        self.address = QLineEdit(self._address)
        named(self.address, "searxngAddress", tr("Address"), tr("Address of your SearXNG"))
        self.address.setProperty("kind", "field")
        self.address.setPlaceholderText("http://localhost:8080")
        self.address.editingFinished.connect(self._choose_address)
        self._layout.addWidget(self.address)
        self._address_said = note("", "searxngSaid")
        self._layout.addWidget(self._address_said)
        self._address_said.hide()

    def _add_proxy(self, *, on: bool) -> None:
        why = tr("Fireside can’t check where a proxy leads, such as into your own network.")
        switch = Switch("webByProxy", tr("Use the proxy for web pages"), on=on)
        switch.turned.connect(self.proxy_chosen)
        self._layout.addWidget(FormRow(tr("Use the proxy for web pages"), why, switch))

    def _add_test(self) -> None:
        self._test = Button(
            self._theme, "testWeb", tr("Run a test search"), text=tr("Test"), clicked=self._try
        )
        self._tested = note("", "webTested")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._test, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._tested, 1)
        row.addStretch()
        self._layout.addLayout(row)

    def _show(self) -> None:
        """Show what the search engine needs."""
        provider = self._provider
        self._choice.setText(f"{provider.name}  ")
        self._choice.setAccessibleDescription(provider.name)
        self.key.clear()
        self.key.setVisible(bool(provider.secret))
        for widget in (self._get, self._remove, self._key_said):
            widget.hide()
        self.address.setVisible(provider is SEARXNG)
        self._address_said.hide()
        self._sent.setText(sent_sentence(provider.name, own=provider is SEARXNG))
        tell(self._tested, "")

    def _pick(self) -> None:
        menu = menu_of(self, "webProviderMenu")
        for each in PROVIDERS.values():
            free = not each.secret and each is not SEARXNG
            text = tr("{name} (no key needed)").format(name=each.name) if free else each.name
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(each is self._provider)
            action.triggered.connect(partial(self._choose, each))
        pop_up_below(menu, self._choice)

    def _choose(self, provider: SearchProvider) -> None:
        if provider is not self._provider:
            self._give_key()
            self._provider = provider
            self._show()
            self.provider_chosen.emit(provider.key)

    def _give_key(self) -> None:
        key = self.key.text().strip()
        if not key or not self._provider.secret:
            return
        if not key.isascii() or not key.isprintable() or " " in key:
            tell(self._key_said, tr("Keys can’t contain spaces or accented letters."), "danger")
            return
        self._send_key(key)

    def _send_key(self, key: str) -> None:
        self.key.clear()
        tell(self._key_said, tr("Saving…") if key else "")
        self.key_given.emit(self._provider.secret, key)

    def _choose_address(self) -> None:
        if self._provider is not SEARXNG:
            return
        address = searxng_address(self.address.text())
        if address is None:
            tell(self._address_said, tr("Enter an address like http://localhost:8080."), "danger")
            return
        tell(self._address_said, "")
        if self.address.text() != address:
            self.address.setText(address)
        if address != self._address:
            self._address = address
            self.address_chosen.emit(address)

    def _try(self) -> None:
        self.leave()
        self._test.setEnabled(False)
        tell(self._tested, tr("Searching…"))
        self.test_wanted.emit()
