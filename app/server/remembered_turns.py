"""Turns that wait for a client's results, as the model drew them.

A client sends a turn back with a call's result, but hardly ever as it was: without the reasoning,
or with arguments that were parsed and written again. The model would not know any more why it
called, and everything since the question would be processed again. So the turn goes on from the
tokens that were drawn, if nothing of its calls and results has changed.
"""

from __future__ import annotations

import json
import threading
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.base.types import Message, Part, PartKind, Request, Role

_MOST_TURNS, _MOST_TOKENS = 100, 2_000_000
_EXCHANGED = PartKind.CALL, PartKind.RESULT
_SAID = PartKind.TEXT, PartKind.REASONING
_ANSWERS = Role.ASSISTANT, Role.TOOL


@dataclass(frozen=True, slots=True)
class RememberedTurn:
    """The ``parts`` of a turn that ended with calls, and the tokens that it ``drew``, or read."""

    parts: tuple[Part, ...]
    drawn: Sequence[int]


class RememberedTurns:
    """The latest turns, by their last calls. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: OrderedDict[str, RememberedTurn] = OrderedDict()
        self._tokens = 0

    def add(self, parts: tuple[Part, ...], drawn: Sequence[int]) -> None:
        """Remember a turn that has ended with a call."""
        turn = RememberedTurn(parts, array("i", drawn))
        with self._lock:
            self._turns[parts[-1].id] = turn
            self._tokens += len(drawn)
            while len(self._turns) > _MOST_TURNS or self._tokens > _MOST_TOKENS:
                self._tokens -= len(self._turns.popitem(last=False)[1].drawn)

    def goes_on(self, request: Request) -> Request | None:
        """Return a request that goes on from the drawn tokens; None if it cannot.

        After the results, others may have said something, as agents do to remind the model.
        """
        end = len(request.messages)
        while end and request.messages[end - 1].role not in _ANSWERS:
            end -= 1
        *before, last = folded(request.messages[:end]) or [Message(Role.ASSISTANT, ())]
        calls = [at for at, part in enumerate(last.parts) if part.kind is PartKind.CALL]
        asked = calls[-1] + 1 if calls else 0
        sent, results, more = last.parts[:asked], last.parts[asked:], request.messages[end:]
        with self._lock:
            turn = self._turns.get(sent[-1].id) if sent and results else None
        ended = any(part.kind is not PartKind.RESULT for part in results)
        if not turn or ended or not _alike(turn.parts, sent):
            return None
        answer = [Message(Role.ASSISTANT, (*turn.parts, *results))]
        if more:
            answer = [Message(Role.ASSISTANT, turn.parts), Message(Role.TOOL, results), *more]
        return replace(request, messages=(*before, *answer), drawn=tuple(turn.drawn))


def folded(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return a conversation in which a turn that goes on is one message of the assistant's.

    That is what the engine knows: clients send a message for each step of the turn.
    """
    if not messages or messages[-1].role not in (Role.ASSISTANT, Role.TOOL):
        return tuple(messages)
    at = len(messages) - 1
    while at and Role.TOOL in (messages[at].role, messages[at - 1].role):
        at -= 1
    parts = [
        replace(part, kind=PartKind.RESULT) if message.role is Role.TOOL else part
        for message in messages[at:]
        for part in message.parts
    ]
    return (*messages[:at], Message(Role.ASSISTANT, tuple(parts)))


def _alike(drawn: Sequence[Part], sent: Sequence[Part]) -> bool:
    """Return whether nothing of a turn was changed, though some may have been left out.

    A call that the client has not seen has no id, nor has its result.
    """
    own = [part for part in drawn if part.kind in _EXCHANGED and part.id]
    theirs = [part for part in sent if part.kind in _EXCHANGED]
    return (
        len(own) == len(theirs)
        and all(map(_is_same, own, theirs))
        and all(_said(sent, kind) in ("", _said(drawn, kind)) for kind in _SAID)
    )


def _said(parts: Sequence[Part], kind: PartKind) -> str:
    return "\n\n".join(text for part in parts if part.kind is kind and (text := part.text.strip()))


def _is_same(own: Part, theirs: Part) -> bool:
    if (own.kind, own.name, own.id) != (theirs.kind, theirs.name, theirs.id):
        return False
    if own.text == theirs.text:
        return True
    return own.kind is PartKind.CALL and _value(own.text) == _value(theirs.text)


def _value(arguments: str) -> object:
    """Return what a call's arguments mean, however they are written.

    JavaScript writes 1.0 as 1; but to Python, 1 would be true.
    """
    try:
        return json.dumps(json.loads(arguments or "{}", parse_int=float), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments
