"""A running answer: what precedes it, its calls, and what it takes of the context."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from app.base.answer_events import Delta, Loading, PartAdded, Prefill, Prompt, Waiting
from app.base.draft import Draft
from app.base.types import ModelRef, Part, PartKind
from app.store import MessageRow
from app.tools.tool_events import (
    CallOutput,
    CallStarted,
    Consent,
    ConsentAsked,
    DepartureAsked,
    ResultsShortened,
    ToolEvent,
)
from app.turn import Turn, TurnEnded
from app.ui.state.live_calls import LiveCalls
from app.wording.answered_by import (
    busy_sentence,
    connecting_sentence,
    starting_sentence,
    waiting_sentence,
)
from app.wording.demo_words import model_name
from app.wording.language import number, tr
from app.wording.quantities import duration, percent
from app.wording.queue_words import in_line
from app.wording.tool_words import CallPhase, call_label, results_shortened, waiting_for_user


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
    place: int = 0
    """Its place in the queue, while it waits for other answers; else 0."""
    grows: bool = False
    """Whether it is loaded again with a longer context, which this chat needs."""
    asked: bool = False
    """Whether the model has got the prompt."""
    prompt: int = 0
    context: int = 0
    """The size of the context; 0 if a server does not say."""
    estimated: bool = False
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
    _outgoing: Consent | None = None  # the last question about what would be sent
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
        return None if over else self.departure or self.tools.open

    @property
    def departure(self) -> Consent | None:
        """The open question about what would be sent to another computer, if any."""
        over = self.ended is not None or self.turn.stopped.is_set()
        asked = None if over else self._outgoing
        return asked if asked and asked.decision is None else None

    def receive(
        self, event: Waiting | Loading | Prompt | Prefill | Delta | PartAdded | ToolEvent
    ) -> None:
        """Handle an event of the engine."""
        if self.place and not isinstance(event, Waiting):
            self.place, self._status = 0, ""
        match event:
            case Waiting(place):
                if not self.place:
                    self.since = time.monotonic()
                self.place, self.loading, self.reading = place, None, None
                self._status = self._queue_sentence
            case Loading(fraction):
                if self.loading is None and self.asked:
                    self.since = time.monotonic()  # it was loaded before
                self.loading, self.reading = fraction, None
                if self.asked:
                    self._status = self._loading_sentence
            case Prompt(count):
                self.loading, self.grows, self.since = None, False, time.monotonic()
                self.asked, self.prompt, self.context = True, count, event.context
                self.estimated = event.estimated
                self.reserved, self.dropped = event.reserved, event.dropped
                self.opening, self.attached = event.opening, event.attached
                self.reading = PromptProgress()
                self._status = self._reading_sentence
            case Prefill():
                self.reading = self.reading or PromptProgress()
                self.reading.receive(event)
                self._status = self._reading_sentence
            case Delta():
                self.loading = self.reading = None
                self._parts = max(self._parts, event.index + 1)
                self._count(event)
            case PartAdded(part):
                self._parts += 1
                self.tools.add(part)
                self.reading, self._status = None, ""
            case DepartureAsked(consent):
                self._outgoing, self.reading = consent, None
            case ConsentAsked() | CallStarted() | CallOutput() | ResultsShortened():
                self._receive_tool(event)

    def _receive_tool(self, event: ToolEvent) -> None:
        """Handle an event of the loop."""
        parts = self.draft.parts
        self.reading = None
        self.tools.receive(event, self._parts)
        match event:
            case CallStarted(index, proposal) if index < len(parts):
                call = parts[index]
                self._status = call_label(
                    call.name, call.text, CallPhase.RUNNING, source=proposal.tool
                )
            case ResultsShortened():
                self._status = results_shortened()

    @property
    def waiting(self) -> bool:
        """Whether the model has not begun to read the question, so that it can be withdrawn."""
        return not self.asked and self.ended is None and not self.turn.stopped.is_set()

    @property
    def work(self) -> Work | None:
        """What precedes the answer; None once the model thinks or writes."""
        stopped = self.turn.stopped.is_set()
        if self.ended is None and self.loading is not None and not stopped:
            label = announced = self._loading_sentence
            if self.model.host:  # which does not tell how far it is
                return Work(label, self.since, None, announced, withdrawable=self.waiting)
            announced = tr("Loading {name}").format(name=model_name(self.model.name))
            if self.grows:
                announced = tr("Making room for a longer chat")
                label = tr("Making room for a longer chat… {percent}").format(
                    percent=percent(self.loading)
                )
            return Work(label, self.since, self.loading, announced, withdrawable=self.waiting)
        if not self.asked and self.ended is None and stopped:
            return Work(tr("Stopping…"), self.since, withdrawable=True)
        if self.place and self.ended is None and not stopped:
            label = announced = self._queue_sentence
            if not self.model.host:
                announced = tr("Waiting for another answer")
            return Work(label, self.since, announced=announced, withdrawable=self.waiting)
        if self.departure:
            return Work(waiting_for_user(), self.since, withdrawable=self.waiting)
        if self.waiting:
            return Work(tr("Waiting for the model…"), self.since, withdrawable=True)
        if self.reading is None:
            return None
        if self.model.host:  # which does not tell how far it is
            return Work(waiting_sentence(self.model), self.since)
        return Work(tr("Processing…"), self.since, self.reading.fraction)

    @property
    def _queue_sentence(self) -> str:
        return busy_sentence(self.model) if self.model.host else in_line(self.place)

    @property
    def _loading_sentence(self) -> str:
        assert self.loading is not None
        if self.asked and self.model.host:
            return starting_sentence(self.model)
        return loading_sentence(self.model, self.loading)

    @property
    def _reading_sentence(self) -> str:
        assert self.reading
        return waiting_sentence(self.model) if self.model.host else self.reading.sentence

    @property
    def thinking(self) -> bool:
        """Whether the model is reasoning, so that an answer can be asked for now.

        No server can be asked for that.
        """
        asked = self.asked and self.ended is None and not self.model.host
        return asked and not self._begun and not self.turn.stopped.is_set()

    def _count(self, delta: Delta) -> None:
        if delta.text.strip():
            self._begun = _to_read(delta)
        self.generated += 1  # one token, except for characters made of several
        self._status = ""


def _to_read(piece: Part | Delta) -> bool:
    """Return whether a part is for the user, rather than reasoning or a call."""
    return bool(piece.text.strip()) and piece.kind is PartKind.TEXT


def loading_sentence(model: ModelRef, fraction: float, *, waits: bool = False) -> str:
    """Return a sentence about the progress of loading a model, or that it ``waits`` for others."""
    if model.host:
        return connecting_sentence(model)
    if waits:
        text = tr("Loading {name} when running answers are done…")
        return text.format(name=model_name(model.name))
    return tr("Loading {name}… {percent}").format(
        name=model_name(model.name), percent=percent(fraction)
    )
