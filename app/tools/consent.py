"""Consent: whether a call may run, must be asked about, or is refused. Pure rules for all tools.

=========  ==================  =====================================================================
effect     nothing decided     decided “always”, for a chat or for all
=========  ==================  =====================================================================
none       runs, if built in   runs
reads      is asked about      runs, unless another tool's output is in the turn
undoable   is asked about      runs, unless another tool's output is in the chat
changes    is asked about      runs while all text in the context is the user's own
=========  ==================  =====================================================================

For a model behind an endpoint nothing is undoable or changed unasked: its words are as foreign as
those of a page. “Never” holds whatever the function has become since; “always” only while its pin
is the same. That a function of a server only reads is that server's word: it never runs by that
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.base.types import Message, Part, PartKind
from app.store import ConsentRow
from app.tools.tool import ConsentReason, Effect, Proposal, ran
from app.tools.tool_events import Decision

LASTING = (Decision.CHAT, Decision.ALWAYS)


@dataclass(frozen=True, slots=True)
class CallAllowed:
    """The call may run."""


@dataclass(frozen=True, slots=True)
class CallInQuestion:
    """The user is asked; see `app.tools.tool_events.Consent`."""

    reason: ConsentReason
    lasting: bool


@dataclass(frozen=True, slots=True)
class CallRefused:
    """The call does not run: the user has decided so before."""


Verdict = CallAllowed | CallInQuestion | CallRefused


def judge(
    proposal: Proposal,
    decided: Decision | None,
    *,
    tainted: bool,
    other_server: bool,
    remote: bool = False,
) -> Verdict:
    """Judge a proposal.

    ``decided`` is what the user has decided about the function before; see `remembered`.
    ``tainted``: the context holds text that the user did not type. ``other_server``: the output of
    another tool is in the turn or the chat, as the table has it. ``remote``: the model that calls
    is behind an endpoint.
    """
    if decided is Decision.NEVER:
        return CallRefused()
    if proposal.granted:
        return CallAllowed()
    if proposal.reason:
        if decided in LASTING and proposal.lasting:
            return CallAllowed()
        return CallInQuestion(proposal.reason, proposal.lasting)
    if proposal.effect is Effect.NONE and not proposal.server:
        return CallAllowed()
    changes = proposal.effect is Effect.CHANGES
    if decided not in LASTING:
        if other_server:
            return CallInQuestion(ConsentReason.OTHER_SERVER, not changes)
        return CallInQuestion(ConsentReason.EFFECT if changes else ConsentReason.FIRST, not changes)
    if other_server:
        return CallInQuestion(ConsentReason.OTHER_SERVER, lasting=False)
    if remote and proposal.effect in (Effect.UNDOABLE, Effect.CHANGES):
        return CallInQuestion(ConsentReason.REMOTE, lasting=False)
    if changes and tainted:
        return CallInQuestion(ConsentReason.TAINTED, lasting=False)
    return CallAllowed()


def remembered(rows: Iterable[ConsentRow], pin: str) -> Decision | None:
    """Return the decision that holds for a function with this pin, of those that are stored."""
    found = None
    for row in rows:
        if row.decision == Decision.NEVER:
            return Decision.NEVER
        if row.decision in LASTING and row.pin == pin:
            found = found or Decision(row.decision)
    return found


def is_tainted(messages: Sequence[Message]) -> bool:
    """Return whether messages hold text of files, pages, tools, or models elsewhere."""
    parts = (part for message in messages for part in message.parts)
    return any(message.host for message in messages) or any(map(_foreign, parts))


def _foreign(part: Part) -> bool:
    if part.kind is PartKind.RESULT:
        return ran(part)
    return part.kind not in (PartKind.TEXT, PartKind.REASONING, PartKind.CALL)


def has_other_source(messages: Sequence[Message], tool: str) -> bool:
    """Return whether messages have the output of another tool that reaches outside the chat."""
    parts = (part for message in messages for part in message.parts)
    return any(part.facts.source not in ("", tool) for part in parts if part.facts and ran(part))


class ConsentStore(Protocol):
    """Where decisions are kept; see `app.store.consents`. May raise StoreError and KeyError."""

    def get(self, chat: int | None, tool: str, function: str) -> list[ConsentRow]:
        """Return the decisions about a function that concern a chat."""

    def set(self, chat: int | None, tool: str, function: str, pin: str, decision: str) -> None:
        """Store a decision."""
