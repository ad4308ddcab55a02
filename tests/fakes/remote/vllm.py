"""vLLM 0.33.0 with gpt-oss.

From its sdist on PyPI, read 2026-11-30: vllm/entrypoints/openai/chat_completion/{protocol,serving,
stream_processor,message_assembly}.py, vllm/parser/harmony.py, vllm/entrypoints/openai/parser/
harmony_utils.py, vllm/renderers/{online_renderer,params}.py, vllm/entrypoints/openai/models/
serving.py, vllm/entrypoints/serve/{engine/protocol,middleware/authenticate,instrumentator/basic,
exception_handling/error_response,exception_handling/handlers/validation,utils/api_utils,
utils/fingerprint,utils/tool_calls_utils}.py, vllm/exceptions.py.
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

_PROTOCOL_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_HARMONY_EFFORTS = ("high", "medium", "low")
_GUARDED = ("/v1", "/v2", "/inference", "/cohere")


class Vllm:
    """It, with one model. ``prompts`` are what the model has got, for each answer."""

    base = "/v1"

    def __init__(
        self, model: str = "openai/gpt-oss-120b", context: int = 131_072, key: str = ""
    ) -> None:
        self.model, self.context, self.key = model, context, key
        self.prompts: list[list[Seen]] = []

    def dumps(self, value: Any) -> str:
        return compact(value)

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        if self.key and asked.path.startswith(_GUARDED) and asked.key != self.key:
            return self.refuse(Refusal.KEY)
        match asked.method, asked.path:
            case "GET", "/version":
                return Reply(body={"version": "0.33.0"})
            case "GET", "/health":
                return Reply(body=b"")
            case "GET", "/v1/models":
                return Reply(body={"object": "list", "data": [self._card()]})
            case "POST", "/v1/chat/completions":
                return self._chat(asked.json, say)
        return _error(404, "Not Found", "Not Found")

    def refuse(self, why: Refusal) -> Reply:
        match why:
            case Refusal.KEY:
                return Reply(401, {"error": "Unauthorized"})
            case Refusal.MODEL:
                return _error(404, "The model `x` does not exist.", "NotFoundError", "model")
            case Refusal.BUSY:
                busy = "The engine is currently busy and cannot accept new requests. "
                busy += "Please try again later or on a different instance."
                return _error(503, busy, "Service Unavailable")
            case Refusal.LOADING:  # before it listens, nothing answers but what is in front of it
                return Reply(503, b"no healthy upstream", headers={"Content-Type": "text/plain"})
            case Refusal.RATE:
                return _error(429, "Too Many Requests", "Too Many Requests")
            case Refusal.FAILED:
                return _error(500, "Internal server error", "InternalServerError")

    def late_error(self) -> list[Frame]:
        error = _error(500, "Internal server error", "InternalServerError").body
        return [Frame(error), Frame(DONE)]

    def _card(self) -> dict[str, Any]:
        permission = {"id": "modelperm-5f1c", "object": "model_permission", "created": CREATED}
        return {
            "id": self.model,
            "object": "model",
            "created": CREATED,
            "owned_by": "vllm",
            "root": self.model,
            "parent": None,
            "max_model_len": self.context,
            "permission": [permission],
        }

    def _chat(self, body: dict[str, Any], say: Callable[[], Said]) -> Reply:
        effort = body.get("reasoning_effort")
        if effort is not None and effort not in _PROTOCOL_EFFORTS:
            allowed = ", ".join(f"'{each}'" for each in _PROTOCOL_EFFORTS[:-1])
            problem = (
                "1 validation error:\n  {'type': 'literal_error', 'loc': 'body.reasoning_effort', "
                f"'msg': \"Input should be {allowed} or 'max'\", 'input': {effort!r}}}"
            )
            return _error(400, problem, "Bad Request", "body.reasoning_effort")
        if body.get("model") not in (None, "", self.model):
            missing = f"The model `{body['model']}` does not exist."
            return _error(404, missing, "NotFoundError", "model")
        if effort is not None and effort not in _HARMONY_EFFORTS:
            problem = f"{effort!r} is not supported by Harmony. Supported values are: "
            problem = f"reasoning_effort={problem}{', '.join(_HARMONY_EFFORTS)}."
            if effort == "none":
                problem = "Harmony does not support reasoning_effort='none'"
            problem += " (parameter=reasoning_effort)"
            return _error(400, problem, "BadRequestError", "reasoning_effort")
        prompt = _without_old_reasoning(
            [seen(each, "reasoning", "reasoning_content") for each in body["messages"]]
        )
        if (size := size_of(prompt)) > self.context:
            long = f"Input length ({size}) exceeds model's maximum context length ({self.context})."
            return _error(400, long, "BadRequestError")
        self.prompts.append(prompt)
        said = say()
        if not body.get("include_reasoning", True):
            said = Said(said.text, "", said.calls, said.full)
        if not body.get("stream"):
            return Reply(body=self._whole(said, size))
        return event_stream([*self._frames(said, size, body), Frame(DONE)])

    def _whole(self, said: Said, size: int) -> dict[str, Any]:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": said.text or None,
            "refusal": None,
            "annotations": None,
            "audio": None,
            "function_call": None,
        }
        if said.calls:
            message["tool_calls"] = [
                {
                    "id": _call_id(at),
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for at, call in enumerate(said.calls)
            ]
        choice = {
            "index": 0,
            "message": message | {"reasoning": said.reasoning or None},
            "logprobs": None,
            "finish_reason": said.finish,
            "stop_reason": 200012 if said.calls else None,
            "token_ids": None,
            "routed_experts": None,
            "weight_versions": None,
        }
        return {
            "id": "chatcmpl-8f14e45fceea167a",
            "object": "chat.completion",
            "created": CREATED,
            "model": self.model,
            "choices": [choice],
            "service_tier": None,
            "system_fingerprint": "vllm-0.33.0-tp2-1a2b3c4d",
            "usage": _usage(said, size)
            | {"prompt_tokens_details": None, "completion_tokens_details": None},
            "prompt_logprobs": None,
            "kv_transfer_params": None,
        }

    def _frames(self, said: Said, size: int, body: dict[str, Any]) -> Iterator[Frame]:
        head = {
            "id": "chatcmpl-8f14e45fceea167a",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.model,
        }
        first = {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None}
        first["finish_reason"] = None
        yield Frame(head | {"choices": [first], "prompt_token_ids": None, "prompt_text": None})
        for delta in _deltas(said):
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
            choice["token_ids"] = None
            yield Frame(head | {"choices": [choice], "kv_transfer_params": None})
        last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": said.finish}
        last |= {"stop_reason": 200012 if said.calls else None}
        last |= {"token_ids": None, "weight_versions": None}
        yield Frame(head | {"choices": [last], "kv_transfer_params": None})
        if (body.get("stream_options") or {}).get("include_usage"):
            usage = {"choices": [], "usage": _usage(said, size)}
            yield Frame(head | usage | {"system_fingerprint": "vllm-0.33.0-tp2-1a2b3c4d"})


def _deltas(said: Said) -> Iterator[dict[str, Any]]:
    thoughts, words = pieces(said.reasoning), pieces(said.text)
    if thoughts and words and not said.calls:  # one chunk may have the end of one and the other
        yield from ({"reasoning": piece} for piece in thoughts[:-1])
        yield {"content": words[0], "reasoning": thoughts[-1]}
        yield from ({"content": piece} for piece in words[1:])
        return
    yield from ({"reasoning": piece} for piece in thoughts)
    yield from ({"content": piece} for piece in words)
    for at, call in enumerate(said.calls):
        function = {"name": call.name, "arguments": ""}
        named = {"id": _call_id(at), "type": "function", "index": at, "function": function}
        yield {"tool_calls": [named]}
        for piece in fragments(call.arguments):
            yield {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}


def _without_old_reasoning(prompt: list[Seen]) -> list[Seen]:
    """Drop the reasoning before the last final answer, as auto_drop_analysis_messages does."""
    finals = [i for i, each in enumerate(prompt) if each.role == "assistant" and not each.calls]
    last = finals[-1] if finals else -1
    return [
        Seen(each.role, each.text, "" if i <= last else each.reasoning, each.calls, each.id)
        for i, each in enumerate(prompt)
    ]


def _call_id(at: int) -> str:
    return f"chatcmpl-tool-b3{at}f9e5c07d64a18"


def _usage(said: Said, size: int) -> dict[str, Any]:
    generated = said.generated
    return {
        "prompt_tokens": size,
        "total_tokens": size + generated,
        "completion_tokens": generated,
    }


def _error(status: int, message: str, kind: str, param: str | None = None) -> Reply:
    error = {"message": message, "type": kind, "param": param, "code": status}
    return Reply(status, {"error": error})
