"""Several answers at a time in the worker: each as it would be alone."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.answer_events import Prefill, Prompt, StopReason, Waiting
from app.base.draft import Draft
from app.base.errors import Cancelled, EngineFailed, FiresideError, SchemaError, SchemaTooComplex
from app.base.types import Message, Part, Request, Role
from app.engine.grammar import GrammarMask, Grammars
from app.formats import TurnGrammar
from app.formats.harmony.render import render_request
from tests.fakes.engine import (
    BATCH,
    FORMAT,
    VOCABULARY,
    FakeModel,
    Served,
    answers,
    serving,
    spell,
    thinks,
)
from tests.fakes.vocabulary import render
from tests.unit.test_worker import FILE, LONG, PLAN, done, of_kind, said, until

Start = Callable[..., Served]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Yield a function that starts workers whose answers depend on their prompts alone."""
    models: list[FakeModel] = []
    with serving(tmp_path, monkeypatch) as start:

        def begin(size: int = 8000, sequences: int = 9, keep: Path | None = None) -> Served:
            models.append(FakeModel(size, sequences))
            models[-1].script_of = echo
            return start(models[-1], PLAN, keep)

        yield begin
    assert all(sampler.closed for model in models for sampler in model.samplers)


def asks(text: str, client: str = "a", **more: Any) -> Request:
    return Request(FILE, (Message(Role.USER, (Part(text),)),), client=client, **more)


def words(tokens: list[int]) -> str:
    return bytes(token for token in tokens if token < 256).decode()


def echo(tokens: list[int]) -> list[int]:
    """Return the answer to a prompt: its last words, again and again."""
    last = words(tokens)[-40:-9]
    return [*thinks(last[-5:]), *answers(f"{last} " * 3, after=True)]


def repeated(tokens: list[int]) -> list[int]:
    """Return a longer answer to a prompt."""
    return answers(words(tokens)[-60:-9] * 4)


class Gate:
    """Holds the engine before a batch until the test has sent what it wants to."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.closed, self.opened = threading.Event(), threading.Event()
        served.model.on_decode = self._decoded

    def _decoded(self) -> bool:
        self.closed.set()
        assert self.opened.wait(60)
        return True

    def hold(self, first: Request) -> int:
        """Ask for the first answer, and return its number once the engine is held in it."""
        number = self.served.send("ask", first)
        assert self.closed.wait(60)
        return number

    def open(self, commands: int) -> None:
        """Go on once so many commands have been read."""
        until(lambda: self.served._worker._commands.qsize() >= commands)
        self.opened.set()


def together(served: Served, *asked: Request) -> list[list[Any]]:
    """Return the replies to requests that run at the same time."""
    gate = Gate(served)
    first = gate.hold(asked[0])
    others = [served.send("ask", each) for each in asked[1:]]
    gate.open(len(others))
    return served.together(first, *others)


def of_opening(asked: Request) -> int:
    return render_request(asked, VOCABULARY).sizes[0]


def expected(asked: Request, script_of: Callable[[list[int]], list[int]] = echo) -> list[Part]:
    """Return the answer that a request gets, whatever else there is."""
    parser, draft = FORMAT.parser(asked), Draft()
    for token in script_of(list(render(asked, VOCABULARY))[:-1]):
        for delta in parser.feed(token):
            draft.add(delta)
    return list(draft.parts)


def different(count: int, text: str = LONG) -> list[Request]:
    """Return requests of as many clients that have nothing in common but the instructions."""
    return [asks(f"{n}: {text} {'more ' * n}", f"client {n}") for n in range(count)]


def at(served: Served, condition: Callable[[], bool], act: Callable[[], bool]) -> None:
    """Do something in the first batch in which a condition holds; it returns whether to go on."""
    waits = [True]

    def decoded() -> bool:
        if waits and condition():
            waits.clear()
            return act()
        return True

    served.model.on_decode = decoded


def draws(served: Served, count: int) -> bool:
    """Return whether so many answers are being drawn."""
    return len(served.model.rows) >= count


@pytest.mark.parametrize("asynchronous", [False, True])
def test_several_answers_at_a_time_are_as_each_alone(start: Start, asynchronous: bool) -> None:
    served = start()
    served.model.asynchronous = asynchronous
    asked = different(4)
    found = together(served, *asked)
    for each, events in zip(asked, found, strict=True):
        assert said(events) == expected(each)
        assert done(events).reason is StopReason.END
        assert [type(event) for event in events[:2]] == [Prompt, Prefill]
        steps = [(event.done, event.total) for event in of_kind(Prefill, events)]
        assert steps == sorted(set(steps))
        assert steps[-1][0] == steps[-1][1]
    assert max(len(step) for step in served.model.steps) == 4


def test_what_several_begin_with_is_read_once(start: Start) -> None:
    """Though the second comes while the first reads it."""
    asked = [asks(f"{LONG * 2} {n}?", f"client {n}") for n in range(4)]
    found = together(start(), *asked)
    assert [said(events) for events in found] == [expected(each) for each in asked]
    first, *others = [done(events).stats for events in found]
    assert first.evaluated == first.prompt_tokens
    for stats in others:
        assert stats.evaluated <= len(" 3?") + 16 + len(spell(VOCABULARY.end, "assistant"))


def test_other_conversations_begin_where_the_first_message_does(start: Start) -> None:
    """They cost no more than what is their own, and no batch ends there for that."""
    served = start()
    for n, asked in enumerate(different(3)):
        asked = replace(asked, instructions="Be brief. " * 30)
        stats = done(served.do("ask", asked)).stats
        own = stats.prompt_tokens - of_opening(asked)
        assert stats.evaluated == (stats.prompt_tokens if n == 0 else own)
    assert [len(batch) for batch in served.model.batches[:3]] == [64, BATCH, BATCH]


def test_who_waits_for_a_prompt_does_not_wait_for_one_that_was_stopped(start: Start) -> None:
    served = start()
    gate = Gate(served)
    first = gate.hold(asks(f"{LONG * 2} one"))
    second = served.send("ask", asks(f"{LONG * 2} two"))
    until(lambda: served._worker._commands.qsize() == 1)

    def act() -> bool:
        served.cancel(first)
        return False

    at(served, lambda: len(served.model.steps) == 3, act)
    gate.opened.set()
    [*_, error], events = served.together(first, second)
    assert isinstance(error, Cancelled)
    assert said(events) == expected(asks(f"{LONG * 2} two"))


@pytest.mark.parametrize("aborts", [False, True])
def test_a_stop_is_for_one(start: Start, aborts: bool) -> None:
    """The others' part of an aborted batch is decoded again."""
    served = start()
    asked = different(3)

    def act() -> bool:
        served.cancel(served.number - 1)  # the second
        return not aborts

    gate = Gate(served)
    first = gate.hold(asked[0])
    others = [served.send("ask", each) for each in asked[1:]]
    until(lambda: served._worker._commands.qsize() == 2)
    at(served, lambda: draws(served, 3), act)
    gate.opened.set()
    one, two, three = served.together(first, *others)
    assert done(two).reason is StopReason.CANCELLED
    assert said(one) == expected(asked[0])
    assert said(three) == expected(asked[2])
    assert done(one).reason is done(three).reason is StopReason.END


def test_a_fault_of_one_is_not_the_others_(start: Start) -> None:
    served = start()
    asked = different(2)
    gate = Gate(served)
    first = gate.hold(asked[0])
    wrong = served.send("ask", asks("x" * 9000))
    refused = served.send("ask", replace(asks("Hi"), tool_choice="f"))
    second = served.send("ask", asked[1])
    gate.open(3)
    one, [_, full], [error], two = served.together(first, wrong, refused, second)
    assert isinstance(full, FiresideError)
    assert isinstance(error, FiresideError)
    assert said(one) == expected(asked[0])
    assert said(two) == expected(asked[1])


def test_what_cannot_be_drawn_from_ends_one(start: Start) -> None:
    served = start()
    asked = different(2)

    def drawn() -> None:
        if len(served.model.samplers) == 2:
            served.model.on_sample = lambda: None
            raise EngineFailed("not finite")

    served.model.on_sample = drawn
    one, two = together(served, *asked)
    ended = [events for events in (one, two) if isinstance(events[-1], EngineFailed)]
    assert len(ended) == 1
    left, question = (two, asked[1]) if ended[0] is one else (one, asked[0])
    assert said(left) == expected(question)


def test_a_batch_that_fails_ends_those_in_it(start: Start) -> None:
    served = start()

    def act() -> bool:
        raise EngineFailed("llama_decode: -3")

    gate = Gate(served)
    first = gate.hold(different(2)[0])
    second = served.send("ask", different(2)[1])
    until(lambda: served._worker._commands.qsize() == 1)
    at(served, lambda: draws(served, 2), act)
    gate.opened.set()
    for *_, error in served.together(first, second):
        assert isinstance(error, EngineFailed)
    assert done(served.do("ask", different(1)[0])).reason is StopReason.END


def test_answer_now_is_for_one(start: Start) -> None:
    served = start()
    asked = different(2)

    def act() -> bool:
        served.pipe.command("hurry", served.number)
        until(lambda: served._worker._signals.hurried(served.number))
        return True

    gate = Gate(served)
    first = gate.hold(asked[0])
    second = served.send("ask", asked[1])
    until(lambda: served._worker._commands.qsize() == 1)
    at(served, lambda: draws(served, 2), act)
    gate.opened.set()
    one, two = served.together(first, second)
    assert said(one) == expected(asked[0])
    assert said(two) != expected(asked[1])


# --- Of a given shape -----------------------------------------------------------------------

WANTED = '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}'


def test_an_answer_of_a_given_shape_is_drawn_beside_others(start: Start) -> None:
    served = start()
    shaped = asks("Two?", "json", response_schema=WANTED)
    free = different(2)

    def script_of(tokens: list[int]) -> list[int]:
        return answers('{"n": 2}') if "Two?" in words(tokens)[-30:] else echo(tokens)

    served.model.script_of = script_of
    one, two, three = together(served, free[0], shaped, free[1])
    assert said(two) == [Part('{"n": 2}')]
    assert [said(one), said(three)] == [expected(each) for each in free]


def test_a_shape_that_is_broken_ends_one(start: Start) -> None:
    """The sampler draws nothing else, but if it did nobody would take it for valid."""
    served = start()
    free = different(2)
    shaped = asks("Two?", "json", response_schema=WANTED)
    one, [*_, error], three = together(served, free[0], shaped, free[1])
    assert isinstance(error, SchemaTooComplex)
    assert [said(one), said(three)] == [expected(each) for each in free]


def test_a_shape_that_nothing_can_have_is_told_before_anything_is_read(start: Start) -> None:
    served = start()
    shaped = asks("Two?", response_schema='{"type": "object", "patternProperties": {"(?=a)": {}}}')
    (error,) = served.do("ask", shaped)
    assert isinstance(error, SchemaError)
    assert served.model.batches == []


