"""OpenAI's own client for Python: Responses."""

from __future__ import annotations

import json
from typing import Any

import openai
from checks import MODEL, SCRIPTED, TOKEN, URL, check, same, scripted, unscripted
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

client = openai.OpenAI(base_url=URL, api_key=TOKEN, max_retries=0, timeout=120)
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
PATCH = {"type": "custom", "name": "apply_patch", "description": "Edits files."}
EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


class City(BaseModel):
    name: str
    people: int


def create(**asked: Any) -> Any:
    """Ask, and hold the answer's JSON against the client's own types."""
    raw = client.responses.with_raw_response.create(model=MODEL, **asked)
    Response.model_validate(json.loads(raw.text))
    return raw.parse()


@check
def create_as_a_whole() -> None:
    response = create(input="Hello", instructions="Be kind.")
    assert response.status == "completed"
    same(response.output_text, "You said: Hello")
    same([item.type for item in response.output], ["reasoning", "message"])
    assert response.usage.output_tokens_details.reasoning_tokens > 0
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


@check
def events_are_of_the_known_types() -> None:
    asked = {"model": MODEL, "input": 'preamble say "Good morning"', "stream": True}
    number = 0
    with client.responses.with_streaming_response.create(**asked) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                EVENTS.validate_python(event)
                assert event["sequence_number"] == number
                number += 1
    assert number > 4


@check
def stream_helper() -> None:
    texts: list[str] = []
    thoughts: list[str] = []
    with client.responses.stream(model=MODEL, input="unicode please") as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                texts.append(event.delta)
            elif event.type == "response.reasoning_text.delta":
                thoughts.append(event.delta)
        response = stream.get_final_response()
    assert response.output_text == "".join(texts)
    thought = [item.content[0].text for item in response.output if item.type == "reasoning"]
    assert "".join(thought) == "".join(thoughts)


@check
async def stream_helper_async() -> None:
    asynchronous = openai.AsyncOpenAI(base_url=URL, api_key=TOKEN, max_retries=0)
    async with asynchronous.responses.stream(model=MODEL, input="Hello") as stream:
        response = await stream.get_final_response()
    same(response.output_text, "You said: Hello")


@scripted
def parse() -> None:
    asked = 'json {"name": "Oslo", "people": 700000}'
    response = client.responses.parse(model=MODEL, input=asked, text_format=City)
    assert response.output_parsed == City(name="Oslo", people=700000)


@scripted
def parse_in_a_stream() -> None:
    asked = 'preamble json {"name": "Oslo", "people": 700000}'
    with client.responses.stream(model=MODEL, input=asked, text_format=City) as stream:
        response = stream.get_final_response()
    assert response.output_parsed == City(name="Oslo", people=700000)


@scripted
def effort_arrives_in_all_spellings() -> None:
    for asked, level in (("none", "low"), ("high", "high"), ("max", "high")):
        response = create(input="Hello", reasoning={"effort": asked})
        assert response.reasoning.effort == level
        assert response.output[0].content[0].text.endswith(f"Effort {level}.")


@scripted
def tool_loop_by_previous_response() -> None:
    asked = 'preamble call get_weather {"city": "Oslo"}'
    first = create(input=asked, tools=[WEATHER])
    _, said, call = first.output
    assert (said.phase, call.type, call.name) == ("commentary", "function_call", "get_weather")
    assert json.loads(call.arguments) == {"city": "Oslo"}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    second = create(input=[result], previous_response_id=first.id, tools=[WEATHER])
    assert second.output_text == "The tools say: rain"
    third = create(input="And you?", previous_response_id=second.id, tools=[WEATHER])
    assert third.previous_response_id == second.id
    assert third.usage.input_tokens > first.usage.input_tokens


@check
def stored_responses() -> None:
    response = create(input="Hello")
    found = client.responses.retrieve(response.id)
    assert found.model_dump() == response.model_dump()
    client.responses.delete(response.id)
    try:
        client.responses.retrieve(response.id)
    except openai.NotFoundError:
        return
    raise AssertionError("it is still there")


@check
def count_of_tokens() -> None:
    counted = client.responses.input_tokens.count(model=MODEL, input="Hello")
    assert counted.input_tokens == create(input="Hello").usage.input_tokens


