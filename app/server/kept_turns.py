"""Turns that ended with calls, as they were drawn, for the requests that go on with them.

A client sends a turn back as its own items. Rendered from those it would not be, token for token,
what the model wrote: then much of it is processed again, and reasoning that the client left out is
lost. So the tokens are kept here, in memory only, and found by the call that they end with.
"""

from __future__ import annotations

import json
import threading
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.base.types import Message, ModelRef, Part, PartKind, Request, Role
from app.server.declared_calls import NAMESPACE, folded
from app.server.pieces import Item, ItemKind

_MOST = 256
_MOST_TOKENS = 1_000_000  # of all turns, with 4 bytes each


@dataclass(frozen=True, slots=True)
class _Kept:
    """A turn: its ``parts``, as the client knows them, and all its tokens."""

    model: ModelRef
    parts: tuple[Part, ...]
    drawn: array[int]


class KeptTurns:
    """The turns that may go on. Thread-safe. The oldest make room for others."""

    def __init__(self, most: int = _MOST, most_tokens: int = _MOST_TOKENS) -> None:
        self._most = most
        self._most_tokens = most_tokens
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._tokens = 0

    def keep(self, request: Request, items: Sequence[Item], drawn: tuple[int, ...]) -> None:
        """Keep a turn that ended with calls: ``items`` are what ``request`` was answered."""
        told = tuple(map(_part, items))
        calls = [part.id for part in told if part.kind is PartKind.CALL]
        if not calls or not drawn:
            return
        kept = _Kept(request.model, (*_turn(request), *told), array("I", drawn))
        with self._lock:
            self._kept[calls[-1]] = kept
            self._tokens += len(drawn)
            while len(self._kept) > self._most or self._tokens > self._most_tokens:
                _, oldest = self._kept.popitem(last=False)
                self._tokens -= len(oldest.drawn)

    def resumed(self, request: Request) -> Request:
        """Return a request with the tokens of the turn that it goes on with, if they are kept.

        After the results, others may have said something, as agents do to remind the model.
        """
        end = len(request.messages)
        while end and request.messages[end - 1].role not in (Role.ASSISTANT, Role.TOOL):
            end -= 1
        messages, more = folded(request.messages[:end]), request.messages[end:]
        parts = messages[-1].parts if messages else ()
        calls = [part.id for part in parts if part.kind is PartKind.CALL]
        if not calls or parts[-1].kind is not PartKind.RESULT:
            return request
        with self._lock:
            kept = self._kept.get(calls[-1])
        if not kept or kept.model != request.model:
            return request
        results = _new_results(kept.parts, parts)
        if results is None:
            return request
        turn = [Message(Role.ASSISTANT, (*kept.parts, *results))]
        if more:
            turn = [Message(Role.ASSISTANT, kept.parts), Message(Role.TOOL, tuple(results)), *more]
        return replace(request, messages=(*messages[:-1], *turn), drawn=tuple(kept.drawn))


def _turn(request: Request) -> tuple[Part, ...]:
    """Return the parts of the turn that a request goes on with."""
    messages = folded(request.messages)
    return messages[-1].parts if messages and messages[-1].role is Role.ASSISTANT else ()


def _part(item: Item) -> Part:
    if item.kind is ItemKind.CALL:
        return Part(item.text, PartKind.CALL, f"{NAMESPACE}{item.name}", item.id)
    kind = PartKind.REASONING if item.kind is ItemKind.REASONING else PartKind.TEXT
    return Part(item.text, kind)


def _new_results(kept: Sequence[Part], given: Sequence[Part]) -> list[Part] | None:
    """Return the results that are not among the ``kept`` parts; None if others were changed."""
    known = {part.id: part.text for part in kept if part.kind is PartKind.RESULT}
    results = [part for part in given if part.kind is PartKind.RESULT]
    again = {part.id: part.text for part in results if part.id in known}
    reasoning = _texts(given, PartKind.REASONING)
    same = (
        again == known
        and _calls(kept) == _calls(given)
        and _texts(kept, PartKind.TEXT) == _texts(given, PartKind.TEXT)
        and reasoning in ("", _texts(kept, PartKind.REASONING))
    )
    return [part for part in results if part.id not in known] if same else None


def _texts(parts: Sequence[Part], kind: PartKind) -> str:
    return "\n\n".join(part.text.strip() for part in parts if part.kind is kind and part.text)


def _calls(parts: Sequence[Part]) -> list[tuple[str, str, Any]]:
    calls = (part for part in parts if part.kind is PartKind.CALL)
    return [(part.id, part.name, _arguments(part.text)) for part in calls]


def _arguments(text: str) -> Any:
    """Return arguments in the form in which they are compared."""
    try:
        return json.loads(text.strip() or "{}")
    except (ValueError, RecursionError):
        return text
