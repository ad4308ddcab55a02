"""The order of requests to the engine."""

from __future__ import annotations

import gc
import itertools
import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.answer_events import Event, Loading, Prompt, Waiting
from app.base.errors import Cancelled, EngineDied, OutOfMemory
from app.base.types import ModelRef, Request
from app.engine import scheduler
from app.engine.backend import Planned, ScriptedBackend
from app.engine.probe import Speeds
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.scheduler import WINDOW, Place, Scheduler

MODEL = ModelRef.of_file(Path("demo.gguf"), "Demo model")
LONG = 60.0  # seconds after which a hanging test fails


def wait(place: Place) -> list[int]:
    """Wait for a place's turn, and return the numbers that it had in the queue."""
    return [step.place for step in place.waits()]


class Line:
    """Places entered in order, and the order in which they are served."""

    def __init__(self, places: int = 1) -> None:
        self.scheduler = Scheduler(places)
        self.names: dict[Place, str] = {}

    def enter(self, name: str, client: str = WINDOW, **more: Any) -> Place:
        place = self.scheduler.enter(client, **more)
        self.names[place] = name
        return place

    def now(self) -> str:
        """Return who is being served."""
        return " ".join(sorted(self.names[place] for place in self.scheduler._active))

    def order(self) -> list[str]:
        """Return the order in which all are served."""
        found = []
        while active := self.scheduler._active:
            found.append(self.names[active[0]])
            active[0].give_back()
        return found

    def numbers(self) -> dict[str, int]:
        """Return the number of each that waits."""
        return {self.names[place]: place.number for place in self.scheduler._queue()}


def test_the_window_comes_in_the_order_of_its_questions() -> None:
    line = Line()
    for name in ("one", "two", "three"):
        line.enter(name)
    assert line.now() == "one two"  # also in the place that no client uses
    assert line.order() == ["one", "two", "three"]
    assert line.scheduler.waiting == 0


def test_what_nobody_waits_for_is_collected_at_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = ScheduledBackend(ScriptedBackend())
    cancel = threading.Event()
    request = Request(MODEL, ())
    held = backend.stream(replace(request, client="a"), cancel)
    lost: list[object] = [backend.stream(replace(request, client=each), cancel) for each in "bcd"]
    lost.append(lost)

    made = itertools.count()

    def collecting(*content: Iterable[Any]) -> deque[Any]:
        if next(made) == 2:  # within the walk through the lines
            gc.collect()
        return deque(*content)

    monkeypatch.setattr(scheduler, "deque", collecting)
    del lost
    last = backend.stream(replace(request, client="e"), cancel)
    held.close()
    assert backend.clients == {"e"}
    last.close()
    assert backend.clients == frozenset()
    assert backend._scheduler.waiting == 0


@pytest.mark.parametrize("places", [1, 2, 4])
def test_the_window_s_turn_begins_at_once(places: int) -> None:
    line = Line(places)
    for number in range(places + 3):
        line.enter(f"a{number}", "a")
    assert len(line.scheduler._active) == places
    line.enter("window")
    assert "window" in line.now()
    line.enter("another")
    assert "another" not in line.now()
    assert line.numbers()["another"] == 1  # before all clients


def test_the_window_comes_before_clients() -> None:
    line = Line()
    for number in range(3):
        line.enter(f"a{number}", "a")
    for number in range(3):
        line.enter(f"w{number}")
    assert line.order() == ["a0", "w0", "w1", "w2", "a1", "a2"]


def test_who_is_answered_is_told_without_the_window() -> None:
    line = Line(places=2)
    assert line.scheduler.clients == frozenset()
    line.enter("turn")
    line.enter("other", "a")
    line.enter("more", "b")
    line.enter("waits", "c")
    assert line.scheduler.clients == {"a", "b"}


def test_clients_wait_where_the_window_has_all_places() -> None:
    line = Line(places=2)
    turns = [line.enter(name) for name in ("one", "two", "three")]
    client = line.enter("client", "a")
    assert line.now() == "one three two"
    turns[1].give_back()
    assert line.now() == "client one three"
    assert wait(client) == []


