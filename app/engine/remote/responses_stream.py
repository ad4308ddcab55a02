"""The stream of a response as wire events.

Of the events only those count that bring something new. Servers leave out some: what only comes
whole, at the end of an item or of all, is taken from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from app.base.answer_events import StopReason
from app.base.errors import ServerFailed, ServerForeign
from app.engine.remote.server_dialect import ITEM, echo
from app.engine.remote.stream_reading import (
    MOST_CALLS,
    Characters,
    Json,
    count_of,
    named,
    object_of,
    objects_of,
    read_stream,
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

_PREFIX = "response."
_REASONING = ("reasoning_text", "reasoning_summary_text", "reasoning", "reasoning_summary")
"""What the events are called that bring reasoning: by OpenAI, and by the Open Responses."""
_TEXTS = ("output_text", "refusal")
_ENDS = {
    "max_output_tokens": StopReason.LENGTH,
    "max_tokens": StopReason.LENGTH,
    "length": StopReason.LENGTH,
}


def responses_events(url: str, model: str, events: Iterable[ServerEvent]) -> Iterator[WireEvent]:
    """Yield what comes of the events of a stream. Raises RemoteError."""
    return read_stream(url, model, events, _ResponsesStream(url).read)


class _ResponsesStream:
    """A stream that is being read."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._calls: dict[str, CallText] = {}  # without arguments, by their places
        self._ids: dict[str, str] = {}  # the places of items, by their ids
        self._indices: dict[int, str] = {}  # and by their numbers
        self._lengths: dict[tuple[str, str, str], int] = {}  # of the texts that came
        self._wholes: dict[tuple[str, str], int] = {}  # of all texts of an item
        self._characters = Characters()

    def read(self, name: str, event: Json) -> Iterator[WireEvent]:
        """Yield what comes of an event."""
        kind = text_of(event.get("type")) or name
        if not kind.startswith(_PREFIX):
            if kind == "" and event.get("object") == "response":  # it does not stream
                yield from self._ended(event)
            return
        word, _, phase = kind.removeprefix(_PREFIX).rpartition(".")
        if phase in ("delta", "done") and word in (*_REASONING, *_TEXTS):
            yield from self._text(word, phase, event)
        elif word == "function_call_arguments":
            yield from self._arguments(phase, event)
        elif word == "output_item":
            place = self._place(event, begins=phase == "added")
            yield from self._item(phase, object_of(event, "item"), place)
        elif word == "" and phase in ("completed", "incomplete", "failed", "cancelled"):
            yield from self._ended(object_of(event, "response") | {"status": phase})

    # --- Texts --------------------------------------------------------------------------------

    def _text(self, word: str, phase: str, event: Json) -> Iterator[WireEvent]:
        """Yield more of a text; all of it at its end, if it did not come before."""
        parts = (event.get("summary_index"), event.get("content_index"))
        key = (word.partition("_")[0], self._place(event), str(parts))
        new = text_of(event.get("delta" if phase == "delta" else "text"))
        if word == "refusal" and phase == "done":
            new = text_of(event.get("refusal"))
        yield from self._more(key, new, whole=phase == "done")

    def _more(self, key: tuple[str, str, str], text: str, *, whole: bool) -> Iterator[WireEvent]:
        length = self._lengths.get(key, 0)
        if whole and length:
            return
        reasons = key[0] == "reasoning"
        begins = reasons and not length and key[:2] in self._wholes
        if text and begins:  # another part of a summary is a paragraph of its own
            text = f"\n\n{text}"
        self._lengths[key] = length + len(text)
        self._wholes[key[:2]] = self._wholes.get(key[:2], 0) + len(text)
        if text := self._characters.whole(key, text):
            yield ReasoningText(text, echo(ITEM)) if reasons else AnswerText(text)

    def _place(self, event: Json, *, begins: bool = False) -> str:
        """Return what tells an item from others.

        Servers leave out its number, count wrongly (gpt-oss's reference), or change its id.
        """
        index = count_of(event.get("output_index"))
        id = text_of(event.get("item_id")) or text_of(object_of(event, "item").get("id"))
        place = self._ids.get(id, "")
        if not place and index is not None and not (begins and id):
            place = self._indices.get(index, "")
        place = place or f"item {len(self._ids)} {len(self._indices)} {len(self._lengths)}"
        if id:
            self._ids[id] = place
        if index is not None:
            self._indices[index] = place
        return place

    # --- Items --------------------------------------------------------------------------------

    def _item(self, phase: str, item: Json, place: str) -> Iterator[WireEvent]:
        match item.get("type"):
            case "function_call":
                yield from self._call(phase, item, place)
            case "reasoning" if phase == "done":
                if not self._came("reasoning", place):
                    for name in ("content", "summary"):
                        for at, part in enumerate(objects_of(item.get(name))):
                            key = ("reasoning", place, f"{name} {at}")
                            yield from self._more(key, text_of(part.get("text")), whole=True)
                        if self._came("reasoning", place):
                            break
                yield ReasoningEcho(echo(ITEM, json.dumps(item, ensure_ascii=False)))
            case "message" if phase == "done" and not self._came("output", place):
                for at, part in enumerate(objects_of(item.get("content"))):
                    text = text_of(part.get("text")) or text_of(part.get("refusal"))
                    yield from self._more(("output", place, str(at)), text, whole=True)

    def _came(self, word: str, place: str) -> bool:
        """Return whether any text of an item has come."""
        words = (word, "refusal") if word == "output" else (word,)
        return any(self._wholes.get((each, place)) for each in words)

    def _call(self, phase: str, item: Json, place: str) -> Iterator[WireEvent]:
        id = text_of(item.get("call_id")) or text_of(item.get("id"))
        call = self._known(place, id, text_of(item.get("name")))
        # What it has at its beginning comes again.
        arguments = text_of(item.get("arguments")) if phase == "done" else ""
        yield self._grown(call, place, arguments, whole=True)

    def _arguments(self, phase: str, event: Json) -> Iterator[WireEvent]:
        place, whole = self._place(event), phase == "done"
        call = self._known(place, "", text_of(event.get("name")))
        text = text_of(event.get("arguments" if whole else "delta"))
        yield self._grown(call, place, text, whole=whole)

    def _grown(self, call: CallText, place: str, text: str, *, whole: bool) -> CallText:
        key = ("call", place, "")
        length = self._lengths.get(key, 0)
        text = "" if whole and length else text
        self._lengths[key] = length + len(text)
        return replace(call, arguments=self._characters.whole(key, text))

    def _known(self, place: str, id: str, name: str) -> CallText:
        """Return the call at a place, with what is known of it now."""
        if place not in self._calls and len(self._calls) >= MOST_CALLS:
            raise ServerForeign(self._url, "function_call")
        call = self._calls.get(place, CallText(len(self._calls)))
        self._calls[place] = named(call, id, name)
        return self._calls[place]

    # --- The end ------------------------------------------------------------------------------

    def _ended(self, response: Json) -> Iterator[WireEvent]:
        if not self._lengths and not self._calls:  # nothing came before
            for at, item in enumerate(objects_of(response.get("output"))):
                yield from self._item("done", item, f"output {at}")
        usage = object_of(response, "usage")
        if usage:
            yield UsageReport(
                count_of(usage.get("input_tokens")),
                count_of(object_of(usage, "input_tokens_details").get("cached_tokens")),
                count_of(usage.get("output_tokens")),
                count_of(object_of(usage, "output_tokens_details").get("reasoning_tokens")),
            )
        match response.get("status"):
            case "incomplete":
                reason = text_of(object_of(response, "incomplete_details").get("reason"))
                if reason == "content_filter":
                    raise ServerFailed(self._url, 200, reason)
                yield AnswerEnd(_ENDS.get(reason, StopReason.LENGTH))
            case "failed" | "cancelled":
                error = object_of(response, "error")
                raise ServerFailed(self._url, 200, text_of(error.get("message"))[:300])
            case _:
                yield AnswerEnd(StopReason.END)
