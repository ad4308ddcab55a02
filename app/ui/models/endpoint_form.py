"""The fields with which a model on another computer is tested and added."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from app.base.types import Endpoint
from app.engine.remote.remote_server import (
    LONGEST_ID,
    RemoteServer,
    SavedEndpoint,
    ServedHere,
    is_exposed,
    server_url,
)
from app.ui.choices import Switch
from app.ui.controls import Button, column, elided, menu_of, plain_tip, pop_up_below, tell
from app.ui.form_fields import heading, named, note
from app.ui.form_page import FormRow
from app.ui.theme import Theme
from app.wording.endpoint_words import exposed_sentence, found_words, leaves_sentence
from app.wording.language import tr

_NAME_WIDTH = 420  # pixels of a model's name


class EndpointForm(QFrame):
    """A form for an address and a key. What a test has found can then be added."""

    test_wanted = Signal(str, object, bool, str)
    """What was typed as the address, the key or None, whether no encryption is accepted, and the id
    of a model that the server does not list, if there is one.
    """
    stopped = Signal()
    added = Signal(object, object)
    """A SavedEndpoint, and its key or None."""
    closed = Signal()
    revealed = Signal(QWidget)
    """What is to be scrolled into sight."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName(tr("Add a model"))
        self._theme = theme
        self._offline = self._testing = False
        self._plain_url = ""  # which a test has found to have no encryption
        self._server: RemoteServer | None = None
        self._model: ServedHere | None = None
        self._column = column(self, (18, 14, 16, 16), gap=6)
        self._add_fields()
        self._add_model_id()
        self._add_acceptance()
        self._add_test()
        self._add_choice()
        self._refresh()

    @property
    def url(self) -> str | None:
        """The address as it is asked; None if it is none."""
        return self._plain_url or server_url(self.address.text())

    def focus_first(self) -> None:
        """Give the keyboard focus to the address."""
        self.address.setFocus()
        self.revealed.emit(self._test)
        self.revealed.emit(self.address)

    def clear(self) -> None:
        """Forget what was typed and found."""
        self.address.clear()
        self.key.clear()
        self._readdressed()

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self._offline = offline
        self._refresh()

    def set_closable(self, closable: bool) -> None:
        """Set whether the form can be left without adding anything."""
        self._close.setVisible(closable)

    def fill_in(self, server: RemoteServer) -> None:
        """Show a server that was found."""
        self.address.setText(server.url)
        self.key.clear()
        self._readdressed()
        if server.models:
            self.show_found(server)
            self._choose.setFocus()
        else:
            self.key.setFocus()

    # --- The test -----------------------------------------------------------------------------

    def show_testing(self) -> None:
        """Show that the server is being asked."""
        self._forget()
        self._testing = True
        tell(self._tested, tr("Connecting…"))
        self._refresh()

    def show_found(self, server: RemoteServer) -> None:
        """Show what was found, and offer its models."""
        if not server.models:
            self.show_unlisted(
                tr("The server answers, but lists no models. Enter the model’s ID, then test it.")
            )
            return
        self._testing = False
        self._server = server
        typed = self.model_id.text().strip()
        self._choose_model(
            next((each for each in server.models if each.id == typed), server.models[0])
        )
        self._refresh()
        self.revealed.emit(self._save)

    def show_failed(self, sentence: str, detail: str = "") -> None:
        """Show why the server cannot be used; an empty sentence for a test that was stopped."""
        self._testing = False
        self._server = None
        tell(self._tested, "\n".join(filter(None, (sentence, detail))), "danger")
        self._refresh()

    def show_unlisted(self, sentence: str) -> None:
        """Ask for the id of a model, since the server does not list any."""
        self.show_failed(sentence)
        self._unlisted.show()
        self.model_id.setFocus()
        self.revealed.emit(self._test)
        self.revealed.emit(self.model_id)

    def show_unencrypted(self, url: str) -> None:
        """Ask for acceptance, since the server at ``url`` has no encryption."""
        self._plain_url = url
        self.show_failed(tr("This server doesn’t support encryption."))
        self.unencrypted.setFocus()
        self.revealed.emit(self.unencrypted)

    def show_fault(self, sentence: str) -> None:
        """Show why it could not be added."""
        self._save.setEnabled(True)
        self._save.setFocus()
        tell(self._tested, sentence, "danger")

    # --- Parts --------------------------------------------------------------------------------

    def _add_fields(self) -> None:
        head = QHBoxLayout()
        head.addWidget(heading(tr("Add a model"), 15), 1)
        self._close = Button(
            self._theme, "closeEndpointForm", tr("Cancel"), icon="close", size=14,
            clicked=self.closed.emit,
        )  # fmt: skip
        head.addWidget(self._close)
        self._column.addLayout(head)
        self.address, self.key = QLineEdit(), QLineEdit()
        for field, name, label, tip, example in (
            (
                self.address,
                "endpointAddress",
                tr("Address"),
                tr("The server’s address, with its port if needed"),
                "https://gpu.example.org",
            ),
            (
                self.key,
                "endpointKey",
                tr("Key"),
                tr("The server’s API key, if it has one. It’s never shown again."),
                tr("Only if the server asks for one"),
            ),
        ):
            named(field, name, label, tip)
            field.setProperty("kind", "field")
            field.setPlaceholderText(example)
            field.returnPressed.connect(self._try)
            self._column.addWidget(heading(label, 13, 550))
            self._column.addWidget(field)
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.address.textEdited.connect(self._readdressed)
        self.key.textEdited.connect(self._edited)

    def _add_model_id(self) -> None:
        self.model_id = QLineEdit()
        tip = tr("The model’s name, as its server knows it")
        named(self.model_id, "endpointModelId", tr("Model ID"), tip)
        self.model_id.setProperty("kind", "field")
        self.model_id.setPlaceholderText("gpt-oss-120b")
        self.model_id.setMaxLength(LONGEST_ID)
        self.model_id.returnPressed.connect(self._try)
        self.model_id.textEdited.connect(self._edited)
        self._unlisted = QWidget()
        layout = column(self._unlisted, gap=6)
        layout.addWidget(heading(tr("Model ID"), 13, 550))
        layout.addWidget(self.model_id)
        self._unlisted.hide()
        self._column.addWidget(self._unlisted)

    def _add_acceptance(self) -> None:
        self.unencrypted = Switch("endpointUnencrypted", "", on=False)
        self.unencrypted.turned.connect(self._edited)
        self._acceptance = FormRow("", exposed_sentence(), self.unencrypted)
        self._column.addWidget(self._acceptance)

    def _add_test(self) -> None:
        self._test = Button(
            self._theme, "endpointTest", tr("Test the connection"), text=tr("Test"),
            shortcut="Return", clicked=self._try,
        )  # fmt: skip
        self._stop = Button(
            self._theme, "endpointStop", tr("Stop the test"), text=tr("Cancel"),
            clicked=self.stopped.emit,
        )  # fmt: skip
        self._tested = note("", "endpointTested")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._test, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._stop, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._tested, 1)
        row.addStretch()
        self._column.addSpacing(4)
        self._column.addLayout(row)

    def _add_choice(self) -> None:
        self._choice = QWidget()
        layout = column(self._choice, gap=6)
        layout.addWidget(heading(tr("Model"), 13, 550))
        self._choose = Button(
            self._theme, "endpointModel", tr("Model"), icon="chevron-down", text="-", kind="pill",
            size=14, weight=400, clicked=self._pick,
        )  # fmt: skip
        self._choose.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        row = QHBoxLayout()  # an alignment would follow the button's own direction
        row.addWidget(self._choose)
        row.addStretch(1)
        layout.addLayout(row)
        self._leaves = note("", "endpointLeaves")
        layout.addWidget(self._leaves)
        self._save = Button(
            self._theme, "saveEndpoint", tr("Add this model"), text=tr("Add"), kind="primary",
            clicked=self._add,
        )  # fmt: skip
        layout.addWidget(self._save, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addSpacing(4)
        self._column.addWidget(self._choice)

    # --- What the user does -------------------------------------------------------------------

    def _readdressed(self) -> None:
        self._plain_url = ""
        self.model_id.clear()
        self._unlisted.hide()
        self.unencrypted.setChecked(False)
        self._edited()

    def _edited(self, _: object = None) -> None:
        """Forget what a test has found, since it was of something else."""
        if self._testing:
            self.stopped.emit()
        self._testing = False
        self._forget()
        self._refresh()

    def _forget(self) -> None:
        self._server = self._model = None
        self._save.setEnabled(True)
        tell(self._tested, "")

    def _try(self) -> None:
        if not self._test.isEnabled() or self._testing:
            return
        if self.url is None:
            self.show_failed(_wrong(self.address.text()))
            self.address.setFocus()
        else:
            accepted = self.unencrypted.isChecked() and not self._acceptance.isHidden()
            typed = self._plain_url or self.address.text().strip()
            model = self.model_id.text().strip()
            self.test_wanted.emit(typed, self._given_key(), accepted, model)

    def _given_key(self) -> str | None:
        return self.key.text().strip() or None

    def _pick(self) -> None:
        menu = menu_of(self, "endpointModelMenu")
        for each in self._server.models if self._server else ():
            name = SavedEndpoint(Endpoint("", each.id)).model.name
            action = menu.addAction(elided(menu, name, self._theme.px(_NAME_WIDTH)))
            action.setCheckable(True)
            action.setChecked(each == self._model)
            action.triggered.connect(partial(self._choose_model, each))
        pop_up_below(menu, self._choose)

    def _choose_model(self, model: ServedHere | None, _: bool = False) -> None:
        self._model = model
        saved = self._saved()
        if saved is None or self._server is None or model is None:
            return
        name = saved.model.name
        width = self._theme.px(_NAME_WIDTH)
        middle = Qt.TextElideMode.ElideMiddle
        self._choose.setText(f"{elided(self._choose, name, width, middle)}  ")
        self._choose.setAccessibleName(tr("Model: {name}").format(name=name))
        self._choose.setToolTip(plain_tip(name))
        self._leaves.setText(leaves_sentence(saved.endpoint))
        tell(self._tested, tr("It works: {found}").format(found=found_words(self._server, model)))

    def _saved(self) -> SavedEndpoint | None:
        server, model = self._server, self._model
        if server is None or model is None:
            return None
        return SavedEndpoint(
            Endpoint(server.url, model.id),
            server.kind,
            server.version,
            model.context,
            unencrypted=is_exposed(server.url) and self.unencrypted.isChecked(),
            unlisted=model.unlisted,
        )

    def _add(self) -> None:
        if saved := self._saved():
            self._save.setEnabled(False)  # the keyring may take its time
            tell(self._tested, tr("Saving…"))
            self.added.emit(saved, self._given_key())

    def _refresh(self) -> None:
        """Show what can be done now."""
        url = self.url
        exposed = url is not None and is_exposed(url)
        if url and exposed:
            host = Endpoint(url, "").host
            title = tr("Send without encryption to {host}").format(host=host)
            self._acceptance.set_title(title)
            self.unencrypted.setAccessibleName(title)
        else:
            self.unencrypted.setChecked(False)
        self._acceptance.setVisible(exposed)
        typed = bool(self.address.text().strip())
        ready = typed and not self._offline and (self.unencrypted.isChecked() or not exposed)
        focused = self._test.hasFocus() or self._stop.hasFocus()  # which one that goes would lose
        self._stop.setVisible(self._testing)
        if focused and self._testing:
            self._stop.setFocus()
        self._test.setEnabled(ready and not self._testing)
        if focused and not self._testing:
            self._test.setFocus()
        self._choice.setVisible(self._model is not None)


def _wrong(typed: str) -> str:
    """Return why an address cannot be one."""
    if "@" in typed:
        return tr("Leave out the user name and password. Enter a key below instead.")
    return tr("Enter an address like https://gpu.example.org:8000.")
