"""How calls were written, in memory, for when clients send them back.

A client gets a call's input as an object and, unless it asks for thinking, no reasoning. What it
sends back with the result would then be another text than the model wrote: the model would not know
why it called, and everything from there on would be processed again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from app.server.fields import JsonObject
from app.server.messages.tool_inputs import tool_input

_MOST_CALLS = 1000
_MOST_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class RememberedCall:
    """A call's arguments as the model wrote them, and the reasoning of the answer before it."""

    name: str
    arguments: str
    reasoning: str = ""


class RememberedCalls:
    """The latest calls, by their ids. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: OrderedDict[str, RememberedCall] = OrderedDict()
        self._size = 0

    def add(self, call_id: str, call: RememberedCall) -> None:
        """Remember a call."""
        with self._lock:
            self._drop(self._calls.pop(call_id, None))
            self._calls[call_id] = call
            self._size += _size(call)
            while len(self._calls) > _MOST_CALLS or self._size > _MOST_CHARACTERS:
                self._drop(self._calls.popitem(last=False)[1])

    def find(self, call_id: str, name: str, value: JsonObject) -> RememberedCall | None:
        """Return the call that a client has sent back, if nothing of it was changed."""
        with self._lock:
            call = self._calls.get(call_id)
            if call is None or call.name != name:
                return None
            self._calls.move_to_end(call_id)
        return call if tool_input(call.arguments) == value else None

    def _drop(self, call: RememberedCall | None) -> None:
        self._size -= _size(call) if call else 0


def _size(call: RememberedCall) -> int:
    return len(call.arguments) + len(call.reasoning)
