"""OpenAI's Agents SDK, which asks for responses."""

from __future__ import annotations

from typing import Any

import openai
from agents import (
    Agent,
    ModelSettings,
    OpenAIResponsesModel,
    Runner,
    SQLiteSession,
    function_tool,
    set_tracing_disabled,
)
from checks import MODEL, SCRIPTED, TOKEN, URL, check, same
from openai.types.shared import Reasoning
from pydantic import BaseModel

set_tracing_disabled(True)


class City(BaseModel):
    name: str
    people: int


@function_tool
def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"rain in {city}"


def agent(name: str = "helper", **more: Any) -> Agent[Any]:
    """Return an agent, whose client belongs to the check's own event loop."""
    client = openai.AsyncOpenAI(base_url=URL, api_key=TOKEN, max_retries=0)
    model = OpenAIResponsesModel(MODEL, client)
    return Agent(name=name, instructions="Be brief.", model=model, **more)


@check
async def plain() -> None:
    result = await Runner.run(agent(), "Hello")
    same(result.final_output, "You said: Hello")
    assert result.context_wrapper.usage.output_tokens > 0


@check
async def streamed() -> None:
    result = Runner.run_streamed(agent(), "unicode please")
    texts: list[str] = []
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            texts.append(event.data.delta)
    assert "".join(texts) == result.final_output


@check
async def tool_loop() -> None:
    if SCRIPTED:
        asked = 'preamble call get_weather {"city": "Oslo"} and get_weather {"city": "Rome"}'
        result = await Runner.run(agent(tools=[get_weather]), asked)
        assert result.final_output == "The tools say: rain in Oslo; rain in Rome"


@check
async def tool_loop_streamed_and_stored() -> None:
    if SCRIPTED:
        helper = agent(tools=[get_weather])
        result = Runner.run_streamed(
            helper, 'call get_weather {"city": "Oslo"}', auto_previous_response_id=True
        )
        names = [event.name async for event in result.stream_events() if hasattr(event, "name")]
        assert {"tool_called", "tool_output", "message_output_created"} <= set(names)
        assert result.final_output == "The tools say: rain in Oslo"


@check
async def structured() -> None:
    if SCRIPTED:
        asked = 'json {"name": "Oslo", "people": 700000}'
        result = await Runner.run(agent(output_type=City), asked)
        assert result.final_output == City(name="Oslo", people=700000)


@check
async def reasoning_and_required_tool() -> None:
    if SCRIPTED:
        settings = ModelSettings(
            tool_choice="required",
            reasoning=Reasoning(effort="high", summary="auto"),
            store=False,
            response_include=["reasoning.encrypted_content"],
        )
        helper = agent(tools=[get_weather], model_settings=settings)
        result = await Runner.run(helper, "Please, the weather in Oslo.")
        kinds = {item.type for item in result.new_items}
        assert {"tool_call_item", "reasoning_item"} <= kinds, kinds
        assert "rain in Oslo" in result.final_output


@check
async def handoff() -> None:
    if SCRIPTED:
        other = agent("weather")
        first = agent(handoffs=[other])
        result = await Runner.run(first, "call transfer_to_weather {}")
        assert result.last_agent is other, result.last_agent.name


@check
async def session() -> None:
    memory = SQLiteSession("one")
    first = await Runner.run(agent(), "Hello", session=memory)
    second = await Runner.run(agent(), "And again", session=memory)
    usage = [result.context_wrapper.usage.input_tokens for result in (first, second)]
    assert usage[1] > usage[0]
