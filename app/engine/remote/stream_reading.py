"""What the streams of all interfaces have in common: JSON of any shape, within limits."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from app.base.errors import ServerForeign
from app.engine.remote.server_faults import stream_fault
from app.engine.remote.server_message import read_body
from app.engine.remote.wire_events import (
    AnswerText,
    CallText,
    ReasoningEcho,
    ReasoningText,
    UsageReport,
    WireEvent,
)

if TYPE_CHECKING:  # a window need not wait for the network
    from app.network.event_stream import ServerEvent

Json = dict[str, Any]

MOST_CALLS = 256
"""Calls of one answer."""
LONGEST = 16 << 20
"""Characters of an answer, with what is sent back of it."""

_DONE = "[DONE]"
_MOST_IDLE = 200_000  # events in a row without anything new
_MOST_TOKENS = 1 << 40
_SHOWN = 200
_LONGEST_NAME = 256  # characters; also of ids


def read_stream(
    url: str,
    model: str,
    events: Iterable[ServerEvent],
    read: Callable[[str, Json], Iterable[WireEvent]],
) -> Iterator[WireEvent]:
    """Yield what ``read`` makes of the events, by their names and data, up to the end.

    Raises what the server says went wrong, and ServerForeign for what is no answer.
    """
    idle, size = 0, 0
    for event in events:
        if event.data.strip() == _DONE:
            return
        data = _parsed(url, event.data)
        if fault := stream_fault(url, model, data):
            raise fault
        idle += 1
        for each in read(event.name, data) if isinstance(data, dict) else ():
            size += _size(each)
            idle = idle if isinstance(each, UsageReport) else 0
            yield each
        if idle > _MOST_IDLE or size > LONGEST:
            raise ServerForeign(url, event.data[:_SHOWN])


def _parsed(url: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ServerForeign(url, read_body(text.encode("utf-8", "replace")).text) from None


def _size(event: WireEvent) -> int:
    match event:
        case ReasoningText(text) | AnswerText(text):
            return len(text)
        case CallText():
            return len(event.arguments) + 1
        case ReasoningEcho(echo):
            return len(echo)
    return 1


def named(call: CallText, id: str, name: str) -> CallText:
    """Return a call with its id and name, as soon as these are known."""
    return CallText(call.at, call.id or id[:_LONGEST_NAME], call.name or name[:_LONGEST_NAME])


def objects_of(value: object) -> list[Json]:
    """Return the objects in a list; none if it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def object_of(value: Json, name: str) -> Json:
    """Return a member that is an object; an empty one if it is not."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def text_of(value: object) -> str:
    """Return a text, which may be given in parts; empty if it is none."""
    if isinstance(value, list):
        return "".join(text_of(each.get("text")) for each in objects_of(value))
    return value if isinstance(value, str) else ""


def count_of(value: object) -> int | None:
    """Return a number of tokens; None if it cannot be one."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < _MOST_TOKENS else None  # type: ignore[return-value,operator]


def seconds_of(value: object, *, per_second: float = 1.0) -> float | None:
    """Return a time in seconds, of which the value has ``per_second``; None if it cannot be one."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    seconds = float(value) / per_second if abs(value) < _MOST_TOKENS else math.nan
    return seconds if 0 <= seconds < _MOST_TOKENS else None


class Characters:
    """Texts that may end in half a character, as some servers cut them."""

    def __init__(self) -> None:
        self._held: dict[object, str] = {}

    def whole(self, key: object, text: str) -> str:
        """Return more of the text ``key``, without half a character at its end."""
        if text.isascii() and not self._held:  # nearly always
            return text
        text = self._held.pop(key, "") + text
        if "\ud800" <= text[-1:] <= "\udbff":
            self._held[key], text = text[-1], text[:-1]
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text
