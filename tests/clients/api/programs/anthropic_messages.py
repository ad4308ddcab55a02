"""Anthropic's package for Python."""

from __future__ import annotations

from typing import Any, Literal

import anthropic
from anthropic import Anthropic, AsyncAnthropic, beta_tool
from checks import MODEL, SCRIPTED, TOKEN, URL, check, same
from pydantic import BaseModel

ADDRESS = URL.removesuffix("/v1")
client = Anthropic(base_url=ADDRESS, auth_token=TOKEN, api_key=None, max_retries=0)
WEATHER: Any = {
    "name": "get_weather",
    "description": "Return the weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
CALL = 'call get_weather {"city": "Rome"}'
THINKING: Any = {"type": "adaptive"}


def asked(question: str, **more: Any) -> Any:
    messages = [{"role": "user", "content": question}]
    return {"model": MODEL, "max_tokens": 2000, "messages": messages, **more}


@check
def plain() -> None:
    message = client.messages.create(**asked('say "Hello from here"'))
    same(message.content[0].text, "Hello from here")
    assert message.type == "message"
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0


@check
def the_key_as_x_api_key() -> None:
    other = Anthropic(base_url=ADDRESS, api_key=TOKEN, auth_token=None, max_retries=0)
    same(other.messages.create(**asked('say "Hi"')).content[0].text, "Hi")


@check
def thinking() -> None:
    message = client.messages.create(**asked('say "Hi"', thinking=THINKING))
    if not SCRIPTED:  # the demo model does not think
        return
    thought = message.content[0]
    assert thought.type == "thinking"
    assert thought.thinking
    assert thought.signature
    assert message.usage.output_tokens_details.thinking_tokens > 0


@check
def stream() -> None:
    with client.messages.stream(**asked("long", thinking=THINKING)) as events:
        kinds = [event.type for event in events]
    final = events.get_final_message()
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert {"text", "content_block_stop"} <= set(kinds)
    assert not SCRIPTED or {"thinking", "signature"} <= set(kinds)
    same([block.type for block in final.content], ["thinking", "text"])
    assert final.usage.input_tokens + final.usage.cache_read_input_tokens > 0
    with client.messages.stream(**asked('say "one two three"')) as events:
        same("".join(events.text_stream), "one two three")


@check
def raw_stream() -> None:
    with client.messages.create(**asked("unicode"), stream=True) as events:
        found = [e.delta.text for e in events if e.type == "content_block_delta"]
    whole = client.messages.create(**asked("unicode")).content[0].text
    same("".join(found), whole)


@check
async def asynchronous() -> None:
    other = AsyncAnthropic(base_url=ADDRESS, auth_token=TOKEN, api_key=None)
    async with other, other.messages.stream(**asked('say "Hi"')) as events:
        same(await events.get_final_text(), "Hi")


@check
def tool_round_trip() -> None:
    for more in ({}, {"thinking": THINKING}):
        body = asked(CALL, tools=[WEATHER], **more)
        if not SCRIPTED:
            body["tool_choice"] = {"type": "tool", "name": "get_weather"}
        first = client.messages.create(**body)
        assert first.stop_reason == "tool_use"
        call = first.content[-1]
        same(call.input, {"city": "Rome"})
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "Sunny"}
        body["messages"] += [
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": [result]},
        ]
        body.pop("tool_choice", None)
        done = client.messages.create(**body)
        same(done.content[-1].text, "The tools say: Sunny")


@check
def streamed_tool() -> None:
    if not SCRIPTED:
        return
    for eager in (False, True):
        tools = [{**WEATHER, "eager_input_streaming": eager}]
        with client.messages.stream(**asked(f"preamble, {CALL}", tools=tools)) as events:
            pieces = [event.partial_json for event in events if event.type == "input_json"]
        said, call = events.get_final_message().content
        same(said.text, "I look that up.")
        same(call.input, {"city": "Rome"})
        assert pieces


@check
def parallel_results() -> None:
    if not SCRIPTED:
        return
    question = 'both get_weather {"city": "Rome"} and get_weather {"city": "Oslo"}'
    body = asked(question, tools=[WEATHER])
    first = client.messages.create(**body)
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": f"Sunny in {city}"}
        for block, city in zip(first.content, ("Rome", "Oslo"), strict=False)
    ]
    body["messages"] += [
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": results},
    ]
    done = client.messages.create(**body)
    assert "Sunny in Rome" in done.content[-1].text


