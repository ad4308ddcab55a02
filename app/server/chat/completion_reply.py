"""Answers as Chat Completions, whole and streamed."""

from __future__ import annotations

import time
from collections.abc import Iterator

from app import __version__
from app.base.answer_events import StopReason
from app.base.types import Request
from app.server.api_error import ApiError
from app.server.chat.completion_reading import CompletionStyle
from app.server.dialect import PING, event, new_id, openai_error, written
from app.server.fields import JsonObject
from app.server.pieces import (
    Answer,
    AnswerEnded,
    Item,
    ItemBegun,
    ItemEnded,
    ItemKind,
    ItemText,
    Piece,
    Usage,
)

_REASONS = {
    StopReason.END: "stop",
    StopReason.STOP_TEXT: "stop",
    StopReason.CALL: "tool_calls",
    StopReason.LENGTH: "length",
    StopReason.CANCELLED: "length",
}
_BETWEEN = "\n\n"  # items of one field
_CONTENT, _REASONING, _CALL = "content", "reasoning", "call"


class CompletionReply:
    """The reply to one request; see `app.server.dialect.Reply`."""

    def __init__(self, request: Request, style: CompletionStyle, model: str) -> None:
        self.request = request
        self.streamed = style.streamed
        self._style = style
        self._head = {
            "id": new_id("chatcmpl-"),
            "object": "chat.completion.chunk" if style.streamed else "chat.completion",
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": f"fireside-{__version__}",
            "service_tier": "default",
        }
        usage = ', "usage": null' if style.usage else ""
        self._before = f'{written(self._head)[:-1]}, "choices": [{{"index": 0, "delta": '
        self._after = f"}}]{usage}}}"
        self._field = ""  # of the item that grows
        self._blank = True  # so far
        self._begun: set[str] = set()  # fields
        self._calls = 0

    def whole(self, answer: Answer) -> JsonObject:
        """See `Reply.whole`."""
        texts: dict[str, list[str]] = {_CONTENT: [], _REASONING: []}
        calls: list[JsonObject] = []
        for item in answer.items:
            field = self._field_of(item)
            if field == _CALL:
                calls.append(_call(item, _arguments(item)))
            elif field:
                texts[field].append(item.text)
        content = _BETWEEN.join(filter(None, texts[_CONTENT]))
        message: JsonObject = {
            "role": "assistant",
            "content": content or (None if calls else ""),
            "refusal": None,
            "annotations": [],
        }
        if reasoning := _BETWEEN.join(filter(None, texts[_REASONING])):
            message |= _reasoning(reasoning)
        if calls:
            message["tool_calls"] = calls
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": self._reason(answer.reason),
        }
        return self._head | {"choices": [choice], "usage": _usage(answer.usage)}

    def begun(self) -> Iterator[bytes]:
        """See `Reply.begun`."""
        yield self._chunk({"role": "assistant", "content": "", "refusal": None})

    def piece(self, piece: Piece) -> Iterator[bytes]:
        """See `Reply.piece`."""
        match piece:
            case ItemBegun(item):
                self._field, self._blank = self._field_of(item), True
                if self._field == _CALL:
                    yield self._call_chunk(_call(item, ""))
            case ItemText(text):
                yield from self._text(text)
            case ItemEnded(item):
                if self._field == _CALL and self._blank:
                    yield self._call_chunk({"function": {"arguments": _arguments(item)}})
            case AnswerEnded(reason, usage):
                yield self._chunk({}, self._reason(reason))
                if self._style.usage:
                    yield event(self._head | {"choices": [], "usage": _usage(usage)})
                yield event("[DONE]")

    def ping(self) -> bytes:
        """See `Reply.ping`."""
        return PING

    def failed(self, error: ApiError) -> Iterator[bytes]:
        """See `Reply.failed`."""
        yield event(openai_error(error))

    def _text(self, text: str) -> Iterator[bytes]:
        """Yield more text of the item that grows."""
        field = self._field
        if field == _CALL:
            if text := text.lstrip() if self._blank else text:
                self._blank = False
                yield self._call_chunk({"function": {"arguments": text}})
        elif field:
            if self._blank and field in self._begun:
                text = _BETWEEN + text
            self._blank = False
            self._begun.add(field)
            yield self._chunk(_reasoning(text) if field == _REASONING else {field: text})

    def _field_of(self, item: Item) -> str:
        """Return the field of an item that begins; empty if it is left out."""
        if item.kind is ItemKind.CALL:
            self._calls += 1
            return _CALL if self._style.several or self._calls == 1 else ""
        aside = item.kind is ItemKind.PREAMBLE and self._style.shaped
        if item.kind is ItemKind.REASONING or aside:
            return _REASONING if self._style.reasoning else ""
        return _CONTENT

    def _reason(self, reason: StopReason) -> str:
        return "tool_calls" if self._calls and reason is StopReason.END else _REASONS[reason]

    def _call_chunk(self, call: JsonObject) -> bytes:
        return self._chunk({"tool_calls": [{"index": self._calls - 1, **call}]})

    def _chunk(self, delta: JsonObject, reason: str | None = None) -> bytes:
        """Return a chunk; only what is its own is written anew."""
        own = f'{written(delta)}, "logprobs": null, "finish_reason": {written(reason)}'
        return event(f"{self._before}{own}{self._after}")


def _reasoning(text: str) -> JsonObject:
    """Return reasoning by both names that clients have for it."""
    return {"reasoning": text, "reasoning_content": text}


def _call(item: Item, arguments: str) -> JsonObject:
    function = {"name": item.name, "arguments": arguments}
    return {"id": item.id, "type": "function", "function": function}


def _arguments(item: Item) -> str:
    """Return a call's arguments; models write none for a function without parameters."""
    return item.text.lstrip() or "{}"


def _usage(usage: Usage) -> JsonObject:
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.generated,
        "total_tokens": usage.prompt + usage.generated,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
