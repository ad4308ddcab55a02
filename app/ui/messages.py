"""One message of a conversation as a widget: a question's bubble, or an answer with its
thought, its blocks and what can be done with it."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from app.base.types import Channel, Effort, Message, Part, Role, Stats
from app.store import MessageRow, State
from app.ui.controls import Button, Notice, column, muted
from app.ui.errors import Action, explain
from app.ui.render import BlockColumn
from app.ui.text import TextView
from app.ui.theme import Look
from app.ui.thought import Thought

GUTTER = 8  # pixels beside the text: the icons below stand under it, their ground reaches out
_BUBBLE = 0.78  # of the column's width, at most
_ENDED = {State.STOPPED: "You stopped this answer.", State.CUT_OFF: "This answer was cut off."}
_NO_TOOLS = "The model wanted to use a tool, and Fireside has none yet."


class Question(QWidget):
    """What the person said, exactly as it was typed."""

    def __init__(self, look: Look, row: MessageRow) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.row = row
        self._bubble = QFrame()
        self._bubble.setObjectName("bubble")
        self._text = TextView(look, "questionText")
        self._text.setAccessibleName("You")
        self._text.set_plain(row.message.text)
        column(self._bubble, (16, 11, 16, 5)).addWidget(self._text)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GUTTER, 0, GUTTER, 0)
        layout.addStretch(1)
        layout.addWidget(self._bubble)
        self._ideal = self._text.ideal_width() + 34

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bubble.setFixedWidth(min(self._ideal, round(self.width() * _BUBBLE)))

    def plain_text(self) -> str:
        return self._text.toPlainText()


class UnseenLine(QWidget):
    """Between what the model no longer sees and what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("unseenLine")
        self._label = muted("The model no longer sees what is above this line.")
        self.setAccessibleName(self.text())
        self.setToolTip(
            "The conversation is longer than the model's context. Nothing was deleted: "
            "the oldest messages are only left out of what the model is given."
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GUTTER, 0, GUTTER, 0)
        layout.setSpacing(14)
        for widget, stretch in ((_rule(), 1), (self._label, 0), (_rule(), 1)):
            layout.addWidget(widget, stretch)
        self.hide()

    def text(self) -> str:
        """What it says."""
        return self._label.text()


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    rule.setFixedHeight(1)
    return rule


