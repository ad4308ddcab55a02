"""Turns that go on from the tokens that were drawn, whatever clients make of their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.base.types import Message, Part, PartKind, Request, Role, StopReason
from app.server.drawn_turns import DrawnTurns
from app.server.pieces import Answer, Item, ItemKind, Usage
from tests.fakes.api import MODEL, NAME, Api
from tests.fakes.served_engine import Called, Said, ServedEngine, Step, Thought, served_engine

DRAWN = (1, 2, 3)
USER = Message(Role.USER, (Part("How warm?"),))
THOUGHT = Part("I look.", PartKind.REASONING)
ASIDE = Part("A moment.")
CALL = Part('{"b": "x", "a": 1}', PartKind.CALL, "functions.f", "c1")
TOOL = Message(Role.TOOL, (Part("18", PartKind.RESULT, "functions.f", "c1"),))
ANSWER = Answer(
    (
        Item(ItemKind.REASONING, "I look."),
        Item(ItemKind.PREAMBLE, "A moment."),
        Item(ItemKind.CALL, CALL.text, "f", "c1"),
    ),
    StopReason.CALL,
    Usage(),
)
FUNCTION = {
    "name": "f",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
}


def said(*parts: Part) -> Message:
    return Message(Role.ASSISTANT, parts)


def asked(*messages: Message) -> Request:
    return Request(MODEL, (USER, *messages))


@pytest.fixture
def turns() -> DrawnTurns:
    found = DrawnTurns()
    found.add(asked(), ANSWER, DRAWN)
    return found


REMINDER = Message(Role.SYSTEM, (Part("Be brief."),))


@pytest.mark.parametrize(
    "messages",
    [
        (said(THOUGHT, ASIDE, CALL), TOOL),
        (said(ASIDE, CALL), TOOL),
        (said(replace(ASIDE, text="A moment.\n"), Part(""), CALL), TOOL),
        (said(ASIDE), said(CALL), TOOL),
        (said(ASIDE, replace(CALL, text='{"a":1,"b":"x"}')), TOOL),
        (said(ASIDE, CALL), TOOL, REMINDER),
        (said(ASIDE, CALL), TOOL, Message(Role.USER, (Part("Quick!"),))),
    ],
)
def test_a_turn_goes_on_from_its_tokens(turns: DrawnTurns, messages: Sequence[Message]) -> None:
    request = asked(*messages)
    assert turns.resumed(request) == replace(request, drawn=DRAWN)


@pytest.mark.parametrize(
    "messages",
    [
        (),
        (said(ASIDE, CALL),),
        (said(CALL), TOOL),
        (said(replace(THOUGHT, text="I guess."), ASIDE, CALL), TOOL),
        (said(ASIDE, replace(CALL, text='{"a": 2, "b": "x"}')), TOOL),
        (said(ASIDE, replace(CALL, id="c2")), TOOL),
        (REMINDER, said(ASIDE, CALL), TOOL),
        (said(ASIDE, CALL), TOOL, said(Part("Warm."))),
    ],
)
def test_another_conversation_is_rendered_anew(
    turns: DrawnTurns, messages: Sequence[Message]
) -> None:
    request = asked(*messages)
    assert turns.resumed(request) == request
    other = replace(asked(said(ASIDE, CALL), TOOL), model=replace(MODEL, alias="other"))
    assert turns.resumed(other) == other


def test_only_the_latest_are_remembered(turns: DrawnTurns) -> None:
    request = asked(said(ASIDE, CALL), TOOL)
    for n in range(63):
        turns.add(replace(request, messages=(REMINDER,) * n), ANSWER, DRAWN)
        assert turns.resumed(request).drawn
    for n in range(63, 128):
        turns.add(replace(request, messages=(REMINDER,) * n), ANSWER, DRAWN)
    assert not turns.resumed(request).drawn
    turns.add(asked(), ANSWER, DRAWN)
    turns.add(replace(request, messages=()), ANSWER, range(999_999))
    assert not turns.resumed(request).drawn


def test_only_results_are_new_to_the_engine() -> None:
    """Of a client that leaves out the reasoning, and writes the arguments in its own way."""
    engine = ServedEngine()
    api = Api.over(served_engine(engine))
    rounds: list[list[Step]] = [
        [Thought("I look. " * 50), Said("A moment.", before=True), Called("f", '{ "a" : 1 }')],
        [Thought("Not there."), Called("unknown", "{}")],
        [Thought("Once more."), Called("f", '{"a":2}')],
        [Said("Warm.")],
    ]
    left = iter(rounds)
    engine.script = lambda request: next(left)
    messages: list[object] = [{"role": "user", "content": "How warm?"}]
    tools = [{"type": "function", "function": FUNCTION}]
    known = 0
    for step in range(3):
        answer = api.post(
            "/v1/chat/completions", {"model": NAME, "messages": messages, "tools": tools}
        ).json
        usage, message = answer["usage"], answer["choices"][0]["message"]
        if step:
            assert usage["prompt_tokens_details"]["cached_tokens"] >= known
            assert usage["prompt_tokens"] - known < 400
        if "tool_calls" not in message:
            break
        (call,) = message["tool_calls"]
        call["function"]["arguments"] = call["function"]["arguments"].replace(" ", "")
        known = usage["prompt_tokens"] + usage["completion_tokens"] - 1
        messages += [
            {"role": "assistant", "content": message["content"], "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": "18"},
        ]
    assert message["content"] == "Warm."
    assert next(left, None) is None
