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

from app.base.types import Message, Part, PartKind, Request

_MOST_TURNS, _MOST_TOKENS = 100, 2_000_000
_EXCHANGED = PartKind.CALL, PartKind.RESULT


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
        """Return a request that goes on from the drawn tokens; None if it cannot."""
        parts = request.messages[-1].parts if request.messages else ()
        calls = [at for at, part in enumerate(parts) if part.kind is PartKind.CALL]
        asked = calls[-1] + 1 if calls else 0
        with self._lock:
            turn = self._turns.get(parts[asked - 1].id) if 0 < asked < len(parts) else None
        if not turn or not _alike(turn.parts, parts[:asked]):
            return None
        answer = Message(request.messages[-1].role, (*turn.parts, *parts[asked:]))
        messages = (*request.messages[:-1], answer)
        return replace(request, messages=messages, drawn=tuple(turn.drawn))


def _alike(drawn: Sequence[Part], sent: Sequence[Part]) -> bool:
    """Return whether what was called, and what came of it, is the same.

    A call that the client has not seen has no id, nor has its result.
    """
    own = [part for part in drawn if part.kind in _EXCHANGED and part.id]
    theirs = [part for part in sent if part.kind in _EXCHANGED]
    return len(own) == len(theirs) and all(map(_is_same, own, theirs))


def _is_same(own: Part, theirs: Part) -> bool:
    if (own.kind, own.name, own.id) != (theirs.kind, theirs.name, theirs.id):
        return False
    if own.text == theirs.text:
        return True
    return own.kind is PartKind.CALL and _value(own.text) == _value(theirs.text)


def _value(arguments: str) -> object:
    """Return what a call's arguments mean, however they are written."""
    try:
        return json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return arguments