def test_clients_come_in_turn_however_much_one_asks() -> None:
    line = Line()
    for number in range(4):
        line.enter(f"a{number}", "a")
    for number in range(2):
        line.enter(f"b{number}", "b")
    line.enter("c0", "c")
    assert line.numbers() == {"a1": 1, "b0": 2, "c0": 3, "a2": 4, "b1": 5, "a3": 6}
    assert line.order() == ["a0", "a1", "b0", "c0", "a2", "b1", "a3"]


def test_a_client_that_asks_again_at_once_is_behind_the_others() -> None:
    line = Line()
    line.enter("a0", "a")
    line.enter("b0", "b")
    line.enter("a1", "a")
    line.scheduler._active[0].give_back()
    line.enter("c0", "c")
    assert line.order() == ["b0", "a1", "c0"]


def test_who_waits_is_told_its_number() -> None:
    line = Line()
    first = line.enter("first", "a")
    second, third = line.enter("second", "b"), line.enter("third", "c")
    steps = third.waits()
    assert next(steps).place == 2
    turn = line.enter("turn")
    line.enter("another turn")
    assert next(steps).place == 3
    first.give_back()
    assert line.now() == "another turn turn"
    assert next(steps).place == 2
    turn.give_back()
    assert line.now() == "another turn second"
    assert next(steps).place == 1
    second.give_back()
    assert list(steps) == []
    assert line.now() == "another turn third"


def test_a_larger_plan_lets_more_in_and_a_smaller_one_ends_nobody() -> None:
    line = Line()
    for number in range(4):
        line.enter(f"a{number}", "a")
    assert line.now() == "a0"
    line.scheduler.places = 4
    assert line.now() == "a0 a1 a2 a3"
    line.scheduler.places = 1
    line.enter("a4", "a")
    for place in line.scheduler._active[:3]:
        place.give_back()
        assert line.numbers() == {"a4": 1}
    line.scheduler._active[0].give_back()
    assert line.now() == "a4"


def test_the_background_takes_a_place_that_is_free() -> None:
    line = Line()
    stop = threading.Event()
    line.enter("client", "a")
    line.enter("ahead", cancel=stop, background=True)
    line.enter("another", "b")
    assert line.now() == "ahead client"  # in the window's place, which no client could have
    assert not stop.is_set()
    line.enter("turn")
    assert stop.is_set()


def test_the_background_comes_where_nobody_waits() -> None:
    line = Line()
    line.enter("one")
    line.enter("two")
    stop = threading.Event()
    line.enter("ahead", cancel=stop, background=True)
    assert line.now() == "one two"
    assert not stop.is_set()  # nobody has come since
    assert line.order() == ["one", "two", "ahead"]


def test_the_background_gives_way_to_its_own_client() -> None:
    line = Line()
    stop = threading.Event()
    ahead = line.enter("ahead", cancel=stop, background=True)
    assert line.now() == "ahead"
    line.enter("client", "a")
    assert not stop.is_set()
    line.enter("asked")
    assert stop.is_set()
    assert line.now() == "ahead client"  # until it has stopped
    ahead.give_back()
    assert line.now() == "asked client"


def test_only_as_much_of_the_background_ends_as_has_to() -> None:
    line = Line(places=2)
    stops = [threading.Event() for _ in range(3)]
    for number, stop in enumerate(stops):
        line.enter(f"ahead{number}", "x", cancel=stop, background=True)
    line.enter("turn")
    assert [stop.is_set() for stop in stops] == [False, False, True]
    line.enter("client", "a")
    assert [stop.is_set() for stop in stops] == [False, True, True]
    line.enter("another", "a")
    assert [stop.is_set() for stop in stops] == [True, True, True]


def test_what_has_to_be_alone_is() -> None:
    line = Line(places=4)
    line.enter("one", "a")
    stop = threading.Event()
    alone = line.enter("alone", cancel=stop, background=True, alone=True)
    assert line.now() == "one"
    line.scheduler._active[0].give_back()
    assert line.now() == "alone"
    other = threading.Event()
    line.enter("ahead", cancel=other, background=True)
    assert not stop.is_set()
    line.enter("asked", "a")
    assert stop.is_set()
    assert line.now() == "alone"
    alone.give_back()
    assert line.now() == "ahead asked"
    assert not other.is_set()


