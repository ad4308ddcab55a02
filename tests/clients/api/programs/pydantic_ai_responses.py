"""Pydantic AI, with its model for Responses."""

from __future__ import annotations

from typing import Any

from checks import MODEL, TOKEN, URL, check, same, scripted
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIResponsesModel, OpenAIResponsesModelSettings
from pydantic_ai.providers.openai import OpenAIProvider


class City(BaseModel):
    name: str
    people: int


def agent(output: Any = str, **settings: Any) -> Agent[None, Any]:
    """Return an agent, whose client belongs to the check's own event loop."""
    model = OpenAIResponsesModel(MODEL, provider=OpenAIProvider(base_url=URL, api_key=TOKEN))
    return Agent(model, output_type=output, model_settings=OpenAIResponsesModelSettings(**settings))


@check
async def plain() -> None:
    result = await agent(openai_reasoning_effort="high").run("Hello")
    same(result.output, "You said: Hello")
    assert result.usage.output_tokens > 0


@check
async def streamed() -> None:
    async with agent().run_stream("Hello") as result:
        same(await result.get_output(), "You said: Hello")


@scripted
async def tool_round_trip() -> None:
    for settings in ({}, {"openai_previous_response_id": "auto"}):
        helper = agent(**settings)

        @helper.tool_plain
        def get_weather(city: str) -> str:
            """Tell the weather of a city."""
            return f"rain in {city}"

        asked = 'preamble call get_weather {"city": "Oslo"} and get_weather {"city": "Rome"}'
        result = await helper.run(asked)
        assert result.output == "The tools say: rain in Oslo; rain in Rome"
        again = await helper.run("And you?", message_history=result.all_messages())
        assert again.output == "You said: And you?"


@scripted
async def structured() -> None:
    result = await agent(City).run('call final_result {"name": "Oslo", "people": 7}')
    assert result.output == City(name="Oslo", people=7)
