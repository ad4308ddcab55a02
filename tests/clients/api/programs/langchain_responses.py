"""LangChain, told to ask for responses."""

from __future__ import annotations

from typing import Any

from checks import MODEL, TOKEN, URL, check, same, scripted
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class City(BaseModel):
    name: str
    people: int


@tool
def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"rain in {city}"


def model(**more: Any) -> ChatOpenAI:
    return ChatOpenAI(
        model=MODEL, base_url=URL, api_key=TOKEN, max_retries=0, use_responses_api=True, **more
    )


@check
def plain() -> None:
    answer = model(reasoning={"effort": "high", "summary": "auto"}).invoke("Hello")
    same(answer.text, "You said: Hello")
    assert answer.usage_metadata
    assert answer.usage_metadata["output_tokens"] > 0


@check
def streamed() -> None:
    same("".join(chunk.text for chunk in model().stream("Hello")), "You said: Hello")


@scripted
def tool_round_trip() -> None:
    for more in ({}, {"use_previous_response_id": True}, {"store": False}):
        helper = model(**more).bind_tools([get_weather])
        asked: list[Any] = [HumanMessage('preamble call get_weather {"city": "Oslo"}')]
        first = helper.invoke(asked)
        (call,) = first.tool_calls
        asked += [first, ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])]
        assert helper.invoke(asked).text == "The tools say: rain in Oslo"


@scripted
def structured() -> None:
    shaped = model().with_structured_output(City, method="json_schema")
    assert shaped.invoke('json {"name": "Oslo", "people": 7}') == City(name="Oslo", people=7)
