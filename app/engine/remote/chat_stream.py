"""The stream of a chat completion as wire events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from app.base.answer_events import StopReason
from app.base.errors import ServerFailed, ServerForeign
from app.engine.remote.server_dialect import DETAILS, TEXT_KEYS, echo
from app.engine.remote.stream_reading import (
    LONGEST,
    MOST_CALLS,
    Characters,
    Json,
    count_of,
    named,
    object_of,
    objects_of,
    read_stream,
    seconds_of,
    text_of,
)
from app.engine.remote.wire_events import (
    AnswerEnd,
    AnswerText,
    CallText,
    ReasoningEcho,
    ReasoningText,
    UsageReport,
    WireEvent,
)

if TYPE_CHECKING:  # a window need not wait for the network
    from app.network.event_stream import ServerEvent

T = TypeVar("T", int, float)

_REASONS = {
    "length": StopReason.LENGTH,
    "tool_calls": StopReason.CALL,
    "function_call": StopReason.CALL,
}
_REFUSED = ("content_filter", "error")
_TEXTS = ("text", "summary")
"""The members of details that grow."""


def chat_events(url: str, model: str, events: Iterable[ServerEvent]) -> Iterator[WireEvent]:
    """Yield what comes of the events of a stream. Raises RemoteError."""
    return read_stream(url, model, events, _ChatStream(url).read)


class _ChatStream:
    """A stream that is being read."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._key = ""  # in which the reasoning comes
        self._details: list[_Detail] = []
        self._details_size = 0
        self._calls: list[CallText] = []  # without arguments
        self._places: dict[int, int] = {}  # by the server's index
        self._characters = Characters()
        self._usage = UsageReport()

    def read(self, name: str, chunk: Json) -> Iterator[WireEvent]:
        """Yield what comes of a chunk."""
        for choice in objects_of(chunk.get("choices"))[:1]:
            yield from self._choice(choice)
        if usage := self._counted(chunk):
            yield usage

    def _choice(self, choice: Json) -> Iterator[WireEvent]:
        # A server that does not stream sends the whole message.
        delta = object_of(choice, "delta") or object_of(choice, "message")
        self._add_details(objects_of(delta.get(DETAILS)))
        if reasoning := self._reasoning(delta):
            yield reasoning
        if text := self._characters.whole("content", text_of(delta.get("content"))):
            yield AnswerText(text)
        for call in objects_of(delta.get("tool_calls")):
            yield self._call(call)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            if reason in _REFUSED:
                raise ServerFailed(self._url, 200, reason)
            if self._details:
                details = [each.whole() for each in self._details]
                yield ReasoningEcho(echo(DETAILS, json.dumps(details, ensure_ascii=False)))
            yield AnswerEnd(_REASONS.get(reason, StopReason.END))

    # --- Reasoning ----------------------------------------------------------------------------

    def _reasoning(self, delta: Json) -> ReasoningText | None:
        """Return more of the reasoning, which may be there under several keys: once."""
        for key in (self._key, *TEXT_KEYS) if self._key else TEXT_KEYS:
            if text := text_of(delta.get(key)):
                self._key = key
                break
        else:
            if self._key:  # it is there as text
                return None
            details = objects_of(delta.get(DETAILS))
            text, key = "".join(text_of(d.get(name)) for d in details for name in _TEXTS), DETAILS
        text = self._characters.whole("reasoning", text)
        return ReasoningText(text, echo(key)) if text else None

    def _add_details(self, details: list[Json]) -> None:
        """Join what belongs together: servers take the whole back, not its pieces."""
        for detail in details:
            self._details_size += len(json.dumps(detail))
            if self._details_size > LONGEST:
                raise ServerForeign(self._url, DETAILS)
            if not (self._details and self._details[-1].add(detail)):
                self._details.append(_Detail(detail))

    # --- Calls --------------------------------------------------------------------------------

    def _call(self, call: Json) -> CallText:
        function = object_of(call, "function")
        id, name = text_of(call.get("id")), text_of(function.get("name"))
        at = self._place(call.get("index"), id, name)
        self._calls[at] = known = named(self._calls[at], id, name)
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments, ensure_ascii=False)
        return replace(known, arguments=self._characters.whole(at, text_of(arguments)))

    def _place(self, index: object, id: str, name: str) -> int:
        """Return the number of the call of which a fragment is.

        An index may be missing, or the same for all; an id may be missing, or come each time.
        """
        place = count_of(index)
        if place is None:
            last = self._calls[-1] if self._calls else None
            begins = (
                last is None
                or (bool(id) and bool(last.id) and id != last.id)
                or (bool(name) and bool(last.name) and (not id or id != last.id))
            )
            return self._begun() if begins else len(self._calls) - 1
        at = self._places.get(place)
        if at is not None:
            known = self._calls[at]
            other = id and known.id and id != known.id
            if not (other and name and known.name):
                return at
        self._places[place] = self._begun()
        return self._places[place]

    def _begun(self) -> int:
        if len(self._calls) >= MOST_CALLS:
            raise ServerForeign(self._url, "tool_calls")
        self._calls.append(CallText(len(self._calls)))
        return len(self._calls) - 1

    # --- Numbers ------------------------------------------------------------------------------

    def _counted(self, chunk: Json) -> UsageReport | None:
        """Return what has been counted so far, if a chunk says more of it."""
        usage, before = object_of(chunk, "usage"), self._usage
        prompt, answer = (
            object_of(usage, f"{name}_tokens_details") for name in ("prompt", "completion")
        )
        timings, stats = object_of(chunk, "timings"), object_of(chunk, "stats")
        reasoning = count_of(answer.get("reasoning_tokens"))
        new = UsageReport(
            count_of(usage.get("prompt_tokens")),
            _first(count_of(prompt.get("cached_tokens")), count_of(timings.get("cache_n"))),
            count_of(usage.get("completion_tokens")),
            _first(reasoning, count_of(usage.get("reasoning_tokens"))),
            _first(
                seconds_of(timings.get("prompt_ms"), per_second=1000),
                seconds_of(stats.get("time_to_first_token")),
            ),
            _first(
                seconds_of(timings.get("predicted_ms"), per_second=1000),
                seconds_of(stats.get("generation_time")),
            ),
        )
        self._usage = UsageReport(
            _first(new.prompt, before.prompt),
            _first(new.cached, before.cached),
            _first(new.generated, before.generated),
            _first(new.reasoning, before.reasoning),
            _first(new.prompt_s, before.prompt_s),
            _first(new.generation_s, before.generation_s),
        )
        return None if self._usage == before else self._usage


class _Detail:
    """A detail of the reasoning while it grows."""

    def __init__(self, first: Json) -> None:
        self._found = dict(first)
        self._texts = {name: [text_of(first[name])] for name in _TEXTS if name in first}

    def add(self, more: Json) -> bool:
        """Add the next detail if it goes on with this one; return whether it does."""
        grows = any(name in more and name in self._found for name in _TEXTS)
        signed = "signature" in more and not any(more.get(name) for name in _TEXTS)
        if not ((grows or signed) and _agree(self._found, more, ("type", "index", "id"))):
            return False
        for name, value in more.items():
            if name in _TEXTS and isinstance(value, str):
                self._texts.setdefault(name, []).append(value)
            if value is not None:
                self._found[name] = value
        return True

    def whole(self) -> Json:
        """Return all of it."""
        return self._found | {name: "".join(texts) for name, texts in self._texts.items()}


def _first(one: T | None, other: T | None) -> T | None:
    return other if one is None else one


def _agree(one: Json, other: Json, names: Iterable[str]) -> bool:
    """Return whether two objects have the same values, as far as both have any."""
    return all(one.get(n) == other.get(n) or None in (one.get(n), other.get(n)) for n in names)
