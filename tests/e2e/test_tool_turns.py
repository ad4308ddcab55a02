"""Turns with tools, with the real engine and the demo model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import replace

from app.base.answer_events import Delta, Done, Event, PartAdded, Prompt, StopReason
from app.base.draft import Draft
from app.base.pages.displays import displays_of
from app.base.types import Message, Part, PartKind, ResultFacts, Role
from app.engine.backend import Planned
from app.engine.demo_filter import DemoFilter
from app.engine.overrides import Overrides
from app.engine.supervisor import EngineOptions, LocalBackend
from app.tools.browser.browser import Browser
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool import Result
from app.tools.tool_events import ResultsShortened
from tests.demo.asking import SHELF
from tests.e2e.engine import DEMO, ask, size
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


def test_the_demo_model_searches_files_and_cites_the_line(
    make: Callable[..., LocalBackend],
) -> None:
    registry = Registry(Browser(lambda: (SHELF,)).tools)
    declared = registry.declared([SHELF.key])
    asked = replace(ask("Look in my folder for silver river."), tools=declared)
    loop = ToolLoop(DemoFilter(make(), DEMO), registry)
    draft, ends = Draft(), []
    for event in loop.stream(asked, threading.Event()):
        match event:
            case Delta():
                draft.add(event)
            case PartAdded(part):
                draft.add_part(part)
            case Done():
                ends.append(event)
    (shown,) = [part for part in draft.parts if part.kind is PartKind.RESULT]
    assert shown.text.startswith(
        "[0] silver river\n**viewing lines [0 - 5] of 5**\n\nL0: \nL1: URL:"
    )
    assert draft.parts[-1].text == "Silver river is a kind of candle. 【0†L4】"
    (done,) = ends
    assert done.stats.evaluated <= done.stats.prompt_tokens + 16
    displays = displays_of([Message(Role.ASSISTANT, draft.parts)])
    cited = displays.get(0)
    assert cited
    assert "Silver river is a kind of candle." in cited.page.lines[4]


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
