"""The running answers in all chats."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from app.base.draft import Draft
from app.base.errors import EngineError, ModelError
from app.base.types import (
    Delta,
    Effort,
    Loading,
    ModelRef,
    Part,
    PartAdded,
    PartKind,
    Prefill,
    Prompt,
)
from app.chat import Chats
from app.store import MessageRow
from app.tools.tool_events import (
    CallOutput,
    CallStarted,
    Consent,
    ConsentAsked,
    Decision,
    ResultsShortened,
    ToolEvent,
)
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
from app.ui.state.live_calls import LiveCalls
from app.wording.demo_words import model_name
from app.wording.language import number, tr
from app.wording.quantities import duration, percent
from app.wording.tools import CallPhase, call_label, results_shortened, waiting_for_user


@dataclass
class PendingQuestion:
    """A question that has not been stored yet. ``chat`` is None for a new one.

    ``instead`` is the question that it is another version of.
    """

    turn: Turn
    chat: int | None
    model: ModelRef
    instead: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What precedes an answer: a label, and the ``fraction`` that is done, if it is known.

    ``announced`` is what a screen reader says once at its beginning; empty for nothing.
    ``withdrawable``: whether the question can still be taken back. ``since``: time.monotonic()'s.
    """

    label: str
    since: float
    fraction: float | None = None
    announced: str = ""
    withdrawable: bool = False


class PromptProgress:
    """Progress of reading a prompt.

    Tokens taken from the cache do not count: the first report says where reading began.
    """

    def __init__(self) -> None:
        self._began: tuple[float, int] | None = None
        self._done = self._total = 0
        self._left: float | None = None

    def receive(self, event: Prefill) -> None:
        """Handle a report."""
        now = time.monotonic()
        self._done, self._total = event.done, event.total
        if self._began is None:
            self._began = now, event.done
            return
        seconds, tokens = now - self._began[0], event.done - self._began[1]
        if seconds > 0 and tokens > 0:
            self._left = (event.total - event.done) * seconds / tokens

    @property
    def fraction(self) -> float:
        """The fraction of the work that is done, 0 to 1."""
        if self._began is None:
            return 0.0
        return (self._done - self._began[1]) / max(1, self._total - self._began[1])

    @property
    def sentence(self) -> str:
        """A sentence about the progress, with the time left once the speed is known."""
        if self._began is None:
            return tr("Processing prompt…")
        done, total = number(self._done), number(self._total)
        if self._left is None or self._left < 1:
            return tr("Processing prompt: {done} of {total} tokens").format(done=done, total=total)
        return tr("Processing prompt: {done} of {total} tokens · about {time} left").format(
            done=done, total=total, time=duration(self._left)
        )


