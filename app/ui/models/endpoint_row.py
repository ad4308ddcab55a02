"""The row of a model on another computer: what it is, how it stands, and its buttons."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.base.secrets import SecretPlace
from app.engine.remote.remote_server import SavedEndpoint
from app.ui.controls import Button, Elided, column, muted, tell, tip
from app.ui.form_fields import note
from app.ui.theme import Theme, font
from app.wording.answered_by import model_on_host, served_name
from app.wording.endpoint_words import endpoint_facts, key_place_sentence, leaves_sentence
from app.wording.language import tr
from app.wording.policy_words import set_by_organization


@dataclass(frozen=True, slots=True)
class EndpointState:
    """How a model on another computer stands, as far as it is known.

    ``asked``: it is the one in use. ``said`` is what came of the last test, ``works`` whether that
    was good. ``place`` is where the key of its server is kept.
    """

    asked: bool = False
    testing: bool = False
    works: bool = False
    said: str = ""
    place: SecretPlace | None = None


class EndpointRow(QFrame):
    """The row of a model."""

    used = Signal()
    tested = Signal()
    stopped = Signal()
    key_wanted = Signal()
    removal_wanted = Signal()

    def __init__(self, theme: Theme, saved: SavedEndpoint) -> None:
        super().__init__()
        self.saved = saved
        self.setObjectName("card")
        self._name = name = model_on_host(saved.model.name, saved.endpoint.host)
        self.setAccessibleName(name)
        title = Elided("endpointTitle")
        title.setFont(font(15, 600))
        title.set_text(served_name(saved.model.name))
        self.setToolTip(tip(saved.endpoint.model))
        self._facts = muted(endpoint_facts(saved), "endpointFacts", pixels=13)
        self._facts.setWordWrap(True)
        self._leaves = note("", "endpointLeaves")
        self._said = note("", "endpointSaid")
        layout = column(self, (18, 14, 16, 14), gap=4)
        for widget in (title, self._facts, self._leaves, self._said):
            layout.addWidget(widget)
        layout.addSpacing(6)
        layout.addLayout(self._buttons(theme))
        self._offline = False
        self._state = EndpointState()
        self.show_state(self._state)

    def _buttons(self, theme: Theme) -> QHBoxLayout:
        name = self._name
        self._use = Button(
            theme, "endpointUse", tr("Use {called}").format(called=name), text=tr("Use"),
            kind="primary", clicked=self.used.emit,
        )  # fmt: skip
        self._test = Button(
            theme, "endpointTestAgain", tr("Test {called}").format(called=name), text=tr("Test"),
            clicked=self.tested.emit,
        )  # fmt: skip
        self._stop = Button(
            theme, "endpointStopTest", tr("Stop the test"), text=tr("Cancel"),
            clicked=self.stopped.emit,
        )  # fmt: skip
        edit = Button(
            theme, "endpointEdit", tr("Change the key for {host}").format(
                host=self.saved.endpoint.host
            ),
            text=tr("Change key…"), clicked=self.key_wanted.emit,
        )  # fmt: skip
        self._remove = Button(
            theme, "endpointRemove", tr("Remove {called}").format(called=name),
            text=tr("Remove…"), clicked=self.removal_wanted.emit,
        )  # fmt: skip
        if self.saved.shared:
            self._remove.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._use, self._test, self._stop, edit, self._remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        return buttons

    def focus_use(self) -> None:
        """Give the keyboard focus to the button that uses it."""
        self._use.setFocus()

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self._offline = offline
        self.show_state(self._state)

    def show_state(self, state: EndpointState) -> None:
        """Show how it stands."""
        self._state = state
        saved = self.saved
        mark = set_by_organization() if saved.shared else ""
        where = (leaves_sentence(saved.endpoint), key_place_sentence(state.place), mark)
        self._leaves.setText(" ".join(filter(None, where)))
        facts = (endpoint_facts(saved), tr("in use") if state.asked else "")
        self._facts.setText(" · ".join(filter(None, facts)))
        said = tr("Connecting…") if state.testing else state.said
        tell(self._said, said, "muted" if state.testing or state.works else "danger")
        focused = self._test.hasFocus() or self._stop.hasFocus()
        self._test.setVisible(not state.testing)
        self._stop.setVisible(state.testing)
        if focused:
            (self._stop if state.testing else self._test).setFocus()
        self._use.setEnabled(not state.asked and not self._offline)
        self._test.setEnabled(not self._offline)
        for button in (self._use, self._test):
            label = button.accessibleName()
            without = tr("{label} (not while offline)").format(label=label)
            button.setToolTip(tip(without if self._offline else label))