def test_nothing_begins_while_a_model_is_loaded() -> None:
    """What waits is not told its number: it does not wait for an answer."""
    line = Line(places=4)
    client = line.enter("client", "a")
    load = line.enter("load", loads=True)
    steps = line.enter("turn").waits()
    line.enter("another", "b")
    line.enter("ahead", background=True)
    assert line.now() == "client load"
    with ThreadPoolExecutor(1) as thread:
        waits = thread.submit(list, steps)
        client.give_back()
        assert line.now() == "load"
        load.give_back()
        assert waits.result(LONG) == []
    assert line.now() == "ahead another turn"


def test_the_background_that_waits_gives_way_too() -> None:
    line = Line()
    line.enter("one")
    line.enter("two")
    stop = threading.Event()
    ahead = line.enter("ahead", cancel=stop, background=True)
    line.enter("three")
    assert stop.is_set()
    assert line.order() == ["one", "two", "three"]
    with pytest.raises(Cancelled):
        wait(ahead)


def test_the_background_does_not_stop_the_background() -> None:
    line = Line()
    stops = [threading.Event() for _ in range(3)]
    for number, stop in enumerate(stops):
        line.enter(f"{number}", cancel=stop, background=True)
    assert not any(stop.is_set() for stop in stops)
    assert line.order() == ["0", "1", "2"]


def test_who_is_asked_for_is_not_stopped() -> None:
    line = Line()
    stop = threading.Event()
    line.enter("client", "a", cancel=stop)
    for name in ("one", "two"):
        line.enter(name)
    assert not stop.is_set()


def test_a_wait_is_cancelled_though_the_engine_is_busy() -> None:
    line = Line()
    line.enter("one", "a")
    stop = threading.Event()
    place = line.enter("two", "a", cancel=stop)
    line.enter("three", "a")
    with ThreadPoolExecutor(1) as thread:
        waits = thread.submit(wait, place)
        assert not waits.done()
        stop.set()
        assert isinstance(waits.exception(LONG), Cancelled)
    assert line.numbers() == {"three": 1}
    assert line.order() == ["one", "three"]


def test_one_that_was_cancelled_is_passed_over_before_its_thread_knows() -> None:
    line = Line()
    for name in ("one", "another"):
        line.enter(name)
    stops = [threading.Event() for _ in range(3)]
    line.enter("window", cancel=stops[0])
    line.enter("client", "a", cancel=stops[1])
    line.enter("ahead", cancel=stops[2], background=True)
    line.enter("two", "b")
    for stop in stops:
        stop.set()
    assert line.order() == ["one", "another", "two"]


def test_a_place_is_given_back_once() -> None:
    line = Line()
    one = line.enter("one", "a")
    line.enter("two", "a")
    line.enter("three", "a")
    one.give_back()
    one.give_back()
    assert line.now() == "two"


def test_who_waits_may_leave() -> None:
    line = Line()
    line.enter("one", "b")
    line.enter("two", "a").give_back()
    line.enter("three", "a")
    assert line.order() == ["one", "three"]


def test_a_turn_that_goes_on_comes_before_its_client_s_others() -> None:
    """A tool ran meanwhile. The window still comes first."""
    line = Line()
    turn = line.enter("turn", "a")
    line.enter("other", "a")
    turn.give_back()
    assert line.now() == "other"
    line.enter("third", "a")
    line.enter("turn again", "a", first=True)
    for name in ("one", "two"):
        line.enter(name)
    assert line.order() == ["other", "one", "two", "turn again", "third"]


def test_a_fault_gives_the_place_back() -> None:
    line = Line()
    place = line.enter("one", "a")
    line.enter("two", "a")
    with pytest.raises(ZeroDivisionError), place:
        raise ZeroDivisionError
    assert line.order() == ["two"]


def test_the_end_ends_all_waits() -> None:
    line = Line()
    one = line.enter("one", "a")
    two = line.enter("two")
    others = [line.enter("four"), line.enter("three", "a"), line.enter("x", background=True)]
    with ThreadPoolExecutor(3) as threads:
        waits = [threads.submit(wait, place) for place in others]
        line.scheduler.close()
        assert [type(wait.exception(LONG)) for wait in waits] == [Cancelled] * 3
    assert line.now() == "one two"  # which end by themselves
    one.give_back()
    two.give_back()
    assert line.now() == ""
    with pytest.raises(Cancelled):
        wait(line.enter("late"))


