"""What servers refuse, as they say it, and the errors it becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.base import errors as e
from app.engine.remote.server_faults import fault, stream_fault
from app.engine.remote.server_message import LONGEST, read_body, tokens
from tests.fakes.remote.lm_studio import LmStudio
from tests.fakes.remote.ollama import Ollama
from tests.fakes.remote.openai_service import OpenAi
from tests.fakes.remote.openrouter import OpenRouter
from tests.fakes.remote.sglang import SgLang
from tests.fakes.remote.vllm import Vllm
from tests.fakes.remote.wire import Dialect, Refusal, nginx

URL, MODEL = "https://gpu.example.org/v1", "gpt-oss-120b"
DIALECTS: list[Dialect] = [LmStudio(), Ollama(), OpenAi(), OpenRouter(), SgLang(), Vllm()]


def of(status: int, body: Any) -> e.FiresideError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return fault(URL, MODEL, status, data)


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


TOO_LONG = [
    (
        400,
        error(
            "Input length (131100) exceeds model's maximum context length (131072).",
            type="BadRequestError",
            param=None,
            code=400,
        ),
        131100,
        131072,
    ),
    (
        400,
        error(
            "This model's maximum context length is 131072 tokens. However, your prompt contains "
            "at least 131073 input tokens, which exceeds this limit even without any output "
            "tokens. (parameter=input_tokens, value=131073)",
            param="input_tokens",
            code=400,
        ),
        131073,
        131072,
    ),
    (
        400,
        error(
            "request (9001 tokens) exceeds the available context size (8192 tokens), try "
            "increasing it",
            code=400,
            type="exceed_context_size_error",
            n_prompt_tokens=9001,
            n_ctx=8192,
        ),
        9001,
        8192,
    ),
    (
        400,
        {
            "object": "error",
            "message": "The input (131100 tokens) is longer than the model's context length "
            "(131072 tokens).",
            "code": 400,
        },
        131100,
        131072,
    ),
    (
        400,
        error(
            "This model's maximum context length is 8192 tokens. However, your messages resulted "
            "in 8227 tokens. Please reduce the length of the messages.",
            code="context_length_exceeded",
        ),
        8227,
        8192,
    ),
    (400, error("Too much.", code=400, metadata={"error_type": "context_length_exceeded"}), 0, 0),
    (400, error("Requested tokens (600) exceed context window of 512"), 600, 512),
    (
        200,
        error(
            "Input does not fit in context length. The input has 31430 tokens, but the context "
            "length only supports 30000 tokens."
        ),
        31430,
        30000,
    ),
    (400, {"error": "Cannot truncate prompt with n_keep (4270) >= n_ctx (4096)"}, 4270, 4096),
    (
        400,
        {
            "error": "Trying to keep the first 4270 tokens when context the overflows. However, "
            "the model is loaded with context length of only 4096 tokens, which is not enough."
        },
        4270,
        4096,
    ),
    (400, error("prompt is too long: 208310 tokens > 200000 maximum"), 208310, 200000),
    (413, {"detail": "The prompt exceeds the context window"}, 0, 0),
]


@pytest.mark.parametrize(("status", "body", "prompt", "context"), TOO_LONG)
def test_too_long(status: int, body: Any, prompt: int, context: int) -> None:
    found = of(status, body)
    assert isinstance(found, e.ContextFull)
    assert (found.prompt, found.context) == (prompt, context)


KINDS: list[tuple[int, Any, type[e.FiresideError]]] = [
    (401, {"error": "Unauthorized"}, e.KeyRefused),
    (401, b"", e.KeyRefused),
    (400, error("Incorrect API key provided", code="invalid_api_key"), e.KeyRefused),
    (403, b"<html><title>403 Forbidden</title>", e.KeyRefused),
    (402, error("Insufficient credits.", code=402), e.CreditUsedUp),
    (429, error("You exceeded your current quota", code="insufficient_quota"), e.CreditUsedUp),
    (404, error("The model `x` does not exist.", type="NotFoundError"), e.RemoteModelMissing),
    (404, error("model 'x' not found", type="not_found_error"), e.RemoteModelMissing),
    (404, {"error": "model 'x' not found"}, e.RemoteModelMissing),
    (400, error("x/y is not a valid model ID", code=400), e.RemoteModelMissing),
    (
        400,
        error('Invalid model identifier "x".', code="model_not_found"),
        e.RemoteModelMissing,
    ),
    (400, {"error": "No models loaded. Please load a model."}, e.RemoteModelUnloaded),
    (400, {"detail": "Server is pinned to 'a'; requested 'b'."}, e.RemoteModelMissing),
    (404, {"detail": "Not Found"}, e.ServerForeign),
    (404, b"<html><head><title>404 Not Found</title>", e.ServerForeign),
    (405, {"detail": "Method Not Allowed"}, e.ServerForeign),
    (200, b"<!doctype html><title>Sign in</title>", e.ServerForeign),
    (200, b"", e.ServerForeign),
    (408, error("Timeout"), e.ServerFailed),
    (409, error("Conflict"), e.ServerBusy),
    (413, b"<html><title>413 Request Entity Too Large</title>", e.RequestRefused),
    (422, {"detail": [{"loc": ["body", "top_k"], "msg": "not permitted"}]}, e.RequestRefused),
    (429, error("Rate limit exceeded", code="rate_limit_exceeded"), e.ServerBusy),
    (200, error("Rate limit", code=429, metadata={"error_type": "x"}), e.ServerBusy),
    (200, error("Rate limit", code="rate_limit_exceeded"), e.ServerBusy),
    (503, error("server busy, please try again.", type="api_error"), e.ServerBusy),
    (503, error("The engine is currently busy", type="Service Unavailable"), e.ServerBusy),
    (503, error("Loading model", type="unavailable_error", code=503), e.ServerLoading),
    (503, b"<html><title>503 Service Temporarily Unavailable</title>", e.ServerFailed),
    (529, error("Overloaded"), e.ServerBusy),
    (500, error("CUDA error", type="server_error"), e.ServerFailed),
    (502, nginx(502, "Bad Gateway").body, e.ServerFailed),
    (504, nginx(504, "Gateway Time-out").body, e.ServerFailed),
    (200, error("Internal server error", type="InternalServerError", code=500), e.ServerFailed),
    (302, b"", e.ServerMoved),
    (400, error("bad"), e.RequestRefused),
]


@pytest.mark.parametrize(("status", "body", "kind"), KINDS)
def test_kinds(status: int, body: Any, kind: type[e.FiresideError]) -> None:
    assert type(of(status, body)) is kind


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: type(each).__name__)
def test_dialects(dialect: Dialect) -> None:
    for why, kinds in {
        Refusal.KEY: (e.KeyRefused,),
        Refusal.MODEL: (e.RemoteModelMissing,),
        Refusal.BUSY: (e.ServerBusy, e.ServerFailed, e.CreditUsedUp),
        Refusal.RATE: (e.ServerBusy,),
        Refusal.FAILED: (e.ServerFailed,),
    }.items():
        reply = dialect.refuse(why)
        body = reply.body if isinstance(reply.body, bytes) else dialect.dumps(reply.body).encode()
        found = fault(URL, MODEL, reply.status, body)
        assert isinstance(found, kinds), (why, body, found)


PARAMETERS = [
    (error("reasoning_effort='xhigh' is not supported by Harmony.", param="reasoning_effort"), 0),
    (error("Harmony does not support reasoning_effort='none' (parameter=reasoning_effort)"), 0),
    (error("1 validation error", param="body.reasoning_effort"), 0),
    (error('invalid reasoning value: "extreme" (must be "low" or "high")'), 0),
    (error('"tinyllama:latest" does not support thinking'), 0),
    (error("Unrecognized request argument supplied: reasoning_effort"), 0),
    (error("Unsupported value: 'reasoning_effort' does not support 'high'"), 0),
    (error("Unknown parameter: 'reasoning_effort'.", code="unknown_parameter"), 0),
    ({"detail": [{"loc": ["body", "reasoning_effort"], "msg": "Input should be 'low'"}]}, 0),
    ({"detail": "Unexpected fields in the request: {'top_k', 'min_p'}"}, "min_p, top_k"),
    (error("registry.ollama.ai/library/tinyllama:latest does not support tools"), "tools"),
    (error('"auto" tool choice requires --enable-auto-tool-choice'), "tools"),
    ({"error": "'response_format.type' must be 'json_schema' or 'text'"}, "response_format"),
    (error("Unsupported parameter: 'top_k' is not supported.", param="top_k"), "top_k"),
    (error("something else", param="<script>"), ""),
    (error("something else", param={"a": 1}), ""),
]  # fmt: skip


@pytest.mark.parametrize(("body", "parameter"), PARAMETERS)
def test_refused_parameters(body: Any, parameter: str | int) -> None:
    found = of(400, body)
    assert isinstance(found, e.RequestRefused)
    assert found.parameter == ("reasoning_effort" if parameter == 0 else parameter)


def test_errors_in_streams() -> None:
    def found(event: Any) -> e.FiresideError | None:
        return stream_fault(URL, MODEL, event)

    choices = [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]
    assert isinstance(found({"choices": choices, **error("Rate", code=429)}), e.ServerBusy)
    assert isinstance(found({"error": "CUDA out of memory"}), e.ServerFailed)
    flat = {"object": "error", "message": "The request queue is full.", "code": 503}
    assert isinstance(found({"error": flat}), e.ServerBusy)
    assert isinstance(
        found({"type": "error", "code": "server_error", "message": "x"}), e.FiresideError
    )
    failed = {
        "type": "response.failed",
        "response": {"error": {"code": "server_error", "message": "x"}},
    }
    assert isinstance(found(failed), e.ServerFailed)
    full = {
        "message": "Input does not fit in context length. The input has 9 tokens, but the context "
        "length only supports 8 tokens."
    }
    assert isinstance(found({"error": full, **full}), e.ContextFull)
    others: list[Any] = [
        {"choices": [{"delta": {"content": "error"}}], "error": None},
        {"type": "response.created", "response": {"error": None}},
        {"type": "response.output_text.delta", "delta": "x"},
        {"message": {"role": "assistant"}},
        {},
        [],
        None,
        3,
    ]
    for event in others:
        assert found(event) is None


def test_texts_of_servers_are_one_short_line() -> None:
    hostile = "\x1b[31mred\u202e\r\n\0" + "x" * 100_000
    for body in (error(hostile), {"error": hostile}, {"detail": hostile}, hostile):
        text = read_body(json.dumps(body).encode()).text
        assert text.isprintable()
        assert len(text) <= LONGEST
    assert read_body(b"\xff\xfe<html><TITLE>a &amp; b</title>").text == "a & b"
    assert read_body(b"[" * 100_000).text
    assert read_body(b'{"error":' * 5000).text
    assert read_body(b"1" * 10_000).text


def test_waiting_is_passed_on() -> None:
    busy = fault(URL, MODEL, 429, b"{}", 7.0)
    assert isinstance(busy, e.ServerBusy)
    assert busy.seconds == 7.0


def test_the_message_of_the_provider_behind_is_taken() -> None:
    raw = json.dumps(error("Prompt has too many images"))
    body = error("Provider returned error", code=400, metadata={"raw": raw, "provider_name": "X"})
    found = of(400, body)
    assert isinstance(found, e.RequestRefused)
    assert found.message == "Prompt has too many images"


def test_numbers_that_cannot_be_are_none() -> None:
    assert (tokens(5), tokens("1,234")) == (5, 1234)
    nothing: list[Any] = [True, -1, 10**30, "9" * 500, None, [], 1.5]
    assert {tokens(each) for each in nothing} == {0}
