"""The events of an answer, in the order in which a backend sends them, and what its end says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.base.types import Part, PartKind


@dataclass(frozen=True, slots=True)
class Stats:
    """Statistics of an answer. Times are in seconds, memory in bytes."""

    prompt_tokens: int
    evaluated: int
    """Prompt tokens that were processed; the others were in the cache."""
    generated: int
    reasoning_tokens: int
    first_token_s: float
    """From the request's arrival in the engine to the first token."""
    generation_s: float
    peak_memory: int
    """The peak memory of the engine's process."""
    seed: int
    context: int
    """The size of the context, in tokens; 0 if a server does not say."""
    restored: int = 0
    """Of the prompt tokens that were reused, those that came from a cache on disk."""
    dropped: int = 0
    """The number of oldest messages that were left out because they did not fit."""
    expected: float = 0.0
    """The predicted speed of generation, in tokens per second; 0 if unknown."""
    prompt_s: float = 0.0
    """The time for the prompt tokens that were processed, until the first token was drawn."""
    left_out: tuple[str, ...] = ()
    """The parameters without which it was asked again, since a server refuses them.

    They have the names of OpenAI's chat completions, such as "reasoning_effort" or "tools".
    """
    cut: bool = False
    """Whether a server has read clearly fewer tokens than it was sent, and said nothing of it."""

    @property
    def reused(self) -> int:
        """Prompt tokens that did not have to be processed again."""
        return self.prompt_tokens - self.evaluated

    @property
    def tokens_per_second(self) -> float:
        """Speed of generation, 0 if nothing was generated."""
        return self.generated / self.generation_s if self.generation_s > 0 else 0.0

    @property
    def prompt_tokens_per_second(self) -> float:
        """Speed of processing the prompt, 0 if it was not measured."""
        return self.evaluated / self.prompt_s if self.prompt_s > 0 else 0.0


class StopReason(StrEnum):
    """Why an answer ended."""

    END = "end"
    """The model ended its answer."""
    CALL = "call"
    """The model calls a tool."""
    STOP_TEXT = "stop_text"
    """The answer was about to contain one of the request's stop texts."""
    CANCELLED = "cancelled"
    LENGTH = "length"
    """The context, or ``max_tokens``, is full."""


# The events of a backend, in this order: any Waiting and Loading, one Prompt, any Prefill, any
# Delta, one Done, perhaps a SlowAnswer. With tools, several rounds of these follow each other, with
# PartAdded between them, and only the last has a Done.


@dataclass(frozen=True, slots=True)
class Waiting:
    """Others are answered first: ``place`` is 1 for the next in the queue."""

    place: int


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being loaded: ``fraction`` of it so far, 0 to 1."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Prompt:
    """The sizes of a prompt and of the context, in tokens.

    ``reserved`` tokens of the context are kept free for the answer. ``dropped`` messages, the
    oldest ones, are left out because they would not fit. Of ``count``, ``opening`` tokens precede
    the messages (the system's and the user's instructions), and ``attached`` ones are of files.

    A server may not say how large its context is: then it is 0, and nothing is left out.
    ``estimated``: the counts are not exact, since the model's vocabulary is not at hand.
    """

    count: int
    context: int
    reserved: int = 0
    dropped: int = 0
    opening: int = 0
    attached: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Prefill:
    """``done`` of the prompt's ``total`` tokens have been processed."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Delta:
    """More text of the answer's part number ``index``.

    The part's other fields come with every delta. A delta without text may change them, once it
    is known what the part is; a call without arguments has a single delta, without text.
    """

    index: int
    text: str
    kind: PartKind = PartKind.TEXT
    name: str = ""
    id: str = ""
    format_data: str = ""


@dataclass(frozen=True, slots=True)
class PartAdded:
    """A whole part of the answer, after the parts so far: a tool's result, or what it made."""

    part: Part


@dataclass(frozen=True, slots=True)
class Done:
    """The end of an answer.

    ``drawn``: the turn's tokens so far, bridges included, if it ended with a call of a tool; see
    `Request`. ``stop_text`` is the one before which it ended, if it did.
    """

    reason: StopReason
    stats: Stats
    drawn: tuple[int, ...] = ()
    stop_text: str = ""


class SlowCause(StrEnum):
    """The likely cause of a slow answer."""

    GPU_MEMORY = "gpu memory"
    """Other programs use so much of a GPU's memory that the model's own may have been moved out."""
    MEMORY = "memory"
    """The computer's memory is used up."""
    BATTERY = "battery"
    POWER_MODE = "power mode"
    """The system was told to save power."""
    PROCESSOR = "processor"
    """Other programs kept the processor busy."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SlowAnswer:
    """An answer came at less than half of the predicted speed: ``reached``, not ``expected``.

    Both are tokens per second. ``gpu`` describes the GPU on which other programs use ``others``
    bytes; it is empty if that is not the cause.
    """

    reached: float
    expected: float
    gpu: str = ""
    others: int = 0
    cause: SlowCause = SlowCause.UNKNOWN


class LoopEvent:
    """An event of the loop that runs tools; see `app.tools.tool_events`."""

    __slots__ = ()


Event = Waiting | Loading | Prompt | Prefill | Delta | PartAdded | Done | SlowAnswer | LoopEvent
