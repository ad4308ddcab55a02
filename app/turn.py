"""A question, its turn, and the events of turns and of the model, which `chat` publishes."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.base.draft import Draft
from app.base.errors import FiresideError, StoreError
from app.base.types import (
    Delta,
    Effort,
    Loading,
    Message,
    ModelRef,
    Part,
    Prefill,
    Prompt,
    Role,
)
from app.store import PLAIN, ChatRow, ChatSettings, MessageRow

if TYPE_CHECKING:  # a window need not wait for it
    from app.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks, or is about to ask.

    ``chat=None`` starts a new one, with ``settings`` for all its answers. ``instead`` is the
    question that this one is another version of.
    """

    chat: int | None
    parts: tuple[Part, ...]
    effort: Effort
    model: ModelRef
    settings: ChatSettings = PLAIN
    instead: int | None = None


class Turn:
    """An answer on its way."""

    def __init__(self) -> None:
        self.chat: int | None = None  # once it is known
        self.stopped = threading.Event()
        self.hurried = threading.Event()
        self.draft = Draft()
        """The answer so far, from `TurnStarted` on. One thread adds to it, all may read it."""

    def cancel(self) -> None:
        """Stop it; what was said so far stays."""
        self.stopped.set()

    def answer_now(self) -> None:
        """End its reasoning; the answer follows, from what was thought so far."""
        self.hurried.set()


@dataclass(frozen=True, slots=True)
class ModelPlanned:
    """How the model is about to be run.

    ``reduced``: there was less memory than for the plan that was tried before.
    """

    model: ModelRef
    plan: Plan
    reduced: bool


@dataclass(frozen=True, slots=True)
class ModelLoading:
    """``fraction`` of the model has been read."""

    model: ModelRef
    fraction: float


@dataclass(frozen=True, slots=True)
class ModelReady:
    """The model answers from now on."""

    model: ModelRef


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """The model cannot be used; the one before it can."""

    model: ModelRef
    error: FiresideError


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The question and the still empty answer are on disk.

    There is no question where an answer is tried again or continued.
    """

    turn: Turn
    chat: ChatRow
    question: MessageRow | None
    answer: MessageRow


@dataclass(frozen=True, slots=True)
class TurnProgress:
    """What the engine is doing for the answer ``message``."""

    chat: int
    message: int
    event: Loading | Prompt | Prefill | Delta


@dataclass(frozen=True, slots=True)
class ContextForecast:
    """What the next question will take of the context, with what is typed of it so far.

    In tokens; see `Prompt`. ``chat`` is None for a new one.
    """

    chat: int | None
    prompt: int
    reserved: int
    context: int
    dropped: int


@dataclass(frozen=True, slots=True)
class ReadingAhead:
    """How far the engine is with what it processes before anybody asks; None: no longer at it."""

    progress: Prefill | None


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The answer as it is on disk now.

    ``error``: what cut it off, or why the disk did not take it; in that case this comes once more
    when it did.
    """

    answer: MessageRow
    error: FiresideError | None = None


@dataclass(frozen=True, slots=True)
class NotSaved:
    """Something that is shown could not be written.

    An answer is tried again until it is; the settings hold until the end of this session, and are
    tried again then.
    """

    error: StoreError


@dataclass(frozen=True, slots=True)
class SavedAgain:
    """What could not be written of an answer is on disk now."""


@dataclass(frozen=True, slots=True)
class SendFailed:
    """The question could not be stored. Nothing was asked; here are the words again."""

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
    | TurnStarted
    | TurnProgress
    | TurnEnded
    | NotSaved
    | SavedAgain
    | SendFailed
    | ContextForecast
    | ReadingAhead
    | Renamed
)


def asked_on_their_days(path: Sequence[MessageRow]) -> tuple[Message, ...]:
    """Return the messages of a path, with the days of the questions.

    A question was asked when its answer was begun: another try is of another day. So what the
    model was told stays the same whenever it is told again.
    """
    answers = [*path[1:], None]
    return tuple(
        replace(row.message, day=day_of((answer or row).created))
        if row.message.role is Role.USER
        else row.message
        for row, answer in zip(path, answers, strict=False)
    )


def day_of(seconds: float) -> datetime.date:
    """Return the person's local day, of POSIX seconds that another program may have written."""
    try:
        return datetime.date.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return datetime.date(1970, 1, 1)