def test_idle_is_who_has_had_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("app.engine.scheduler.time.monotonic", lambda: now)
    line = Line()
    now += 5
    assert line.scheduler.idle_s == 5
    place = line.enter("one")
    now += 5
    assert line.scheduler.idle_s == 0
    place.give_back()
    now += 7
    assert line.scheduler.idle_s == 7
    line.scheduler.touch()
    assert line.scheduler.idle_s == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "b", "c"]), st.booleans(), st.integers(0, 3)),
        max_size=40,
    ),
    st.integers(1, 3),
)
def test_everybody_comes_once(entries: list[tuple[str, bool, int]], places: int) -> None:
    """Holds for any entries in any order; ``served`` is how many leave before each."""
    line = Line(places)
    count = itertools.count()
    expected: set[str] = set()
    order: list[str] = []
    stops: dict[str, threading.Event] = {}
    for client, background, served in entries:
        for _ in range(served):
            for place in line.scheduler._active[:1]:
                order.append(line.names[place])
                place.give_back()
        name = f"{client}{next(count)}"
        stops[name] = threading.Event()
        line.enter(name, client, cancel=stops[name], background=background)
        expected.add(name)
        active, waiting = line.scheduler._active, line.scheduler._queue()
        asked = [place for place in waiting if not place.background]
        assert len(active) <= places + 1
        clients = [place for place in active if place.client and not place.background]
        assert len(clients) <= places
        assert len(active) == places + 1 or len(clients) == places or not asked
        assert len(active) == places + 1 or not any(
            place.background and not place.cancel.is_set() for place in waiting
        )
        numbers = [place.number for place in waiting if not place.cancel.is_set()]
        assert numbers == list(range(1, len(numbers) + 1))
    order += line.order()
    assert len(order) == len(set(order))
    assert {name for name in expected if not stops[name].is_set()} <= set(order) <= expected


# --- Before a backend -----------------------------------------------------------------------


