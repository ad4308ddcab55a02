"""The widget of an answer, as it grows and when it is done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from app.base.types import Effort, Part
from app.store import State
from app.tools.tool_events import Decision
from app.ui.blocks.box import Style
from app.ui.blocks.canvas import Canvas
from app.ui.controls import Button, muted
from app.ui.conversation.call_state import CallState
from app.ui.conversation.consent_card import ConsentCard
from app.ui.conversation.departure_card import DepartureCard
from app.ui.conversation.figure_images import FigureImages
from app.ui.conversation.item_stack import ItemStack
from app.ui.conversation.message_footer import MessageFooter
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import GUTTER, MessageView
from app.ui.conversation.sections import Section
from app.ui.conversation.thought_panel import ThoughtHead
from app.ui.notice import Notice
from app.ui.theme import Theme
from app.wording.errors import Action

_GAP = 12
_INDENT = 23  # pixels before the reasoning, with its line
_ACTION_BUTTONS = {
    Action.CHOOSE_MODEL: "chooseAnotherModel",
    Action.LOAD_AGAIN: "loadAgain",
    Action.USE_LESS_MEMORY: "useLessMemory",
    Action.CHANGE_KEY: "changeKey",
}


class AnswerView(MessageView):
    """An answer of the model, as it grows and when it is done."""

    again = Signal(int, Effort)
    regenerate = Signal(QWidget)
    """Another version is wanted; the button that was pressed."""
    resume = Signal(int)
    conclude = Signal(int)
    """The id of a message that the model is to answer from its reasoning."""
    thought_toggled = Signal(int, bool)
    hurried = Signal()
    withdrawn = Signal()
    act = Signal(Action)
    """An action offered with an error that does not concern this answer alone."""
    changing = Signal(object)
    """A function that changes what is open, to be called with the view kept in place."""
    decided = Signal(str, Decision, str)
    """The id of a question about a call, the user's answer, and words with a refusal."""
    stopped = Signal()
    """The answer is to be stopped."""
    rerun_wanted = Signal(int, object)
    """The id of the answer, and the CallState that is to be run again."""
    rerun_stopped = Signal(object)
    """The CallState that is not to run again any longer."""
    save_wanted = Signal(object)
    """A Part with a figure or a file that is to be saved."""

    def __init__(self, theme: Theme, images: FigureImages | None = None) -> None:
        super().__init__(theme)
        self.images = images
        self.head = ThoughtHead(theme)
        self.head.setParent(self)
        self.head.toggled.connect(self._toggled)
        self.head.hurried.connect(self.hurried)
        self.head.withdrawn.connect(self.withdrawn)
        self.head.resized.connect(self.resized)
        self._body = QFrame(self)
        self._body.setObjectName("thoughtBody")
        self._panel = ItemStack(self, self._body, reasoning=True)
        self._parts = ItemStack(self, self, reasoning=False)
        self._departure: DepartureCard | None = None
        self._left_out = muted(name="leftOut")
        self._left_out.setWordWrap(True)
        self._left_out.setParent(self)
        self._left_out.hide()
        self._notice: Notice | None = None
        self._notice_of: tuple[object, ...] = ()
        self._footer = MessageFooter(theme)
        self._footer.setParent(self)
        self._footer.copy.connect(
            lambda: self.copy.emit(self.record.to_copy() if self.record else "")
        )
        self._footer.again.connect(self.regenerate)
        self._footer.more.connect(self.more)
        self._footer.versions.wanted.connect(self.version_wanted)

    def show_record(self, record: MessageState) -> None:
        self.record = record
        self.setAccessibleName(record.title)
        self.shown = []
        self.head.setVisible(record.has_header)
        if record.has_header:
            self.head.show_record(record)
        if not record.in_panel and self._body.isAncestorOf(QApplication.focusWidget() or self):
            self.head.header.setFocus(Qt.FocusReason.OtherFocusReason)
        self._body.setVisible(bool(record.in_panel))
        self._panel.show_items(record.in_panel)
        self._parts.show_items(record.outside)
        self._footer.setVisible(not record.streaming)
        if not record.streaming:
            self._footer.set_row(record.row, record.citations.faults)
            self._footer.set_hovered(self.underMouse())
        self._left_out.setText(record.left_out)
        self._left_out.setVisible(bool(record.left_out))
        self._show_departure()
        self._show_notice()

    def set_choices(self, last: bool, busy: bool) -> None:
        """Enable the available buttons.

        None is available while an answer is running (``busy``), and actions for an error only if
        this answer is the last.
        """
        self._footer.regenerate.setEnabled(not busy)
        if self.record:
            self._footer.versions.set_record(self.record, busy)
        if self._notice:
            buttons = self._notice.buttons
            changed = any(button.isHidden() is last for button in buttons)
            for button in buttons:
                button.setVisible(last)
                button.setEnabled(not busy)
            if changed:
                self.resized.emit()

    def lay_out(self, width: int) -> int:
        inner = width - 2 * GUTTER
        y = 0
        if not self.head.isHidden():
            high = self.head.sizeHint().height()
            self.head.setGeometry(GUTTER, y, inner, high)
            y += high + 6
        if not self._body.isHidden():
            high = self._panel.lay_out(14, 1, inner - _INDENT) + 1
            self._body.setGeometry(GUTTER + 9, y, inner - 9, high)
            y += high + 10
        y += 6 if y else 0
        if self._parts.views:
            y = self._parts.lay_out(GUTTER, y, inner) + _GAP
        if self._departure and not self._departure.isHidden():
            high = self._departure.height_for(inner)
            self._departure.setGeometry(GUTTER, y, inner, high)
            y += high + _GAP
        if self._notice:
            self._notice.fit(inner)
            high = self._notice.heightForWidth(inner)
            self._notice.setGeometry(GUTTER, y, inner, high)
            y += high + _GAP
        if not self._left_out.isHidden():
            high = self._left_out.heightForWidth(inner)
            self._left_out.setGeometry(GUTTER, y, inner, high)
            y += high + 6
        if not self._footer.isHidden():
            high = self._footer.sizeHint().height()
            self._footer.setGeometry(0, y, width, high)
            y += high + _GAP
        return max(0, y - _GAP)

    def tab_stops(self) -> list[QWidget]:
        below = [*([self._notice] if self._notice else []), self._footer]
        return [
            *_focusable(self.head),
            *self._panel.stops(),
            *self._parts.stops(),
            *(self._departure.stops() if self._departure else ()),
            *(stop for widget in below for stop in _focusable(widget)),
        ]

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._footer.set_hovered(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._footer.set_hovered(False)

    @property
    def card(self) -> ConsentCard | DepartureCard | None:
        """The question to the user, if there is one."""
        if self._departure and not self._departure.isHidden():
            return self._departure
        cards = (call.card for call in (*self._panel.cards, *self._parts.cards))
        return next(cards, None)

    def show_text(self, canvas: Canvas, section: Section, style: Style) -> None:
        """Show a section in a canvas."""
        self._show(canvas, section, style)

    def place_changed(self, change: Callable[[], None]) -> None:
        """Change what is open in the answer, with the view in place."""
        self.changing.emit(change)

    def lay_out_again(self) -> None:
        """Place everything again, since something has another size."""
        self.resized.emit()

    def decide(self, consent: str, decision: Decision, words: str) -> None:
        """Answer a question about a call."""
        self.decided.emit(consent, decision, words)

    def stop_turn(self) -> None:
        """Stop the answer."""
        self.stopped.emit()

    def run_again(self, call: CallState) -> None:
        """Run a call again, unless it runs already."""
        self.rerun_wanted.emit(self.row.id, call)

    def stop_rerun(self, call: CallState) -> None:
        """Stop a call that runs again."""
        self.rerun_stopped.emit(call)

    def save_file(self, part: Part) -> None:
        """Save what a call has made."""
        self.save_wanted.emit(part)

    def copied(self) -> None:
        """Show for a moment that the answer was copied."""
        self._footer.copied()

    def make_get_button(self, parent: QWidget) -> Button:
        """Return the button that leads from the demo model to a real one."""
        words = Action.GET_MODEL.words
        button = Button(
            self.theme, "getModel", words, text=words, kind="small",
            clicked=lambda: self.act.emit(Action.GET_MODEL),
        )  # fmt: skip
        button.setParent(parent)
        return button

    def _toggled(self, opened: bool) -> None:
        self.thought_toggled.emit(self.row.id, opened)

    def _go_online(self) -> None:
        """Go online, and on with the answer."""
        answer = self.row.id
        self.act.emit(Action.GO_ONLINE)
        self.resume.emit(answer)

    def _show_departure(self) -> None:
        """Show the question about what would be sent, while it is open."""
        consent = self.record.departure if self.record else None
        if consent is None:
            if self._departure and not self._departure.isHidden():
                if self._departure.isAncestorOf(QApplication.focusWidget() or self):
                    self.head.header.setFocus(Qt.FocusReason.OtherFocusReason)
                self._departure.hide()
            return
        if self._departure is None:
            self._departure = DepartureCard(self.theme, self)
            self._departure.decided.connect(self.decided)
        self._departure.set_consent(consent)
        self._departure.show()

    def _show_notice(self) -> None:
        record = self.record
        assert record
        wanted = (record.row.id, record.row.state, record.error, record.notice)
        if wanted == self._notice_of:
            return
        self._notice_of = wanted
        if self._notice:
            self._notice.hide()
            self._notice.deleteLater()
            self._notice = None
        if not record.notice and record.error is None:
            return
        quiet = record.error is None
        notice = Notice(self.theme, "notice", "alert", "muted" if quiet else "danger")
        notice.setProperty("quiet", quiet)
        if fault := record.fault:
            notice.set_text(fault.sentence)
            notice.set_detail(fault.detail)
            notice.opened.connect(self.resized)
            self._add_steps(notice, fault.actions)
        else:
            notice.set_text(record.notice)
            begun = bool(record.row.message.parts) or record.row.state is State.DONE
            if record.unanswered and begun and record.row.state is not State.STOPPED:
                self._add_step(notice, Action.ANSWER_NOW)
            if record.can_continue and record.row.state is not State.DONE:
                self._add_step(notice, Action.CONTINUE)
            self._add_step(notice, Action.RETRY)
        notice.setParent(self)
        notice.show()
        self._notice = notice

    def _add_steps(self, notice: Notice, actions: tuple[Action, ...]) -> None:
        """Add a button for each action: a single one beside the text, several below it."""
        buttons = [button for action in actions if (button := self._step(action))]
        if len(buttons) > 1:
            notice.add_row(buttons)
        elif buttons:
            notice.add_button(buttons[0])

    def _add_step(self, notice: Notice, action: Action) -> None:
        if button := self._step(action):
            notice.add_button(button)

    def _step(self, action: Action) -> Button | None:
        record = self.record
        assert record
        if action is Action.CONTINUE and not record.can_continue:
            action = Action.RETRY
        row = record.row
        match action:
            case Action.NONE:
                return None
            case Action.CONTINUE:
                name, step = "continueAnswer", lambda: self.resume.emit(row.id)
            case Action.ANSWER_NOW:
                name, step = "concludeAnswer", lambda: self.conclude.emit(row.id)
            case Action.RETRY if not row.message.parts and row.state is not State.DONE:
                name, step = "tryAgain", lambda: self.resume.emit(row.id)
            case Action.RETRY:
                effort = row.effort or Effort.MEDIUM
                name, step = "tryAgain", lambda: self.again.emit(row.id, effort)
            case Action.GO_ONLINE:
                name, step = "goOnline", self._go_online
            case _:
                name, step = (
                    _ACTION_BUTTONS.get(action, "actOnError"),
                    lambda: self.act.emit(action),
                )
        return Button(self.theme, name, action.words, text=action.words, clicked=step)


def _focusable(widget: QWidget) -> list[QWidget]:
    """Return the widgets inside another one that the Tab key reaches."""
    children = widget.findChildren(QWidget)
    return [child for child in children if child.focusPolicy() & Qt.FocusPolicy.TabFocus]
