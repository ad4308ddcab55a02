"""The calls of tools in a running answer, as far as they are not in its parts yet."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from app.base.types import Part, PartKind
from app.tools.tool_events import (
    CallOutput,
    CallStarted,
    Consent,
    ConsentAsked,
    Decision,
    ResultsShortened,
    ToolEvent,
)

MOST_OUTPUT = 20_000
"""Characters of the output of a running call that are kept, the newest."""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """What is known of a call besides its parts.

    ``since`` is when it started to run, by time.monotonic(); None before and afterwards. ``output``
    is what it has written so far. ``consent`` is the open question about it; ``decision`` the
    answer to the last one. ``source`` is the key of the tool that runs it.
    """

    since: float | None = None
    output: str = ""
    consent: Consent | None = None
    decision: Decision | None = None
    source: str = ""

    def ended(self) -> LiveCall:
        """Return it as it is once it has a result, or the answer has ended."""
        return replace(self, since=None, output="", consent=None)


@dataclass
class LiveCalls:
    """The calls of an answer, by the index of their part."""

    calls: dict[int, LiveCall] = field(default_factory=dict)
    shortened: frozenset[int] = frozenset()
    """How many parts the answer had each time that earlier results became short."""

    def receive(self, event: ToolEvent, parts: int) -> None:
        """Handle an event of the loop, when the answer has so many parts."""
        match event:
            case ConsentAsked(index, consent):
                self.calls[index] = replace(self._call(index), consent=consent)
            case CallStarted(index, proposal):
                self.settle()
                self.calls[index] = replace(
                    self._call(index), since=time.monotonic(), source=proposal.tool
                )
            case CallOutput(index, text):
                call = self._call(index)
                self.calls[index] = replace(call, output=(call.output + text)[-MOST_OUTPUT:])
            case ResultsShortened():
                self.shortened |= {parts}

    def add(self, part: Part) -> None:
        """Handle a part that the loop has added: with a result, its call is over."""
        if part.kind is PartKind.RESULT:
            self.settle()
            self.calls = {index: call.ended() for index, call in self.calls.items()}

    def settle(self) -> None:
        """Take over what was decided meanwhile."""
        for index, call in self.calls.items():
            if call.consent and call.consent.decision:
                decision = call.consent.decision
                if call.consent.proposal is None:  # whether to go on, which is not about this call
                    self.calls[index] = replace(call, consent=None)
                else:
                    self.calls[index] = replace(call, consent=None, decision=decision)

    @property
    def open(self) -> Consent | None:
        """The open question, if any."""
        asked = (call.consent for call in self.calls.values() if call.consent)
        return next((consent for consent in asked if consent.decision is None), None)

    @property
    def running(self) -> int | None:
        """The index of the call that runs."""
        return next((index for index, call in self.calls.items() if call.since is not None), None)

    def _call(self, index: int) -> LiveCall:
        return self.calls.get(index, LiveCall())
