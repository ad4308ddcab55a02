"""OpenRouter, with gpt-oss behind it.

From OpenRouterTeam/docs at c26125a (2026-08-22), read 2026-11-30: openapi/openapi.yaml
(ChatRequest, ChatStreamChunk, ChatStreamDelta, ReasoningDetailText, ChatUsage, Model,
ModelReasoning, the examples of the errors), api_reference/{errors-and-debugging,streaming,
limits}.mdx, guides/best-practices/reasoning-tokens.mdx, guides/features/message-transforms.mdx,
guides/overview/models.mdx. A chunk as it came: huggingface/responses.js#19; an unknown model:
anthropic-proxy#4. The sentence about the context is not in the docs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.remote.said import Said, Seen, fragments, pieces, seen, size_of
from tests.fakes.remote.wire import (
    CREATED,
    DONE,
    Asked,
    Frame,
    Refusal,
    Reply,
    compact,
    event_stream,
)

_EFFORTS = ("max", "xhigh", "high", "medium", "low", "minimal", "none")
_PINGS = b": OPENROUTER PROCESSING\n\n"


class OpenRouter:
    """It, with one model. ``prompts`` are what the model has got, ``efforts`` of them."""

    base = "/api/v1"

    def __init__(
        self, model: str = "openai/gpt-oss-120b", context: int = 131_072, key: str = "sk-or-v1-1"
    ) -> None:
        self.model, self.context, self.key = model, context, key
        self.prompts: list[list[Seen]] = []
        self.efforts: list[str | None] = []

    def dumps(self, value: Any) -> str:
        return compact(value)

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        match asked.method, asked.path:
            case "GET", "/api/v1/models":
                listed = {"data": [self._card()], "total_count": 1, "links": {"next": None}}
                return Reply(body=listed)
            case "GET", "/api/v1/key" if asked.key == self.key:
                return Reply(body={"data": {"label": "sk-or-v1-1…", "usage": 0.5}})
            case "GET", "/api/v1/key":
                return self.refuse(Refusal.KEY)
            case "POST", "/api/v1/chat/completions":
                if asked.key != self.key:
                    return self.refuse(Refusal.KEY)
                return self._chat(asked.json, say)
        page = "<!DOCTYPE html><html><head><title>Not Found | OpenRouter</title></head></html>"
        return Reply(404, page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})

    def refuse(self, why: Refusal) -> Reply:
        match why:
            case Refusal.KEY:
                return _error(401, "Missing Authentication header")
            case Refusal.MODEL:
                return self._missing("x/y")
            case Refusal.RATE:
                return _error(429, "Rate limit exceeded", "rate_limit_exceeded")
            case Refusal.BUSY | Refusal.LOADING:
                return _error(503, "Service temporarily unavailable", "provider_overloaded")
            case Refusal.FAILED:
                return _error(502, "Provider returned error", "provider_unavailable")

    def late_error(self) -> list[Frame]:
        error = {"code": 502, "message": "Provider disconnected unexpectedly"}
        choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
        details = {"error": error | {"metadata": {"error_type": "provider_unavailable"}}}
        return [Frame(self._head() | details | {"choices": [choice]})]

    def _card(self) -> dict[str, Any]:
        reasoning = {"supported_efforts": ["high", "medium", "low"], "default_effort": "medium"}
        return {
            "id": self.model,
            "canonical_slug": self.model,
            "name": "OpenAI: gpt-oss-120b",
            "created": 1754414231,
            "description": "gpt-oss-120b is an open-weight model.",
            "context_length": self.context,
            "architecture": {
                "input_modalities": ["text"],
                "instruct_type": None,
                "modality": "text->text",
                "output_modalities": ["text"],
                "tokenizer": "GPT",
            },
            "pricing": {"completion": "0.00000025", "prompt": "0.00000005"},
            "top_provider": {
                "context_length": self.context,
                "is_moderated": False,
                "max_completion_tokens": None,
            },
            "per_request_limits": None,
            "supported_parameters": ["max_tokens", "reasoning", "temperature", "tools", "top_p"],
            "reasoning": reasoning | {"default_enabled": True, "mandatory": True},
        }

    def _missing(self, model: str) -> Reply:
        error = {"message": f"{model} is not a valid model ID", "code": 400}
        return Reply(400, {"error": error, "user_id": "user_2x7DNyswjOHVRWDY"})

    def _chat(self, body: dict[str, Any], say: Callable[[], Said]) -> Reply:
        if body.get("model") != self.model:
            return self._missing(body.get("model", ""))
        by_object = (body.get("reasoning") or {}).get("effort")
        by_name = body.get("reasoning_effort")
        effort = by_object or by_name
        if effort not in (None, *_EFFORTS) or (by_object and by_name and by_object != by_name):
            return _error(400, "Invalid request parameters", "invalid_request")
        prompt = [_seen(each) for each in body["messages"]]
        if (size := size_of(prompt)) > self.context:
            text = f"This endpoint's maximum context length is {self.context} tokens. However, you "
            text += f"requested about {size} tokens. Please reduce the length."
            return _error(400, text, "context_length_exceeded")
        self.prompts.append(prompt)
        self.efforts.append(effort)
        said = say()
        if not body.get("stream"):
            return Reply(body=self._whole(said, size))
        frames = [Frame(raw=_PINGS), *self._frames(said, size), Frame(DONE)]
        return event_stream(frames, **{"Content-Type": "text/event-stream"})

    def _head(self) -> dict[str, Any]:
        return {
            "id": "gen-1764493200-kKgOdaMcUNYTUE8l",
            "provider": "DeepInfra",
            "model": self.model,
            "object": "chat.completion.chunk",
            "created": CREATED,
        }

    def _whole(self, said: Said, size: int) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": said.text or None}
        message |= {"refusal": None}
        if said.reasoning:
            message |= {"reasoning": said.reasoning, "reasoning_details": [_detail(said.reasoning)]}
        if said.calls:
            message["tool_calls"] = [
                {
                    "id": f"call_or{at}",
                    "index": at,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for at, call in enumerate(said.calls)
            ]
        reason = {"finish_reason": said.finish, "native_finish_reason": said.finish}
        choice = {"index": 0, "logprobs": None} | reason | {"message": message}
        head = self._head() | {"object": "chat.completion"}
        return head | {"choices": [choice], "usage": _usage(said, size)}

    def _frames(self, said: Said, size: int) -> Iterator[Frame]:
        for delta in _deltas(said):
            choice = {"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}
            choice |= {"native_finish_reason": None, "logprobs": None}
            yield Frame(self._head() | {"choices": [choice]})
        last = {"index": 0, "delta": {"role": "assistant", "content": ""}}
        last |= {"finish_reason": said.finish, "native_finish_reason": said.finish}
        yield Frame(self._head() | {"choices": [last | {"logprobs": None}]})
        yield Frame(self._head() | {"choices": [], "usage": _usage(said, size)})


def _seen(message: dict[str, Any]) -> Seen:
    """Return a message as the model gets it: details of the reasoning go before its text."""
    if details := message.get("reasoning_details"):
        text = "".join(each.get("text") or "" for each in details)
        return seen(message | {"reasoning": text}, "reasoning")
    return seen(message, "reasoning", "reasoning_content")


def _deltas(said: Said) -> Iterator[dict[str, Any]]:
    for piece in pieces(said.reasoning):
        yield {"content": "", "reasoning": piece, "reasoning_details": [_detail(piece)]}
    yield from ({"content": piece} for piece in pieces(said.text))
    for at, call in enumerate(said.calls):
        function = {"name": call.name, "arguments": ""}
        named = {"id": f"call_or{at}", "index": at, "type": "function", "function": function}
        yield {"content": None, "tool_calls": [named]}
        for piece in fragments(call.arguments):
            more = {"index": at, "type": "function", "function": {"arguments": piece}}
            yield {"content": None, "tool_calls": [more]}


def _detail(text: str) -> dict[str, Any]:
    return {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}


def _usage(said: Said, size: int) -> dict[str, Any]:
    return {
        "prompt_tokens": size,
        "completion_tokens": said.generated,
        "total_tokens": size + said.generated,
        "cost": 0.0000093,
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 0},
        "cost_details": {"upstream_inference_cost": None},
        "completion_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
    }


def _error(status: int, message: str, kind: str = "") -> Reply:
    error: dict[str, Any] = {"code": status, "message": message}
    if kind:
        error["metadata"] = {"error_type": kind}
    return Reply(status, {"error": error})
