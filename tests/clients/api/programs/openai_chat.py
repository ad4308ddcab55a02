"""OpenAI's client for Python: the probes of Chat Completions, with exact shapes."""

from __future__ import annotations

import json
from typing import Any

import openai
from checks import MODEL, SCRIPTED, TOKEN, URL, check, raised, same
from openai import AsyncOpenAI, OpenAI, pydantic_function_tool
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

client = OpenAI(base_url=URL, api_key=TOKEN, max_retries=0, timeout=120)
SHORT: Any = {"model": MODEL, "reasoning_effort": "low", "max_completion_tokens": 300}


class Weather(BaseModel):
    """Return the weather of a city."""

    city: str


class Person(BaseModel):
    name: str
    age: int


WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Return the weather of a city.",
        "parameters": Weather.model_json_schema(),
    },
}
CLOCK: Any = {"type": "function", "function": {"name": "clock", "description": "Return the time."}}


def ask(text: str, **more: Any) -> Any:
    """Ask, and check the shape of the answer against OpenAI's types."""
    body = SHORT | {"messages": [{"role": "user", "content": text}]} | more
    raw = client.chat.completions.with_raw_response.create(**body)
    answer = ChatCompletion.model_validate(json.loads(raw.text))
    assert answer.model == MODEL
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    return answer


def stream(text: str, **more: Any) -> list[Any]:
    body = SHORT | {"messages": [{"role": "user", "content": text}], "stream": True} | more
    chunks = list(client.chat.completions.create(**body))
    return [
        ChatCompletionChunk.model_validate(chunk.model_dump(exclude_unset=True)) for chunk in chunks
    ]


def refused(**body: Any) -> Any:
    """Return the error of a request that has to be refused."""
    whole = SHORT | {"messages": [{"role": "user", "content": "Hello"}]} | body
    error = raised(openai.APIStatusError, client.chat.completions.create, **whole)
    assert set(error.body) == {"message", "type", "param", "code"}, error.body
    assert error.body["code"] is None or isinstance(error.body["code"], str)
    return error


def wrong(param: str, code: str = "", **body: Any) -> None:
    error = refused(**body)
    assert error.status_code == 400, error
    assert error.param == param, error.body
    assert not code or error.code == code, error.body


@check
def models() -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).owned_by == "fireside"
    error = raised(openai.NotFoundError, client.models.retrieve, "nope")
    assert error.code == "model_not_found"


@check
def plain() -> None:
    answer = ask("Hello")
    same(answer.choices[0].message.content, "You said: Hello")
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.choices[0].message.refusal is None


@check
def reasoning_in_both_spellings() -> None:
    message = ask("Hello").choices[0].message
    if SCRIPTED:
        assert message.reasoning == message.reasoning_content != ""
        assert ask("Hello").usage.completion_tokens_details.reasoning_tokens > 0
    chunks = stream("Hello")
    deltas = [choice.delta.model_extra for chunk in chunks for choice in chunk.choices]
    assert all(d.get("reasoning") == d.get("reasoning_content") for d in deltas)


@check
def cached_tokens_are_counted() -> None:
    ask("What is cached?")
    assert ask("What is cached?").usage.prompt_tokens_details.cached_tokens > 0


@check
def streamed() -> None:
    chunks = stream("Hello", stream_options={"include_usage": True})
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    same(text, "You said: Hello")
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert sum(bool(c.choices and c.choices[0].finish_reason) for c in chunks) == 1


@check
def stream_helper() -> None:
    with client.chat.completions.stream(
        **SHORT, messages=[{"role": "user", "content": "Hello"}]
    ) as events:
        kinds = [event.type for event in events]
        final = events.get_final_completion()
    assert "chunk" in kinds
    if SCRIPTED:
        assert kinds.count("content.done") == 1
    same(final.choices[0].message.content, "You said: Hello")


@check
async def asynchronous() -> None:
    async with AsyncOpenAI(base_url=URL, api_key=TOKEN, max_retries=0) as other:
        answer = await other.chat.completions.create(
            **SHORT, messages=[{"role": "user", "content": "Hello"}]
        )
        same(answer.choices[0].message.content, "You said: Hello")
        parts = await other.chat.completions.create(
            **SHORT, messages=[{"role": "user", "content": "Hello"}], stream=True
        )
        assert [part async for part in parts]


@check
def tool_round_trip() -> None:
    question = {"role": "user", "content": 'call get_weather {"city": "Rome"}'}
    answer = ask("", messages=[question], tools=[WEATHER], tool_choice="required")
    choice = answer.choices[0]
    if choice.finish_reason == "length":  # of the demo model
        assert not SCRIPTED
        return
    assert choice.finish_reason == "tool_calls"
    (call,) = choice.message.tool_calls
    same(json.loads(call.function.arguments), {"city": "Rome"})
    same(call.function.name, "get_weather")
    told = {"role": "tool", "tool_call_id": call.id, "content": "Sunny"}
    replayed = choice.message.model_dump(exclude_none=True)
    answer = ask("", messages=[question, replayed, told], tools=[WEATHER])
    same(answer.choices[0].message.content, "The tools say: Sunny")


@check
def tool_calls_streamed() -> None:
    chunks = stream('call get_weather {"city": "Rome"}', tools=[WEATHER], tool_choice="required")
    calls = [
        c for chunk in chunks for choice in chunk.choices for c in choice.delta.tool_calls or ()
    ]
    if SCRIPTED or calls:
        assert (calls[0].id, calls[0].type, calls[0].function.arguments) != (None, None, None)
        assert {call.index for call in calls} == {0}
    same("".join(c.function.arguments or "" for c in calls), '{"city": "Rome"}')


