"""Turns with calls go on as they were drawn, whatever of them the client sends back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from app.base.types import Message, ModelRef, Part, PartKind, Request, Role
from app.server.kept_turns import KeptTurns
from app.server.pieces import Item, ItemKind
from tests.fakes.api import NAME, Api
from tests.fakes.served_engine import ServedEngine, served_engine

MODEL = ModelRef.of_file(Path("served.gguf"), "served")
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
TWO = 'preamble call get_weather {"city": "Oslo"} and get_weather {"city": "Rome"}'


@pytest.mark.parametrize("streamed", [False, True])
def test_an_agents_loop_processes_only_what_is_new(streamed: bool) -> None:
    engine = ServedEngine()
    api = Api.over(served_engine(engine))
    items: list[Any] = [{"role": "user", "content": TWO}]
    before = 0
    for step in range(3):
        asked = {"model": NAME, "input": items, "tools": [WEATHER], "store": False}
        answer = api.post("/v1/responses", asked | {"stream": streamed})
        response = [*answer.events()][-1][1]["response"] if streamed else answer.json
        usage, output = response["usage"], response["output"]
        assert usage["input_tokens_details"]["cached_tokens"] >= before
        assert usage["input_tokens"] - before < 100 or not step
        before = usage["total_tokens"] - 2
        items += [item for item in output if item["type"] != "reasoning"]
        call = {"call_id": output[-1].get("call_id"), "output": f"rain {step}"}
        items.append({"type": "function_call_output", **call})
    assert engine.requests[-1].drawn
    assert output[-1]["content"][0]["text"] == "The tools say: rain 0; rain 1"


def test_it_is_the_same_in_chat_completions() -> None:
    engine = ServedEngine()
    api = Api.over(served_engine(engine))
    function = {key: value for key, value in WEATHER.items() if key != "type"}
    messages: list[Any] = [{"role": "user", "content": TWO}]
    for _ in range(3):
        asked = {"model": NAME, "messages": messages}
        asked["tools"] = [{"type": "function", "function": function}]
        said = api.post("/v1/chat/completions", asked).json["choices"][0]["message"]
        messages.append({key: said.get(key) for key in ("role", "content", "tool_calls")})
        for call in said.get("tool_calls", ()):
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": "rain"})
    assert said["content"] == "The tools say: rain; rain"
    assert [bool(request.drawn) for request in engine.requests] == [False, True, True]


# --- What is sent back -------------------------------------------------------------------------

ASKED = Request(MODEL, (Message(Role.USER, (Part("Hello"),)),))
ITEMS = (
    Item(ItemKind.REASONING, "I think."),
    Item(ItemKind.PREAMBLE, "I look."),
    Item(ItemKind.CALL, '{"a": 1, "b": 2}', "f", "c1"),
    Item(ItemKind.CALL, "", "g", "c2"),
)
THOUGHT = Part("I think.", PartKind.REASONING)
SAID = Part("I look.")
ONE = Part('{"b":2,"a":1}', PartKind.CALL, "functions.f", "c1")
OTHER = Part("{}", PartKind.CALL, "functions.g", "c2")
FIRST = Part("one", PartKind.RESULT, "functions.f", "c1")
SECOND = Part("two", PartKind.RESULT, "functions.g", "c2")
DRAWN = (1, 2, 3)
_ROLES = {PartKind.RESULT: Role.TOOL}


def kept() -> KeptTurns:
    turns = KeptTurns()
    turns.keep(ASKED, ITEMS, DRAWN)
    return turns


def sent(*parts: Part) -> Request:
    """Return a request that goes on, in the messages that clients send."""
    messages = list(ASKED.messages)
    for role, some in groupby(parts, lambda part: _ROLES.get(part.kind, Role.ASSISTANT)):
        messages.append(Message(role, tuple(some)))
    return replace(ASKED, messages=tuple(messages))


@pytest.mark.parametrize(
    "parts",
    [
        (THOUGHT, SAID, ONE, OTHER, FIRST, SECOND),
        (SAID, ONE, OTHER, FIRST, SECOND),
        (SAID, ONE, FIRST, OTHER, SECOND),
        (SAID, ONE, OTHER, SECOND, FIRST),
    ],
)
def test_a_turn_goes_on_as_it_was_drawn(parts: tuple[Part, ...]) -> None:
    resumed = kept().resumed(sent(*parts))
    assert resumed.drawn == DRAWN
    assert resumed.messages[:-1] == ASKED.messages
    calls = [part for part in resumed.messages[-1].parts if part.kind is PartKind.CALL]
    assert [call.text for call in calls] == ['{"a": 1, "b": 2}', ""]
    ends = resumed.messages[-1].parts[-2:]
    assert {part.id: part.text for part in ends} == {"c1": "one", "c2": "two"}


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.USER])
def test_what_is_said_after_the_results_ends_no_turn(role: Role) -> None:
    """Agents remind the model of something now and then, between two of its calls."""
    reminder = Message(role, (Part("Be brief."),))
    request = sent(SAID, ONE, OTHER, FIRST, SECOND)
    resumed = kept().resumed(replace(request, messages=(*request.messages, reminder)))
    assert resumed.drawn == DRAWN
    assert resumed.messages[-2:] == (Message(Role.TOOL, (FIRST, SECOND)), reminder)
    answered = (*request.messages, Message(Role.ASSISTANT, (Part("Done."),)), reminder)
    assert not kept().resumed(replace(request, messages=answered)).drawn


def test_an_agent_that_reminds_the_model_reads_only_what_is_new() -> None:
    engine = ServedEngine()
    api = Api.over(served_engine(engine))
    tool = {"name": "get_weather", "input_schema": {"type": "object"}}
    messages: list[Any] = [{"role": "user", "content": TWO}]
    for _ in range(3):
        asked = {"model": NAME, "max_tokens": 999, "messages": messages, "tools": [tool]}
        counted = api.post("/v1/messages/count_tokens", asked | {"max_tokens": None}).json
        answer = api.post("/v1/messages", asked).json
        usage = answer["usage"]
        read, cached = usage["input_tokens"], usage["cache_read_input_tokens"]
        assert counted == {"input_tokens": read + cached}
        assert read < 250 or not cached
        call = {"type": "tool_result", "tool_use_id": answer["content"][-1].get("id")}
        messages += [
            {"role": "assistant", "content": answer["content"]},
            {"role": "user", "content": [call | {"content": "rain"}]},
            {"role": "system", "content": "Be brief."},
        ]
    assert [bool(request.drawn) for request in engine.requests] == [False, True, True]


@pytest.mark.parametrize(
    "change",
    [
        lambda part: replace(part, text='{"a": 1}') if part == ONE else part,
        lambda part: replace(part, text="I do not look.") if part == SAID else part,
        lambda part: replace(part, text="I thought.") if part == THOUGHT else part,
        lambda part: replace(part, id="c3") if part == ONE else part,
        lambda part: replace(part, name="functions.h") if part == OTHER else part,
    ],
)
def test_what_was_changed_is_not_replaced(change: Callable[[Part], Part]) -> None:
    request = sent(*map(change, (THOUGHT, SAID, ONE, OTHER, FIRST, SECOND)))
    assert kept().resumed(request) == request


def test_an_earlier_result_that_was_changed_is_not_replaced() -> None:
    turns = kept()
    whole = (THOUGHT, SAID, ONE, OTHER, FIRST, SECOND)
    again = turns.resumed(sent(*whole))
    call = Item(ItemKind.CALL, "{}", "f", "c3")
    turns.keep(again, (call,), (*DRAWN, 4))
    third = (Part("{}", PartKind.CALL, "functions.f", "c3"), Part("x", PartKind.RESULT, "", "c3"))
    assert turns.resumed(sent(*whole, *third)).drawn == (*DRAWN, 4)
    short = (*whole[:4], replace(FIRST, text="(left out)"), SECOND)
    assert not turns.resumed(sent(*short, *third)).drawn


def test_turns_are_of_a_model() -> None:
    request = sent(SAID, ONE, OTHER, FIRST, SECOND)
    assert not kept().resumed(replace(request, model=replace(MODEL, name="other"))).drawn


def test_the_oldest_turns_make_room() -> None:
    for turns in (KeptTurns(most=2), KeptTurns(most_tokens=7)):
        for name in ("c1", "c2", "c3"):
            turns.keep(ASKED, (Item(ItemKind.CALL, "{}", "f", name),), DRAWN)
        found = [
            bool(
                turns.resumed(
                    sent(
                        Part("{}", PartKind.CALL, "functions.f", name),
                        Part("", PartKind.RESULT, "functions.f", name),
                    )
                ).drawn
            )
            for name in ("c1", "c2", "c3")
        ]
        assert found == [False, True, True]
