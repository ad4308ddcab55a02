"""The question whether a call may run, below its row."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QFont,
    QMouseEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QTextEdit, QWidget

from app.tools.tool import Proposal
from app.tools.tool_events import Consent, Decision
from app.tools.visible import one_line, visible
from app.ui.commands import QUESTION_KEY
from app.ui.controls import Button, muted, tip, zooms
from app.ui.conversation.calm_buttons import CalmButtons
from app.ui.theme import Theme, font, mono
from app.wording.browser_words import SendingWords, sending_words
from app.wording.language import tr
from app.wording.tool_words import consent_question, consent_reason, effect_of

_SIDE, _GAP = 14, 8
_PADDING = (10, 8)  # pixels around the arguments, as in the style sheet
_HIGHEST = 220  # pixels of the arguments, which scroll
_MEASURED = 4000  # characters of an argument, which are higher than that
_DESCRIPTION = 4000  # characters of a function's description
_WORD = 2000  # characters of a word


class ProposalText(QTextEdit):
    """What would run, such as the arguments of a call: all of it, as plain text.

    Names and values differ in their looks, so that no value can pretend to be another argument.
    """

    def __init__(self, theme: Theme, label: str) -> None:
        super().__init__()
        self._theme = theme
        self._shown: tuple[tuple[str, str], ...] = ()
        self.setObjectName("proposalText")
        self.setAccessibleName(label)
        self.setToolTip(label)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._measured = QTextDocument(self)
        """The beginning of the same text: Qt lays out the shown one by itself, and later."""
        theme.changed.connect(self._write)

    def set_shown(self, shown: tuple[tuple[str, str], ...]) -> None:
        """Show these names and texts."""
        if shown != self._shown:
            self._shown = shown
            self._write()

    def _write(self) -> None:
        mode = QTextOption.WrapMode
        words = max((len(w) for _, text in self._shown for w in text.split()), default=0)
        wrap = QTextOption()  # to look for the ends of words takes long if there are none
        wrap.setWrapMode(mode.WrapAtWordBoundaryOrAnywhere if words < _WORD else mode.WrapAnywhere)
        for document, most in ((self.document(), None), (self._measured, _MEASURED)):
            document.setDefaultTextOption(wrap)
            self._fill(document, most)
        self.moveCursor(QTextCursor.MoveOperation.Start)  # the beginning is what is seen first

    def _fill(self, document: QTextDocument, most: int | None) -> None:
        """Write everything into a document, but at most so many characters of each text."""
        px = self._theme.px
        name, value = QTextCharFormat(), QTextCharFormat()
        name.setFont(self._theme.font(12, 500))
        name.setForeground(self._theme.colour("muted"))
        value.setFont(mono(px(13)))
        value.setForeground(self._theme.colour("text"))
        document.clear()
        document.setDocumentMargin(0)
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        for number, (label, text) in enumerate(self._shown):
            above, below = QTextBlockFormat(), QTextBlockFormat()
            above.setTopMargin(px(8) if number else 0)
            below.setLeftMargin(px(12))
            if number:
                cursor.insertBlock()
            cursor.setBlockFormat(above)
            cursor.insertText(one_line(label), name)
            cursor.insertBlock(below)
            cursor.insertText(visible(text)[:most].replace("\n", "\u2028"), value)
        cursor.endEditBlock()

    def height_for(self, width: int) -> int:
        """Return its height for a width: that of its text, up to a limit."""
        px = self._theme.px
        across, down = 2 * px(_PADDING[0]) + 2, 2 * px(_PADDING[1]) + 2
        self._measured.setTextWidth(width - across)
        return min(math.ceil(self._measured.size().height()) + down, px(_HIGHEST))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll its own text; leave the zoom, and what does not scroll, to the conversation."""
        if zooms(event) or not self.verticalScrollBar().maximum():
            event.ignore()
        else:
            super().wheelEvent(event)
            event.accept()


