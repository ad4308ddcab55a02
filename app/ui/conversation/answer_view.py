"""The widget of an answer, as it grows and when it is done."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.base.types import Effort
from app.store import State
from app.ui.blocks.box import Style
from app.ui.controls import Button, muted
from app.ui.conversation.message_footer import MessageFooter
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import GUTTER, MessageView
from app.ui.conversation.sections import Section, SectionKind
from app.ui.conversation.thought_panel import ThoughtHead
from app.ui.notice import Notice
from app.ui.theme import Theme
from app.wording.errors import Action, explain
from app.wording.language import tr

_GAP = 12
_INDENT = 23  # pixels before the reasoning, with its line
_ACTION_BUTTONS = {
    Action.CHOOSE_MODEL: "chooseAnotherModel",
    Action.LOAD_AGAIN: "loadAgain",
    Action.USE_LESS_MEMORY: "useLessMemory",
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

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.head = ThoughtHead(theme)
        self.head.setParent(self)
        self.head.toggled.connect(self._toggled)
        self.head.hurried.connect(self.hurried)
        self.head.withdrawn.connect(self.withdrawn)
        self.head.resized.connect(self.resized)
        self._body = QFrame(self)
        self._body.setObjectName("thoughtBody")
        self._thought = self.make_canvas("thoughtText", tr("Reasoning"), self._body)
        self._parts: list[PartView] = []
        self._notice: Notice | None = None
        self._notice_of: tuple[object, ...] = ()
        self._footer = MessageFooter(theme)
        self._footer.setParent(self)
        self._footer.copy.connect(lambda: self.copy.emit(self.row.message.text))
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
        self._body.setVisible(record.opened)
        if record.opened and record.thought:
            self._show(self._thought, record.thought, Style(self.pixels - 1, "muted"))
        parts = [section for section in record if section.kind is not SectionKind.REASONING]
        while len(self._parts) < len(parts):
            self._parts.append(PartView(self, len(self._parts)))
        for section, part in zip(parts, self._parts, strict=False):
            part.show_section(section)
            self._show(part.canvas, section, part.style_of(section))
        for part in self._parts[len(parts) :]:
            part.hide()
        self._footer.setVisible(not record.streaming)
        if not record.streaming:
            self._footer.set_row(record.row)
            self._footer.set_hovered(self.underMouse())
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
            for button in self._notice.buttons:
                button.setVisible(last)
                button.setEnabled(not busy)

    def lay_out(self, width: int) -> int:
        inner = width - 2 * GUTTER
        y = 0
        if not self.head.isHidden():
            high = self.head.sizeHint().height()
            self.head.setGeometry(GUTTER, y, inner, high)
            y += high + 6
        if not self._body.isHidden():
            high = self._thought.height_for(inner - _INDENT)
            self._body.setGeometry(GUTTER + 9, y, inner - 9, high + 2)
            self._thought.setGeometry(14, 1, inner - _INDENT, high)
            y += high + 12
        y += 6 if y else 0
        for part in self._parts:
            if not part.isHidden():
                high = part.lay_out(inner)
                part.setGeometry(GUTTER, y, inner, high)
                y += high + _GAP
        if self._notice:
            self._notice.fit(inner)
            high = self._notice.heightForWidth(inner)
            self._notice.setGeometry(GUTTER, y, inner, high)
            y += high + _GAP
        if not self._footer.isHidden():
            high = self._footer.sizeHint().height()
            self._footer.setGeometry(0, y, width, high)
            y += high + _GAP
        return max(0, y - _GAP)

    def tab_stops(self) -> list[QWidget]:
        notice = [self._notice] if self._notice else []
        return [
            child
            for widget in (self.head, self._body, *self._parts, *notice, self._footer)
            for child in widget.findChildren(QWidget)
            if child.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._footer.set_hovered(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._footer.set_hovered(False)

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
        if record.error is not None:
            explanation = explain(record.error)
            notice.set_text(explanation.sentence)
            notice.set_detail(explanation.detail)
            notice.opened.connect(self.resized)
            self._add_steps(notice, explanation.actions)
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
            case _:
                name, step = (
                    _ACTION_BUTTONS.get(action, "actOnError"),
                    lambda: self.act.emit(action),
                )
        return Button(self.theme, name, action.words, text=action.words, clicked=step)


_NAMES = {SectionKind.ANSWER: "said", SectionKind.DECLINED: "declined"}


class PartView(QFrame):
    """A part of an answer: text for the user, a tool call under its heading, or a refusal."""

    _CALL = (14, 30, 14, 10)
    _DECLINED = (14, 8, 8, 8)

    def __init__(self, answer: AnswerView, number: int) -> None:
        super().__init__(answer)
        self._answer = answer
        self._heading = muted(pixels=13)
        self._heading.setParent(self)
        self._heading.move(14, 8)
        self._get: Button | None = None
        self.canvas = answer.make_canvas("answerText", tr("Answer"), self)

    def style_of(self, section: Section) -> Style:
        """Return the style of its text."""
        if section.kind is SectionKind.DECLINED:
            return Style(self._answer.pixels - 1, "muted")
        return Style(self._answer.pixels, mono=section.kind is not SectionKind.ANSWER)

    def show_section(self, section: Section) -> None:
        """Show another section, or the same one as it is now."""
        name = _NAMES.get(section.kind, "call")
        if name != self.objectName():
            self.setObjectName(name)
            self.style().unpolish(self)
            self.style().polish(self)
        self._heading.setText(section.heading)
        self._heading.setVisible(name == "call")
        self._heading.adjustSize()
        if name == "declined" and self._get is None:
            self._get = self._answer.make_get_button(self)
        if self._get:
            self._get.setVisible(name == "declined")
        self.show()

    def lay_out(self, width: int) -> int:
        """Place everything for a width. Return the height."""
        if self._get and self.objectName() == "declined":
            return self._lay_out_declined(self._get, width)
        left, top, right, bottom = self._CALL if self.objectName() == "call" else (0, 0, 0, 0)
        high = self.canvas.height_for(width - left - right)
        self.canvas.setGeometry(left, top, width - left - right, high)
        return top + high + bottom

    def _lay_out_declined(self, button: Button, width: int) -> int:
        """Place the sentence, and the button on its right."""
        left, top, right, bottom = self._DECLINED
        size = button.sizeHint()
        inner = max(80, width - left - right - size.width() - 12)
        high = self.canvas.height_for(inner)
        row = max(high, size.height())
        self.canvas.setGeometry(left, top + (row - high) // 2, inner, high)
        button.setGeometry(
            width - right - size.width(), top + (row - size.height()) // 2, *size.toTuple()
        )
        return top + row + bottom
