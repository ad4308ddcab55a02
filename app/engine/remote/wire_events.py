"""What comes of a server's stream, whichever of its interfaces is used."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.answer_events import StopReason


@dataclass(frozen=True, slots=True)
class ReasoningText:
    """More of the reasoning. ``echo``: how it is to be sent back in a loop of tools.

    It becomes the part's `format_data`, and is opaque to all but the dialect.
    """

    text: str
    echo: str = ""


@dataclass(frozen=True, slots=True)
class ReasoningEcho:
    """The reasoning before has ended, and is to be sent back like this rather than as its text.

    There may be none before: then it came only encrypted.
    """

    echo: str


@dataclass(frozen=True, slots=True)
class AnswerText:
    """More of the text for the user."""

    text: str


@dataclass(frozen=True, slots=True)
class CallText:
    """More of the call number ``at`` of this answer: its ``arguments`` grow.

    ``id`` and ``name`` are what is known of them so far.
    """

    at: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What the server has counted, in tokens; None where it does not say.

    ``cached`` of the prompt's tokens did not have to be processed. ``prompt_s`` and
    ``generation_s`` are its own times in seconds.
    """

    prompt: int | None = None
    cached: int | None = None
    generated: int | None = None
    reasoning: int | None = None
    prompt_s: float | None = None
    generation_s: float | None = None


@dataclass(frozen=True, slots=True)
class AnswerEnd:
    """The server says that the answer has ended. A `UsageReport` may still follow."""

    reason: StopReason


WireEvent = ReasoningText | ReasoningEcho | AnswerText | CallText | UsageReport | AnswerEnd