class ConsentCard(QFrame):
    """A question about a call, with all that would run. Only its own buttons answer it."""

    decided = Signal(str, Decision, str)
    """The id of the question, the answer, and words for the model with a refusal."""
    resized = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("consentCard")
        self._theme = theme
        self._consent: Consent | None = None
        self._title = question_label("consentQuestion", font(14, 600))
        self._site = question_label(
            "consentSite", mono(22)
        )  # in which no letter looks like another
        self._script = question_label("consentScript", font(13, 600))
        self._reason = muted(name="consentReason", pixels=13)
        self._reason.setWordWrap(True)
        self._text = ProposalText(theme, tr("Arguments"))
        self._about = muted(name="consentAbout", pixels=13)
        self._about.setWordWrap(True)
        self._about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details = self._button("consentDetails", tr("Details"), self._toggle, kind="link")
        self._details.setCheckable(True)
        once = tr("Allow once")
        self.once = self._button(
            "approve", once, self._answer(Decision.ONCE), shortcut=QUESTION_KEY
        )
        self.chat = self._button(
            "approveAlways", tr("Always allow in this chat"), self._answer(Decision.CHAT)
        )
        self.always = self._button(
            "approveEverywhere", tr("Always allow"), self._answer(Decision.ALWAYS)
        )
        self.refuse = self._button("refuse", tr("Don’t allow"), self._answer(Decision.REFUSE))
        self._words = QLineEdit()
        self._words.setObjectName("refuseWords")
        self._words.setProperty("kind", "field")
        self._words.setPlaceholderText(tr("If not, what should the model do instead?"))
        self._words.setMaxLength(1000)
        self._labels = self._title, self._site, self._script, self._reason
        for child in (*self._labels, self._text, self._about, self._words):
            child.setParent(self)
        self._buttons = CalmButtons(theme, self)
        self._buttons.add(self.once, self.chat, self.always, self.refuse)
        self._buttons.add_other(self._details)
        self.hide()

    def _button(
        self,
        name: str,
        words: str,
        clicked: Callable[[], object],
        *,
        kind: str = "small",
        shortcut: str = "",
    ) -> Button:
        return Button(
            self._theme, name, words, text=words, kind=kind, pixels=13, shortcut=shortcut,
            clicked=clicked,
        )  # fmt: skip

    def set_consent(self, consent: Consent, calls: int) -> None:
        """Show a question; ``calls`` precede it in the answer."""
        if consent is self._consent:
            return
        self._consent = consent
        proposal = consent.proposal
        sending = sending_words(proposal)
        question = consent_question(consent, calls)
        self._title.setText(sending.title if sending else question)
        self._site.setText(_breakable(sending.site) if sending else "")
        self._site.setAccessibleName(sending.site if sending else "")
        self._script.setText(sending.note if sending else "")
        self._reason.setText(consent_reason(consent))
        for label in self._labels:
            label.setVisible(bool(label.text()))
        self.setAccessibleName(question)
        said = self._script.text(), self._reason.text()
        self.setAccessibleDescription(" ".join(filter(None, said)))
        shown = sending.shown if sending else proposal.shown if proposal else ()
        about = tr("What is sent") if sending else tr("Arguments")
        self._text.setAccessibleName(about)
        self._text.setToolTip(about)
        self._text.set_shown(shown)
        self._text.setVisible(bool(shown))
        self._about.setText(_about(proposal) if proposal else "")
        self._about.hide()
        self._details.setVisible(proposal is not None and sending is None)
        self._details.setChecked(False)
        lasting = consent.lasting and proposal is not None
        self.chat.setVisible(lasting)
        self.always.setVisible(lasting and sending is None)
        self._words.clear()
        self._words.setVisible(proposal is not None)
        self._name_buttons(proposal, sending)
        self._buttons.wait()

    def _name_buttons(self, proposal: Proposal | None, sending: SendingWords | None) -> None:
        once, refuse = tr("Allow once"), tr("Don’t allow")
        if sending:
            once, refuse = sending.once, sending.refuse
        elif not proposal:
            once, refuse = tr("Go on"), tr("Answer now")
        _rename(self.once, once, QUESTION_KEY)
        _rename(self.chat, sending.lasting if sending else tr("Always allow in this chat"))
        _rename(self.refuse, refuse)
        self._words.setAccessibleName(
            tr("Words for the model, sent with “{button}”").format(button=refuse)
        )
        self._words.setToolTip(tr("Sent to the model with “{button}”").format(button=refuse))

    def stops(self) -> list[QWidget]:
        """Return the widgets in tab order."""
        return [self._text, *self._buttons.all, self._words]

    def focus_first(self) -> None:
        """Give the keyboard focus to its first button, once that works."""
        self._buttons.focus_first()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # it selects nothing behind the card

    # --- The answer ---------------------------------------------------------------------------

    def _answer(self, decision: Decision) -> Callable[[], None]:
        def answer() -> None:
            if self._consent:
                words = self._words.text().strip() if decision is Decision.REFUSE else ""
                self.decided.emit(self._consent.id, decision, words)

        return answer

    def _toggle(self) -> None:
        self._about.setVisible(self._details.isChecked())
        self.resized.emit()

    # --- Layout -------------------------------------------------------------------------------

    def height_for(self, width: int) -> int:
        """Place everything for a width. Return the height."""
        px = self._theme.px
        side, gap = px(_SIDE), px(_GAP)
        inner = width - 2 * side
        y = px(12)
        for label in self._labels:
            if label.isHidden():
                continue
            high = label.heightForWidth(inner)
            label.setGeometry(side, y, inner, high)
            y += high + px(2)
        y += gap - px(2)
        if not self._text.isHidden():
            high = self._text.height_for(inner)
            self._text.setGeometry(side, y, inner, high)
            y += high + gap
        if not self._about.isHidden():
            high = self._about.heightForWidth(inner)
            self._about.setGeometry(side, y, inner, high)
            y += high + gap
        y = self._buttons.lay_out(side, y + px(2), inner)
        if not self._words.isHidden():
            high = self._words.sizeHint().height()
            self._words.setGeometry(side, y, inner, high)
            y += high + gap
        return y + px(4)


def question_label(name: str, face: QFont) -> QLabel:
    """Return a label for what is asked: plain text, which wraps."""
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setFont(face)
    return label


def _about(proposal: Proposal) -> str:
    """Return what else is known of the function that would run."""
    said = [effect_of(proposal)]
    if proposal.server:
        said.append(tr("Server: {name}").format(name=visible(proposal.server)))
    if proposal.function:
        said.append(tr("Function: {name}").format(name=visible(proposal.function)))
    if proposal.description:
        text = visible(proposal.description[:_DESCRIPTION])
        text += "…" * (len(proposal.description) > _DESCRIPTION)
        said.append(tr("Its own description: {text}").format(text=text))
    return "\n".join(said)


def _rename(button: Button, words: str, shortcut: str = "") -> None:
    if button.text() != words:
        button.setText(words)
        button.setAccessibleName(words)
        button.setToolTip(tip(words, shortcut))


def _breakable(name: str) -> str:
    """Return the name of a site that can be wrapped anywhere: it may be longer than a line."""
    return "\u200b".join(name)
