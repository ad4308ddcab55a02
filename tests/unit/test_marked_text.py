"""Answers with control tokens as text, as llama-cpp-python's server sends them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.answer_events import StopReason
from app.base.draft import Draft
from app.base.types import Part, PartKind
from app.engine.remote.unparsed_answer import parsed
from app.engine.remote.wire_events import (
    AnswerEnd,
    AnswerText,
    CallText,
    ReasoningText,
    UsageReport,
    WireEvent,
)
from app.formats import text_parser

# Recorded from llama_cpp.server 0.3.36 with the demo model.
ANSWER = (
    "<|channel|>analysis<|message|>The user asks for the capital of Norway. It is Oslo.<|end|>"
    "<|start|>assistant<|channel|>final<|message|>The capital of Norway is **Oslo**."
)
CALL = (
    "<|channel|>analysis<|message|>I need the weather in Oslo. I will call get_weather.<|end|>"
    "<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>"
    '{"location": "Oslo"}'
)


def parts(pieces: Iterable[str]) -> tuple[Part, ...]:
    parser, draft = text_parser(), Draft()
    for piece in pieces:
        for delta in parser.feed(piece):
            draft.add(delta)
    for delta in parser.finish():
        draft.add(delta)
    return draft.parts


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("size", [*range(1, 40), 1000])
def test_an_answer_is_the_same_wherever_it_is_cut(size: int) -> None:
    assert [(part.kind, part.text) for part in parts(cut(ANSWER, size))] == [
        (PartKind.REASONING, "The user asks for the capital of Norway. It is Oslo."),
        (PartKind.TEXT, "The capital of Norway is **Oslo**."),
    ]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_call_is_one_by_its_header(size: int) -> None:
    thought, call = parts(cut(CALL, size))
    assert thought.kind is PartKind.REASONING
    assert (call.kind, call.name) == (PartKind.CALL, "functions.get_weather")
    assert call.text == '{"location": "Oslo"}'


@pytest.mark.parametrize(
    "text", ["", " ", "<", "<|", "<|chan", "<|channel", "3 < 4", "Say <|end|> and <|start|>."]
)
def test_what_does_not_begin_with_a_mark_is_text(text: str) -> None:
    assert "".join(part.text for part in parts([text])) == text
    assert all(part.kind is PartKind.TEXT for part in parts(text))


@given(st.lists(st.text()))
def test_nothing_of_a_plain_answer_is_lost(pieces: list[str]) -> None:
    assert "".join(part.text for part in parts(["Well: ", *pieces])) == "Well: " + "".join(pieces)


@given(st.lists(st.sampled_from(["<|", "|>", "end", "<|end|>", "<|message|>", " a", "é"])))
def test_it_never_raises(pieces: list[str]) -> None:
    parts(["<|channel|>", *pieces])


def test_events_of_a_server_have_reasoning_and_calls_of_their_own() -> None:
    usage, end = UsageReport(prompt=80), AnswerEnd(StopReason.END)
    events: list[WireEvent] = [*map(AnswerText, cut(CALL, 9)), usage, end]
    found = list(parsed(events))
    assert "".join(each.text for each in found if isinstance(each, ReasoningText)).endswith(".")
    calls = [each for each in found if isinstance(each, CallText)]
    assert {call.name for call in calls} == {"get_weather"}
    assert "".join(call.arguments for call in calls) == '{"location": "Oslo"}'
    assert found[-2:] == [usage, end]
