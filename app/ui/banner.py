"""The banner above the conversation: what went wrong or was done, and what to do."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.base.errors import StoreDamaged, StoreError
from app.ui.controls import Button, Notice
from app.ui.theme import Theme
from app.wording.errors import Action, explain
from app.wording.language import tr

_OFFERED = (Action.CHOOSE_MODEL, Action.REPAIR, Action.COPY_DETAILS, Action.OPEN_LOG)


class Banner(Notice):
    """A notice that stays until it is dismissed or replaced."""

    acted = Signal(Action)
    """The person pressed the button that offers this action."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "banner")
        self.damage = tr("it does not open")
        """What the store last reported about its damage."""
        self._store_sentence = ""  # the sentence of the last StoreError
        self._actions = [Action.CHOOSE_MODEL, Action.OPEN_LOG]
        first, second = (action.words for action in self._actions)
        self.action_button = Button(
            theme, "bannerAction", first, text=first,
            clicked=lambda: self.acted.emit(self._actions[0]),
        )  # fmt: skip
        self.second_button = Button(
            theme, "bannerSecondAction", second, text=second,
            clicked=lambda: self.acted.emit(self._actions[1]),
        )  # fmt: skip
        dismiss = Button(
            theme, "dismissBanner", tr("Dismiss"), icon="close", size=14, clicked=self.hide
        )
        self.add_button(self.action_button)
        self.add_button(self.second_button)
        self.add_button(dismiss)
        self.hide()

    def show_sentence(
        self,
        sentence: str,
        action: Action = Action.NONE,
        detail: str = "",
        *,
        second: Action = Action.NONE,
    ) -> None:
        """Show a sentence, with buttons for those of the actions that the banner can offer."""
        self.set_quiet(False)
        self.set_text(sentence)
        self.set_detail(detail)
        self._actions = [action, second]
        for button, offered in zip(
            (self.action_button, self.second_button), self._actions, strict=True
        ):
            button.setText(offered.words)
            button.setAccessibleName(offered.words)
            button.setToolTip(offered.words)
            button.setVisible(offered in _OFFERED)
        self.show()

    def show_done(self, sentence: str) -> None:
        """Show a sentence about something that went as wished."""
        self.show_sentence(sentence)
        self.set_quiet(True)

    def show_error(self, error: BaseException) -> None:
        """Show what went wrong and what can be done about it."""
        if isinstance(error, StoreDamaged):
            self.damage = error.detail
        explanation = explain(error)
        self.show_sentence(explanation.sentence, explanation.action, explanation.detail)
        if isinstance(error, StoreError):
            self._store_sentence = explanation.sentence

    def hide_store_error(self) -> None:
        """Hide the banner if it shows a StoreError, since the store works again."""
        if self.label.text() == self._store_sentence:
            self.hide()
