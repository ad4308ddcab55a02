"""A response as a whole, and as the events of a stream."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.base.answer_events import StopReason
from app.base.errors import Cancelled
from app.base.types import Message, Role
from app.server.api_error import ApiError
from app.server.dialect import PING, event, new_id
from app.server.engine_errors import api_error
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
from app.server.responses.free_text import FreeText
from app.server.responses.output_items import (
    COMPLETED,
    IN_PROGRESS,
    INCOMPLETE,
    OutputItem,
    content_part,
    parts_of,
)
from app.server.responses.response_request import AskedResponse
from app.server.responses.stored_responses import StoredResponse, StoredResponses


class ResponsesReply:
    """The reply to one request; see `app.server.dialect.Reply`."""

    def __init__(self, asked: AskedResponse, stored: StoredResponses) -> None:
        self.request = asked.request
        self.streamed = asked.streamed
        self._asked = asked
        self._stored = stored
        self._id = new_id("resp_")
        self._created = int(time.time())
        self._events = 0
        self._items: list[OutputItem] = []
        self._output: list[JsonObject] = []
        """The items that have ended, as objects."""
        self._item = self._identified(Item(ItemKind.TEXT))
        self._open = False
        """Whether the item has begun, and its end has not been told."""
        self._calls = 0
        self._texts: list[str] = []
        self._free_text = FreeText()
        self._told = False
        """Whether anything of the item's arguments was."""

    def whole(self, answer: Answer) -> JsonObject:
        """See `Reply.whole`."""
        if answer.reason is StopReason.CANCELLED:
            raise api_error(Cancelled())
        shown = [item for item in answer.items if self._shows(item)]
        self._items = [self._identified(item) for item in shown]
        self._output = [item.object(COMPLETED) for item in self._items[:-1]]
        self._output += [item.object(_status(answer.reason)) for item in self._items[-1:]]
        return self._ended(answer.reason, answer.usage)

    def begun(self) -> Iterator[bytes]:
        """See `Reply.begun`."""
        begun = self._response(IN_PROGRESS)
        yield self._event("response.created", response=begun)
        yield self._event("response.in_progress", response=begun)

    def piece(self, piece: Piece) -> Iterator[bytes]:
        """See `Reply.piece`."""
        match piece:
            case ItemBegun(item):
                yield from self._end(COMPLETED)
                if self._shows(item):
                    self._item, self._open = self._identified(item), True
                    self._texts.clear()
                    yield from self._begin()
            case ItemText(text) if self._open:
                self._texts.append(text)
                yield from self._more(text)
            case ItemEnded(item) if self._open:
                self._item = replace(self._item, item=item)
            case AnswerEnded(StopReason.CANCELLED):
                yield from self.failed(api_error(Cancelled()))
            case AnswerEnded(reason, usage):
                yield from self._end(_status(reason))
                response = self._ended(reason, usage)
                yield self._event(f"response.{response['status']}", response=response)

    def ping(self) -> bytes:
        """See `Reply.ping`."""
        return PING

    def failed(self, error: ApiError) -> Iterator[bytes]:
        """See `Reply.failed`."""
        grown = replace(self._item.item, text="".join(self._texts))
        self._item = replace(self._item, item=grown)
        yield from self._end(INCOMPLETE)
        told = {"code": _failure(error), "message": error.message}
        response = self._response("failed") | {"error": told}
        yield self._event("response.failed", response=response)

    # --- The items of a stream ----------------------------------------------------------------

    def _begin(self) -> Iterator[bytes]:
        item = self._item
        yield self._item_event("response.output_item.added", item=item.object(IN_PROGRESS))
        if item.item.kind is ItemKind.CALL:
            self._free_text, self._told = FreeText(), False
        else:
            yield self._content_event("response.content_part.added", part=_part(item, ""))

    def _more(self, text: str) -> Iterator[bytes]:
        item = self._item
        name = f"response.{_text_name(item)}.delta"
        if item.item.kind is not ItemKind.CALL:
            yield self._content_event(name, delta=text, **_logprobs(item))
        elif more := self._free_text.add(text) if item.tool.free_text else text:
            self._told = True
            yield self._text_event(name, delta=more)

    def _end(self, status: str) -> Iterator[bytes]:
        """End the item, if one has begun: that waits until it is known whether it is complete."""
        if not self._open:
            return
        self._open = False
        item = self._item
        whole = item.object(status)
        self._items.append(item)
        self._output.append(whole)
        text, name = item.item.text, f"response.{_text_name(item)}.done"
        if item.item.kind is ItemKind.CALL:
            key = "input" if item.tool.free_text else "arguments"
            if whole[key] and not self._told:
                yield self._text_event(f"response.{_text_name(item)}.delta", delta=whole[key])
            yield self._text_event(name, **{key: whole[key]}, **_named(item))
        else:
            yield self._content_event(name, text=text, **_logprobs(item))
            yield self._content_event("response.content_part.done", part=_part(item, text))
        yield self._item_event("response.output_item.done", item=whole)

    def _content_event(self, name: str, /, **members: Any) -> bytes:
        return self._text_event(name, content_index=0, **members)

    def _text_event(self, name: str, /, **members: Any) -> bytes:
        return self._item_event(name, item_id=self._item.id, **members)

    def _item_event(self, name: str, /, **members: Any) -> bytes:
        index = len(self._items) - (not self._open)
        return self._event(name, output_index=index, **members)

    def _event(self, name: str, /, **members: Any) -> bytes:
        told = {"type": name, "sequence_number": self._events, **members}
        self._events += 1
        return event(told, name)

    def _shows(self, item: Item) -> bool:
        """Return whether the client gets an item: it may want one call at a time."""
        if item.kind is not ItemKind.CALL:
            return True
        self._calls += 1
        return self._calls == 1 or bool(self._asked.echo["parallel_tool_calls"])

    # --- The response -------------------------------------------------------------------------

    def _identified(self, item: Item) -> OutputItem:
        return OutputItem.of(item, self._asked.tools, seals=self._asked.seals)

    def _ended(self, reason: StopReason, usage: Usage) -> JsonObject:
        """Return the response at its end, and store it if that was asked for."""
        status = _status(reason)
        response = self._response(status, usage)
        if status == INCOMPLETE:
            response["incomplete_details"] = {"reason": "max_output_tokens"}
        if self._asked.stores:
            messages = self.request.messages
            if self._items:
                messages = (*messages, Message(Role.ASSISTANT, parts_of(self._items)))
            self._stored.put(StoredResponse(response, messages))
        return response

    def _response(self, status: str, usage: Usage | None = None) -> JsonObject:
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "completed_at": int(time.time()) if status == COMPLETED else None,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "output": list(self._output),
            "usage": _usage(usage) if usage else None,
            **self._asked.echo,
        }


def _status(reason: StopReason) -> str:
    return INCOMPLETE if reason is StopReason.LENGTH else COMPLETED


def _failure(error: ApiError) -> str:
    """Return OpenAI's code for an error within a stream: Codex asks again but for some of them."""
    if error.code == "context_length_exceeded":
        return error.code
    if error.status == 429:
        return "rate_limit_exceeded"
    return "invalid_prompt" if error.status < 500 else "server_error"


def _text_name(item: OutputItem) -> str:
    """Return the name of the events of an item's text."""
    match item.item.kind:
        case ItemKind.REASONING:
            return "reasoning_text"
        case ItemKind.CALL:
            return "custom_tool_call_input" if item.tool.free_text else "function_call_arguments"
    return "output_text"


def _logprobs(item: OutputItem) -> JsonObject:
    return {} if item.item.kind is ItemKind.REASONING else {"logprobs": []}


def _named(item: OutputItem) -> JsonObject:
    return {} if item.tool.free_text else {"name": item.tool.name}


def _part(item: OutputItem, text: str) -> JsonObject:
    return content_part(item.item.kind, text)


def _usage(usage: Usage) -> JsonObject:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.generated,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.generated,
    }
