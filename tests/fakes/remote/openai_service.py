"""OpenAI's own service: its models, Chat Completions and Responses.

From openai/openai-openapi at f85dbe2 (2026-08-21; the file calls itself 2.3.0), openapi.yaml; the
types of openai 3.57.0 (PyPI). The words of its refusals are not in them; they are as people have
posted them: chathub#126 (context), aider#2030 (model), chatwise-releases#1257 (effort),
langchain_dart#712 (effort, to a model that does not reason), picoclaw#16 (max_tokens),
code-gpt-docs#445 and software-agent-sdk#1837 (temperature), continue#9854 (summary), continue#8933
and 10018 (reasoning items), agent-framework#2203 (unknown members of items). Not looked up: the
words of 429, 500 and 503, and of a refused reasoning.effort. How Chat Completions refuse unknown
members of messages was not found: by analogy. Read 2026-11-30.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.fakes.remote.responses_form import SEAL, Events, Thoughts, prompt_of, whole
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

_CHAT = (
    "messages model modalities verbosity reasoning_effort max_completion_tokens frequency_penalty "
    "presence_penalty web_search_options top_logprobs response_format audio store moderation "
    "stream stop logit_bias logprobs max_tokens n prediction seed stream_options tools tool_choice "
    "parallel_tool_calls metadata temperature top_p user safety_identifier prompt_cache_key "
    "prompt_cache_retention prompt_cache_options service_tier functions function_call"
)
_RESPONSES = (
    "metadata top_logprobs temperature top_p user safety_identifier prompt_cache_key "
    "prompt_cache_retention prompt_cache_options previous_response_id model background "
    "max_tool_calls text tools tool_choice prompt service_tier truncation reasoning input include "
    "parallel_tool_calls store instructions moderation stream stream_options conversation "
    "context_management max_output_tokens"
)
_MESSAGES = {
    "assistant": "role content refusal name audio tool_calls function_call",
    "tool": "role content tool_call_id",
}
_ITEMS = {
    "message": "type id role content status phase",
    "function_call": "type id call_id namespace name arguments status caller",
    "function_call_output": "type id call_id output name namespace status caller",
    "reasoning": "type id summary content encrypted_content status",
}
_EFFORTS = ("minimal", "low", "medium", "high")
_KEYS = "You can find your API key at https://platform.openai.com/account/api-keys."
_VERIFY = (
    "Your organization must be verified to generate reasoning summaries. Please go to: "
    "https://platform.openai.com/settings/organization/general and click on Verify Organization. "
    "If you just verified, it can take up to 15 minutes for access to propagate."
)


class OpenAi:
    """It, with one model, which ``thinks`` or does not.

    ``verified``: whether the organisation may have summaries of the reasoning. ``prompts`` are what
    the model has got.
    """

    base = "/v1"

    def __init__(
        self,
        model: str = "gpt-5.4",
        context: int = 400_000,
        key: str = "",
        *,
        verified: bool = True,
        thinks: bool = True,
    ) -> None:
        self.model, self.context, self.key = model, context, key
        self.verified, self.thinks = verified, thinks
        self.prompts: list[list[Seen]] = []

    def dumps(self, value: Any) -> str:
        return compact(value)

    def answer(self, asked: Asked, say: Callable[[], Said]) -> Reply:
        if self.key and asked.key != self.key:
            return self.refuse(Refusal.KEY)
        match asked.method, asked.path:
            case "GET", "/v1/models":
                card = {"id": self.model, "object": "model", "created": 1686935002}
                card |= {"owned_by": "openai", "shutdown_date": None}
                return Reply(body={"object": "list", "data": [card]})
            case "POST", "/v1/chat/completions":
                return self._chat(asked.json, say)
            case "POST", "/v1/responses":
                return self._respond(asked.json, say)
        unknown = f"Invalid URL ({asked.method} {asked.path})"
        return _error(404, unknown)

    def refuse(self, why: Refusal) -> Reply:
        match why:
            case Refusal.KEY:
                return _error(
                    401, f"Incorrect API key provided: x. {_KEYS}", None, "invalid_api_key"
                )
            case Refusal.MODEL:
                return self._missing("x")
            case Refusal.BUSY | Refusal.LOADING:
                busy = "The engine is currently overloaded, please try again later"
                return _error(503, busy, None, None, "server_error")
            case Refusal.RATE:
                limit = f"Rate limit reached for {self.model} in organization org-x on requests "
                limit += "per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s."
                return _error(429, limit, None, "rate_limit_exceeded", "requests")
            case Refusal.FAILED:
                failed = "The server had an error while processing your request. Sorry about that!"
                return _error(500, failed, None, None, "server_error")

    def late_error(self) -> list[Frame]:
        failed = "The server had an error while processing your request. Sorry about that!"
        error = {"type": "error", "code": "server_error", "message": failed, "param": None}
        return [Frame(error | {"sequence_number": 9}, "error")]

    # --- Chat Completions

    def _chat(self, body: dict[str, Any], say: Callable[[], Said]) -> Reply:
        if problem := self._problem(body, _CHAT) or _problem_of_messages(body["messages"]):
            return problem
        if "reasoning_effort" in body and not self.thinks:
            return _error(400, "Unrecognized request argument supplied: reasoning_effort")
        if "max_tokens" in body and self.thinks:
            text = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
            text = f"Unsupported parameter: {text}instead."
            return _error(400, text, "max_tokens", "unsupported_parameter")
        for name in ("temperature", "top_p"):
            if body.get(name, 1) != 1 and self.thinks:
                text = f"'{name}' does not support {body[name]} with this model. Only the default "
                text = f"Unsupported value: {text}(1) value is supported."
                return _error(400, text, name, "unsupported_value")
        effort = body.get("reasoning_effort")
        if effort is not None and effort not in _EFFORTS:
            return _error(
                400,
                _unsupported("reasoning_effort", effort),
                "reasoning_effort",
                "unsupported_value",
            )
        prompt = [seen(each) for each in body["messages"]]
        if problem := self._too_long(size_of(prompt)):
            return problem
        self.prompts.append(prompt)
        said = self._thought(say())
        if not body.get("stream"):
            return Reply(body=self._whole(said, size_of(prompt)))
        return event_stream([*self._frames(said, size_of(prompt), body), Frame(DONE)])

    def _whole(self, said: Said, size: int) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": said.text or None}
        message |= {"refusal": None, "annotations": []}
        if said.calls:
            message["tool_calls"] = [
                {
                    "id": f"call_abc12{at}",
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for at, call in enumerate(said.calls)
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
        head = self._head() | {"object": "chat.completion"}
        return head | {"choices": [choice], "usage": _usage(said, size)}

    def _head(self) -> dict[str, Any]:
        return {
            "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": None,
        }

    def _frames(self, said: Said, size: int, body: dict[str, Any]) -> Iterator[Frame]:
        wanted = bool((body.get("stream_options") or {}).get("include_usage"))
        usage: dict[str, Any] = {"usage": None} if wanted else {}
        for delta in _deltas(said):
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
            yield Frame(self._head() | {"choices": [choice]} | usage | {"obfuscation": "x8QzLm"})
        last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": said.finish}
        yield Frame(self._head() | {"choices": [last]} | usage | {"obfuscation": "p"})
        if wanted:
            yield Frame(self._head() | {"choices": [], "usage": _usage(said, size)})

    # --- Responses

    def _respond(self, body: dict[str, Any], say: Callable[[], Said]) -> Reply:
        if problem := self._problem(body, _RESPONSES) or _problem_of_items(body["input"]):
            return problem
        for name in ("temperature", "top_p"):
            if name in body and self.thinks:
                text = f"Unsupported parameter: '{name}' is not supported with this model."
                return _error(400, text, name)
        reasoning = body.get("reasoning") or {}
        effort = reasoning.get("effort")
        if effort is not None and not self.thinks:
            text = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
            return _error(400, text, "reasoning.effort", "unsupported_parameter")
        if effort is not None and effort not in _EFFORTS:
            return _error(
                400,
                _unsupported("reasoning.effort", effort),
                "reasoning.effort",
                "unsupported_value",
            )
        if reasoning.get("summary") and not self.verified:
            return _error(400, _VERIFY, "reasoning.summary", "unsupported_value")
        prompt = prompt_of(body)
        if problem := self._too_long(size_of(prompt)):
            return problem
        self.prompts.append(prompt)
        said = self._thought(say())
        how = Thoughts.SUMMARY if reasoning.get("summary") else Thoughts.SEALED
        if not body.get("stream"):
            return Reply(body=whole(self.model, body, said, size_of(prompt), how))
        return event_stream(list(Events(self.model, body, how).frames(said, size_of(prompt))))

    # --- Both

    def _problem(self, body: Mapping[str, Any], known: str) -> Reply | None:
        for name in body:
            if name not in known.split():
                unknown = f"Unknown parameter: '{name}'."
                return _error(400, unknown, name, "unknown_parameter")
        return None if body["model"] == self.model else self._missing(body["model"])

    def _thought(self, said: Said) -> Said:
        return said if self.thinks else replace(said, reasoning="")

    def _missing(self, model: str) -> Reply:
        text = f"The model `{model}` does not exist or you do not have access to it."
        return _error(404, text, None, "model_not_found")

    def _too_long(self, size: int) -> Reply | None:
        if size <= self.context:
            return None
        text = f"This model's maximum context length is {self.context} tokens. However, your "
        text += f"messages resulted in {size} tokens. Please reduce the length of the messages."
        return _error(400, text, "messages", "context_length_exceeded")


def _problem_of_messages(messages: Sequence[Mapping[str, Any]]) -> Reply | None:
    for at, message in enumerate(messages):
        known = _MESSAGES.get(message["role"], "role content name").split()
        for name in message:
            if name not in known:
                place = f"messages[{at}].{name}"
                return _error(400, f"Unknown parameter: '{place}'.", place, "unknown_parameter")
    return None


def _problem_of_items(items: str | Sequence[Mapping[str, Any]]) -> Reply | None:
    if isinstance(items, str):
        return None
    thought = False
    for at, item in enumerate(items):
        type = item.get("type", "message")
        known = _ITEMS[type].split()
        for name in item:
            if name not in known:
                place = f"input[{at}].{name}"
                return _error(400, f"Unknown parameter: '{place}'.", place, "unknown_parameter")
        if type == "reasoning":
            following = items[at + 1].get("type", "message") if at + 1 < len(items) else ""
            if following not in ("function_call", "message"):
                text = f"Item '{item['id']}' of type 'reasoning' was provided without its required "
                return _error(400, f"{text}following item.", "input")
            if not str(item.get("encrypted_content") or SEAL).startswith(SEAL):
                text = "The encrypted content could not be verified."
                return _error(400, text, "input", "invalid_encrypted_content")
        elif type == "function_call" and item.get("id") and not thought:
            text = f"Item '{item['id']}' of type 'function_call' was provided without its required "
            return _error(400, f"{text}'reasoning' item: 'rs_x'.", "input")
        thought = type == "reasoning" or (thought and type == "function_call")
    return None


def _deltas(said: Said) -> Iterator[dict[str, Any]]:
    content = None if said.calls and not said.text else ""
    yield {"role": "assistant", "content": content, "refusal": None}
    yield from ({"content": piece} for piece in pieces(said.text))
    for at, call in enumerate(said.calls):
        function = {"name": call.name, "arguments": ""}
        named = {"index": at, "id": f"call_abc12{at}", "type": "function", "function": function}
        yield {"tool_calls": [named]}
        for piece in fragments(call.arguments):
            yield {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}


def _unsupported(name: str, value: str) -> str:
    allowed = "'minimal', 'low', 'medium', and 'high'"
    text = f"'{name}' does not support '{value}' with this model. Supported values are: {allowed}."
    return f"Unsupported value: {text}"


def _usage(said: Said, size: int) -> dict[str, Any]:
    return {
        "prompt_tokens": size,
        "completion_tokens": said.generated,
        "total_tokens": size + said.generated,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": said.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _error(
    status: int,
    message: str,
    param: str | None = None,
    code: str | None = None,
    kind: str = "invalid_request_error",
) -> Reply:
    error = {"message": message, "type": kind, "param": param, "code": code}
    return Reply(status, {"error": error})
