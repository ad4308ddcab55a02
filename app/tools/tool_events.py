"""The events of the loop, beside those of the backend."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum

from app.base.answer_events import LoopEvent
from app.base.errors import Cancelled
from app.base.types import Outcome, ResultFacts
from app.tools.departure import Departure
from app.tools.tool import ConsentReason, Proposal

_POLL_S = 0.05

WAITING = ResultFacts(Outcome.REFUSED)
"""The facts of a call about which the user is or was asked, and which has not started."""


class Decision(StrEnum):
    """What the user decided about a call."""

    ONCE = "once"
    CHAT = "chat"
    """Always in this chat."""
    ALWAYS = "always"
    REFUSE = "refuse"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is about to be sent to ``origin`` (`ModelRef.origin`), and was not allowed so far."""

    origin: str
    departures: tuple[Departure, ...]


class Consent:
    """A question to the user about a call, or about what would be sent, and its answer.

    Thread-safe.

    ``lasting``: whether `Decision.CHAT` and `Decision.ALWAYS` may be offered.
    """

    def __init__(
        self,
        id: str,
        proposal: Proposal | None,
        reason: ConsentReason,
        *,
        lasting: bool,
        outgoing: Outgoing | None = None,
    ) -> None:
        self.id = id
        self.proposal = proposal
        """What is asked about; None if it is whether to go on at all (`ConsentReason.LIMIT`)."""
        self.outgoing = outgoing
        """What is asked about, if the reason is `ConsentReason.DEPARTURE`."""
        self.reason = reason
        self.lasting = lasting
        self.words = ""
        """What the user wrote with a refusal, for the model."""
        self.decision: Decision | None = None
        self._decided = threading.Event()
        self._lock = threading.Lock()

    def decide(self, decision: Decision, words: str = "") -> None:
        """Answer the question. Only the first answer counts."""
        with self._lock:
            if not self._decided.is_set():
                self.words, self.decision = words, decision
                self._decided.set()

    def wait(self, cancel: threading.Event) -> Decision:
        """Wait for the answer. Raises Cancelled once ``cancel`` is set."""
        while not self._decided.wait(_POLL_S):
            if cancel.is_set():
                raise Cancelled
        assert self.decision
        return self.decision


@dataclass(frozen=True, slots=True)
class ConsentAsked(LoopEvent):
    """The user is asked about the call that is the answer's part number ``index``."""

    index: int
    consent: Consent = field(compare=False)


@dataclass(frozen=True, slots=True)
class DepartureAsked(LoopEvent):
    """The user is asked about what is about to be sent."""

    consent: Consent = field(compare=False)


@dataclass(frozen=True, slots=True)
class CallStarted(LoopEvent):
    """A call runs now. Before the next event is taken, it has to be on disk."""

    index: int
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class CallOutput(LoopEvent):
    """More output of the call that runs, for the user; its result follows as a part."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class ResultsShortened(LoopEvent):
    """The oldest results became short to make room, so the prompt is processed again."""

    parts: int
    tokens: int


ToolEvent = ConsentAsked | DepartureAsked | CallStarted | CallOutput | ResultsShortened
