"""The running answers in all chats."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.base.draft import Draft
from app.base.errors import EngineError, ModelError
from app.base.types import Effort, ModelRef
from app.chat import Chats
from app.tools.tool_events import Consent, Decision
from app.turn import (
    ChatEvent,
    ModelFailed,
    ModelLoading,
    ModelPlanned,
    ModelReady,
    Question,
    SendFailed,
    Turn,
    TurnEnded,
    TurnProgress,
    TurnStarted,
    TurnWithdrawn,
)
from app.ui.state.live_answer import LiveAnswer
from app.ui.state.live_calls import LiveCalls


@dataclass
class PendingQuestion:
    """A question that has not been stored yet. ``chat`` is None for a new one.

    ``instead`` is the question that it is another version of.
    """

    turn: Turn
    chat: int | None
    model: ModelRef
    instead: int | None = None


class LiveTurns(QObject):
    """The running turns: it sends and stops questions, and keeps the drafts of their answers."""

    started = Signal(object, object)
    """A TurnStarted, and the chat that was asked in (None for a new one)."""
    grown = Signal(int, int)
    """The chat and the message whose draft or status has changed."""
    ended = Signal(object)
    """A TurnEnded."""
    withdrawn = Signal(object, object)
    """A TurnWithdrawn, and the question that it was another version of, or None."""
    refused = Signal(object)
    """A SendFailed."""
    asked = Signal(int)
    """The chat in which the user is asked about a call, or about what would be sent."""
    decided = Signal(int)
    """The chat in which no question is open any more."""

    def __init__(self, chats: Chats, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chats = chats
        self._asked: dict[Turn, PendingQuestion] = {}
        self._questions: dict[int, Consent] = {}  # to the user, by chat
        self._live: dict[int, LiveAnswer] = {}
        self._grown: set[tuple[int, int]] = set()
        # A load ahead of any question: of what, how far, and since when.
        self._loading: tuple[ModelRef, float, float] | None = None
        self._contexts: dict[ModelRef, int] = {}  # with which the models were loaded last
        self._growing: ModelRef | None = None  # what is loaded again with a longer one

    def send(self, question: Question) -> Turn:
        """Send a question."""
        turn = self._chats.send(question)
        self._asked[turn] = PendingQuestion(turn, question.chat, question.model, question.instead)
        return turn

    def again(self, chat: int, answer: int, effort: Effort, model: ModelRef) -> None:
        """Try an answer again."""
        turn = self._chats.regenerate(answer, effort, model)
        self._asked[turn] = PendingQuestion(turn, chat, model)

    def resume(self, chat: int, answer: int, model: ModelRef, *, now: bool = False) -> None:
        """Continue an answer; with ``now``, without further reasoning."""
        turn = self._chats.resume(answer, model)
        if now:
            turn.answer_now()
        self._asked[turn] = PendingQuestion(turn, chat, model)

    def stop(self, chat: int, *, withdraw: bool = False) -> None:
        """Stop the answer that is running in a chat, or about to begin.

        With ``withdraw``, a question that the model has not begun to read is taken back.
        """
        for asked in [asked for asked in self._asked.values() if asked.chat == chat]:
            asked.turn.withdraw() if withdraw else asked.turn.cancel()
        for live in [live for live in self._live.values() if live.chat == chat and not live.ended]:
            live.turn.withdraw() if withdraw and live.waiting else live.turn.cancel()
            self._look_for_questions(live)
            self.grown.emit(live.chat, live.answer.id)  # its status has changed

    def decide(self, chat: int, consent: str, decision: Decision, words: str = "") -> None:
        """Answer a question to the user in a chat; ``words`` go with a refusal."""
        if live := self.running(chat):
            live.turn.decide(consent, decision, words)
            live.tools.settle()
            self._look_for_questions(live)
            self.grown.emit(live.chat, live.answer.id)

    @property
    def asking(self) -> frozenset[int]:
        """The chats whose answers wait for a decision of the user."""
        return frozenset(self._questions)

    @property
    def answered(self) -> frozenset[int]:
        """The chats that are being answered."""
        return frozenset(live.chat for live in self._live.values() if live.ended is None)

    def _look_for_questions(self, live: LiveAnswer) -> None:
        """Tell whether an answer has begun, or ceased, to wait for the user."""
        before, now = self._questions.pop(live.chat, None), live.asks
        if now:
            self._questions[live.chat] = now
            if now is not before:
                self.asked.emit(live.chat)
        elif before:
            self.decided.emit(live.chat)

    def busy(self, chat: int) -> bool:
        """Return whether a chat has a running answer, or a question that is being stored."""
        return any(asked.chat == chat for asked in self._asked.values()) or bool(self.running(chat))

    @property
    def idle(self) -> bool:
        """Whether no answer is running in any chat."""
        return not self._asked and all(live.ended for live in self._live.values())

    @property
    def begun(self) -> bool:
        """Whether an answer is running for which the model is in use."""
        return any(live.ended is None and live.asked for live in self._live.values())

    def running(self, chat: int | None) -> LiveAnswer | None:
        """Return the running answer of a chat, if any."""
        for live in self._live.values():
            if live.chat == chat and live.ended is None:
                return live
        return None

    def waiting(self) -> list[tuple[int | None, ModelRef]]:
        """Return the chats whose questions wait until a model is loaded, and those models."""
        asked = [(asked.chat, asked.model) for asked in self._asked.values()]
        return asked + [(live.chat, live.model) for live in self._live.values() if live.waiting]

    def waits_for(self, model: ModelRef) -> bool:
        """Return whether a question waits until this model is loaded."""
        return any(model == other for _, other in self.waiting())

    def unanswered(self, chat: int | None) -> LiveAnswer | None:
        """Return the chat's last answer of this session if its model could not be loaded."""
        lives = (live for live in self._live.values() if live.chat == chat)
        last = max(lives, key=lambda live: live.answer.id, default=None)
        error = last.ended.error if last and last.ended else None
        begun = last is not None and bool(last.draft.parts)
        failed = isinstance(error, ModelError) or (isinstance(error, EngineError) and not begun)
        return last if failed else None

    def drafts(self, chat: int) -> dict[int, Draft]:
        """Return the drafts of a chat's running answers, by message."""
        live = self.running(chat)
        return {live.answer.id: live.draft} if live else {}

    def ended_with(self, message: int) -> TurnEnded | None:
        """Return how an answer of this session ended; None if it has not."""
        live = self._live.get(message)
        return live.ended if live else None

    def receive_model(self, event: ModelPlanned | ModelLoading | ModelReady | ModelFailed) -> None:
        """Show the progress of a load in the answers that wait for it."""
        if isinstance(event, ModelPlanned):
            self._receive_plan(event)
            return
        fraction = event.fraction if isinstance(event, ModelLoading) else None
        before, self._loading = self._loading, None
        self._growing = None  # a load that no question has asked for
        if fraction is not None:
            goes_on = before is not None and before[0] == event.model
            since = before[2] if before and goes_on else time.monotonic()
            self._loading = event.model, fraction, since
        for live in self._live.values():
            if live.waiting and live.model == event.model:
                live.loading, live.grows = fraction, False
                self.grown.emit(live.chat, live.answer.id)

    def _receive_plan(self, event: ModelPlanned) -> None:
        """Note whether a question has its model loaded again because the chat is long."""
        before = self._contexts.get(event.model, event.plan.context)
        self._contexts[event.model] = event.plan.context
        self._growing = event.model if event.plan.context > before else None

    def receive(self, events: Iterable[ChatEvent]) -> None:
        """Handle events and emit signals; one for each draft that grew, at the end."""
        for event in events:
            self._receive(event)
        grown, self._grown = self._grown, set()
        for chat, message in grown:
            self.grown.emit(chat, message)

    def _receive(self, event: ChatEvent) -> None:
        match event:
            case TurnStarted(turn, chat, _, answer):
                asked = self._asked.pop(turn)
                live = LiveAnswer(turn, chat.id, answer, turn.draft, asked.model, asked.instead)
                if self._loading and self._loading[0] == asked.model:
                    _, live.loading, live.since = self._loading
                self._live[answer.id] = live
                self.started.emit(event, asked.chat)
            case TurnProgress(chat, message, progress):
                live = self._live[message]
                live.grows = live.model == self._growing
                live.receive(progress)
                self._look_for_questions(live)
                self._grown.add((chat, message))
            case TurnEnded(answer):
                live = self._live[answer.id]
                live.ended = event
                self._look_for_questions(live)
                self.ended.emit(event)
            case TurnWithdrawn(answer):
                live = self._live.pop(answer.id)
                self.withdrawn.emit(event, live.instead)
            case SendFailed(turn):
                self._asked.pop(turn)
                self.refused.emit(event)

    def calls_of(self, message: int) -> LiveCalls | None:
        """Return what is known of the calls of an answer of this session."""
        live = self._live.get(message)
        return live.tools if live else None

    def draft_of(self, message: int) -> Draft:
        """Return the draft of a running answer."""
        return self._live[message].draft
