"""A turn, and what is told about it and about the model: values, which `chat` publishes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.base.errors import FiresideError, StoreError
from app.base.types import Delta, Draft, Loading, ModelRef, Part, Prefill, Prompt
from app.store import ChatRow, MessageRow

if TYPE_CHECKING:  # a window need not wait for it
    from app.engine.plan import Plan


class Turn:
    """An answer on its way."""

    def __init__(self) -> None:
        self.chat: int | None = None  # once it is known
        self.stopped = threading.Event()
        self.hurried = threading.Event()
        self.draft = Draft()
        """The answer so far, from `TurnStarted` on. One thread adds to it, all may read it."""
        self._lock = threading.Lock()
        self._withdraw: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Stops it; what was said so far stays."""
        self.stopped.set()
        self._take_back()

    def answer_now(self) -> None:
        """Ends its reasoning; the answer follows, from what was thought so far."""
        self.hurried.set()

    def queued(self, withdraw: Callable[[], None]) -> None:
        """It waits for another. ``withdraw`` is called, once, when it is cancelled."""
        with self._lock:
            self._withdraw = withdraw
        if self.stopped.is_set():
            self._take_back()

    def _take_back(self) -> None:
        with self._lock:
            withdraw, self._withdraw = self._withdraw, None
        if withdraw:
            withdraw()


@dataclass(frozen=True, slots=True)
class ModelPlanned:
    """How the model is about to be run. ``reduced``: there was less memory than for the plan
    that was tried before."""

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
    """The question (None for another try or a continuation) and the still empty answer are
    on disk."""

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
    """What the next question of a chat (None for a new one) will take of the context, with what
    is typed of it so far, in tokens; see Prompt."""

    chat: int | None
    prompt: int
    reserved: int
    context: int
    dropped: int


@dataclass(frozen=True, slots=True)
class ReadingAhead:
    """How far the engine is with what it reads before anybody asks; ``progress`` is None where it
    no longer reads."""

    progress: Prefill | None


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The answer as it is on disk now. ``error`` where it was cut off by one, or where the disk
    did not take it; then this comes once more when it did."""

    answer: MessageRow
    error: FiresideError | None = None


@dataclass(frozen=True, slots=True)
class NotSaved:
    """Something that is shown could not be written. An answer is tried again until it is; the
    settings hold until the end of this session, and are tried again then."""

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
