"""The banner above the conversation: errors and results, with buttons for what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.base.errors import StoreDamaged, StoreError
from app.ui.controls import Button
from app.ui.notice import Notice
from app.ui.theme import Theme
from app.wording.errors import Action, explain
from app.wording.language import tr

_OFFERED = (
    Action.CHOOSE_MODEL,
    Action.USE_LESS_MEMORY,
    Action.REPAIR,
    Action.GO_ONLINE,
)  # one at a time
_FAULT = {Action.COPY_DETAILS: "bannerCopyDetails", Action.OPEN_LOG: "bannerOpenLog"}
_LOAD = {
    Action.CHANGE_KEY: "bannerChangeKey",
    Action.GO_ONLINE: "bannerGoOnline",
    Action.RETRY: "bannerTryAgain",
    Action.LOAD_AGAIN: "bannerLoadAgain",
    Action.USE_LESS_MEMORY: "bannerUseLessMemory",
    Action.CHOOSE_MODEL: "bannerChooseModel",
}


class Banner(Notice):
    """A notice that stays until it is dismissed or replaced."""

    acted = Signal(Action)
    """The user pressed a button that offers this action."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "banner")
        self.damage = tr("can’t be opened")
        """The detail of the last StoreDamaged error."""
        self._store_sentence = ""  # the sentence of the last StoreError
        self._action = Action.CHOOSE_MODEL
        choose = self._action.words
        self.action_button = Button(
            theme, "bannerAction", choose, text=choose,
            clicked=lambda: self.acted.emit(self._action),
        )  # fmt: skip
        self._fault_buttons = self._add_actions(theme, _FAULT)
        self._load_buttons = self._add_actions(theme, _LOAD)
        dismiss = Button(
            theme, "dismissBanner", tr("Dismiss"), icon="close", size=14, clicked=self.hide
        )
        self.add_button(self.action_button)
        self.add_button(dismiss)
        self.hide()

    def _add_actions(self, theme: Theme, actions: Mapping[Action, str]) -> QWidget:
        """Add a row of buttons for several actions, by the objectNames of their buttons."""
        return self.add_row(
            [
                Button(
                    theme, name, action.words, text=action.words,
                    clicked=partial(self.acted.emit, action),
                )
                for action, name in actions.items()
            ]
        )  # fmt: skip

    def show_sentence(self, sentence: str, action: Action = Action.NONE, detail: str = "") -> None:
        """Show a sentence, with a button if ``action`` is one that the banner offers."""
        self.set_quiet(False)
        self.set_text(sentence)
        self.set_detail(detail)
        self._action = action
        self.action_button.setText(action.words)
        self.action_button.setAccessibleName(action.words)
        self.action_button.setToolTip(action.words)
        self.action_button.setVisible(action in _OFFERED)
        self._fault_buttons.hide()
        self._load_buttons.hide()
        self.show()

    def show_fault(self, sentence: str) -> None:
        """Show an unforeseen fault, with buttons for its details and the log."""
        self.show_sentence(sentence)
        self._fault_buttons.show()

    def show_done(self, sentence: str) -> None:
        """Show a sentence about a success."""
        self.show_sentence(sentence)
        self.set_quiet(True)

    def show_error(self, error: BaseException, actions: Sequence[Action] = ()) -> None:
        """Show an error and what can be done about it: ``actions``, or those of its own."""
        if isinstance(error, StoreDamaged):
            self.damage = error.detail
        explanation = explain(error)
        offered = tuple(actions) or explanation.actions
        several = len(offered) > 1
        action = Action.NONE if several or not offered else offered[0]
        self.show_sentence(explanation.sentence, action, explanation.detail)
        wanted = [_LOAD.get(action) for action in offered]
        for button in self._load_buttons.findChildren(Button):
            button.setVisible(button.objectName() in wanted)
        self._load_buttons.setVisible(several)
        if isinstance(error, StoreError):
            self._store_sentence = explanation.sentence

    def take_back(self, sentence: str) -> None:
        """Hide the banner if it shows this sentence."""
        if self.label.text() == sentence:
            self.hide()

    def hide_store_error(self) -> None:
        """Hide the banner if it shows a StoreError, since the store works again."""
        self.take_back(self._store_sentence)