class Engine(ScriptedBackend):
    """Records requests, and fails if more of clients run at a time than it has ``places``."""

    def __init__(self, places: int = 1) -> None:
        super().__init__()
        self.log: list[str] = []
        self.places = threading.Semaphore(places + 1)
        self.go_on = threading.Event()
        self.go_on.set()
        self.begun = threading.Event()
        self.fails: set[str] = set()

    def work(self, name: str, cancel: threading.Event) -> Generator[Event, None, None]:
        assert self.places.acquire(blocking=False), "too many"
        try:
            self.log.append(name)
            self.begun.set()
            yield Loading(0.0)
            while not self.go_on.wait(0.005):
                if cancel.is_set():
                    self.log.append(f"{name} stopped")
                    raise Cancelled
            if name in self.fails:
                raise EngineDied(-11, "")
            yield Loading(1.0)
        finally:
            self.places.release()

    def load(self, model: ModelRef, cancel: threading.Event) -> Generator[Loading, None, None]:
        for event in self.work("load", cancel):
            assert isinstance(event, Loading)
            yield event

    def stream(
        self, request: Request, cancel: threading.Event, answer_now: object = None
    ) -> Generator[Event, None, None]:
        yield from self.work(request.instructions, cancel)

    def prepare(self, request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        yield from self.work(f"prepare {request.instructions}", cancel)

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        list(self.work("measure", cancel))
        return Speeds()


def request(name: str, client: str = WINDOW, **more: Any) -> Request:
    return Request(MODEL, (), instructions=name, client=client, **more)


@pytest.fixture
def threads() -> Generator[ThreadPoolExecutor, None, None]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def stopped() -> threading.Event:
    return threading.Event()


def test_requests_are_let_in_in_the_order_of_the_calls(threads: ThreadPoolExecutor) -> None:
    """The order in which threads happen to wait does not count."""
    backend = ScheduledBackend(engine := Engine())
    asked = [backend.stream(request(f"{n}", "a"), stopped()) for n in range(6)]
    done = [threads.submit(list, steps) for steps in reversed(asked)]
    for number, one in enumerate(reversed(done)):
        *waits, first, last = one.result(LONG)
        assert (first, last) == (Loading(0.0), Loading(1.0))
        places = [step.place for step in waits if isinstance(step, Waiting)]
        assert places == sorted(set(places), reverse=True)
        assert len(places) == len(waits) <= number
    assert engine.log == [f"{n}" for n in range(6)]


def test_the_plan_of_the_model_says_how_many_run_at_a_time(threads: ThreadPoolExecutor) -> None:
    plan = SimpleNamespace(places=3)

    class Plans(Engine):
        def stream(
            self, request: Request, cancel: threading.Event, answer_now: object = None
        ) -> Generator[Any, None, None]:
            yield Planned(plan)  # type: ignore[arg-type]
            yield from self.work(request.instructions, cancel)

    backend = ScheduledBackend(engine := Plans(3))
    engine.go_on.clear()
    done = [
        threads.submit(list, backend.stream(request(f"{n}", f"client {n}"), stopped()))
        for n in range(5)
    ]
    while len(engine.log) < 3:
        threading.Event().wait(0.001)
    turn = threads.submit(list, backend.stream(request("turn"), stopped()))
    while "turn" not in engine.log:
        threading.Event().wait(0.001)
    assert backend._scheduler.waiting == 2
    engine.go_on.set()
    for one in (*done, turn):
        one.result(LONG)
    assert len(engine.log) == 6


def test_a_fault_of_one_does_not_stall_the_others(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.fails = {"0", "2"}
    asked = [backend.stream(request(f"{n}", "a"), stopped()) for n in range(4)]
    done = [threads.submit(list, steps) for steps in asked]
    faults = [type(one.exception(LONG)) for one in done]
    assert faults == [EngineDied, type(None), EngineDied, type(None)]


def test_who_waits_for_a_model_that_cannot_be_loaded_does_not_load_it_again(
    threads: ThreadPoolExecutor,
) -> None:
    """Who comes later tries again; other models are not concerned."""

    class Refusing(ScriptedBackend):
        def load(self, model: ModelRef, cancel: threading.Event) -> Any:
            self.loads.append(model)
            yield Loading(0.5)
            raise OutOfMemory(Path(), "")

    engine = Refusing([Prompt(1, 2)], [Prompt(3, 4)])
    backend = ScheduledBackend(engine)
    other = ModelRef.of_file(Path("other.gguf"), "Another")
    waits: list[Iterable[object]] = [
        backend.load(MODEL, stopped()),
        backend.stream(request("a", "a"), stopped()),
        backend.load(MODEL, stopped()),
    ]
    differs = backend.stream(replace(request("b"), model=other), stopped())
    differing = threads.submit(list, differs)
    for steps in [threads.submit(list, steps) for steps in waits]:
        assert isinstance(steps.exception(LONG), OutOfMemory)
    assert len(engine.loads) == 1
    assert differing.result(LONG)[-1] == Prompt(1, 2)
    assert list(backend.stream(request("c"), stopped())) == [Prompt(3, 4)]


def test_reading_ahead_is_stopped_by_a_question(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.go_on.clear()
    stop = stopped()
    ahead = threads.submit(list, backend.prepare(request("x"), stop))
    assert engine.begun.wait(LONG)
    question = backend.stream(request("asked"), stopped())
    assert isinstance(ahead.exception(LONG), Cancelled)
    engine.go_on.set()
    list(question)
    assert stop.is_set()
    assert engine.log == ["prepare x", "prepare x stopped", "asked"]


def test_reading_ahead_goes_on_while_clients_are_answered(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.go_on.clear()
    stop = stopped()
    ahead = threads.submit(list, backend.prepare(request("x"), stop))
    assert engine.begun.wait(LONG)
    asked = threads.submit(list, backend.stream(request("asked", "a"), stopped()))
    while "asked" not in engine.log:
        threading.Event().wait(0.001)
    assert not stop.is_set()
    load = threads.submit(list, backend.load(MODEL, stopped()))
    assert isinstance(ahead.exception(LONG), Cancelled)
    engine.go_on.set()
    asked.result(LONG)
    load.result(LONG)


def test_a_title_gives_way(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.go_on.clear()
    stop = stopped()
    title = threads.submit(list, backend.stream(request("title", background=True), stop))
    assert engine.begun.wait(LONG)
    question = backend.stream(request("asked"), stopped())
    assert isinstance(title.exception(LONG), Cancelled)
    engine.go_on.set()
    list(question)
    assert stop.is_set()


def test_nothing_runs_beside_a_measurement(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine(places=0))
    engine.go_on.clear()
    first = threads.submit(list, backend.stream(request("first", "a"), stopped()))
    assert engine.begun.wait(LONG)
    measures = threads.submit(backend.measure, stopped(), again=True)
    while not backend._scheduler.waiting:
        threading.Event().wait(0.001)
    engine.go_on.set()
    first.result(LONG)
    measures.result(LONG)
    assert engine.log == ["first", "measure"]


def test_a_turn_goes_on_before_its_client_s_next(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    asked = [
        backend.stream(request("first", "b"), stopped()),
        backend.stream(request("a next", "a"), stopped()),
        backend.stream(request("a goes on", "a", drawn=(1, 2)), stopped()),
    ]
    done = [threads.submit(list, steps) for steps in asked]
    for one in done:
        one.result(LONG)
    assert engine.log == ["first", "a goes on", "a next"]


def test_what_nobody_goes_on_with_is_closed() -> None:
    """In the middle, before its first step, and when it is only dropped."""
    backend = ScheduledBackend(engine := Engine())
    with closing(backend.stream(request("middle"), stopped())) as steps:
        next(steps)
    backend.stream(request("never begun"), stopped()).close()
    backend.stream(request("dropped"), stopped())
    list(backend.stream(request("after"), stopped()))
    assert engine.log == ["middle", "after"]


def test_the_end_while_others_wait(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.go_on.clear()
    stop = stopped()
    runs = threads.submit(list, backend.stream(request("runs"), stop))
    assert engine.begun.wait(LONG)
    also = threads.submit(list, backend.stream(request("also"), stop))
    while "also" not in engine.log:
        threading.Event().wait(0.001)
    waits: list[Any] = [
        threads.submit(list, backend.stream(request("x", c), stopped())) for c in "ab"
    ]
    waits.append(threads.submit(list, backend.prepare(request("x"), stopped())))
    backend.close()
    assert {type(one.exception(LONG)) for one in waits} == {Cancelled}
    stop.set()
    for one in (runs, also):
        assert isinstance(one.exception(LONG), Cancelled)
    assert sorted(engine.log) == ["also", "also stopped", "runs", "runs stopped"]
    with pytest.raises(Cancelled):
        list(backend.stream(request("late"), stopped()))


def test_what_needs_no_turn_does_not_wait(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.go_on.clear()
    stop = stopped()
    runs = threads.submit(list, backend.stream(request("runs"), stop))
    assert engine.begun.wait(LONG)
    assert backend.devices() == engine.devices()
    assert backend.abilities(MODEL) == engine.abilities(MODEL)
    assert backend.count(request("x"), stopped()) == engine.count(request("x"), stopped())
    assert backend.loaded() == engine.loaded()
    backend.forget(7)
    stop.set()
    assert isinstance(runs.exception(LONG), Cancelled)


def test_many_at_once_from_many_threads(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine(places=2), Scheduler(places=2))
    stops = [stopped() for _ in range(60)]

    def ask(number: int) -> list[object]:
        client = ["", "a", "b"][number % 3]
        asked = request(f"{number}", client, background=number % 7 == 0)
        if number % 5 == 0:
            stops[number].set()
        return list(backend.stream(asked, stops[number]))

    done = [threads.submit(ask, number) for number in range(60)]
    for number, one in enumerate(done):
        error = one.exception(LONG)
        assert error is None or (isinstance(error, Cancelled) and stops[number].is_set())
    assert [engine.places.acquire(blocking=False) for _ in range(4)] == [True, True, True, False]
    assert backend._scheduler.waiting == 0


def test_a_place_that_is_abandoned_while_others_are_at_work_is_free_soon() -> None:
    """A stream may be collected at any moment, also while another thread has the lock."""
    scheduler = Scheduler()
    scheduler.enter("editor", chat=1).abandon()
    assert scheduler.clients == frozenset()
    place = scheduler.enter("editor", chat=1)
    with scheduler._changed:
        place.abandon()
    forgets = threading.Thread(target=lambda: scheduler.wait_without(1))
    forgets.start()
    forgets.join(LONG)
    waits = forgets.is_alive()
    scheduler.close()
    forgets.join(LONG)
    assert not waits
    scheduler = Scheduler()
    place = scheduler.enter("editor")
    with scheduler._changed:
        place.abandon()
    assert scheduler.clients == frozenset()
