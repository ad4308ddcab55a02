"""The date is given after the cached prefix, so that a new day costs next to nothing."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.base.types import Message, Request, Role
from app.engine.overrides import Overrides
from app.engine.supervisor import EngineOptions, LocalBackend
from tests.e2e.engine import (
    BEYOND_THE_WINDOW,
    DEMO,
    GREEDY,
    Talk,
    answer,
    ask,
    prepare,
    prompt_tokens,
    size,
    user,
)
from tests.fakes.vocabulary import of_file

FIRST = datetime.date(2026, 11, 22)
SPAIN = "What is the capital of Spain?"


def on(day: datetime.date, text: str) -> Message:
    return replace(user(text), day=day)


def asked(backend: LocalBackend, request: Request) -> tuple[Message, int, str]:
    """Return the answer, the number of tokens evaluated for it, and the prompt."""
    said, done = answer(backend, request)
    return said, done.stats.evaluated, text_of(backend, request)


def text_of(backend: LocalBackend, request: Request) -> str:
    vocabulary = of_file(Path(DEMO.place))
    assert backend.count(request, threading.Event())
    tokens = prompt_tokens(backend)
    return b"".join(map(vocabulary.tokenizer.bytes_of, tokens)).decode()


def test_another_day_costs_its_new_words(make: Callable[..., LocalBackend]) -> None:
    backend = make()
    talk = Talk.long(1)
    past = tuple(replace(m, day=FIRST) if m.role is Role.USER else m for m in talk.request.messages)
    request = replace(talk.request, messages=past, today=FIRST)
    answer(backend, replace(request, messages=(*past, on(FIRST, "Hello"))))
    for days in (0, 1, 1, 3, 2):  # the last: the clock was set back
        today = FIRST + datetime.timedelta(days=days)
        prepare(backend, request)
        question = on(today, SPAIN)
        request = replace(request, messages=(*request.messages, question))
        said, evaluated, prompt = asked(backend, request)
        assert evaluated <= size(SPAIN) + 40
        dates = [
            line for line in prompt.replace("system", "\n").splitlines() if "Current d" in line
        ]
        assert dates[0] == f"Current date: {FIRST}"
        assert dates[-1].startswith(f"Current date: {today}")
        request = replace(request, messages=(*request.messages, said))
    # A later retry on a later day: the question is read again, and nothing else.
    later = replace(request.messages[-2], day=FIRST + datetime.timedelta(days=9))
    _, evaluated, prompt = asked(
        backend, replace(request, messages=(*request.messages[:-2], later))
    )
    assert evaluated <= size(SPAIN) + 40
    assert f"Current date: {later.day}" in prompt


def test_another_day_changes_no_answer(backend: LocalBackend) -> None:
    greeting, _ = answer(backend, replace(ask("Hello"), sampling=GREEDY))
    later = on(FIRST + datetime.timedelta(days=9), SPAIN)
    messages = (on(FIRST, "Hello"), greeting, later)
    said, _ = answer(backend, replace(ask(""), messages=messages, today=FIRST, sampling=GREEDY))
    assert "Madrid" in said.text
    assert said.reasoning


def test_the_day_is_told_where_the_turn_that_told_it_is_left_out(
    make: Callable[..., LocalBackend],
) -> None:
    backend = make(options=lambda: EngineOptions(Overrides(context=1024)))
    later = FIRST + datetime.timedelta(days=2)
    talk = Talk.long(1, turns=20)
    past = tuple(replace(m, day=later) if m.role is Role.USER else m for m in talk.request.messages)
    request = Request(talk.request.model, past, talk.request.effort, today=FIRST, sampling=GREEDY)
    list(backend.load(request.model, threading.Event()))
    prompt = text_of(backend, replace(request, messages=(*past, on(later, SPAIN))))
    assert prompt.count("Current date") == 2
    assert f"Current date: {later}" in prompt
    assert "turn 0" not in prompt


def test_another_day_after_a_restart(make: Callable[..., LocalBackend], tmp_path: Path) -> None:
    """The cached state on disk is reused on any later day."""
    talk = Talk.long(1)
    past = tuple(replace(m, day=FIRST) if m.role is Role.USER else m for m in talk.request.messages)
    request = replace(talk.request, messages=past, today=FIRST)
    room = EngineOptions(budget=1 << 30)
    first = make(cache_folder=tmp_path / "kept", options=lambda: room)
    list(first.load(DEMO, threading.Event()))
    prepare(first, request)
    first.close()
    later = on(FIRST + datetime.timedelta(days=3), SPAIN)
    second = make(cache_folder=tmp_path / "kept", options=lambda: room)
    _, done = answer(second, replace(request, messages=(*past, later)))
    assert done.stats.restored > BEYOND_THE_WINDOW
    assert done.stats.evaluated <= size(SPAIN) + 40