class Call(QFrame):
    """What the model wrote to a tool."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("call")
        layout = column(self, (14, 8, 14, 10), gap=6)
        self._to = muted(pixels=13)
        layout.addWidget(self._to)
        self._text = TextView(look, "callText")
        self._text.set_code()
        layout.addWidget(self._text)

    def show_part(self, part: Part) -> None:
        self._to.setText(f"Call to {part.recipient}")
        self._text.set_plain(part.text)

    def plain_text(self) -> str:
        return f"{self._to.text()}\n{self._text.toPlainText()}"


class Said(BlockColumn):
    """What the model wrote to the reader."""

    def show_part(self, part: Part) -> None:
        self.set_text(part.text)


class Footer(QWidget):
    """Under an answer: how it was made, and what to do with it."""

    copy = Signal()
    again = Signal(Effort)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._effort = Effort.MEDIUM
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._copy = Button(
            look, "copyMessage", "Copy this answer", icon="copy", size=16, clicked=self.copy.emit
        )
        self.regenerate = Button(
            look, "regenerate", "Try again, at any effort", icon="retry", size=16,
            clicked=self._choose,
        )  # fmt: skip
        self._made = muted(name="made")
        layout.addWidget(self._copy)
        layout.addWidget(self.regenerate)
        layout.addSpacing(6)
        layout.addWidget(self._made)
        layout.addStretch(1)
        self._menu: QMenu | None = None

    def set_row(self, row: MessageRow) -> None:
        self._effort = row.effort or Effort.MEDIUM
        self._copy.setVisible(bool(row.message.text))
        said = [f"{self._effort.capitalize()} effort", row.model]
        if row.stats and row.stats.tokens_per_second:
            said.append(f"{row.stats.tokens_per_second:,.0f} tokens/s")
        self._made.setText(" · ".join(text for text in said if text))
        self._made.setToolTip(_stats(row.stats) if row.stats else "")

    def copied(self) -> None:
        """Says so, for a moment."""
        self._copy.set_icon("check")
        QTimer.singleShot(1500, self._copy, lambda: self._copy.set_icon("copy"))

    def _choose(self) -> None:
        if self._menu is None:
            self._menu = QMenu(self)
            self._menu.setObjectName("regenerateMenu")
            self._menu.addAction("Try again", lambda: self.again.emit(self._effort))
            self._menu.addSeparator()
            for effort in Effort:
                self._menu.addAction(f"With {effort} effort", lambda e=effort: self.again.emit(e))
        self._menu.popup(self.regenerate.mapToGlobal(self.regenerate.rect().bottomLeft()))


class Answer(QWidget):
    """What the model said, as it grows and when it is done."""

    again = Signal(int, Effort)
    resume = Signal(int)
    thought_toggled = Signal(int, bool)
    hurried = Signal()
    act = Signal(Action)
    """A step beside an error that is not about this answer alone."""

    def __init__(self, look: Look, row: MessageRow) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._look = look
        self.row = row
        whole = column(self, gap=12)
        self._layout = QVBoxLayout()
        self._layout.setContentsMargins(GUTTER, 0, GUTTER, 0)
        self._layout.setSpacing(12)
        whole.addLayout(self._layout)
        self.thought = Thought(look)
        self._layout.addWidget(self.thought)
        self._parts: list[Call | Said] = []
        self._notice: Notice | None = None
        self._footer = Footer(look)
        whole.addWidget(self._footer)
        self.thought.toggled.connect(lambda on: self.thought_toggled.emit(self.row.id, on))
        self.thought.hurried.connect(self.hurried)
        self._footer.copy.connect(self._copy)
        self._footer.again.connect(lambda effort: self.again.emit(self.row.id, effort))

    def show_parts(self, parts: tuple[Part, ...], *, streaming: bool) -> None:
        """The text so far."""
        reasoning = Message(Role.ASSISTANT, parts).reasoning
        others = [
            p
            for p in parts
            if (p.recipient or p.channel is not Channel.ANALYSIS) and p.text.strip()
        ]
        self.thought.setVisible(bool(reasoning) or (streaming and not others))
        self.thought.show_text(
            reasoning.strip(), answered=bool(others), thinking=streaming and not others
        )
        for index, part in enumerate(others):
            if index == len(self._parts):
                self._parts.append(Call(self._look) if part.recipient else Said(self._look))
                self._layout.insertWidget(1 + index, self._parts[index])
            self._parts[index].show_part(part)

    def set_row(self, row: MessageRow, error: BaseException | None = None) -> None:
        """The answer as it is on disk, and what cut it off."""
        self.row = row
        streaming = row.state is State.STREAMING
        self.thought.set_wish(row.thought_open)
        if not streaming:
            self.thought.set_seconds(row.thought_s)
        self.show_parts(row.message.parts, streaming=streaming)
        self._footer.set_row(row)
        self._footer.setVisible(not streaming)
        self._show_notice(error)
        self._order_tabs()

    def set_choices(self, last: bool, busy: bool) -> None:
        """Only the last answer can be tried again, and only while none is on its way."""
        self._footer.regenerate.setVisible(last)
        self._footer.regenerate.setEnabled(not busy)
        if self._notice:
            for button in self._notice.findChildren(Button):
                button.setVisible(last)
                button.setEnabled(not busy)

    def plain_text(self) -> str:
        thought = [self.thought.plain_text()] if not self.thought.isHidden() else []
        notice = [self._notice.accessibleName()] if self._notice else []
        return "\n\n".join([*thought, *(part.plain_text() for part in self._parts), *notice])

    def _order_tabs(self) -> None:
        """Tab goes from top to bottom, whatever was made first."""
        notice = [self._notice] if self._notice else []
        stops = [
            child
            for widget in (self.thought, *self._parts, *notice, self._footer)
            for child in widget.findChildren(QWidget)
            if child.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        for first, second in pairwise(stops):
            QWidget.setTabOrder(first, second)

    def _show_notice(self, error: BaseException | None) -> None:
        if self._notice:
            self._layout.removeWidget(self._notice)
            self._notice.hide()
            self._notice.deleteLater()
            self._notice = None
        text = _ENDED.get(self.row.state) or (_NO_TOOLS if self._calls else "")
        if not text:
            return
        quiet = error is None
        notice = Notice(self._look, "notice", "alert", "muted" if quiet else "danger")
        notice.setProperty("quiet", quiet)
        if error is not None:
            explanation = explain(error)
            notice.set_text(explanation.sentence)
            self._add_step(notice, explanation.action)
        else:
            notice.set_text(text)
            if self._can_continue and self.row.state is not State.DONE:
                self._add_step(notice, Action.CONTINUE)
            self._add_step(notice, Action.RETRY)
        self._notice = notice
        self._layout.addWidget(notice)

    @property
    def _calls(self) -> bool:
        """Whether it ends in a call to a tool, which nobody answers."""
        parts = self.row.message.parts
        return self.row.state is State.DONE and bool(parts) and bool(parts[-1].recipient)

    @property
    def _can_continue(self) -> bool:
        return any(part.text for part in self.row.message.parts)

    def _add_step(self, notice: Notice, action: Action) -> None:
        if action is Action.CONTINUE and not self._can_continue:
            action = Action.RETRY
        row = self.row
        match action:
            case Action.NONE:
                return
            case Action.CONTINUE:
                name, step = "continueAnswer", lambda: self.resume.emit(row.id)
            case Action.RETRY:
                effort = row.effort or Effort.MEDIUM
                name, step = "tryAgain", lambda: self.again.emit(row.id, effort)
            case _:
                name, step = "actOnError", lambda: self.act.emit(action)
        notice.add_button(Button(self._look, name, action.value, text=action.value, clicked=step))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.row.message.text)
        self._footer.copied()


def _stats(stats: Stats) -> str:
    """All that was measured, one fact a line."""
    return "\n".join(
        (
            f"Prompt: {stats.prompt_tokens:,} tokens, {stats.reused:,} of them reused",
            f"First token after {stats.first_token_s:.2f} s",
            f"Generated: {stats.generated:,} tokens, {stats.reasoning_tokens:,} of them reasoning",
            f"Speed: {stats.tokens_per_second:,.1f} tokens/s over {stats.generation_s:.1f} s",
            f"Peak memory of the model: {stats.peak_memory / 10**6:,.0f} MB",
            f"Seed: {stats.seed}",
        )
    )
