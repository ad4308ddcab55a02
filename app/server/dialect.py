"""The seam between the server and the forms in which clients ask and are answered."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from app.base.types import ModelRef, Request
from app.server.api_error import ApiError
from app.server.fields import JsonObject
from app.server.pieces import Answer, Piece


@dataclass(frozen=True, slots=True)
class Served:
    """A model under the ``name`` that clients use."""

    ref: ModelRef
    name: str


class Reply(Protocol):
    """One request, and how its answer is written. It is used once."""

    request: Request
    """What the engine is asked; the server adds the client."""
    streamed: bool

    def whole(self, answer: Answer) -> JsonObject:
        """Return the answer as one object."""

    def begun(self) -> Iterator[bytes]:
        """Yield what a stream begins with."""

    def piece(self, piece: Piece) -> Iterator[bytes]:
        """Yield what a stream has of a piece; of the last one, also the stream's end."""

    def ping(self) -> bytes:
        """Return what keeps a stream alive that has nothing new."""

    def failed(self, error: ApiError) -> Iterator[bytes]:
        """Yield how a stream ends that has failed."""


@dataclass(frozen=True, slots=True)
class PromptCount:
    """A request that is not answered, only its prompt's tokens are counted.

    ``written`` makes the body of that number.
    """

    request: Request
    written: Callable[[int], JsonObject]


class Dialect(Protocol):
    """A form of requests and answers, with one endpoint."""

    def read(self, body: JsonObject, served: Served) -> Reply | PromptCount:
        """Read a request. Raises ApiError.

        The model's name in the body has been checked.
        """

    def error(self, error: ApiError) -> JsonObject:
        """Return the body of an error."""


@runtime_checkable
class StoringDialect(Dialect, Protocol):
    """A dialect whose answers can be asked for again, at its path and their ids."""

    def stored(self, name: str) -> JsonObject:
        """Return an answer. Raises ApiError if it is not stored."""

    def delete(self, name: str) -> JsonObject:
        """Delete an answer, and return what says so. Raises ApiError if it is not stored."""


written = json.JSONEncoder(ensure_ascii=False).encode
"""Return a value as JSON. `json.dumps` would make an encoder each time."""


def event(data: JsonObject | str, name: str = "") -> bytes:
    """Return a server-sent event: an object, or what is written already."""
    head = f"event: {name}\n" if name else ""
    told = data if isinstance(data, str) else written(data)
    return f"{head}data: {told.translate(_LINE_ENDS)}\n\n".encode(errors="replace")


_LINE_ENDS = {0x85: r"\u0085", 0x2028: r"\u2028", 0x2029: r"\u2029"}
"""What some clients, such as those over httpx, take for the end of a line."""


def new_id(prefix: str) -> str:
    """Return an id that nothing else has, with the prefix of its kind."""
    return f"{prefix}{secrets.token_hex(12)}"


PING = b": ping\n\n"


def openai_error(error: ApiError) -> JsonObject:
    """Return the body of an error in OpenAI's form."""
    return {
        "error": {
            "message": error.message,
            "type": error.kind,
            "param": error.param,
            "code": error.code,
        }
    }
