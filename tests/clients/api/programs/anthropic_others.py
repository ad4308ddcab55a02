"""LangChain's and Pydantic AI's clients of Anthropic's API, and LiteLLM's."""

from __future__ import annotations

import asyncio
from typing import Any

from checks import MODEL, SCRIPTED, TOKEN, URL, check, same
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

ADDRESS = URL.removesuffix("/v1")
CALL = 'call get_weather {"city": "Rome"}'
chat = ChatAnthropic(
    model_name=MODEL, base_url=ADDRESS, api_key=TOKEN, max_tokens_to_sample=500, max_retries=0
)
model = AnthropicModel(MODEL, provider=AnthropicProvider(api_key=TOKEN, base_url=ADDRESS))


@check
def langchain_plain() -> None:
    same(chat.invoke('say "Hello from here"').content, "Hello from here")


@check
def langchain_stream() -> None:
    message: Any = None
    for chunk in chat.stream('say "one two three"'):
        message = chunk if message is None else message + chunk
    same(message.text, "one two three")
    assert message.usage_metadata["output_tokens"] > 0


@check
def langchain_tools() -> None:
    @tool
    def get_weather(city: str) -> str:
        """Return the weather of a city."""
        return "Sunny"

    if not SCRIPTED:
        return
    able = chat.bind_tools([get_weather])
    asked: list[Any] = [("user", CALL)]
    answer = able.invoke(asked)
    (call,) = answer.tool_calls
    same(call["args"], {"city": "Rome"})
    done = able.invoke([*asked, answer, get_weather.invoke(call)])
    same(done.text, "The tools say: Sunny")


@check
def langchain_thinking() -> None:
    thinks = chat.model_copy(
        update={"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}
    )
    message = thinks.invoke('say "Hi"')
    same([block["type"] for block in message.content_blocks], ["reasoning", "text"])


@check
async def pydantic_ai_tools() -> None:
    agent = Agent(model)

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Return the weather of a city."""
        return f"Sunny in {city}"

    if not SCRIPTED:
        return
    done = await asyncio.wait_for(agent.run(CALL), 30)
    same(done.output, "The tools say: Sunny in Rome")
    async with agent.run_stream('say "one two three"') as run:
        same(await run.get_output(), "one two three")
