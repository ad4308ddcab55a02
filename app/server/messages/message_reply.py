"""An answer as Anthropic's message, whole and as events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.base.answer_events import StopReason
from app.server.api_error import ApiError
from app.server.dialect import event, new_id
from app.server.fields import JsonObject
from app.server.messages.message_request import MessageRequest
from app.server.messages.tool_inputs import arguments_of, tool_input
from app.server.pieces import (
    Answer,
    AnswerEnded,
    Item,
    ItemBegun,
    ItemEnded,
    ItemKind,
    ItemText,
    Piece,
    PromptRead,
    Usage,
)
from app.server.replayed_answers import sealed

_SIGNATURE = "fs1"
"""The signature of thinking whose text is shown: clients drop thinking that has none."""
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


def anthropic_error(error: ApiError) -> JsonObject:
    """Return the body of an error in Anthropic's form."""
    usual = "invalid_request_error" if error.status < 500 else "api_error"
    kind = _KINDS.get(error.status, usual)
    told: JsonObject = {"type": kind, "message": error.message}
    if error.code:
        told["details"] = {"error_code": error.code}
    return {"type": "error", "error": told}


class MessageReply:
    """A message, being written; see `app.server.dialect.Reply`."""

    def __init__(self, asked: MessageRequest, model: str) -> None:
        self.request = asked.request
        self.streamed = asked.stream
        self._asked = asked
        self._model = model
        self._id = new_id("msg_")
        self._kind = ItemKind.TEXT
        self._name = ""
        self._index = 0
        self._open = self._told = False

    def whole(self, answer: Answer) -> JsonObject:
        """See `app.server.dialect.Reply.whole`."""
        content = [self._block(item) for item in answer.items if self._shows(item)]
        return self._message(
            content,
            (self._reason(answer.reason, answer.usage), answer.stop_text or None),
            _usage(answer.usage),
        )

    def begun(self) -> Iterator[bytes]:
        """See `app.server.dialect.Reply.begun`."""
        return iter(())  # it begins with the number of the prompt's tokens

    def piece(self, piece: Piece) -> Iterator[bytes]:
        """See `app.server.dialect.Reply.piece`."""
        tokens = piece.tokens if isinstance(piece, PromptRead) else 0
        yield from self._begun(tokens)
        match piece:
            case ItemBegun(item):
                self._kind, self._name = item.kind, item.name
                if item.kind is ItemKind.CALL:
                    yield self._start(self._block(item) | {"input": {}})
            case ItemText(text):
                yield from self._text(text)
            case ItemEnded(item):
                yield from self._end(item)
            case AnswerEnded(reason, usage, stop_text):
                why = self._reason(reason, usage)
                delta = {"stop_reason": why, "stop_sequence": stop_text or None}
                yield _event("message_delta", delta=delta, usage=_usage(usage))
                yield _event("message_stop")

    def ping(self) -> bytes:
        """See `app.server.dialect.Reply.ping`."""
        return b"".join(self._begun()) + _event("ping")

    def failed(self, error: ApiError) -> Iterator[bytes]:
        """See `app.server.dialect.Reply.failed`."""
        yield event(anthropic_error(error), "error")

    def _begun(self, tokens: int = 0) -> Iterator[bytes]:
        """Yield the beginning of the message, once."""
        if not self._told:
            self._told = True
            message = self._message([], (None, None), _usage(Usage(tokens)))
            yield _event("message_start", message=message)

    def _text(self, text: str) -> Iterator[bytes]:
        thinking = self._kind is ItemKind.REASONING
        call = self._kind is ItemKind.CALL
        if thinking and not self._asked.thinking.shown:
            return
        if not self._open:
            yield self._start(_thought("", "") if thinking else _said(""))
        if call and self._name in self._asked.eager:
            yield self._delta("input_json_delta", partial_json=text)
        elif thinking and not self._asked.thinking.sealed:
            yield self._delta("thinking_delta", thinking=text)
        elif not call and not thinking:
            yield self._delta("text_delta", text=text)

    def _end(self, item: Item) -> Iterator[bytes]:
        if not self._open:
            return
        if item.kind is ItemKind.CALL and item.name not in self._asked.eager:
            whole = arguments_of(tool_input(item.text))
            yield self._delta("input_json_delta", partial_json=whole)
        if item.kind is ItemKind.REASONING:
            yield self._delta("signature_delta", signature=self._signature(item))
        yield _event("content_block_stop", index=self._index)
        self._index += 1
        self._open = False

    def _start(self, block: JsonObject) -> bytes:
        self._open = True
        return _event("content_block_start", index=self._index, content_block=block)

    def _delta(self, kind: str, **members: str) -> bytes:
        delta = {"type": kind, **members}
        return _event("content_block_delta", index=self._index, delta=delta)

    def _shows(self, item: Item) -> bool:
        if item.kind is ItemKind.CALL:
            return True
        hidden = item.kind is ItemKind.REASONING and not self._asked.thinking.shown
        return bool(item.text) and not hidden

    def _block(self, item: Item) -> JsonObject:
        """Return the block of an item that is complete."""
        match item.kind:
            case ItemKind.REASONING:
                text = "" if self._asked.thinking.sealed else item.text
                return _thought(text, self._signature(item))
            case ItemKind.CALL:
                given = tool_input(item.text)
                return {"type": "tool_use", "id": item.id, "name": item.name, "input": given}
        return _said(item.text)

    def _signature(self, item: Item) -> str:
        return sealed(item.text) if self._asked.thinking.sealed else _SIGNATURE

    def _reason(self, reason: StopReason, usage: Usage) -> str:
        """Return why the answer has ended."""
        most = self.request.sampling.max_tokens
        match reason:
            case StopReason.STOP_TEXT:
                return "stop_sequence"
            case StopReason.LENGTH if most is None or usage.generated < most:
                return "model_context_window_exceeded"
            case StopReason.LENGTH:
                return "max_tokens"
            case StopReason.CALL:
                return "tool_use"
        return "end_turn"

    def _message(
        self, content: list[JsonObject], ended: tuple[str | None, str | None], usage: JsonObject
    ) -> JsonObject:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": content,
            "stop_reason": ended[0],
            "stop_sequence": ended[1],
            "stop_details": None,
            "container": None,
            "usage": usage,
        }


def _thought(text: str, signature: str) -> JsonObject:
    return {"type": "thinking", "thinking": text, "signature": signature}


def _said(text: str) -> JsonObject:
    return {"type": "text", "text": text}


def _usage(usage: Usage) -> JsonObject:
    """Return the numbers of tokens; those of the prompt that were cached count by themselves."""
    return {
        "input_tokens": usage.prompt - usage.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.generated,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
        "server_tool_use": None,
        "service_tier": "standard",
    }


def _event(name: str, **members: Any) -> bytes:
    return event({"type": name, **members}, name)
