"""The local server's application over the real engine: a program's loop of tools, and a shape."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.engine.supervisor import LocalBackend
from app.serving import model_name
from tests.e2e.engine import DEMO
from tests.fakes.api import Api

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Gets the current weather for a city.",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string", "description": "The city"}},
        "required": ["location"],
    },
}


@pytest.fixture
def api(backend: LocalBackend) -> Api:
    return Api.over(backend, model=DEMO)


def create(api: Api, asked: Any, **more: Any) -> Any:
    body = {"model": model_name(DEMO), "input": asked, "temperature": 0, "max_output_tokens": 200}
    body |= {"stream": True, "store": False, **more}
    *_, (name, last) = api.post("/v1/responses", body).events()
    assert name == "response.completed", last
    return last["response"]


def test_a_loop_of_tools_processes_only_what_is_new(api: Api) -> None:
    """Even if the program sends back none of the reasoning."""
    items: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    named = {"type": "function", "name": "get_weather"}
    before = 0
    for step in range(3):
        response = create(api, items, tools=[WEATHER], tool_choice=named if step < 2 else "auto")
        usage, output = response["usage"], response["output"]
        if step:
            new = usage["input_tokens"] - usage["input_tokens_details"]["cached_tokens"]
            assert new < 40 < before, (step, new, before)
        before = usage["total_tokens"]
        items += [item for item in output if item["type"] != "reasoning"]
        if step < 2:
            assert "location" in json.loads(output[-1]["arguments"])
            told = '{"temperature": 7, "sky": "cloudy"}'
            result = {"call_id": output[-1]["call_id"], "output": told}
            items.append({"type": "function_call_output", **result})


def test_an_answer_has_the_shape_that_was_asked_for(api: Api) -> None:
    schema: Any = {"type": "object", "properties": {"city": {"enum": ["Oslo", "Rome"]}}}
    schema |= {"required": ["city"], "additionalProperties": False}
    shape = {"format": {"type": "json_schema", "name": "capital", "schema": schema}}
    response = create(api, "What is the capital of Norway?", text=shape)
    assert json.loads(response["output"][-1]["content"][0]["text"])["city"] in ("Oslo", "Rome")
