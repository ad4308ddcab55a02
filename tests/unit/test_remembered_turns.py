"""Turns that go on from the tokens that were drawn, when a client sends a call's result."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.answer_events import Delta, Done, Event, StopReason
from app.base.types import (
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    ToolFunction,
    ToolNamespace,
)
from app.engine.backend import Planned
from app.server import remembered_turns
from app.server.declared_calls import answered
from app.server.remembered_turns import RememberedTurns
from tests.fakes.api import NAME, Api
from tests.fakes.served_engine import (
    Called,
    Said,
    ServedEngine,
    Step,
    Thought,
    asked,
    served_engine,
    text_of,
)

MODEL = ModelRef.of_file(Path("served.gguf"), "served")
FIND = (ToolNamespace("functions", (ToolFunction("find", "Finds."),)),)
WROTE = '{"a":1}'  # as a model writes it
SENDS = '{"a": 1}'  # as a client does, which has parsed it


class Agent:
    """A client that sends back what it has seen, but for the reasoning."""

    def __init__(self, *steps: list[Step], context: int = 131_072, found: str = "") -> None:
        left = list(steps)
        self._found = found
        self.engine = ServedEngine(context=context)
        self.engine.script = lambda request: left.pop(0)
        self.turns = RememberedTurns()
        self.request = asked("Hello", MODEL, tools=FIND)
        self.done: Done | None = None

    def ask(self) -> list[Event | Planned]:
        events = [*answered(self.engine, self.request, threading.Event(), self.turns)]
        self.done = next(event for event in events if isinstance(event, Done))
        said = [e for e in events if isinstance(e, Delta) and e.kind is PartKind.CALL]
        calls = {call.id: call.name for call in said}
        parts = tuple(Part(SENDS, PartKind.CALL, name, id) for id, name in calls.items())
        results = [
            Message(
                Role.TOOL, (Part(f"found {n}{self._found}", PartKind.RESULT, call.name, call.id),)
            )
            for n, call in enumerate(parts)
        ]
        messages = (*self.request.messages, Message(Role.ASSISTANT, parts), *results)
        self.request = replace(self.request, messages=messages)
        return events

    @property
    def asked(self) -> Request:
        """The last request that the engine got."""
        return self.engine.requests[-1]

    @property
    def read(self) -> int:
        """How many tokens of the last prompt had to be processed."""
        assert self.done
        return self.done.stats.evaluated


def calls(count: int = 1) -> list[Step]:
    return [Thought("I have to know." * 20), *[Called("find", WROTE)] * count]


END: list[Step] = [Said("Done.")]


def test_a_turn_goes_on_from_what_was_drawn() -> None:
    agent = Agent(calls(), calls(2), calls(), END)
    agent.ask()
    for results in (1, 2, 1):
        agent.ask()
        assert agent.asked.drawn
        assert "I have to know." in agent.asked.messages[-1].reasoning
        assert agent.read < results * 60 + 30  # the results, and not the reasoning before them
    assert agent.done
    assert agent.done.reason is StopReason.END


def test_a_call_that_the_client_has_not_seen_is_part_of_the_turn() -> None:
    agent = Agent([Called("lost", "{}")], calls(), END)
    agent.ask()
    agent.ask()
    assert agent.asked.drawn
    names = [p.name for p in agent.asked.messages[-1].parts if p.kind is PartKind.CALL]
    assert names == ["functions.lost", "functions.find"]


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.USER])
def test_what_is_said_after_a_result_ends_no_turn(role: Role) -> None:
    """Agents remind the model of something now and then, between two of its calls."""
    agent = Agent(calls(), calls(), calls(), END)
    agent.ask()
    for _ in range(3):
        said = Message(role, (Part("Be brief."),))
        agent.request = replace(agent.request, messages=(*agent.request.messages, said))
        agent.ask()
        assert agent.asked.drawn
        assert agent.read < 160
    assert agent.done
    assert agent.done.reason is StopReason.END


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", ["/v1/responses", "/v1/chat/completions", "/v1/messages"])
def test_it_is_so_for_each_kind_of_client(path: str, streamed: bool) -> None:
    engine = ServedEngine()
    api = Api.over(served_engine(engine))
    talk = AgentsTalk('call f {"a": 1} and f {"a": 2}')
    for _ in range(3):
        answer = api.post(path, talk.body(path) | {"stream": streamed})
        talk.take(path, [*answer.events()] if streamed else answer.json)
    assert [bool(request.drawn) for request in engine.requests] == [False, True, True]


class AgentsTalk:
    """A conversation of an agent that sends back no reasoning, in any of the dialects."""

    def __init__(self, question: str) -> None:
        self._items: list[Any] = [{"role": "user", "content": question}]
        self._made = 0

    def body(self, path: str) -> dict[str, Any]:
        function = {"name": "f", "parameters": {"type": "object"}}
        match path:
            case "/v1/responses":
                return {
                    "model": NAME,
                    "input": self._items,
                    "tools": [{"type": "function"} | function],
                }
            case "/v1/messages":
                tool = {"name": "f", "input_schema": {"type": "object"}}
                return {"model": NAME, "max_tokens": 999, "messages": self._items, "tools": [tool]}
        tools = [{"type": "function", "function": function}]
        return {"model": NAME, "messages": self._items, "tools": tools}

    def take(self, path: str, answer: Any) -> None:
        """Add the call of an answer, wherever it is in that, and its result."""
        for call in dict.fromkeys(re.findall(r"call_[0-9a-f]{24}", json.dumps(answer))):
            self._made += 1
            arguments = {"a": self._made}
            written = {"name": "f", "arguments": json.dumps(arguments)}
            made: Any
            match path:
                case "/v1/responses":
                    made = {"type": "function_call", "call_id": call, **written}
                    result = {"type": "function_call_output", "call_id": call, "output": "x"}
                    self._items += [made, result]
                case "/v1/messages":
                    made = {"type": "tool_use", "id": call, "name": "f", "input": arguments}
                    result = {"type": "tool_result", "tool_use_id": call, "content": "x"}
                    self._items.append({"role": "assistant", "content": [made]})
                    self._items.append({"role": "user", "content": [result]})
                case _:
                    made = {"id": call, "type": "function", "function": written}
                    self._items.append({"role": "assistant", "tool_calls": [made]})
                    self._items.append({"role": "tool", "tool_call_id": call, "content": "x"})


def with_result(change: Callable[[Message], Message], at: int) -> Callable[[Request], Request]:
    def changed(request: Request) -> Request:
        messages = list(request.messages)
        messages[at] = change(messages[at])
        return replace(request, messages=tuple(messages))

    return changed


def edited(message: Message) -> Message:
    return replace(message, parts=(replace(message.parts[0], text='{"a": 2}'),))


def renamed(message: Message) -> Message:
    return replace(message, parts=(replace(message.parts[0], id="call_other"),))


ANSWERED = Message(Role.ASSISTANT, (Part("Done."),))


def explained(message: Message) -> Message:
    return replace(message, parts=(Part("I guess.", PartKind.REASONING), *message.parts))


@pytest.mark.parametrize(
    "change",
    [
        with_result(edited, -2),  # the last call's arguments
        with_result(edited, -3),  # the result before
        with_result(renamed, -4),
        with_result(explained, -2),
        lambda request: replace(request, messages=(*request.messages, ANSWERED)),
        lambda request: replace(
            request, messages=(*request.messages, ANSWERED, request.messages[0])
        ),
        lambda request: replace(request, messages=request.messages[:-1]),  # no result
    ],
)
def test_what_the_client_has_changed_is_read_anew(change: Callable[[Request], Request]) -> None:
    agent = Agent(calls(), calls(), END)
    agent.ask()
    agent.ask()
    agent.request = change(agent.request)
    agent.ask()
    assert not agent.asked.drawn


def test_a_turn_that_is_too_long_with_its_reasoning_goes_on_without_it() -> None:
    agent = Agent(
        [Thought("Hm. " * 200), Called("find", WROTE)], END, context=1600, found="!" * 400
    )
    agent.ask()
    events = agent.ask()
    assert text_of(events) == "Done."
    assert [bool(request.drawn) for request in agent.engine.requests] == [False, True, False]


def test_the_oldest_turns_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered_turns, "_MOST_TURNS", 2)
    turns = RememberedTurns()
    for name in "abc":
        turns.add((Part("{}", PartKind.CALL, "functions.find", name),), range(10))

    def known(name: str) -> bool:
        call = Part("{}", PartKind.CALL, "functions.find", name)
        result = Part("found", PartKind.RESULT, "functions.find", name)
        request = Request(MODEL, (Message(Role.ASSISTANT, (call, result)),))
        return turns.goes_on(request) is not None

    assert [known(name) for name in "abc"] == [False, True, True]
    monkeypatch.setattr(remembered_turns, "_MOST_TOKENS", 25)
    turns.add((Part("{}", PartKind.CALL, "functions.find", "d"),), range(20))
    assert [known(name) for name in "bcd"] == [False, False, True]


def test_arguments_that_are_no_json_are_compared_as_text() -> None:
    turns = RememberedTurns()
    deep = "[" * 100_000
    turns.add((Part(deep, PartKind.CALL, "functions.find", "a"),), range(10))
    for text, same in ((deep, True), (json.dumps(1), False)):
        call = Part(text, PartKind.CALL, "functions.find", "a")
        result = Part("found", PartKind.RESULT, "functions.find", "a")
        request = Request(MODEL, (Message(Role.ASSISTANT, (call, result)),))
        assert (turns.goes_on(request) is not None) is same


@pytest.mark.parametrize(
    ("sent", "same"),
    [('{"b":[2],"a":1}', True), ('{"a": 1.0, "b": [2]}', True), ('{"a": true, "b": [2]}', False)],
)
def test_arguments_are_compared_as_values_of_json(sent: str, *, same: bool) -> None:
    turns = RememberedTurns()
    turns.add((Part('{"a": 1, "b": [2]}', PartKind.CALL, "functions.f", "a"),), range(10))
    call = Part(sent, PartKind.CALL, "functions.f", "a")
    result = Part("found", PartKind.RESULT, "functions.f", "a")
    request = Request(MODEL, (Message(Role.ASSISTANT, (call, result)),))
    assert (turns.goes_on(request) is not None) is same
