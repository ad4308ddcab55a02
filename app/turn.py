"""A question, its turn, and the events of turns and of the model, which `chat` publishes."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.base.answer_events import (
    Delta,
    Event,
    Loading,
    PartAdded,
    Prefill,
    Prompt,
    SlowAnswer,
    Waiting,
)
from app.base.draft import Draft
from app.base.errors import FiresideError, StoreError
from app.base.types import Effort, Message, ModelRef, Part, Role
from app.store import PLAIN, ChatRow, ChatSettings, MessageRow
from app.tools.tool_events import Consent, ConsentAsked, Decision, DepartureAsked, ToolEvent

if TYPE_CHECKING:  # a window need not wait for it
    from app.engine.backend import GpuTrouble, Planned
    from app.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the user asks, or is typing.

    ``chat=None`` starts a new chat, with ``settings`` for all its answers. ``instead`` is the
    question that this one is another version of.
    """

    chat: int | None
    parts: tuple[Part, ...]
    effort: Effort
    model: ModelRef
    settings: ChatSettings = PLAIN
    instead: int | None = None


class Turn:
    """An answer in progress."""

    def __init__(self) -> None:
        self.chat: int | None = None  # once it is known
        self.stopped = threading.Event()
        self.hurried = threading.Event()
        self.draft = Draft()
        """The answer so far, from `TurnStarted` on. One thread adds to it, all may read it."""

        self.withdrawn = False
        self.consents: dict[str, Consent] = {}
        """The questions to the user that are open, by id."""

    def decide(self, consent: str, decision: Decision, words: str = "") -> None:
        """Answer a question to the user; ``words`` go with a refusal."""
        if asked := self.consents.pop(consent, None):
            asked.decide(decision, words)

    def take(self, event: Event) -> None:
        """Take note of a question to the user, and of those that are no longer open."""
        if isinstance(event, ConsentAsked | DepartureAsked):
            self.consents[event.consent.id] = event.consent
        elif isinstance(event, PartAdded):
            there = list(self.consents.items())
            self.consents = {id: consent for id, consent in there if not consent.decision}

    def cancel(self) -> None:
        """Stop the answer; the text so far is kept."""
        self.stopped.set()

    def withdraw(self) -> None:
        """Stop the answer, and withdraw the question if nothing of the answer exists yet."""
        self.withdrawn = True
        self.stopped.set()

    def answer_now(self) -> None:
        """End the reasoning; the answer follows from the reasoning so far."""
        self.hurried.set()


@dataclass(frozen=True, slots=True)
class ModelPlanned:
    """The plan by which a model is about to be loaded.

    ``reduced``: a larger plan was tried first, and its memory could not be allocated. ``trouble``:
    what happened to a GPU.
    """

    model: ModelRef
    plan: Plan
    reduced: bool
    trouble: GpuTrouble | None = None

    @classmethod
    def of(cls, model: ModelRef, event: Planned) -> ModelPlanned:
        """Return it as the backend has said it."""
        return cls(model, event.plan, event.reduced, event.trouble)


@dataclass(frozen=True, slots=True)
class ModelLoading:
    """``fraction`` of the model has been read, for the load ``turn``."""

    model: ModelRef
    fraction: float
    turn: Turn = field(compare=False)


@dataclass(frozen=True, slots=True)
class ModelReady:
    """The model is loaded, for the load ``turn``."""

    model: ModelRef
    turn: Turn = field(compare=False)


@dataclass(frozen=True, slots=True)
class ModelUnloaded:
    """The model was unloaded, by the user or since nobody used it; a question loads it again."""


@dataclass(frozen=True, slots=True)
class UnloadFailed:
    """The model could not be unloaded; it is used as before."""

    error: FiresideError


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """The model cannot be used; the previous one still can. It was the load ``turn``."""

    model: ModelRef
    error: FiresideError
    turn: Turn = field(compare=False)


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The question and the still empty answer are on disk.

    ``question`` is None if an answer is tried again or continued.
    """

    turn: Turn
    chat: ChatRow
    question: MessageRow | None
    answer: MessageRow


@dataclass(frozen=True, slots=True)
class TurnProgress:
    """An event of the engine about the answer ``message``."""

    chat: int
    message: int
    event: Waiting | Loading | Prompt | Prefill | Delta | PartAdded | ToolEvent


@dataclass(frozen=True, slots=True)
class ContextForecast:
    """The part of the context that the next question will take, as typed so far.

    The numbers are tokens; see `Prompt`. ``chat`` is None for a new one.
    """

    chat: int | None
    prompt: int
    reserved: int
    context: int
    dropped: int
    opening: int = 0
    attached: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class ReadingAhead:
    """Progress of reading ahead; None once it has ended."""

    progress: Prefill | None


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The answer as it is on disk now.

    ``error``: what cut it off, or why it could not be saved; in the latter case the event is
    published again once it has been saved.
    """

    answer: MessageRow
    error: FiresideError | None = None


@dataclass(frozen=True, slots=True)
class AnsweredSlowly:
    """An answer was much slower than predicted; published once per loaded model at most."""

    chat: int
    model: ModelRef
    slow: SlowAnswer


@dataclass(frozen=True, slots=True)
class TurnWithdrawn:
    """The answer was withdrawn before anything of it came, and is not stored any more.

    Nor is ``question``, unless that is None: it stays if it has other answers. ``chat_gone``:
    neither is the chat, which had nothing else.
    """

    answer: MessageRow
    question: MessageRow | None
    chat_gone: bool


@dataclass(frozen=True, slots=True)
class NotSaved:
    """Something shown could not be saved.

    Saving an answer is retried until it succeeds; settings apply until the end of this session, and
    are saved again then.
    """

    error: StoreError


@dataclass(frozen=True, slots=True)
class SavedAgain:
    """An answer that could not be saved is on disk now."""


@dataclass(frozen=True, slots=True)
class SendFailed:
    """The question could not be stored and was not asked; the event returns its parts."""

    turn: Turn
    chat: int | None
    parts: tuple[Part, ...]
    error: FiresideError


@dataclass(frozen=True, slots=True)
class Renamed:
    """The model has given a chat its title."""

    chat: ChatRow


ChatEvent = (
    ModelPlanned
    | ModelLoading
    | ModelReady
    | ModelFailed
    | ModelUnloaded
    | UnloadFailed
    | TurnStarted
    | TurnProgress
    | TurnEnded
    | AnsweredSlowly
    | TurnWithdrawn
    | NotSaved
    | SavedAgain
    | SendFailed
    | ContextForecast
    | ReadingAhead
    | Renamed
)


def asked_on_their_days(path: Sequence[MessageRow]) -> tuple[Message, ...]:
    """Return the messages of a path, with the days of the questions.

    A question's day is that on which its answer was begun: another try may have another day. So the
    prompt stays the same whenever it is rendered again.
    """
    answers = [*path[1:], None]
    return tuple(
        replace(row.message, day=day_of((answer or row).created))
        if row.message.role is Role.USER
        else row.message
        for row, answer in zip(path, answers, strict=False)
    )


def both_hosts(before: str, now: str) -> str:
    """Return where an answer was generated that began at one host and goes on at another."""
    if before == now:
        return now
    begun = before.split(", ") if before else ["localhost"]
    return ", ".join(dict.fromkeys((*begun, now or "localhost")))


def day_of(seconds: float) -> datetime.date:
    """Return the local day of POSIX seconds, which may be out of range if imported."""
    try:
        return datetime.date.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return datetime.date(1970, 1, 1)
