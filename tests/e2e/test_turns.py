"""Turns with tools by the real engine: each step costs its result, and is as if read anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.base.answer_events import StopReason
from app.base.types import Message, Part, PartKind, Request, Role, Sampling
from app.engine.supervisor import EngineOptions, LocalBackend
from tests.bench.tools import MOST_BEYOND, PYTHON, RESULTS, ask, long_chat, steps
from tests.e2e.engine import BEYOND_THE_WINDOW, DEMO, is_as_cold, logits, tokenizer
from tests.fakes import engine_processes


def test_a_turn_beyond_the_window(make: Callable[..., LocalBackend]) -> None:
    """Another chat uses the engine before each of its steps."""
    engine = make(target=engine_processes.calls)
    words = tokenizer()
    asked = long_chat(DEMO, words, BEYOND_THE_WINDOW)
    other = long_chat(DEMO, words, 100, number=2)
    found = list(steps(engine, words, asked, len(RESULTS), other))
    assert [step.beyond <= MOST_BEYOND for step in found[1:]] == [True] * len(RESULTS)
    assert found[-1].result > 128
    assert is_as_cold(make(), found[-1].request, logits(engine))


def test_a_turn_with_a_seed_is_repeated(make: Callable[..., LocalBackend]) -> None:
    """The prompt is read once for each turn, not for each step."""
    engine = make()
    drawn = [_computed(engine, seed=11) for _ in range(2)]
    assert drawn[0] == drawn[1]


def _computed(engine: LocalBackend, seed: int) -> str:
    question = Message(Role.USER, (Part("Use Python to compute 123 * 456."),))
    sampling = Sampling(temperature=0.3, seed=seed)
    asked = Request(DEMO, (question,), sampling=sampling, tools=PYTHON)
    said, done = ask(engine, asked)
    assert done.reason is StopReason.CALL
    assert done.stats.reused == 0
    assert said.parts[-1].text == "print(123 * 456)"
    answer = Message(Role.ASSISTANT, (*said.parts, Part("56088", PartKind.RESULT)))
    said, done = ask(engine, replace(asked, messages=(question, answer), drawn=done.drawn))
    assert done.stats.evaluated <= 5 + MOST_BEYOND
    return said.text


def test_a_turn_comes_from_disk_into_another_process(
    make: Callable[..., LocalBackend], tmp_path: Path
) -> None:
    options = EngineOptions(budget=1 << 30)
    engine = make(
        target=engine_processes.calls, cache_folder=tmp_path / "kept", options=lambda: options
    )
    words = tokenizer()
    asked = long_chat(DEMO, words, BEYOND_THE_WINDOW)
    said, done = ask(engine, asked)
    engine._channel.shut_down()  # as before it is loaded with another context
    answer = Message(Role.ASSISTANT, (*said.parts, Part("42", PartKind.RESULT)))
    _, done = ask(engine, replace(asked, messages=(*asked.messages, answer), drawn=done.drawn))
    assert done.stats.evaluated <= 2 + MOST_BEYOND
    assert done.stats.restored > BEYOND_THE_WINDOW
