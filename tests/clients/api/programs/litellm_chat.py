"""LiteLLM, as the interface to servers that are compatible with OpenAI's."""

from __future__ import annotations

import json
from typing import Any

import litellm
from checks import MODEL, SCRIPTED, TOKEN, URL, check, raised, same
from pydantic import BaseModel

litellm.telemetry = False
TARGET: Any = {
    "model": f"openai/{MODEL}",
    "api_base": URL,
    "api_key": TOKEN,
    "num_retries": 0,
    "max_tokens": 300,
    "reasoning_effort": "low",
    "allowed_openai_params": ["reasoning_effort"],
}
TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Return the weather of a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]


class Person(BaseModel):
    name: str
    age: int


def said(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


@check
def plain() -> None:
    answer = litellm.completion(**TARGET, messages=said("Hello"))
    message = answer.choices[0].message
    same(message.content, "You said: Hello")
    if SCRIPTED:
        same(message.reasoning_content, "The user asks something. Effort low.")
    assert answer.usage.total_tokens > 0


@check
def streamed() -> None:
    chunks = list(
        litellm.completion(
            **TARGET, messages=said("Hello"), stream=True, stream_options={"include_usage": True}
        )
    )
    same("".join(c.choices[0].delta.content or "" for c in chunks if c.choices), "You said: Hello")
    whole = litellm.stream_chunk_builder(chunks)
    if SCRIPTED:
        thought = whole.choices[0].message.reasoning_content
        same(thought, "The user asks something. Effort low.")
    assert whole.usage.completion_tokens > 0


@check
async def asynchronous() -> None:
    answer = await litellm.acompletion(**TARGET, messages=said("Hello"))
    same(answer.choices[0].message.content, "You said: Hello")


if SCRIPTED:

    @check
    def tool_round_trip() -> None:
        messages = said('preamble call get_weather {"city": "Rome"}')
        answer = litellm.completion(**TARGET, messages=messages, tools=TOOLS)
        message = answer.choices[0].message
        assert answer.choices[0].finish_reason == "tool_calls"
        (call,) = message.tool_calls
        assert json.loads(call.function.arguments) == {"city": "Rome"}
        result = {
            "role": "tool",
            "tool_call_id": call.id,
            "name": "get_weather",
            "content": "Sunny",
        }
        answer = litellm.completion(**TARGET, messages=[*messages, message, result], tools=TOOLS)
        same(answer.choices[0].message.content, "The tools say: Sunny")

    @check
    def schema() -> None:
        question = said("I am called Ada and am 36.")
        answer = litellm.completion(**TARGET, messages=question, response_format=Person)
        assert Person.model_validate_json(answer.choices[0].message.content).age == 36


@check
def errors() -> None:
    target = TARGET | {"model": "openai/nope"}
    error = raised(litellm.NotFoundError, litellm.completion, **target, messages=said("Hello"))
    assert "not served" in str(error)
    raised(litellm.BadRequestError, litellm.completion, **TARGET, messages=said("Hello"), n=2)


if SCRIPTED:

    @check
    def too_long() -> None:
        raised(
            litellm.ContextWindowExceededError,
            litellm.completion,
            **TARGET,
            messages=said("word " * 100_000),
        )
