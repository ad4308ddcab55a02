"""LM Studio 0.4 with gpt-oss-20b: /v1, and the models of /api/v1 and /api/v0.

Its source is closed. From lmstudio-ai/docs at c6854fb (2026-04-29): 1_developer/2_rest/list.md and
endpoints.mdx, 3_openai-compat/*.md, 0_core/authentication.mdx, api-changelog.md; and from what
people have posted of its answers: lmstudio-bug-tracker#378, #649 and tools.mdx (chunks), #618 and
#2085 (any path is answered 200), #988 and #1250 (the effort is ignored in chats), #1730 and
gpt-researcher#1556 (models), #2322 with goose#11318 (context), #2339 (no answer at all), #726
(loaded_context_length), #2139 (owned_by), #2200 (items), opencode-lmstudio#41 (token), goai#110
(errors in a stream), pi#4191 (the reasoning of a response). Read 2026-11-30.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.remote.responses_form import Events, Thoughts, prompt_of, whole
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

_TOKEN = (
    "An LM Studio API token is required to make requests to this server, but none was provided "
    "using the Authorization header using the 'Bearer' scheme (i.e., 'Authorization: Bearer "
    "$LM_API_TOKEN'). Learn more at: https://lmstudio.ai/docs/developer/core/authentication."
)
_ITEMS = ("message", "function_call", "function_call_output", "reasoning")
_EXPRESS = {"X-Powered-By": "Express", "Content-Type": "text/event-stream"}


class LmStudio:
    """It, with one model, loaded with ``context``; 0 if it is not loaded.

    ``efforts`` are those that have reached the model. ``old``: before 0.4, without /api/v1.
    """

    base = "/v1"

    def __init__(
        self,
        model: str = "openai/gpt-oss-20b",
        context: int = 16_384,
        key: str = "",
        *,
        old: bool = False,
    ) -> None:
        self.model, self.context, self.key, self.old = model, context, key, old
        self.prompts: list[list[Seen]] = []
        self.efforts: list[str] = []

    def dumps(self, value: Any) -> str:
        return compact(value)

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        if self.key and asked.key != self.key:
            return self.refuse(Refusal.KEY)
        match asked.method, asked.path:
            case "GET", "/v1/models":
                card = {"id": self.model, "object": "model", "owned_by": "organization_owner"}
                return Reply(body={"data": [card], "object": "list"})
            case "GET", "/api/v0/models":
                return Reply(body={"data": [self._card_of_v0()], "object": "list"})
            case "GET", "/api/v1/models" if not self.old:
                return Reply(body={"models": [self._card_of_v1()]})
            case "POST", "/v1/chat/completions":
                return self._chat(asked.json, say)
            case "POST", "/v1/responses":
                return self._respond(asked.json, say)
        unknown = f"Unexpected endpoint or method. ({asked.method} {asked.path})"
        return Reply(200, {"error": unknown})

    def refuse(self, why: Refusal) -> Reply:
        match why:
            case Refusal.KEY:
                error = {"type": "invalid_request", "code": "invalid_api_key", "message": _TOKEN}
                return Reply(401, {"error": error})
            case Refusal.MODEL:
                return self._missing("x")
            case Refusal.LOADING:
                none = "No models loaded. Please load a model in the developer page or use the "
                return _error(400, f"{none}'lms load' command.", "model")
            case Refusal.BUSY | Refusal.RATE:  # it queues all; a proxy may say this
                return Reply(429, {"error": "Too many requests"})
            case Refusal.FAILED:
                return Reply(500, {"error": "Compute error."})

    def late_error(self) -> list[Frame]:
        error = {"error": {"message": "Compute error."}, "message": "Compute error."}
        return [Frame(error, "error")]

    def _card_of_v0(self) -> dict[str, Any]:
        card = {
            "id": self.model,
            "object": "model",
            "type": "llm",
            "publisher": "openai",
            "arch": "gpt-oss",
            "compatibility_type": "gguf",
            "quantization": "MXFP4",
            "state": "loaded" if self.context else "not-loaded",
            "max_context_length": 131_072,
        }
        if self.context:
            card["loaded_context_length"] = self.context
        return card | {"capabilities": ["tool_use"]}

    def _card_of_v1(self) -> dict[str, Any]:
        config = {"context_length": self.context, "eval_batch_size": 512, "parallel": 4}
        config |= {"flash_attention": True, "num_experts": 4, "offload_kv_cache_to_gpu": True}
        reasoning = {"allowed_options": ["low", "medium", "high"], "default": "low"}
        return {
            "type": "llm",
            "publisher": "openai",
            "key": self.model,
            "display_name": "GPT-OSS 20B",
            "architecture": "gpt-oss",
            "quantization": {"name": "MXFP4", "bits_per_weight": 4},
            "size_bytes": 12_109_565_632,
            "params_string": "20B",
            "loaded_instances": [{"id": self.model, "config": config}] if self.context else [],
            "max_context_length": 131_072,
            "format": "gguf",
            "capabilities": {
                "vision": False,
                "trained_for_tool_use": True,
                "reasoning": reasoning,
            },
            "description": None,
        }

    def _missing(self, model: str) -> Reply:
        text = f'Invalid model identifier "{model}". Please specify a valid downloaded model '
        return _error(400, f"{text}(e.g., {self.model}).", "model", "model_not_found")

    def _too_long(self, size: int) -> Reply | None:
        """Refuse what is too long: in a stream, with the status 200."""
        if not self.context:
            self.context = 4096
        if size <= self.context:
            return None
        text = f"Input does not fit in context length. The input has {size} tokens, but the "
        text += f"context length only supports {self.context} tokens."
        error = {"error": {"message": text}, "message": text}
        return event_stream([Frame(error, "error")], **_EXPRESS)

    def _chat(self, body: dict[str, Any], say: Callable[[], Said]) -> Reply:
        if body.get("model") != self.model:
            return self._missing(body.get("model", ""))
        if not isinstance(choice := body.get("tool_choice", "auto"), str):
            text = f"Invalid tool_choice type: '{type(choice).__name__}'. "
            text = text.replace("dict", "object") + "Supported string values: none, auto, required"
            return Reply(400, {"error": text})
        prompt = [seen(each, "reasoning", "reasoning_content") for each in body["messages"]]
        if problem := self._too_long(size_of(prompt)):
            return problem
        self.prompts.append(prompt)
        said = say()
        if not body.get("stream"):
            return Reply(body=self._whole(said, size_of(prompt)))
        frames = [*self._frames(said, size_of(prompt), body), Frame(DONE)]
        return event_stream(frames, **_EXPRESS)

    def _head(self) -> dict[str, Any]:
        return {
            "id": "chatcmpl-vn50j3flbgfxbb266ka3w",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.model,
            "system_fingerprint": self.model,
        }

    def _whole(self, said: Said, size: int) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": said.text}
        message["reasoning"] = said.reasoning
        message["tool_calls"] = [
            {
                "type": "function",
                "id": f"81489011{at}",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for at, call in enumerate(said.calls)
        ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
        head = self._head() | {"object": "chat.completion", "choices": [choice]}
        return head | {"usage": _usage(said, size), "stats": {}}

    def _frames(self, said: Said, size: int, body: dict[str, Any]) -> Iterator[Frame]:
        for delta in _deltas(said):
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
            yield Frame(self._head() | {"choices": [choice]})
        last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": said.finish}
        yield Frame(self._head() | {"choices": [last]})
        if (body.get("stream_options") or {}).get("include_usage"):
            yield Frame(self._head() | {"choices": [], "usage": _usage(said, size)})

    def _respond(self, body: dict[str, Any], say: Callable[[], Said]) -> Reply:
        if body.get("model") != self.model:
            return self._missing(body.get("model", ""))
        if not isinstance(items := body["input"], str) and any(
            each.get("type", "message") not in _ITEMS for each in items
        ):
            return _error(400, "Invalid type for 'input'.", "input", "invalid_union")
        prompt = prompt_of(body)
        if problem := self._too_long(size_of(prompt)):
            return problem
        self.prompts.append(prompt)
        self.efforts.append((body.get("reasoning") or {}).get("effort") or "low")
        said = say()
        if not body.get("stream"):
            return Reply(body=whole(self.model, body, said, size_of(prompt), Thoughts.TEXT))
        events = Events(self.model, body, Thoughts.AT_ONCE)
        return event_stream(list(events.frames(said, size_of(prompt))), **_EXPRESS)


def _deltas(said: Said) -> Iterator[dict[str, Any]]:
    for piece in pieces(said.reasoning):
        yield {"role": "assistant", "reasoning": piece}
    for piece in pieces(said.text):
        yield {"role": "assistant", "content": piece}
    for at, call in enumerate(said.calls):
        named = {"index": at, "id": f"81489011{at}", "type": "function"}
        yield {"tool_calls": [named | {"function": {"name": call.name, "arguments": ""}}]}
        for piece in fragments(call.arguments):
            more = {"index": at, "type": "function", "function": {"name": "", "arguments": piece}}
            yield {"tool_calls": [more]}


def _usage(said: Said, size: int) -> dict[str, Any]:
    return {
        "prompt_tokens": size,
        "completion_tokens": said.generated,
        "total_tokens": size + said.generated,
        "completion_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
    }


def _error(status: int, message: str, param: str, code: str | None = None) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Reply(status, {"error": error})
