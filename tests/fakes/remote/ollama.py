"""Ollama 0.33 with gpt-oss: its /v1, and what its own interface says of models.

From github.com/ollama/ollama at fb30760 (2026-08-21), read 2026-11-30: openai/openai.go,
middleware/openai.go, server/routes.go (ChatHandler, streamResponse, PsHandler, GetModelInfo,
handleScheduleError, toolCallId), server/prompt.go (chatPrompt), server/sched.go, harmony/
harmonyparser.go, llm/llama_server.go, api/types.go, docs/api.md, docs/context-length.mdx.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.fakes.remote.said import Said, Seen, pieces, seen, size_of
from tests.fakes.remote.wire import (
    CREATED,
    DONE,
    Asked,
    Frame,
    Refusal,
    Reply,
    event_stream,
    go_json,
)

_THINK = {"none": "", "minimal": "low", "low": "low", "medium": "medium", "high": "high"}
_THINK |= {"max": "max", "xhigh": "max", "ultra": "max"}
_KINDS = {400: "invalid_request_error", 404: "not_found_error"}
_DIGEST = "17052f91a42e97930aa6e28a6c6c06a983e6a58dbb00434885a0cf5313e376f7"
_MAXIMUM = 131_072
_KEPT = 4  # tokens


class Ollama:
    """It, with one model.

    ``context`` is what it has been loaded with; 0 if it has not been loaded yet, then it gets
    4,096. ``able`` are its capabilities. ``prompts`` are what the model has got, after the
    truncation; ``think`` is the effort.
    """

    base = "/v1"

    def __init__(
        self,
        model: str = "gpt-oss:20b",
        context: int = 8192,
        able: tuple[str, ...] = ("completion", "tools", "thinking"),
    ) -> None:
        self.model, self.context, self.able = model, context, able
        self.prompts: list[list[Seen]] = []
        self.think: list[str | None] = []

    def dumps(self, value: Any) -> str:
        return go_json(value)

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        match asked.method, asked.path:
            case "GET", "/":
                return Reply(body=b"Ollama is running", headers={"Content-Type": "text/plain"})
            case "GET", "/api/version":
                return Reply(body={"version": "0.33.0"})
            case "GET", "/api/tags":
                return Reply(body={"models": [self._tag()]})
            case "GET", "/api/ps":
                return Reply(body={"models": [self._loaded()] if self.context else []})
            case "POST", "/api/show":
                return self._show(asked.json)
            case "POST", "/api/generate" | "/api/chat":
                return self._load(asked.json)
            case "GET", "/v1/models":
                card = {"id": self.model, "object": "model", "created": CREATED}
                return Reply(body={"object": "list", "data": [card | {"owned_by": "library"}]})
            case "POST", "/v1/chat/completions":
                return self._chat(asked.json, say)
        return Reply(404, b"404 page not found", headers={"Content-Type": "text/plain"})

    def refuse(self, why: Refusal) -> Reply:
        match why:
            case Refusal.KEY:  # it has none; this is a proxy's, nginx with auth_basic or the like
                return Reply(401, b"", headers={"WWW-Authenticate": 'Bearer realm="ollama"'})
            case Refusal.MODEL:
                return _error(404, "model 'x' not found")
            case Refusal.BUSY | Refusal.LOADING:
                busy = "server busy, please try again.  maximum pending requests exceeded"
                return _error(503, busy)
            case Refusal.RATE:
                return _error(429, "you have reached your usage limit")
            case Refusal.FAILED:
                return _error(
                    500,
                    "model runner has unexpectedly stopped, this may be due to resource "
                    "limitations or an internal error, check ollama server logs for details",
                )

    def late_error(self) -> list[Frame]:
        """Return an empty chunk: its middleware takes {"error": …} for an answer without text."""
        choice = {"index": 0, "delta": {"content": ""}, "finish_reason": None}
        return [Frame(self._head("") | {"choices": [choice]})]

    def _tag(self) -> dict[str, Any]:
        return {
            "name": self.model,
            "model": self.model,
            "modified_at": "2026-11-02T10:15:00.123456789+01:00",
            "size": 13_793_441_244,
            "digest": _DIGEST,
            "details": _DETAILS | {"context_length": _MAXIMUM},
            "capabilities": self.able,
        }

    def _loaded(self) -> dict[str, Any]:
        return {
            "name": self.model,
            "model": self.model,
            "size": 14_128_374_272,
            "digest": _DIGEST,
            "details": _DETAILS,
            "expires_at": "2026-11-30T12:05:00.123456789Z",
            "size_vram": 14_128_374_272,
            "context_length": self.context,
        }

    def _show(self, body: dict[str, Any]) -> Reply:
        if body.get("model") != self.model:
            return Reply(404, {"error": f"model '{body.get('model')}' not found"})
        info = {"general.architecture": "gptoss", "general.parameter_count": 20_914_757_184}
        info |= {"gptoss.block_count": 24, "gptoss.context_length": _MAXIMUM}
        return Reply(
            body={
                "license": "Apache License 2.0",
                "modelfile": '# Modelfile generated by "ollama show"\n',
                "parameters": "temperature                    1",
                "template": "<|start|>system<|message|>…<|end|>",
                "details": _DETAILS,
                "model_info": info,
                "capabilities": self.able,
                "modified_at": "2026-11-02T10:15:00.123456789+01:00",
            }
        )

    def _load(self, body: dict[str, Any]) -> Reply:
        """Load a model, which a request without a prompt does."""
        assert not body.get("prompt")
        assert not body.get("messages")
        if body.get("model") != self.model:
            return Reply(404, {"error": f"model '{body.get('model')}' not found"})
        self.context = self.context or 4096
        loaded = {"model": self.model, "created_at": "2026-11-30T12:00:00.123456789Z"}
        return Reply(body=loaded | {"response": "", "done": True, "done_reason": "load"})

    def _chat(self, body: dict[str, Any], say: Callable[[], Said]) -> Reply:
        if not body.get("messages"):
            return _error(400, "[] is too short - 'messages'")
        for message in body["messages"]:
            if problem := _unreadable(message):
                return _error(400, problem)
        reasoning = body.get("reasoning")
        effort = reasoning.get("effort", "") if reasoning else body.get("reasoning_effort") or ""
        if effort and effort not in _THINK:
            allowed = (
                'must be "minimal", "low", "medium", "high", "xhigh", "ultra", "max", or "none"'
            )
            return _error(400, f'invalid reasoning value: "{effort}" ({allowed})')
        if body.get("model") != self.model:
            return _error(404, f"model '{body.get('model')}' not found")
        if _THINK.get(effort) and "thinking" not in self.able:
            return _error(400, f'"{self.model}" does not support thinking')
        if body.get("tools") and "tools" not in self.able:
            name = f"registry.ollama.ai/library/{self.model}"
            return _error(400, f"{name} does not support tools")
        self.context = self.context or 4096
        prompt = _truncated([seen(each, "reasoning") for each in body["messages"]], self.context)
        prompt = _shifted(prompt, self.context)
        self.prompts.append(prompt)
        self.think.append(_THINK[effort].replace("max", "high") if effort else None)
        said, size = say(), size_of(prompt)
        if effort == "none":
            said = Said(said.text, "", said.calls, said.full)
        if not body.get("stream"):
            return Reply(body=self._whole(said, size))
        return event_stream([*self._frames(said, size, body), Frame(DONE)], **_NO_CHARSET)

    def _head(self, model: str) -> dict[str, Any]:
        return {
            "id": "chatcmpl-417",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": model,
            "system_fingerprint": "fp_ollama",
        }

    def _whole(self, said: Said, size: int) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": said.text}
        if said.reasoning:
            message["reasoning"] = said.reasoning
        if said.calls:
            message["tool_calls"] = _calls(said)
        choice = {"index": 0, "message": message, "finish_reason": said.finish}
        head = self._head(self.model) | {"object": "chat.completion"}
        return head | {"choices": [choice], "usage": _usage(said, size)}

    def _frames(self, said: Said, size: int, body: dict[str, Any]) -> Iterator[Frame]:
        head, first = self._head(self.model), True
        for delta in _deltas(said):
            if first:
                delta = {"role": "assistant"} | delta
                first = False
            choice = {"index": 0, "delta": delta, "finish_reason": None}
            yield Frame(head | {"choices": [choice]})
        choice = {"index": 0, "delta": {}, "finish_reason": said.finish}
        yield Frame(head | {"choices": [choice]})
        if (body.get("stream_options") or {}).get("include_usage"):
            yield Frame(head | {"choices": [], "usage": _usage(said, size)})


_NO_CHARSET = {"Content-Type": "text/event-stream"}
_DETAILS = {
    "parent_model": "",
    "format": "gguf",
    "family": "gptoss",
    "families": ["gptoss"],
    "parameter_size": "20.9B",
    "quantization_level": "MXFP4",
}


def _deltas(said: Said) -> Iterator[dict[str, Any]]:
    yield from ({"content": "", "reasoning": piece} for piece in pieces(said.reasoning))
    yield from ({"content": piece} for piece in pieces(said.text))
    if said.calls:
        yield {"content": "", "tool_calls": _calls(said)}
    elif not said.text and not said.reasoning:
        yield {"content": ""}


def _calls(said: Said) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_k3x9a2b{at}",
            "index": at,
            "type": "function",
            "function": {"name": call.name, "arguments": go_json(json.loads(call.arguments))},
        }
        for at, call in enumerate(said.calls)
    ]


def _unreadable(message: dict[str, Any]) -> str:
    """Return why FromChatRequest cannot read a message; empty if it can."""
    calls = message.get("tool_calls")
    if message.get("content") is None and calls is None:
        return "invalid message content type: <nil>"
    for call in calls or ():
        if not call["function"]["arguments"].lstrip().startswith("{"):
            return "invalid tool call arguments"
    return ""


def _truncated(prompt: list[Seen], context: int) -> list[Seen]:
    """Drop messages from the front until the prompt fits, as chatPrompt does, and say nothing.

    The system's stay, and so does the last message, whatever its size.
    """
    for at in range(len(prompt)):
        kept = [each for each in prompt[:at] if each.role == "system"] + prompt[at:]
        if size_of(kept) <= context or at == len(prompt) - 1:
            return kept
    raise AssertionError("there are no messages")


def _shifted(prompt: list[Seen], context: int) -> list[Seen]:
    """Cut what is still too long in its middle, as completionPromptForRequest does, as silently.

    It keeps num_keep (4) tokens at the beginning, which are nothing here, and the end: about half.
    """
    most = context - max((context - _KEPT) // 2, 1)
    if size_of(prompt) < context:
        return prompt
    last = prompt[-1]
    bytes_left = (most - 4) * 4
    return [replace(last, text=last.text.encode()[-bytes_left:].decode("utf-8", "ignore"))]


def _usage(said: Said, size: int) -> dict[str, Any]:
    generated = said.generated
    return {
        "prompt_tokens": size,
        "completion_tokens": generated,
        "total_tokens": size + generated,
    }


def _error(status: int, message: str) -> Reply:
    kind = _KINDS.get(status, "api_error")
    error = {"message": message, "type": kind, "param": None, "code": None}
    return Reply(status, {"error": error})