@scripted
def tool_loop_without_storage() -> None:
    items: list[Any] = [{"role": "user", "content": 'call get_weather {"city": "Oslo"}'}]
    asked = {"tools": [WEATHER], "store": False, "include": ["reasoning.encrypted_content"]}
    first = create(input=items, **asked)
    assert first.output[0].encrypted_content.startswith("fs1:")
    items += first.output
    call = first.output[-1]
    items.append({"type": "function_call_output", "call_id": call.call_id, "output": "rain"})
    assert create(input=items, **asked).output_text == "The tools say: rain"


@scripted
def custom_tool() -> None:
    text = '*** Begin Patch\n+"é"'
    asked = f"call apply_patch {json.dumps({'input': text})}"
    names: list[str] = []
    with client.responses.stream(model=MODEL, input=asked, tools=[PATCH]) as stream:
        names = [event.type for event in stream]
        call = stream.get_final_response().output[-1]
    assert (call.type, call.name, call.input) == ("custom_tool_call", "apply_patch", text)
    assert "response.custom_tool_call_input.done" in names
    items = [{"role": "user", "content": asked}, call]
    items.append({"type": "custom_tool_call_output", "call_id": call.call_id, "output": "Done"})
    assert create(input=items, tools=[PATCH]).output_text == "The tools say: Done"


@scripted
def tool_choice_is_obeyed() -> None:
    asked = 'call get_weather {"city": "Oslo"}'
    assert create(input=asked, tools=[WEATHER], tool_choice="none").output[-1].type == "message"
    named = {"type": "function", "name": "get_weather"}
    for choice in (
        "required",
        named,
        {"type": "allowed_tools", "mode": "required", "tools": [named]},
    ):
        response = create(input="Hello", tools=[WEATHER], tool_choice=choice)
        assert response.output[-1].type == "function_call"


@scripted
def an_answer_may_be_cut() -> None:
    response = create(input="long", max_output_tokens=20)
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    with client.responses.stream(model=MODEL, input="long", max_output_tokens=20) as stream:
        assert [event.type for event in stream][-1] == "response.incomplete"


def refused(kind: type[openai.APIStatusError], **asked: Any) -> tuple[str | None, str | None]:
    try:
        client.responses.create(**{"model": MODEL, "input": "Hello", **asked})
    except kind as error:
        return error.code, error.param
    raise AssertionError("it was not refused")


@check
def what_is_wrong_is_refused_in_words() -> None:
    bad, missing = openai.BadRequestError, openai.NotFoundError
    assert refused(missing, model="nope") == ("model_not_found", "model")
    previous = refused(bad, previous_response_id="resp_nope")
    assert previous == ("previous_response_not_found", "previous_response_id")
    assert refused(bad, background=True) == ("unsupported_value", "background")
    image = [{"type": "input_image", "image_url": "data:image/png;base64,"}]
    asked = [{"role": "user", "content": image}]
    assert refused(bad, input=asked) == ("unsupported_content", "input[0].content[0].type")
    assert refused(bad, extra_body={"nope": 1}) == ("unknown_parameter", "nope")
    if SCRIPTED:
        code, _ = refused(bad, input="word " * 200_000)
        assert code == "context_length_exceeded"


@unscripted
def the_demo_model_knows_a_capital() -> None:
    response = create(input="What is the capital of Norway?", temperature=0)
    assert "Oslo" in response.output_text
    assert [item.type for item in response.output] == ["reasoning", "message"]


@unscripted
def the_demo_model_in_a_tool_loop() -> None:
    tool = WEATHER | {
        "description": "Gets the current weather for a city.",
        "strict": False,
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string", "description": "The city"}},
            "required": ["location"],
        },
    }
    asked = {"tools": [tool], "temperature": 0, "reasoning": {"effort": "high"}}
    first = create(input="What is the weather in Oslo?", **asked)
    call = first.output[-1]
    assert (call.type, json.loads(call.arguments)) == ("function_call", {"location": "Oslo"})
    told = '{"temperature": 7, "sky": "cloudy"}'
    result = {"type": "function_call_output", "call_id": call.call_id, "output": told}
    second = create(input=[result], previous_response_id=first.id, **asked)
    assert "7 degrees and cloudy" in second.output_text
    new = second.usage.input_tokens - second.usage.input_tokens_details.cached_tokens
    assert new < 30, "what was drawn is processed again"
