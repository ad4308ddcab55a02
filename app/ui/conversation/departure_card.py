"""The question whether something may be sent to another computer, at the end of an answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.tools.tool_events import Consent, Decision
from app.ui.commands import QUESTION_KEY
from app.ui.controls import Button, muted
from app.ui.conversation.calm_buttons import CalmButtons
from app.ui.conversation.consent_card import ProposalText, question_label
from app.ui.theme import Theme, font
from app.wording.departure_words import departure_list, departure_question, departure_reason
from app.wording.language import tr

_SIDE, _GAP = 14, 8


class DepartureCard(QFrame):
    """What would be sent, and to which host. Only its own buttons answer."""

    decided = Signal(str, Decision, str)
    """The id of the question, the answer, and no words."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("departureCard")
        self._theme = theme
        self._consent: Consent | None = None
        self._title = question_label("departureQuestion", font(14, 600))
        self._reason = muted(departure_reason(), "departureReason", 13)
        self._reason.setWordWrap(True)
        self._text = ProposalText(theme, tr("What is sent"))
        for child in (self._title, self._reason, self._text):
            child.setParent(self)
        self._buttons = CalmButtons(theme, self)
        self._buttons.add(
            self._button("departureSend", tr("Send"), Decision.CHAT, shortcut=QUESTION_KEY),
            self._button("departureAlways", tr("Always for this server"), Decision.ALWAYS),
            self._button("departureRefuse", tr("Don’t send"), Decision.REFUSE),
        )
        self.hide()

    def _button(self, name: str, words: str, decision: Decision, *, shortcut: str = "") -> Button:
        return Button(
            self._theme, name, words, text=words, kind="small", pixels=13, shortcut=shortcut,
            clicked=self._answer(decision),
        )  # fmt: skip

    def _answer(self, decision: Decision) -> Callable[[], None]:
        def answer() -> None:
            if self._consent:
                self.decided.emit(self._consent.id, decision, "")

        return answer

    def set_consent(self, consent: Consent) -> None:
        """Show a question."""
        if consent is self._consent:
            return
        assert consent.outgoing
        self._consent = consent
        question = departure_question(consent.outgoing)
        self._title.setText(question)
        self.setAccessibleName(question)
        shown = departure_list(consent.outgoing)
        lines = (f"{name}: {', '.join(text.splitlines())}." for name, text in shown)
        self.setAccessibleDescription(" ".join((self._reason.text(), *lines)))
        self._text.set_shown(shown)
        self._buttons.wait()

    def stops(self) -> list[QWidget]:
        """Return the widgets in tab order."""
        return [self._text, *self._buttons.all]

    def focus_first(self) -> None:
        """Give the keyboard focus to its first button, once that works."""
        self._buttons.focus_first()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # it selects nothing behind the card

    def height_for(self, width: int) -> int:
        """Place everything for a width. Return the height."""
        px = self._theme.px
        side, inner = px(_SIDE), width - 2 * px(_SIDE)
        y = px(12)
        for label in (self._title, self._reason):
            high = label.heightForWidth(inner)
            label.setGeometry(side, y, inner, high)
            y += high + px(2)
        y += px(_GAP) - px(2)
        high = self._text.height_for(inner)
        self._text.setGeometry(side, y, inner, high)
        y += high + px(_GAP)
        return self._buttons.lay_out(side, y + px(2), inner) + px(4)
