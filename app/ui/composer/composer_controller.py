"""What is asked, and stopped, in the chat that is shown, and what is read ahead for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.base.types import Effort, Part
from app.host import Host
from app.store import State
from app.turn import Question, SendFailed, Turn, TurnEnded, TurnStarted
from app.ui.composer.message_queue import MessageQueue
from app.ui.composer.prefill import PrefillTimer

if TYPE_CHECKING:
    from app.store import MessageRow
    from app.ui.window import Window


class ComposerController(QObject):
    """Between the composer and the model: asks now, or has a message wait for its turn."""

    changed = Signal()
    """Something is on its way that was not, or other words stand in the composer."""

    def __init__(self, window: Window, host: Host) -> None:
        super().__init__(window)
        self._window, self._host = window, host
        self._composer, self._turns, self._models = window.composer, window.turns, window.models
        self._new: Turn | None = None  # which will make a chat of the new one that is shown
        self.queue = MessageQueue(self._composer, window.drafts, window.turns, self._ask, self)
        self.queue.changed.connect(self.changed)
        self.ahead = PrefillTimer(self._prepare, self)
        self._composer.sent.connect(self.send)
        self._composer.stopped.connect(self.stop)
        self._composer.typed.connect(self._typed)
        window.greeting.asked.connect(lambda text: self.send((Part(text),)))
        self.ahead.moved.connect(self.changed)
        self._composer.stop_ahead.connect(self.stop)
        self._composer.never_ahead.connect(self.never_ahead)
        window.models.ready.connect(self.ahead.ready)
        window.branches.turned.connect(self.ahead.opened)
        window.preferences.instructed.connect(self.ahead.changed)
        window.setup.chosen.connect(self.ahead.changed)

    def busy(self) -> bool:
        """Whether an answer is on its way in the chat that is shown."""
        chat = self._window.chat
        return self._new is not None if chat is None else self._turns.busy(chat)

    def send(self, parts: tuple[Part, ...]) -> None:
        """What stands in the composer is asked, or waits for the answer that is on its way."""
        effort, edited = self._composer.effort, self._window.branches.edited
        if not self.busy():
            taken = self._ask(self._window.chat, parts, effort, edited) is not None
        elif taken := edited is None:
            self.queue.add(parts, effort)
        if taken:
            self._composer.tray.forget_told()
            self._window.branches.sent()
            self._window.drafts.keep()
        self.changed.emit()

    def _ask(
        self, chat: int | None, parts: tuple[Part, ...], effort: Effort, instead: int | None = None
    ) -> Turn | None:
        """Asks the model of a chat, where there is one."""
        row = self._window.index.rows.get(chat) if chat is not None else None
        shown = chat == self._window.chat
        model = self._models.asked if shown else self._models.of(row.model) if row else None
        if model is None:
            return None
        setup = self._window.setup.fresh
        turn = self._turns.send(Question(chat, parts, effort, model, setup, instead))
        if chat is None:
            self._new = turn
        return turn

    def again(self, answer: int, effort: Effort) -> None:
        """Another try at an answer."""
        chat, model = self._window.chat, self._models.asked
        if model and chat is not None:
            self._turns.again(chat, answer, effort, model)
            self._composer.editor.setFocus()
            self.changed.emit()

    def again_last(self) -> None:
        """Another try at the last answer, at the effort that is chosen now."""
        if answer := self._last(question=False):
            self.again(answer.id, self._composer.effort)

    def edit_last(self) -> None:
        """The last question comes back, to be asked in other words."""
        if question := self._last(question=True):
            self._window.branches.edit(question.id)

    def copy_last(self) -> None:
        """The words of the last answer, to the clipboard."""
        if answer := self._last(question=False):
            from app.ui.clipboard import copy_markdown

            copy_markdown(answer.message.text)

    def may_change(self) -> bool:
        """Whether there is something that could be tried again, edited or copied."""
        return not self.busy() and self._last(question=False) is not None

    def _last(self, *, question: bool) -> MessageRow | None:
        there = self._window.chat is not None and self._window.has_transcript
        return self._window.transcript.last(question=question) if there else None

    def resume(self, answer: int) -> None:
        """Goes on with an answer."""
        self._go_on(answer, now=False)

    def conclude(self, answer: int) -> None:
        """Has an answer that was only thought be given."""
        self._go_on(answer, now=True)

    def _go_on(self, answer: int, *, now: bool) -> None:
        chat, model = self._window.chat, self._models.asked
        if model and chat is not None:
            self._turns.resume(chat, answer, model, now=now)
            self._composer.editor.setFocus()
            self.changed.emit()

    def stop(self) -> None:
        """Ends the answer on its way, and what is read ahead."""
        self.ahead.stopped()
        self._host.chats.stop_ahead()
        chat = self._window.chat
        if self._new:
            self._new.cancel()
        elif chat is not None:
            self._turns.stop(chat)

    def never_ahead(self) -> None:
        """Nothing is read ahead from now on."""
        self._host.change(prepare=False)
        self.stop()

    def stoppable(self) -> bool:
        """Whether something is on its way that can be ended."""
        return self.busy() or bool(self.ahead.sentence)

    def hurry(self) -> None:
        """Ends its reasoning."""
        live = self._turns.running(self._window.chat)
        if live and live.thinking:
            live.turn.answer_now()
            self.changed.emit()

    # --- What comes of it -------------------------------------------------------------------

    def leave(self) -> None:
        """Another chat is about to be shown."""
        if self._new:
            self.queue.leave(self._new)
        self._new = None

    def started(self, event: TurnStarted) -> bool:
        """Whether it has made a chat of the new one that is shown."""
        self.queue.started(event.turn, event.chat.id)
        begun = event.turn is self._new
        if begun:
            self._new = None
            self._window.drafts.begun(event.chat.id)
        return begun

    def ended(self, event: TurnEnded) -> None:
        """An answer has ended: what waited for it is sent."""
        self.queue.ended(event)
        if event.answer.chat != self._window.chat:
            return
        if event.answer.state is State.DONE:
            self.ahead.answered()  # and for what was typed meanwhile
        else:
            self.ahead.opened()

    def refused(self, event: SendFailed) -> None:
        """Nothing was stored: what was sent comes back, before what was typed since."""
        if event.turn is self._new:
            self._new = None
        self.queue.refused(event.turn)
        self._window.drafts.give_back(event.chat, event.parts)

    # --- Ahead of time ----------------------------------------------------------------------

    def _typed(self) -> None:
        self.ahead.typed()
        self.changed.emit()

    def _prepare(self, read: bool) -> None:
        """Has the next question read ahead, as far as it is there, or only counted."""
        model = self._models.current
        if model and not self._models.loading and self._turns.idle:
            parts, effort = self._composer.parts(), self._composer.effort
            setup = self._window.setup.fresh
            chat = self._window.chat
            question = Question(chat, parts, effort, model, setup)
            self._host.chats.prepare(question, read=read)
