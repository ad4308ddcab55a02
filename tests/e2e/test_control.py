"""Control of a running answer: answer now, stop, a full context."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.answer_events import Delta, Done, Event, Prefill, Prompt, StopReason
from app.base.draft import Draft
from app.base.errors import Cancelled
from app.base.types import Effort, Message, Part, PartKind, Request, Role
from app.engine.backend import Planned
from app.engine.overrides import Overrides
from app.engine.supervisor import EngineOptions, LocalBackend
from app.formats.harmony.render import render_request
from tests.e2e.engine import (
    DEMO,
    GREEDY,
    Talk,
    answer,
    ask,
    is_as_cold,
    logits,
    prepare,
    prompt_tokens,
    size,
    user,
)
from tests.fakes import engine_processes
from tests.fakes.vocabulary import of_file

FRANCE = replace(ask("What is the capital of France?", Effort.HIGH), sampling=GREEDY)
SPAIN = "What is the capital of Spain?"


@pytest.fixture
def small(make: Callable[..., LocalBackend]) -> Callable[..., LocalBackend]:
    """Return a function that makes a backend with a context of so many tokens."""
    return lambda context, **more: make(
        options=lambda: EngineOptions(Overrides(context=context)), **more
    )


def hurried(
    backend: LocalBackend, request: Request, when: Callable[[Event | Planned], bool]
) -> tuple[Message, Done]:
    """Ask, and press "answer now" at the first event for which ``when`` is true."""
    now = threading.Event()
    draft = Draft()
    for event in backend.stream(request, threading.Event(), now):
        if when(event):
            now.set()
        if isinstance(event, Delta):
            draft.add(event)
    assert now.is_set()
    assert isinstance(event, Done)
    return Message(Role.ASSISTANT, draft.parts), event


def on(kind: PartKind) -> Callable[[Event | Planned], bool]:
    return lambda event: isinstance(event, Delta) and event.kind is kind


# --- Answer now ---------------------------------------------------------------------------


def test_answer_now_while_it_thinks(
    make: Callable[..., LocalBackend], backend: LocalBackend
) -> None:
    usual, before = answer(backend, FRANCE)
    said, done = hurried(make(target=engine_processes.slow), FRANCE, on(PartKind.REASONING))
    assert done.reason is StopReason.END
    thought, *answers = said.parts
    assert thought.kind is PartKind.REASONING
    # The demo model may go on thinking there, and then start its answer over.
    assert {part.kind for part in answers} == {PartKind.TEXT}
    assert said.text
    assert 0 < done.stats.reasoning_tokens < before.stats.reasoning_tokens
    assert usual.reasoning.startswith(said.reasoning)
    assert said.reasoning != usual.reasoning
    # The answer is stored like any other, and a follow-up costs no more than its own words.
    past = replace(FRANCE, messages=(*FRANCE.messages, said))
    prepare(backend, past)
    request = replace(past, messages=(*past.messages, user(SPAIN)))
    _, done = answer(backend, request)
    assert done.stats.evaluated <= size(SPAIN) + 16
    assert is_as_cold(backend, request, logits(backend))


def test_answer_now_before_it_thinks(backend: LocalBackend) -> None:
    """The demo model was not trained on this, and thinks aloud in its answer."""
    said, done = hurried(backend, FRANCE, lambda _: True)
    assert done.reason is StopReason.END
    assert {part.kind for part in said.parts} == {PartKind.TEXT}
    assert said.text
    assert done.stats.generated > done.stats.reasoning_tokens == 0


def test_answer_now_changes_no_answer(
    make: Callable[..., LocalBackend], backend: LocalBackend
) -> None:
    slow = make(target=engine_processes.slow)
    said, done = hurried(slow, FRANCE, on(PartKind.TEXT))
    assert said == answer(backend, FRANCE)[0]
    assert done.reason is StopReason.END
    assert answer(slow, FRANCE)[0].reasoning  # the next one reasons again


def test_answer_now_goes_on_with_thoughts_that_were_stopped(backend: LocalBackend) -> None:
    thoughts = Message(Role.ASSISTANT, (Part("The user asks about France", PartKind.REASONING),))
    request = replace(FRANCE, messages=(*FRANCE.messages, thoughts))
    now = threading.Event()
    now.set()
    draft = Draft(thoughts.parts)
    for event in backend.stream(request, threading.Event(), now):
        if isinstance(event, Delta):
            draft.add(event)
    assert draft.parts[0] == thoughts.parts[0]
    assert [part.kind for part in draft.parts] == [PartKind.REASONING, PartKind.TEXT]


@pytest.mark.parametrize("left", [1, 2, 3, 4, 8])
def test_answer_now_in_a_context_that_is_nearly_full(
    small: Callable[..., LocalBackend], left: int
) -> None:
    """Opening the answer takes some tokens, too; without them, the model goes on reasoning."""
    context = 1024
    vocabulary = of_file(Path(DEMO.place))
    for filler in range(400):
        text = "lantern " * 900 + "! " * (filler // 4) + ("", "a", ".", "!a")[filler % 4]
        request = replace(FRANCE, messages=(user(text),))
        if sum(render_request(request, vocabulary).sizes) == context - left:
            break
    else:
        pytest.fail("no such text")
    said, done = hurried(small(context), request, lambda _: True)
    assert done.reason is StopReason.LENGTH
    assert done.stats.prompt_tokens == context - left
    assert all("<|" not in part.text for part in said.parts)


# --- Stop -----------------------------------------------------------------------------------


def test_a_stop_in_a_long_prefill_keeps_what_was_read(backend: LocalBackend) -> None:
    request = replace(ask("lantern " * 4500, seed=None, max_tokens=1))
    cancel = threading.Event()
    seen: list[Prefill] = []

    def stop_after_some() -> None:
        for event in backend.stream(request, cancel):
            if isinstance(event, Prefill):
                seen.append(event)
                if len(seen) == 3:
                    cancel.set()

    with pytest.raises(Cancelled):
        stop_after_some()
    assert 0 < seen[-1].done < seen[-1].total
    _, done = answer(backend, request)
    assert done.stats.reused >= seen[-1].done


def test_reading_ahead_yields(backend: LocalBackend) -> None:
    list(backend.load(DEMO, threading.Event()))
    talk = Talk.long(1, turns=20)
    cancel = threading.Event()
    seen = []
    for event in backend.prepare(talk.request, cancel):
        if isinstance(event, Prefill):
            seen.append(event)
            cancel.set()
    assert 0 <= seen[-1].done < seen[-1].total
    assert sum(event.done > 0 for event in seen) <= seen[-1].total // 64 // 2
    request = talk.asked(SPAIN)
    _, done = answer(backend, request)
    assert done.stats.reused >= seen[-1].done
    assert is_as_cold(backend, request, logits(backend))


def test_reading_ahead_is_only_counted_where_that_is_all(backend: LocalBackend) -> None:
    list(backend.load(DEMO, threading.Event()))
    talk = Talk.long(1)
    prompt = backend.count(talk.request, threading.Event())
    assert prompt
    _, done = answer(backend, talk.asked(SPAIN))
    assert done.stats.evaluated == done.stats.prompt_tokens > prompt.count


# --- A full context ---------------------------------------------------------------------------


def test_the_oldest_turns_go_first(small: Callable[..., LocalBackend]) -> None:
    """Whole turns are dropped, never the system message, and not at every turn.

    Each drop makes the engine read everything that is left again.
    """
    backend = small(1024)
    vocabulary = of_file(Path(DEMO.place))
    talk = Talk.long(1, turns=0)
    talk.request = replace(talk.request, instructions="Be friendly.")
    dropped, costs = [0], []
    for turn in range(16):
        text = f"Question {turn}: " + "lantern " * 40 + SPAIN
        asked = talk.asked(text)
        prompts: list[Prompt] = []
        draft = Draft()
        for event in backend.stream(asked, threading.Event()):
            if isinstance(event, Prompt):
                prompts.append(event)
            elif isinstance(event, Delta):
                draft.add(event)
        assert isinstance(event, Done)
        (prompt,) = prompts
        rendered = render_request(asked, vocabulary)
        opening, *past = rendered.sizes
        shown = opening + sum(past[: prompt.dropped])
        wanted = [*rendered.tokens[:opening], *rendered.tokens[shown:]]
        assert prompt_tokens(backend) == wanted
        assert event.stats.dropped == prompt.dropped
        assert asked.messages[prompt.dropped].role is Role.USER
        assert prompt.count <= prompt.context - prompt.reserved + 16
        if turn and prompt.dropped == dropped[-1]:
            assert event.stats.evaluated <= size(text) + 16
        dropped.append(prompt.dropped)
        costs.append(event.stats.evaluated)
        said = Message(Role.ASSISTANT, draft.parts)
        talk.request = replace(asked, messages=(*asked.messages, said))
        prepare(backend, talk.request)
    assert dropped == sorted(dropped)
    assert dropped[-1] > 0
    assert len(set(dropped)) - 1 <= 4  # number of drops
    assert max(costs[1:]) < 1024 * 3 / 4