if SCRIPTED:

    @check
    def parallel_calls() -> None:
        question = {"role": "user", "content": 'both get_weather {"city": "Rome"} and clock {}'}
        answer = ask("", messages=[question], tools=[WEATHER, CLOCK])
        calls = answer.choices[0].message.tool_calls
        assert [call.function.name for call in calls] == ["get_weather", "clock"]
        results = [
            {"role": "tool", "tool_call_id": c.id, "content": c.function.name} for c in calls
        ]
        replayed = answer.choices[0].message.model_dump(exclude_none=True)
        answer = ask("", messages=[question, replayed, *results], tools=[WEATHER, CLOCK])
        same(answer.choices[0].message.content, "The tools say: get_weather; clock")
        one = ask("", messages=[question], tools=[WEATHER, CLOCK], parallel_tool_calls=False)
        assert len(one.choices[0].message.tool_calls) == 1

    @check
    def choice_of_tools() -> None:
        text = 'call get_weather {"city": "Rome"}'
        none = ask(text, tools=[WEATHER], tool_choice="none").choices[0]
        assert (none.finish_reason, none.message.tool_calls) == ("stop", None)
        assert none.message.content == f"You said: {text}"
        named = {"type": "function", "function": {"name": "clock"}}
        answer = ask("Hello", tools=[WEATHER, CLOCK], tool_choice=named)
        assert answer.choices[0].message.tool_calls[0].function.name == "clock"

    @check
    def efforts_are_clamped() -> None:
        for word, effort in {
            "none": "low", "minimal": "low", "low": "low", "medium": "medium", "high": "high",
            "xhigh": "high", "max": "high",
        }.items():  # fmt: skip
            message = ask("Hello", reasoning_effort=word).choices[0].message
            assert message.reasoning.endswith(f"Effort {effort}."), message.reasoning
        other: Any = {
            "reasoning_effort": openai.omit,
            "extra_body": {"reasoning": {"effort": "xhigh"}},
        }
        assert ask("Hello", **other).choices[0].message.reasoning.endswith("Effort high.")

    @check
    def stop_in_the_answer_alone() -> None:
        answer = ask("one two asks", stop=["asks"]).choices[0]  # the reasoning has it, too
        assert (answer.message.content, answer.finish_reason) == ("You said: one two ", "stop")
        chunks = stream("one two asks", stop="two as")
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text == "You said: one ", text

    @check
    def length_is_told() -> None:
        assert ask("long", max_completion_tokens=100).choices[0].finish_reason == "length"
        assert (
            ask("long", max_completion_tokens=None, max_tokens=100).choices[0].finish_reason
            == "length"
        )

    @check
    def parse_helper() -> None:
        answer = client.chat.completions.parse(
            **SHORT,
            messages=[{"role": "user", "content": "I am called Ada and am 36."}],
            response_format=Person,
        )
        assert answer.choices[0].message.parsed == Person(name="Ada", age=36), answer
        answer = client.chat.completions.parse(
            **SHORT,
            messages=[{"role": "user", "content": 'call Weather {"city": "Rome"}'}],
            tools=[pydantic_function_tool(Weather)],
        )
        assert answer.choices[0].message.tool_calls[0].function.parsed_arguments == Weather(
            city="Rome"
        )
        with client.chat.completions.stream(
            **SHORT,
            messages=[{"role": "user", "content": "I am called Ada and am 36."}],
            response_format=Person,
        ) as events:
            assert events.get_final_completion().choices[0].message.parsed.age == 36

    @check
    def too_long() -> None:
        error = refused(messages=[{"role": "user", "content": "word " * 100_000}])
        assert (error.status_code, error.code, error.param) == (
            400, "context_length_exceeded", "messages"
        ), error.body  # fmt: skip
        streamed = refused(messages=[{"role": "user", "content": "word " * 100_000}], stream=True)
        assert streamed.code == "context_length_exceeded"

    @check
    def failure_within_a_stream() -> None:
        error = raised(openai.APIError, stream, "long dies")
        assert error.type == "server_error", error.body


@check
def json_object() -> None:
    answer = ask("Give me an object.", response_format={"type": "json_object"})
    if answer.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(answer.choices[0].message.content), dict)


@check
def wrong_key() -> None:
    other = client.with_options(api_key="wrong")
    error = raised(openai.AuthenticationError, other.models.list)
    assert error.code == "invalid_api_key"
    assert "www-authenticate" in error.response.headers


@check
def wrong_requests() -> None:
    error = refused(model="nope")
    assert (error.status_code, error.code, error.param) == (404, "model_not_found", "model")
    wrong("messages", messages=[])
    wrong("messages[0].role", messages=[{"role": "bogus", "content": "a"}])
    wrong("reasoning_effort", reasoning_effort="huge")
    wrong("n", "unsupported_value", n=2)
    wrong("logprobs", "unsupported_value", logprobs=True)
    wrong("temperature", temperature=7)
    wrong("whatever", "unknown_parameter", extra_body={"whatever": 1})
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aaaa"}}
    content = [{"role": "user", "content": [image]}]
    wrong("messages[0].content[0].type", "unsupported_content", messages=content)


@check
def wrong_schemas() -> None:
    for schema in ({"type": "nothing"}, {"contains": {"type": "string"}}, {"$ref": "http://a.b/c"}):
        shape = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
        wrong("response_format", response_format=shape)
    function = {"name": "f", "strict": True, "parameters": {"type": "object", "not": {}}}
    error = refused(tools=[{"type": "function", "function": function}])
    assert error.status_code == 400
    assert error.param.startswith("tools"), error.body


@check
def unknown_path() -> None:
    error = raised(openai.NotFoundError, client.embeddings.create, model=MODEL, input="a")
    assert error.code == "unknown_url"
