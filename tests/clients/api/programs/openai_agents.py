"""OpenAI's Agents SDK, which asks for responses."""

from __future__ import annotations

from typing import Annotated, Any

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
from checks import MODEL, TOKEN, URL, check, same, scripted, unscripted
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
    return Agent(name=name, model=model, **({"instructions": "Be brief."} | more))


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


@scripted
async def tool_loop() -> None:
    asked = 'preamble call get_weather {"city": "Oslo"} and get_weather {"city": "Rome"}'
    result = await Runner.run(agent(tools=[get_weather]), asked)
    assert result.final_output == "The tools say: rain in Oslo; rain in Rome"


@scripted
async def tool_loop_streamed_and_stored() -> None:
    helper = agent(tools=[get_weather])
    result = Runner.run_streamed(
        helper, 'call get_weather {"city": "Oslo"}', auto_previous_response_id=True
    )
    names = [event.name async for event in result.stream_events() if hasattr(event, "name")]
    assert {"tool_called", "tool_output", "message_output_created"} <= set(names)
    assert result.final_output == "The tools say: rain in Oslo"


@scripted
async def structured() -> None:
    asked = 'json {"name": "Oslo", "people": 700000}'
    result = await Runner.run(agent(output_type=City), asked)
    assert result.final_output == City(name="Oslo", people=700000)


@scripted
async def reasoning_and_required_tool() -> None:
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


@scripted
async def handoff() -> None:
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


@unscripted
async def the_demo_model_in_a_tool_loop() -> None:
    told = "Gets the current weather for a city."

    @function_tool(name_override="get_weather", description_override=told, strict_mode=False)
    def weather(location: Annotated[str, "The city"]) -> str:
        return '{"temperature": 7, "sky": "cloudy"}'

    settings = ModelSettings(temperature=0, reasoning=Reasoning(effort="high"))
    asker = agent(tools=[weather], model_settings=settings, instructions=None)
    result = await Runner.run(asker, "What is the weather in Oslo?")
    assert "7 degrees and cloudy" in result.final_output, result.final_output
