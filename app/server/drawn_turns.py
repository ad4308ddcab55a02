"""Turns whose tokens are still known when clients send back what came of a call.

A client sends a conversation in its own form, and what the model has written is then other tokens
than those that it drew, even where no word was changed: all of them would be processed again. Many
clients leave the reasoning out, too, so that the model would not know why it called.
"""

from __future__ import annotations

import hashlib
import json
import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.base.types import Message, Part, PartKind, Request, Role
from app.server.pieces import Answer, Item, ItemKind

_MOST_TURNS = 64
_MOST_TOKENS = 1_000_000  # 4 MB


@dataclass(frozen=True, slots=True)
class DrawnTurn:
    """A turn's ``tokens``, and its reasoning as the client may send it back."""

    tokens: array[int]
    reasoning: str


class DrawnTurns:
    """The latest turns that wait for the results of calls. Thread-safe.

    A turn is known by all that its client has of the conversation, up to its last call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: OrderedDict[bytes, DrawnTurn] = OrderedDict()
        self._size = 0

    def resumed(self, request: Request) -> Request:
        """Return the request with the tokens of the turn that it goes on with, if it does so."""
        end = len(request.messages)
        while end and request.messages[end - 1].role is not Role.ASSISTANT:
            end -= 1
        if all(message.role is not Role.TOOL for message in request.messages[end:]):
            return request
        known = request.messages[:end]
        with self._lock:
            turn = self._turns.get(key := _key(request, known))
            if turn is None or _reasoning(known) not in ("", turn.reasoning):
                return request
            self._turns.move_to_end(key)
        return replace(request, drawn=tuple(turn.tokens))

    def add(self, request: Request, answer: Answer, drawn: Sequence[int]) -> None:
        """Remember the ``drawn`` tokens of a turn; there are none if it does not go on."""
        if not drawn:
            return
        said = Message(Role.ASSISTANT, tuple(map(_part, answer.items)))
        known = (*request.messages, said)
        key, turn = _key(request, known), DrawnTurn(array("I", drawn), _reasoning(known))
        with self._lock:
            self._forget(self._turns.pop(key, None))
            self._turns[key] = turn
            self._size += len(drawn)
            while len(self._turns) > _MOST_TURNS or self._size > _MOST_TOKENS:
                self._forget(self._turns.popitem(last=False)[1])

    def _forget(self, turn: DrawnTurn | None) -> None:
        self._size -= len(turn.tokens) if turn else 0


def _part(item: Item) -> Part:
    """Return an item as a client sends it back."""
    match item.kind:
        case ItemKind.REASONING:
            return Part(item.text, PartKind.REASONING)
        case ItemKind.CALL:
            return Part(item.text, PartKind.CALL, f"functions.{item.name}", item.id)
    return Part(item.text)


def _key(request: Request, messages: Sequence[Message]) -> bytes:
    """Return what is the same for a conversation with and without its reasoning."""
    written = json.dumps([request.model.key, *_steps(messages)])
    return hashlib.sha256(written.encode()).digest()


def _steps(messages: Sequence[Message]) -> Iterator[tuple[str, ...]]:
    for message in messages:
        for part in message.parts:
            match part.kind:
                case PartKind.REASONING:
                    pass
                case PartKind.CALL:
                    yield part.kind, part.name, part.id, _same(part.text)
                case kind if text := part.text.strip():
                    yield message.role, kind, part.name, part.id, text


def _same(arguments: str) -> str:
    """Return what is the same for all ways to write the arguments of a call."""
    try:
        return json.dumps(json.loads(arguments or "{}", strict=False), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _reasoning(messages: Sequence[Message]) -> str:
    """Return the reasoning since the last question."""
    asked = max((at for at, m in enumerate(messages) if m.role is Role.USER), default=-1)
    return "\n\n".join(filter(None, (message.reasoning for message in messages[asked + 1 :])))