def test_who_waits_for_a_grammar_can_leave(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    compiling, goes_on = threading.Event(), threading.Event()
    real = Grammars.compile

    def compiled(grammars: Grammars, grammar: TurnGrammar) -> GrammarMask:
        compiling.set()
        assert goes_on.wait(60)
        return real(grammars, grammar)

    monkeypatch.setattr(Grammars, "compile", compiled)
    served = start()
    shaped = served.send("ask", asks("Two?", response_schema=WANTED))
    assert compiling.wait(60)
    asked = different(1)[0]
    events = served.do("ask", asked)  # does not wait for it
    assert said(events) == expected(asked)
    served.pipe.command("cancel", shaped)
    (error,) = served.answered(shaped)
    assert isinstance(error, Cancelled)
    goes_on.set()


def test_without_a_shape_nothing_is_built(start: Start) -> None:
    served = start()
    served.do("ask", different(1)[0])
    assert served._worker._grammars is None


# --- Where there is no room for all ---------------------------------------------------------


@pytest.mark.parametrize("asynchronous", [False, True])
def test_who_has_no_room_waits_and_goes_on(start: Start, asynchronous: bool) -> None:
    """Each fits alone, and two or three of them do not."""
    served = start(1100)
    served.model.asynchronous = asynchronous
    served.model.script_of = repeated
    asked = [asks(f"{n}: {'word ' * 40}", f"client {n}") for n in range(25)]
    found = together(served, *asked)
    for each, events in zip(asked, found, strict=True):
        assert said(events) == expected(each, repeated)
        assert done(events).reason is StopReason.END
    assert done(found[0]).stats.evaluated == done(found[0]).stats.prompt_tokens
    assert any(len(step) > 1 for step in served.model.steps)


def test_who_waits_is_told_the_place(start: Start) -> None:
    served = start(sequences=1)
    asked = different(3)
    first, *others = together(served, *asked)
    assert not of_kind(Waiting, first)
    for events, places in zip(others, ([1], [2, 1]), strict=True):
        waiting = of_kind(Waiting, events)
        assert [event.place for event in waiting] == places
        assert isinstance(events[len(waiting)], Prompt)
    assert [said(events) for events in (first, *others)] == [expected(each) for each in asked]


def test_who_waits_can_leave(start: Start) -> None:
    served = start(sequences=1)
    asked = different(3)
    gate = Gate(served)
    first = gate.hold(asked[0])
    others = [served.send("ask", each) for each in asked[1:]]
    until(lambda: served._worker._commands.qsize() == 2)

    def act() -> bool:
        served.pipe.command("cancel", others[0])
        until(lambda: served._worker._signals.cancelled(others[0]))
        return True

    at(served, lambda: draws(served, 1), act)
    gate.opened.set()
    one, [*waits, error], three = served.together(first, *others)
    assert isinstance(error, Cancelled)
    assert waits == [Waiting(1)]
    assert said(one) == expected(asked[0])
    assert said(three) == expected(asked[2])


def test_the_window_s_turn_joins_at_once(start: Start) -> None:
    """The client that came last makes room, and goes on with its answer later."""
    served = start(1400)
    served.model.script_of = repeated
    clients = [asks(f"{n}: {'word ' * 40}", f"client {n}") for n in range(2)]
    window = asks(f"window: {'word ' * 80}", "")
    gate = Gate(served)
    first = gate.hold(clients[0])
    second = served.send("ask", clients[1])
    until(lambda: served._worker._commands.qsize() == 1)
    numbers: list[int] = []

    def act() -> bool:
        numbers.append(served.send("ask", window))
        until(lambda: not served._worker._commands.empty())
        return True

    at(served, lambda: draws(served, 2), act)
    gate.opened.set()
    until(lambda: numbers)
    found = served.together(first, second, *numbers)
    assert not of_kind(Waiting, found[2])
    assert [done(events).reason for events in found] == [StopReason.END] * 3
    for each, events in zip([*clients, window], found, strict=True):
        assert said(events) == expected(each, repeated)


def test_a_chat_is_forgotten_once_its_answer_has_ended(start: Start) -> None:
    served = start()
    gate = Gate(served)
    first = gate.hold(replace(different(1)[0], chat=7))
    forgets = served.send("forget", 7)
    gate.open(1)
    events, nothing = served.together(first, forgets)
    assert done(events).reason is StopReason.END
    assert nothing == []
    assert served.model.memory.used == 0


def test_what_is_counted_waits_for_no_answer(start: Start) -> None:
    served = start()
    gate = Gate(served)
    first = gate.hold(different(1)[0])
    counts = served.send("count", different(2)[1])
    gate.open(1)
    number = 0
    while number != counts:
        number, payload = served.pipe.answer()
    assert isinstance(payload, Prompt)
    assert served.pipe.answer() == (counts, None)
    served.together(first)


def test_the_end_stops_them_all(start: Start) -> None:
    served = start()
    gate = Gate(served)
    numbers = [gate.hold(different(1)[0])]
    numbers += [served.send("ask", each) for each in different(3)[1:]]
    until(lambda: served._worker._commands.qsize() == 2)

    def act() -> bool:
        served.pipe.command("close", 0)
        return not served.engine.stopped.wait(60)

    at(served, lambda: draws(served, 2), act)
    gate.opened.set()
    for events in served.together(*numbers):
        ended = events[-1]
        assert isinstance(ended, Cancelled) or done(events).reason is StopReason.CANCELLED


# --- Fairness -------------------------------------------------------------------------------


def test_a_long_prompt_is_read_between_another_s_tokens(start: Start) -> None:
    served = start()
    served.model.script_of = lambda tokens: answers("word " * 60)
    one, two = together(served, asks("Hi"), asks(f"{'word ' * 600}", "b"))
    assert done(one).reason is done(two).reason is StopReason.END
    both = [
        step
        for step in served.model.steps
        if len(step) == 2 and [piece.draws for piece in step] == [True, False]
    ]
    assert len(both) > 5
    assert all(len(step[0].tokens) == 1 for step in both)


# --- Plans by chance ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(80 if "FIRESIDE_EXPLORE" in os.environ else 10))
def test_whatever_happens_each_is_as_it_would_be_alone(start: Start, seed: int) -> None:
    """Answers join, are stopped, and go on; some reach the end of the cells."""
    chance = random.Random(seed)
    served = start(2600, sequences=chance.choice([2, 4, 9]))
    served.model.asynchronous = seed % 2 > 0
    beginnings = [LONG, "word " * 30, ""]
    asked: dict[int, Request] = {}
    stopped: set[int] = set()

    def decoded() -> bool:
        if len(asked) < 14 and chance.random() < 0.05:
            text = f"{chance.choice(beginnings)}{len(asked)} {'x ' * chance.randrange(200)}"
            client = chance.choice(["", "a", "b"])
            request = asks(text, client, background=chance.random() < 0.2)
            asked[served.send("ask", request)] = request
        if asked and chance.random() < 0.01:
            number = chance.choice([*asked])
            stopped.add(number)
            served.pipe.command("cancel", number)
        return not (stopped and chance.random() < 0.02)

    served.model.on_decode = decoded
    first = asks(f"{LONG} first {'x ' * 300}")
    asked[served.send("ask", first)] = first
    found: dict[int, list[Any]] = {}
    ended: set[int] = set()
    while ended != {*asked}:
        number, payload = served.pipe.answer()
        found.setdefault(number, []).append(payload)
        if payload is None or isinstance(payload, FiresideError):
            ended.add(number)
    served.model.on_decode = lambda: True
    for number, request in asked.items():
        events = [event for event in found[number] if event is not None]
        if number in stopped and isinstance(events[-1], Cancelled):
            continue
        text = expected(request)
        if number in stopped and done(events).reason is StopReason.CANCELLED:
            assert text[0].text.startswith(said(events)[0].text) if said(events) else True
        else:
            assert said(events) == text
    loaded = served._worker._model
    assert loaded
    assert loaded.steps.streams == []
    assert loaded.pool._busy == {}
