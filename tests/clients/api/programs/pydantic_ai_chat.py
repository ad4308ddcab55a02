"""Pydantic AI, over Chat Completions."""

from __future__ import annotations

from typing import Any

from checks import MODEL, SCRIPTED, TOKEN, URL, check, same
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ThinkingPart
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

PROVIDER = OpenAIProvider(base_url=URL, api_key=TOKEN)
SETTINGS: Any = {"max_tokens": 300, "openai_reasoning_effort": "low"}


class Person(BaseModel):
    name: str
    age: int


def agent(output: Any = str, model: str = MODEL) -> Any:
    return Agent(
        OpenAIChatModel(model, provider=PROVIDER),
        output_type=output,
        model_settings=SETTINGS,
        instructions="Be brief.",
        retries=0,
    )


@check
async def plain() -> None:
    answer = await agent().run("Hello")
    same(answer.output, "You said: Hello")
    thoughts = [
        part.content
        for message in answer.all_messages()
        for part in message.parts
        if isinstance(part, ThinkingPart)
    ]
    if SCRIPTED:
        same(thoughts, ["The user asks something. Effort low."])
    assert answer.usage.output_tokens > 0


@check
async def streamed() -> None:
    async with agent().run_stream("Hello") as answer:
        parts = [part async for part in answer.stream_text(delta=True)]
    same("".join(parts), "You said: Hello")


@check
async def going_on() -> None:
    first = await agent().run("Hello")
    again = await agent().run("Again", message_history=first.all_messages())
    same(again.output, "You said: Again")


if SCRIPTED:

    @check
    async def tool_round_trip() -> None:
        asking = agent()

        @asking.tool_plain
        def get_weather(city: str) -> str:
            """Return the weather of a city."""
            return f"Sunny in {city}"

        answer = await asking.run('preamble call get_weather {"city": "Rome"}')
        same(answer.output, "The tools say: Sunny in Rome")
        async with asking.run_stream('call get_weather {"city": "Oslo"}') as streamed:
            same(await streamed.get_output(), "The tools say: Sunny in Oslo")

    @check
    async def native_output() -> None:
        answer = await agent(NativeOutput(Person)).run("I am called Ada and am 36.")
        same(answer.output, Person(name="Ada", age=36))

    @check
    async def tool_output() -> None:
        answer = await agent(ToolOutput(Person)).run("I am called Ada and am 36.")
        same(answer.output, Person(name="Ada", age=36))

    @check
    async def prompted_output() -> None:
        answer = await agent(PromptedOutput(Person)).run('json {"name": "Ada", "age": 36}')
        same(answer.output, Person(name="Ada", age=36))


@check
async def errors() -> None:
    try:
        await agent(model="nope").run("Hello")
    except ModelHTTPError as error:
        status = error.status_code
    else:
        status = 200
    assert status == 404
