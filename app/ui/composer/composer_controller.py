"""Controller of the composer: sends, stops and retries questions, and has them read ahead."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.base.types import Effort, ModelRef, Part
from app.host import Host
from app.store import MessageRow, State
from app.turn import Question, SendFailed, Turn, TurnEnded, TurnStarted, TurnWithdrawn
from app.ui.composer.composer import Composer
from app.ui.composer.draft_keeper import DraftKeeper
from app.ui.composer.message_queue import MessageQueue
from app.ui.composer.prefill import PrefillTimer
from app.ui.conversation.branches import Branches
from app.ui.conversation.conversation_pane import ConversationPane
from app.ui.state.chat_index import ChatIndex
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.current_chat import CurrentChat
from app.ui.state.live_turns import LiveTurns
from app.ui.state.model_choice import ModelChoice


class ComposerController(QObject):
    """A controller that connects the composer with the model: it asks, or queues the message."""

    changed = Signal()
    """A question was sent or stopped, or the composer's content has changed."""
    model_wanted = Signal()
    """A message was to be sent, and there is no model."""

    def __init__(
        self,
        composer: Composer,
        conversation: ConversationPane,
        host: Host,
        turns: LiveTurns,
        models: ModelChoice,
        index: ChatIndex,
        settings: ShownChatSettings,
        drafts: DraftKeeper,
        branches: Branches,
        current: CurrentChat,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._composer, self._conversation, self._host = composer, conversation, host
        self._turns, self._models, self._index = turns, models, index
        self._settings, self._drafts, self._branches = settings, drafts, branches
        self._current = current
        self.queue = MessageQueue(composer, drafts, turns, self._ask, self)
        self.queue.changed.connect(self.changed)
        self.prefill = PrefillTimer(self._prepare, self)
        self.prefill.moved.connect(self.changed)
        composer.sent.connect(self.send)
        composer.stopped.connect(self.stop)
        composer.typed.connect(self._typed)
        composer.prefill_stopped.connect(self.stop)
        composer.prefill_disabled.connect(self.disable_prefill)
        conversation.asked.connect(lambda text: self.send((Part(text),)))
        models.ready.connect(self.prefill.ready)
        branches.turned.connect(self.prefill.opened)
        settings.chosen.connect(self.prefill.changed)

    def send(self, parts: tuple[Part, ...]) -> None:
        """Send the message, or queue it during an answer. Without a model it stays unsent."""
        if self._models.asked is None:
            if not self._composer.parts():
                self._composer.set_parts(parts)
            self.model_wanted.emit()
            return
        effort, edited = self._composer.effort, self._branches.edited
        if not self._current.busy():
            taken = self._ask(self._current.id, parts, effort, edited) is not None
        elif taken := edited is None:
            self.queue.add(parts, effort)
        if taken:
            self._composer.attachment_bar.clear_notices()
            self._branches.sent()
            self._drafts.keep()
        self.changed.emit()

    def _ask(
        self, chat: int | None, parts: tuple[Part, ...], effort: Effort, instead: int | None = None
    ) -> Turn | None:
        """Ask in a chat. Return None if there is no model for it."""
        row = self._index.rows.get(chat) if chat is not None else None
        shown = chat == self._current.id
        model = self._models.asked if shown else self._models.of(row.model) if row else None
        if model is None:
            return None
        setup = self._settings.fresh
        turn = self._turns.send(Question(chat, parts, effort, model, setup, instead))
        if chat is None:
            self._current.first_turn = turn
        return turn

    def again(self, answer: int, effort: Effort, model: ModelRef | None = None) -> None:
        """Generate another version of an answer, with ``model`` or the one that is asked.

        The chat goes on with that model.
        """
        chat = self._current.id
        if model:
            self._models.show(model.key)
        model = self._models.asked
        if model and chat is not None:
            self._turns.again(chat, answer, effort, model)
            self._composer.focus_editor()
            self.changed.emit()

    def again_last(self) -> None:
        """Try the last answer again, or answer the last question, at the chosen effort."""
        if message := self._end():
            self.again(message.id, self._composer.effort)

    def delete_last(self) -> None:
        """Delete the last message."""
        if message := self._end():
            self._branches.delete(message.id)

    def edit_last(self) -> None:
        """Edit the last question."""
        if question := self._last(question=True):
            self._branches.edit(question.id)

    def copy_last(self) -> None:
        """Copy the last answer to the clipboard."""
        if text := self._conversation.transcript.messages.last_answer():
            from app.ui.clipboard import copy_markdown

            copy_markdown(text)

    def may_change(self) -> bool:
        """Return whether there is something that could be tried again, edited or deleted."""
        return not self._current.busy() and self._end() is not None

    def _end(self) -> MessageRow | None:
        ends = [self._last(question=question) for question in (True, False)]
        return max((row for row in ends if row), key=lambda row: row.id, default=None)

    def _last(self, *, question: bool) -> MessageRow | None:
        shown = self._current.is_stored() and self._conversation.has_transcript
        return self._conversation.transcript.messages.last(question=question) if shown else None

    def resume(self, answer: int) -> None:
        """Continue an answer."""
        self._go_on(answer, now=False)

    def conclude(self, answer: int) -> None:
        """Have the model answer from reasoning that was cut off."""
        self._go_on(answer, now=True)

    def _go_on(self, answer: int, *, now: bool) -> None:
        chat, model = self._current.id, self._models.asked
        if model and chat is not None:
            self._turns.resume(chat, answer, model, now=now)
            self._composer.focus_editor()
            self.changed.emit()

    def stop(self) -> None:
        """Stop the running answer and reading ahead.

        A question that still waits for the model is taken back into the composer.
        """
        self.prefill.stopped()
        self._host.chats.stop_ahead()
        chat = self._current.id
        if self._current.first_turn:
            self._current.first_turn.withdraw()
        elif chat is not None:
            self._turns.stop(chat, withdraw=True)

    def disable_prefill(self) -> None:
        """Turn off reading ahead."""
        self._host.change(prepare=False)
        self.stop()

    def stoppable(self) -> bool:
        """Return whether an answer or reading ahead can be stopped."""
        return self._current.busy() or bool(self.prefill.sentence)

    def may_hurry(self) -> bool:
        """Return whether the key that ends the reasoning does not send what was typed."""
        sends = self._composer.editor.send_with_ctrl and bool(self._composer.parts())
        return self._current.busy() and not sends

    def hurry(self) -> None:
        """End the reasoning, so that the answer follows now."""
        live = self._turns.running(self._current.id)
        if live and live.thinking:
            live.turn.answer_now()
            self.changed.emit()

    # --- Turns --------------------------------------------------------------------------------

    def leave(self) -> None:
        """Prepare for another chat to be shown."""
        if self._current.first_turn:
            self.queue.leave(self._current.first_turn)
        self._current.first_turn = None

    def started(self, event: TurnStarted) -> bool:
        """Handle the start of a turn. Return whether it stored the new chat that is shown."""
        self.queue.started(event.turn, event.chat.id)
        begun = event.turn is self._current.first_turn
        if begun:
            self._current.first_turn = None
            self._drafts.begun(event.chat.id)
        return begun

    def ended(self, event: TurnEnded) -> None:
        """Send the message queued after an answer that has ended."""
        self.queue.ended(event)
        if event.answer.chat != self._current.id:
            return
        if event.answer.state is State.DONE:
            self.prefill.answered()  # also reads what was typed meanwhile
        else:
            self.prefill.opened()

    def withdrawn(self, event: TurnWithdrawn) -> None:
        """Restore a message that was taken back, before what was typed since."""
        chat: int | None = event.answer.chat
        if event.chat_gone:
            self._drafts.move(event.answer.chat, None)
            chat = None
        if event.question:
            self._drafts.give_back(chat, event.question.message.parts)
            self._drafts.keep()

    def refused(self, event: SendFailed) -> None:
        """Restore a message that could not be sent, before what was typed since."""
        if event.turn is self._current.first_turn:
            self._current.first_turn = None
        self.queue.refused(event.turn)
        self._drafts.give_back(event.chat, event.parts)

    # --- Reading ahead ------------------------------------------------------------------------

    def _typed(self) -> None:
        self.prefill.typed()
        self.changed.emit()

    def _prepare(self, read: bool) -> None:
        """Have the message so far read ahead, or only counted."""
        model = self._models.current
        if model and not self._models.loading and not self._current.busy():
            parts, effort = self._composer.parts(), self._composer.effort
            setup = self._settings.fresh
            question = Question(self._current.id, parts, effort, model, setup)
            self._host.chats.prepare(question, read=read)
