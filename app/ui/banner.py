"""The banner above the conversation: errors and results, with buttons for what to do."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.base.errors import StoreDamaged, StoreError
from app.ui.controls import Button, Notice
from app.ui.theme import Theme
from app.wording.errors import Action, explain
from app.wording.language import tr


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
        self._fault_buttons = self._add_fault_buttons(theme)
        dismiss = Button(
            theme, "dismissBanner", tr("Dismiss"), icon="close", size=14, clicked=self.hide
        )
        self.add_button(self.action_button)
        self.add_button(dismiss)
        self.hide()

    def _add_fault_buttons(self, theme: Theme) -> QWidget:
        """Add the two buttons of a fault below its sentence: beside it there is not enough room."""
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(8)
        for name, action in (
            ("bannerCopyDetails", Action.COPY_DETAILS),
            ("bannerOpenLog", Action.OPEN_LOG),
        ):
            button = Button(
                theme, name, action.words, text=action.words,
                clicked=partial(self.acted.emit, action),
            )  # fmt: skip
            layout.addWidget(button)
        layout.addStretch(1)
        self._texts.addWidget(row)
        return row

    def show_sentence(self, sentence: str, action: Action = Action.NONE, detail: str = "") -> None:
        """Show a sentence, with a button if ``action`` is one that the banner offers."""
        self.set_quiet(False)
        self.set_text(sentence)
        self.set_detail(detail)
        self._action = action
        self.action_button.setText(action.words)
        self.action_button.setAccessibleName(action.words)
        self.action_button.setToolTip(action.words)
        self.action_button.setVisible(action in (Action.CHOOSE_MODEL, Action.REPAIR))
        self._fault_buttons.hide()
        self.show()

    def show_fault(self, sentence: str) -> None:
        """Show an unforeseen fault, with buttons for its details and the log."""
        self.show_sentence(sentence)
        self._fault_buttons.show()

    def show_done(self, sentence: str) -> None:
        """Show a sentence about a success."""
        self.show_sentence(sentence)
        self.set_quiet(True)

    def show_error(self, error: BaseException) -> None:
        """Show an error and what can be done about it."""
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
