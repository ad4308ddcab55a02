"""SGLang 0.5.23 with gpt-oss.

From its wheel on PyPI, read 2026-11-30: sglang/srt/entrypoints/http_server.py, sglang/srt/
entrypoints/openai/{protocol,serving_base,serving_chat,sse_utils,usage_processor}.py, sglang/srt/
entrypoints/ollama/serving.py, sglang/srt/utils/auth.py, sglang/srt/managers/{tokenizer_manager,
scheduler}.py, sglang/srt/function_call/gpt_oss_detector.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.fakes.remote.said import Said, Seen, pieces, seen, size_of
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

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "ultra", "max")


class SgLang:
    """It, with one model. ``prompts`` are what the model has got, ``efforts`` of them."""

    base = "/v1"

    def __init__(
        self, model: str = "openai/gpt-oss-120b", context: int = 131_072, key: str = ""
    ) -> None:
        self.model, self.context, self.key = model, context, key
        self.prompts: list[list[Seen]] = []
        self.efforts: list[str | None] = []

    def dumps(self, value: Any) -> str:
        return compact(value)

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        if self.key and asked.key != self.key and not asked.path.startswith("/health"):
            return self.refuse(Refusal.KEY)
        match asked.method, asked.path:
            case "GET", "/v1/models":
                return Reply(body={"object": "list", "data": [self._card()]})
            case "GET", "/server_info" | "/get_server_info":
                return Reply(body={"model_path": self.model, "tp_size": 2, "version": "0.5.23"})
            case "GET", "/model_info" | "/get_model_info":
                info = {"model_path": self.model, "served_model_name": self.model}
                info |= {"reasoning_parser": "gpt-oss", "tool_call_parser": "gpt-oss"}
                return Reply(body=info | {"is_generation": True})
            case "GET", "/api/tags":  # it speaks some of Ollama, too
                tag = {"name": self.model, "model": self.model, "size": 0, "digest": ""}
                return Reply(body={"models": [tag]})
            case "POST", "/v1/chat/completions":
                return self._chat(asked.json, say)
        return Reply(404, {"detail": "Not Found"})

    def refuse(self, why: Refusal) -> Reply:
        match why:
            case Refusal.KEY:
                return Reply(401, {"error": "Unauthorized"})
            case Refusal.MODEL:
                error = {"message": "The model 'x' does not exist", "type": "invalid_request_error"}
                error |= {"param": "model", "code": "model_not_found"}
                return Reply(404, {"error": error})
            case Refusal.BUSY | Refusal.LOADING:
                full = "The request queue is full."
                return Reply(503, _flat(503, full, "SERVICE_UNAVAILABLE"))
            case Refusal.RATE:
                return Reply(429, _flat(429, "Too many requests", "429"))
            case Refusal.FAILED:
                failed = "Internal server error: out of memory"
                return Reply(500, _flat(500, failed, "InternalServerError"))

    def late_error(self) -> list[Frame]:
        error = _flat(500, "Generation aborted.", "INTERNAL_SERVER_ERROR")
        return [Frame({"error": error}), Frame(DONE)]

    def _card(self) -> dict[str, Any]:
        return {
            "id": self.model,
            "object": "model",
            "created": CREATED,
            "owned_by": "sglang",
            "root": self.model,
            "parent": None,
            "max_model_len": self.context,
        }

    def _chat(self, body: dict[str, Any], say: Callable[[], Said]) -> Reply:
        effort = (body.get("reasoning") or {}).get("effort") or body.get("reasoning_effort")
        if effort is not None and effort not in _EFFORTS:
            problem = f"1 validation error: invalid reasoning effort: {effort!r}"
            return Reply(400, _flat(400, problem, "Bad Request"))
        prompt = [seen(each, "reasoning_content") for each in body["messages"]]
        if (size := size_of(prompt)) >= self.context:
            long = f"The input ({size} tokens) is longer than the model's context length "
            return Reply(400, _flat(400, f"{long}({self.context} tokens).", "BadRequestError"))
        self.prompts.append(prompt)
        self.efforts.append(effort)
        said = say()
        if not body.get("stream"):
            return Reply(body=self._whole(said, size, body))
        return event_stream([*self._frames(said, size, body), Frame(DONE)])

    def _head(self, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": "8c5f0e3d7a9b4f12a6d0c3b1e2f49a77",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": body["model"],
        }

    def _whole(self, said: Said, size: int, body: dict[str, Any]) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": said.text or None}
        message["reasoning_content"] = said.reasoning or None
        if said.calls:
            message["tool_calls"] = [_call(at, said) for at in range(len(said.calls))]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
        head = self._head(body) | {"object": "chat.completion"}
        choice["matched_stop"] = None if said.calls else 200002
        return head | {"choices": [choice], "usage": _usage(said, size), "metadata": None}

    def _frames(self, said: Said, size: int, body: dict[str, Any]) -> Iterator[Frame]:
        head = self._head(body)
        for delta in _deltas(said):
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
            chunk = head | {"choices": [choice | {"matched_stop": None}]}
            yield Frame(chunk | {"usage": None} if "tool_calls" in delta else chunk)
        last = {"index": 0, "delta": {"reasoning_content": None}, "logprobs": None}
        last |= {"finish_reason": said.finish, "matched_stop": 200002}
        yield Frame(head | {"choices": [last]})
        if (body.get("stream_options") or {}).get("include_usage"):
            yield Frame(head | {"choices": [], "usage": _usage(said, size)})


def _deltas(said: Said) -> Iterator[dict[str, Any]]:
    yield {"reasoning_content": None, "role": "assistant", "content": ""}
    yield from ({"reasoning_content": piece} for piece in pieces(said.reasoning))
    yield from ({"reasoning_content": None, "content": piece} for piece in pieces(said.text))
    for at in range(len(said.calls)):
        empty = {"role": None, "content": None, "reasoning_content": None}
        yield empty | {"tool_calls": [_call(at, said)]}


def _call(at: int, said: Said) -> dict[str, Any]:
    call = said.calls[at]
    return {
        "id": f"call_0123456789abcdef0123456{at}",
        "index": at,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _usage(said: Said, size: int) -> dict[str, Any]:
    thought = said.reasoning_tokens
    return {
        "prompt_tokens": size,
        "total_tokens": size + said.generated,
        "completion_tokens": said.generated,
        "prompt_tokens_details": None,
        "reasoning_tokens": thought,
        "completion_tokens_details": {"reasoning_tokens": thought} if thought else None,
    }


def _flat(status: int, message: str, kind: str) -> dict[str, Any]:
    error = {"object": "error", "message": message, "type": kind, "param": None}
    return error | {"code": status}
