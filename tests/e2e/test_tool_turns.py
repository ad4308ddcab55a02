"""Turns with tools, with the real engine and the demo model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import replace

from app.base.types import (
    Done,
    Event,
    Message,
    Part,
    PartAdded,
    PartKind,
    Prompt,
    ResultFacts,
    Role,
    StopReason,
)
from app.engine.backend import Planned
from app.engine.overrides import Overrides
from app.engine.supervisor import EngineOptions, LocalBackend
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool import Result
from app.tools.tool_events import ResultsShortened
from tests.e2e.engine import ask, size
from tests.fakes.tools import FakeTool


def test_a_step_costs_the_tokens_of_its_result(make: Callable[..., LocalBackend]) -> None:
    backend = make()
    ends: list[Done] = []
    stream = backend.stream

    def recorded(*arguments: object) -> Generator[Event | Planned, None, None]:
        for event in stream(*arguments):  # type: ignore[arg-type]
            if isinstance(event, Done):
                ends.append(event)
            yield event

    backend.stream = recorded  # type: ignore[method-assign,assignment]
    tool = FakeTool(answer=lambda *_: [Result("42")])
    registry = Registry(lambda: [tool])
    asked = replace(ask("Use Python to add 17 and 25"), tools=registry.declared(["python"]))
    loop = ToolLoop(backend, registry)
    events = list(loop.stream(asked, threading.Event()))
    assert [p.call.arguments.strip() for p in tool.ran] == ["print(17 + 25)"]
    first, second = ends
    assert (first.reason, second.reason) == (StopReason.CALL, StopReason.END)
    # What surrounds a result may have been processed with the call already.
    assert second.stats.evaluated <= size("42") + 16
    done = events[-1]
    assert isinstance(done, Done)
    assert done.stats.evaluated == first.stats.evaluated + second.stats.evaluated
    assert done.stats.prompt_tokens <= done.stats.evaluated + 16


def test_a_long_turn_in_a_small_context(make: Callable[..., LocalBackend]) -> None:
    text = "17 rows were found in the table of results. " * 12
    parts = [
        part
        for n in range(12)
        for part in (
            Part("I should run Python.", PartKind.REASONING),
            Part(f"print({n})", PartKind.CALL, "python", f"call_{n}"),
            Part(text, PartKind.RESULT, "python", f"call_{n}", facts=ResultFacts(short=f"[{n}]")),
        )
    ]
    backend = make(options=lambda: EngineOptions(Overrides(context=2048)))
    registry = Registry(lambda: [FakeTool()])
    asked = ask("How many rows are there?", max_tokens=8)
    messages = (*asked.messages, Message(Role.ASSISTANT, tuple(parts)))
    asked = replace(asked, messages=messages, tools=registry.declared(["python"]))
    events = list(ToolLoop(backend, registry).stream(asked, threading.Event()))
    (shortened,) = [event for event in events if isinstance(event, ResultsShortened)]
    assert shortened.parts >= 8
    prompt = next(event for event in events if isinstance(event, Prompt))
    assert prompt.count + prompt.reserved <= prompt.context * 3 / 4
    assert not any(isinstance(event, PartAdded) for event in events[: events.index(prompt)])
    assert any(isinstance(event, Done) for event in events)
