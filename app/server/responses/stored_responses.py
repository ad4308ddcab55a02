"""Responses that clients may go on from, in memory only: none is ever written to a disk."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass

from app.base.types import Message
from app.server.fields import JsonObject

_MOST = 1000
_LARGEST = 64 * 1024 * 1024  # bytes of texts, of all together


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A ``response``, and the conversation up to its end."""

    response: JsonObject
    messages: tuple[Message, ...]


class StoredResponses:
    """The responses that were asked to be stored. Thread-safe.

    The ones that nobody has asked for longest make room for others: there are at most ``most``,
    with ``largest`` bytes of text.
    """

    def __init__(self, most: int = _MOST, largest: int = _LARGEST) -> None:
        self._most = most
        self._largest = largest
        self._lock = threading.Lock()
        self._stored: OrderedDict[str, tuple[StoredResponse, int]] = OrderedDict()
        self._items: dict[str, JsonObject] = {}
        self._size = 0

    def put(self, stored: StoredResponse) -> None:
        """Store a response."""
        texts = (part.text for message in stored.messages for part in message.parts)
        size = sum(len(text.encode()) for text in texts)
        size += len(json.dumps(stored.response).encode())
        with self._lock:
            self._stored[stored.response["id"]] = stored, size
            self._items |= {item["id"]: item for item in stored.response["output"]}
            self._size += size
            while len(self._stored) > self._most or self._size > self._largest:
                self._remove(next(iter(self._stored)))

    def get(self, name: str) -> StoredResponse | None:
        """Return the response with an id."""
        with self._lock:
            if name not in self._stored:
                return None
            self._stored.move_to_end(name)
            return self._stored[name][0]

    def item(self, name: str) -> JsonObject | None:
        """Return the output item with an id."""
        with self._lock:
            return self._items.get(name)

    def delete(self, name: str) -> bool:
        """Delete a response; return whether there was one."""
        with self._lock:
            if name not in self._stored:
                return False
            self._remove(name)
            return True

    def _remove(self, name: str) -> None:
        stored, size = self._stored.pop(name)
        self._size -= size
        for item in stored.response["output"]:
            del self._items[item["id"]]
