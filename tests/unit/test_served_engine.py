"""The scripted engine of the server's clients."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.answer_events import Delta, Done, Event, StopReason
from app.base.errors import Cancelled, ContextFull, SchemaUnsupported
from app.base.types import (
    Effort,
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    Sampling,
    ToolChoice,
    ToolFunction,
    ToolNamespace,
)
from app.engine.backend import Planned
from tests.fakes.served_engine import (
    RESULTS,
    UNICODE,
    ServedEngine,
    asked,
    served_engine,
    text_of,
)

MODEL = ModelRef.of_file(Path("served.gguf"), "served")
CITY = json.dumps({"type": "object", "properties": {"city": {"type": "string"}}})
WEATHER = (ToolNamespace("functions", (ToolFunction("get_weather", "Tells the weather.", CITY),)),)


def events_of(request: Request, engine: ServedEngine | None = None) -> list[Event | Planned]:
    return list(served_engine(engine or ServedEngine()).stream(request, threading.Event()))


def done(events: list[Event | Planned]) -> Done:
    last = events[-1]
    assert isinstance(last, Done)
    return last


def test_a_question_is_reasoned_about_and_repeated() -> None:
    events = events_of(asked("Hello, you", MODEL, effort=Effort.HIGH))
    assert text_of(events) == "You said: Hello, you"
    assert "Effort high" in text_of(events, PartKind.REASONING)
    assert done(events).reason is StopReason.END
    assert done(events).stats.reasoning_tokens


def test_letters_of_many_bytes_come_whole() -> None:
    assert text_of(events_of(asked("unicode", MODEL))) == UNICODE


def test_a_function_is_called_with_what_the_question_has_and_its_result_is_told() -> None:
    request = asked("How is the weather in Paris?", MODEL, tools=WEATHER)
    events = events_of(request)
    call = next(d for d in events if isinstance(d, Delta) and d.kind is PartKind.CALL)
    assert call.name == "functions.get_weather"
    assert json.loads(text_of(events, PartKind.CALL)) == {"city": "Paris"}
    assert done(events).reason is StopReason.CALL
    turn = (
        Message(Role.ASSISTANT, (Part('{"city": "Paris"}', PartKind.CALL, call.name, "c1"),)),
        Message(Role.TOOL, (Part("sunny", PartKind.RESULT, call.name, "c1"),)),
    )
    assert text_of(events_of(replace(request, messages=request.messages + turn))) == (
        f"{RESULTS}sunny"
    )


@pytest.mark.parametrize(
    ("question", "calls"),
    [
        ('call get_weather {"city": "Rom"}', ['{"city": "Rom"}']),
        ("both get_weather {} and get_weather {}", ["{}", "{}"]),
        ("Hello", []),
    ],
)
def test_calls_that_the_question_has(question: str, calls: list[str]) -> None:
    events = events_of(asked(question, MODEL, tools=WEATHER))
    found: dict[int, str] = {}
    for d in events:
        if isinstance(d, Delta) and d.kind is PartKind.CALL:
            found[d.index] = found.get(d.index, "") + d.text
    assert list(found.values()) == calls


@pytest.mark.parametrize("choice", [ToolChoice.REQUIRED, "get_weather", ToolChoice.NONE])
def test_a_choice_of_tools_is_followed(choice: Any) -> None:
    events = events_of(asked("Hello", MODEL, tools=WEATHER, tool_choice=choice))
    calls = done(events).reason is StopReason.CALL
    assert calls is (choice is not ToolChoice.NONE)


def test_an_answer_follows_a_schema() -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    events = events_of(asked("I met Anna, who is 30", MODEL, response_schema=json.dumps(schema)))
    assert json.loads(text_of(events)) == {"name": "Anna", "age": 30}
    bad = json.dumps({"type": "object", "properties": {"a": {"$ref": "http://x/y"}}})
    with pytest.raises(SchemaUnsupported):
        events_of(asked("Hello", MODEL, response_schema=bad))


def test_an_answer_ends_at_a_stop_text_and_a_length() -> None:
    events = events_of(asked('say "one, two, three"', MODEL, stop=(", th",)))
    assert text_of(events) == "one, two"
    assert done(events).reason is StopReason.STOP_TEXT
    events = events_of(asked("silent", MODEL, sampling=Sampling(max_tokens=20)))
    assert done(events).reason is StopReason.LENGTH
    assert done(events).stats.generated == 20


def test_what_was_read_before_is_cached() -> None:
    engine = ServedEngine()
    first = done(events_of(asked("Hello", MODEL), engine)).stats
    again = done(events_of(asked("Hello", MODEL), engine)).stats
    assert (first.reused, again.reused) == (0, again.prompt_tokens - 1)


def test_an_endless_answer_is_stopped() -> None:
    cancel, engine = threading.Event(), ServedEngine()
    events = served_engine(engine).stream(asked("endless", MODEL), cancel)
    reason = None
    for n, event in enumerate(events):
        if n == 200:
            cancel.set()
        if isinstance(event, Done):
            reason = event.reason
    assert reason is StopReason.CANCELLED
    assert (engine.running, engine.reasons) == ([], [("", StopReason.CANCELLED)])
    engine.reading = 60
    with pytest.raises(Cancelled):
        list(served_engine(engine).stream(asked("Hello", MODEL), cancel))


def test_a_prompt_that_is_too_long_is_refused() -> None:
    with pytest.raises(ContextFull):
        events_of(asked("x" * 3000, MODEL), ServedEngine(context=2000))