@dataclass
class LiveAnswer:
    """An answer that is running, or has ended in this session."""

    turn: Turn
    chat: int
    answer: MessageRow
    draft: Draft
    model: ModelRef
    instead: int | None = None
    loading: float | None = None
    """The fraction of its model that is loaded, while that lasts."""
    grows: bool = False
    """Whether it is loaded again with a longer context, which this chat needs."""
    prompt: int = 0
    context: int = 0
    reserved: int = 0
    dropped: int = 0
    opening: int = 0
    attached: int = 0
    generated: int = 0
    reading: PromptProgress | None = None
    """Progress of reading the prompt, while that lasts."""
    ended: TurnEnded | None = None
    since: float = field(default_factory=time.monotonic)
    """When what precedes the answer began: the wait for the model, or the reading."""
    tools: LiveCalls = field(default_factory=LiveCalls)
    _status: str = ""
    _begun: bool = False
    _parts: int = 0  # of which its events have told

    def __post_init__(self) -> None:
        self._parts = len(self.answer.message.parts)
        self._begun = any(_to_read(part) for part in self.draft.parts)

    @property
    def status(self) -> str:
        """What the answer is doing, for the status line."""
        if self.turn.stopped.is_set():
            return tr("Stopping…")
        return waiting_for_user() if self.asks else self._status

    @property
    def asks(self) -> Consent | None:
        """The question to the user that is open, if any."""
        over = self.ended is not None or self.turn.stopped.is_set()
        return None if over else self.tools.open

    def receive(self, event: Loading | Prompt | Prefill | Delta | PartAdded | ToolEvent) -> None:
        """Handle an event of the engine."""
        match event:
            case Loading(fraction):
                if self.loading is None and self.context:
                    self.since = time.monotonic()  # it was loaded before
                self.loading, self.reading = fraction, None
                if self.context:
                    self._status = loading_sentence(self.model, fraction)
            case Prompt(count):
                self.loading, self.grows, self.since = None, False, time.monotonic()
                self.prompt, self.context = count, event.context
                self.reserved, self.dropped = event.reserved, event.dropped
                self.opening, self.attached = event.opening, event.attached
                self.reading = PromptProgress()
                self._status = self.reading.sentence
            case Prefill():
                self.reading = self.reading or PromptProgress()
                self.reading.receive(event)
                self._status = self.reading.sentence
            case Delta():
                self.reading = None
                self._parts = max(self._parts, event.index + 1)
                self._count(event)
            case PartAdded(part):
                self._parts += 1
                self.tools.add(part)
                self.reading, self._status = None, ""
            case ConsentAsked() | CallStarted() | CallOutput() | ResultsShortened():
                self._receive_tool(event)

    def _receive_tool(self, event: ToolEvent) -> None:
        """Handle an event of the loop."""
        parts = self.draft.parts
        self.reading = None
        self.tools.receive(event, self._parts)
        match event:
            case CallStarted(index) if index < len(parts):
                call = parts[index]
                self._status = call_label(call.name, call.text, CallPhase.RUNNING)
            case ResultsShortened():
                self._status = results_shortened()

    @property
    def waiting(self) -> bool:
        """Whether the model has not begun to read the question, so that it can be withdrawn."""
        return not self.context and self.ended is None and not self.turn.stopped.is_set()

    @property
    def work(self) -> Work | None:
        """What precedes the answer; None once the model thinks or writes."""
        stopped = self.turn.stopped.is_set()
        if self.ended is None and self.loading is not None and not stopped:
            name = model_name(self.model.name)
            announced = tr("Loading {name}").format(name=name)
            label = loading_sentence(self.model, self.loading)
            if self.grows:
                announced = tr("Making room for a longer chat")
                label = tr("Making room for a longer chat… {percent}").format(
                    percent=percent(self.loading)
                )
            return Work(label, self.since, self.loading, announced, withdrawable=self.waiting)
        if not self.context and self.ended is None and stopped:
            return Work(tr("Stopping…"), self.since, withdrawable=True)
        if self.waiting:
            return Work(tr("Waiting for the model…"), self.since, withdrawable=True)
        return Work(tr("Processing…"), self.since, self.reading.fraction) if self.reading else None

    @property
    def thinking(self) -> bool:
        """Whether the model is reasoning, so that an answer can be asked for now."""
        asked = self.context > 0 and self.ended is None
        return asked and not self._begun and not self.turn.stopped.is_set()

    def _count(self, delta: Delta) -> None:
        if delta.text.strip():
            self._begun = _to_read(delta)
        self.generated += 1  # one token, except for characters made of several
        self._status = ""


def _to_read(piece: Part | Delta) -> bool:
    """Return whether a part is for the user, rather than reasoning or a call."""
    return bool(piece.text.strip()) and piece.kind is PartKind.TEXT


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
    """The chat in which the user is asked about a call."""
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
        """Answer a question about a call in a chat; ``words`` go with a refusal."""
        if live := self.running(chat):
            live.turn.decide(consent, decision, words)
            live.tools.settle()
            self._look_for_questions(live)
            self.grown.emit(live.chat, live.answer.id)

    @property
    def asking(self) -> frozenset[int]:
        """The chats whose answers wait for a decision of the user."""
        return frozenset(self._questions)

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


def loading_sentence(model: ModelRef, fraction: float) -> str:
    """Return a sentence about the progress of loading a model."""
    return tr("Loading {name}… {percent}").format(
        name=model_name(model.name), percent=percent(fraction)
    )
