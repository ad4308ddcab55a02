"""The dialog in which the user sees how a server starts, before it may."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.tools.mcp.server_status import StartReview
from app.tools.visible import one_line
from app.ui.controls import column
from app.ui.conversation.consent_card import ProposalText
from app.ui.form_fields import DialogButtons, heading, named, note
from app.ui.screen import FittingDialog
from app.ui.theme import Theme, mono
from app.wording.language import tr
from app.wording.mcp_words import start_facts, start_warning

_WIDTH, _HIGH = 560, 190


class McpServerReview(FittingDialog):
    """All that a server starts with, and what has changed since that was approved."""

    approved = Signal(str)
    """The pin of the start that was seen."""

    def __init__(self, theme: Theme, name: str, review: StartReview, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("serverReview")
        self.setWindowTitle("Fireside")
        self.setMinimumWidth(theme.px(_WIDTH))
        title = tr("Switch on {name}?").format(name=one_line(name))
        if review.change:
            title = tr("{name} starts differently now").format(name=one_line(name))
        self.setAccessibleName(title)
        layout = column(self, (24, 20, 24, 18), gap=10)
        question = heading(title, 16)
        question.setWordWrap(True)
        layout.addWidget(question)
        layout.addWidget(note(start_warning(review.start), "startWarning"))
        start = ProposalText(theme, tr("How it starts"))
        start.set_shown(tuple(start_facts(review.start)))
        start.setMinimumHeight(theme.px(_HIGH))
        layout.addWidget(start)
        if review.change:
            layout.addWidget(note(tr("What has changed:")))
            layout.addWidget(read_only("startChange", tr("What has changed"), review.change))
        word = tr("Approve") if review.change else tr("Switch on")
        self._buttons = DialogButtons(
            theme, self, word, self.accept, name="approveStart", cancel_name="keepOff"
        )
        if review.change:
            self._buttons.cancel.setText(tr("Keep off"))
        layout.addLayout(self._buttons)
        self._buttons.primary.setDefault(False)  # Enter is not a decision
        self._buttons.primary.setAutoDefault(False)
        self._buttons.cancel.setFocus()
        self.accepted.connect(lambda: self.approved.emit(review.start.pin))


def read_only(name: str, label: str, text: str) -> QPlainTextEdit:
    """Return a text that can be read to its end and copied, never as markup."""
    field = QPlainTextEdit()
    named(field, name, label, label)
    field.setProperty("kind", "field")
    field.setFont(mono(13))
    field.setReadOnly(True)
    field.setTabChangesFocus(True)
    field.setPlainText(text)
    lines = min(12, max(3, text.count("\n") + 2))
    field.setMinimumHeight(min(_HIGH, lines * 20 + 16))
    return field