@check
def tool_runner() -> None:
    cities: list[str] = []

    @beta_tool
    def get_weather(city: str) -> str:
        """Return the weather of a city.

        Args:
            city: its name
        """
        cities.append(city)
        return "Sunny"

    if not SCRIPTED:
        return
    runner = client.beta.messages.tool_runner(**asked(CALL, tools=[get_weather]))
    same(runner.until_done().content[-1].text, "The tools say: Sunny")
    same(cities, ["Rome"])


@check
def structured_answer() -> None:
    class Person(BaseModel):
        name: Literal["Ada", "Grace"]
        known: bool

    question = 'Who is it? json {"name": "Ada", "known": true}'
    message = client.messages.parse(**asked(question, output_format=Person))
    if SCRIPTED:
        same(message.parsed_output, Person(name="Ada", known=True))
    assert isinstance(message.parsed_output, Person)


@check
def stop_sequence() -> None:
    question = asked('say "one, two, three"', stop_sequences=[" three", "four"])
    message = client.messages.create(**question)
    same(message.content[0].text if message.content else "", "one, two,")
    if SCRIPTED:
        assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", " three")


@check
def most_tokens() -> None:
    message = client.messages.create(**asked("long") | {"max_tokens": 1})
    assert not SCRIPTED or message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 1


@check
def prefilled_answer() -> None:
    body = asked("Which city?")
    body["messages"].append({"role": "assistant", "content": "The city is"})
    assert client.messages.create(**body).content


@check
def count_is_that_of_the_answer() -> None:
    body = asked("Hello", system=[{"type": "text", "text": "Be kind."}], tools=[WEATHER])
    counted = client.messages.count_tokens(**{k: v for k, v in body.items() if k != "max_tokens"})
    usage = client.messages.create(**body).usage
    assert counted.input_tokens == usage.input_tokens + (usage.cache_read_input_tokens or 0)


@check
def fields_of_agents_are_taken() -> None:
    cached: Any = {"type": "ephemeral"}
    message = client.beta.messages.create(
        **asked('say "Hi"', tools=[{**WEATHER, "cache_control": cached}]),
        system=[{"type": "text", "text": "Be kind.", "cache_control": cached}],
        metadata={"user_id": "someone"},
        thinking={"type": "enabled", "budget_tokens": 1024},
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        betas=["context-management-2025-06-27", "interleaved-thinking-2025-05-14"],
        service_tier="auto",
        extra_body={"temperature": 1.0, "top_k": 40, "top_p": 0.9},
    )
    same(message.content[-1].text, "Hi")


@check
def models() -> None:
    same([model.id for model in client.models.list()], [MODEL])
    model = client.models.retrieve(MODEL)
    same((model.id, model.type), (MODEL, "model"))
    assert model.display_name
    assert model.created_at.year > 2000


@check
def errors_have_their_types() -> None:
    def refused(asking: Anthropic = client, **changes: Any) -> Any:
        """Return the error, the only one of its class."""
        try:
            asking.messages.create(**asked("Hello") | changes)
        except anthropic.APIStatusError as error:
            return error
        raise AssertionError("it was not refused")

    image = {"type": "image", "source": {"type": "url", "url": "https://x.org/a.png"}}
    long = {"role": "user", "content": "word " * 300_000}
    stranger = Anthropic(base_url=ADDRESS, api_key="wrong", max_retries=0)
    too_long = refused(messages=[long])
    found = [
        refused(model="claude-nope"),
        refused(messages=[{"role": "user", "content": [image]}]),
        refused(messages=[]),
        too_long,
        refused(stranger),
    ]
    assert [(type(error).__name__, error.type) for error in found] == [
        ("NotFoundError", "not_found_error"),
        ("BadRequestError", "invalid_request_error"),
        ("BadRequestError", "invalid_request_error"),
        ("BadRequestError", "invalid_request_error"),
        ("AuthenticationError", "authentication_error"),
    ], found
    assert "prompt is too long" in str(too_long)
