"""What requests and answers consist of, for all fake servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from tests.fakes.remote.said import Said, Seen

CREATED = 1764493200
DONE = "[DONE]"


class Refusal(StrEnum):
    """Why a server does not answer."""

    KEY = "key"
    MODEL = "model"
    BUSY = "busy"
    """It has too much to do, and says so as it does by itself."""
    RATE = "rate"
    """429, by itself or by a proxy before it."""
    LOADING = "loading"
    FAILED = "failed"


@dataclass(frozen=True)
class Asked:
    """A request that came; the names of ``headers`` are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def key(self) -> str:
        """The token that it brings."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass
class Frame:
    """An event of a stream: ``data`` is JSON, or a string that is sent as it is.

    ``raw``, if it is not None, is sent in its place.
    """

    data: Any = None
    event: str = ""
    raw: bytes | None = None


@dataclass
class Reply:
    """An answer: with ``frames`` it is a stream, else ``body`` is all of it."""

    status: int = 200
    body: Any = b""
    frames: list[Frame] | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """How one server speaks."""

    base: str
    """The path of the address that users enter, such as "/v1"."""
    model: str
    """The id of its model."""
    prompts: list[list[Seen]]
    """What the model has got, for each of its answers."""

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        """Answer a request; ``say`` gives what the model says next."""

    def refuse(self, why: Refusal) -> Reply:
        """Return its answer when it does not answer."""

    def late_error(self) -> list[Frame]:
        """Return what it sends when it fails in the middle of a stream, to the stream's end."""

    def dumps(self, value: Any) -> str:
        """Return JSON as it writes it."""


def compact(value: Any) -> str:
    """Write JSON without blanks and escapes, as pydantic, orjson, msgspec and JavaScript do."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def go_json(value: Any) -> str:
    """Write JSON as Go does, which escapes what would matter in HTML."""
    text = compact(value)
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def event_stream(frames: Sequence[Frame], **headers: str) -> Reply:
    """Return a stream."""
    kind = {"Content-Type": "text/event-stream; charset=utf-8"}
    return Reply(frames=list(frames), headers=kind | headers)


def nginx(status: int, title: str) -> Reply:
    """Return the page that nginx sends in place of a server behind it."""
    page = (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n<hr><center>nginx/1.24.0</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return Reply(status, page.encode(), headers={"Content-Type": "text/html"})
