"""The order of requests to the engine."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.errors import Cancelled, EngineDied, OutOfMemory
from app.base.types import Event, Loading, ModelRef, Prompt, Request
from app.engine.backend import ScriptedBackend
from app.engine.scheduler import WINDOW, Place, ScheduledBackend, Scheduler

MODEL = ModelRef.of_file(Path("demo.gguf"), "Demo model")
LONG = 10.0  # seconds after which a hanging test fails


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
        while active := list(self.scheduler._active):
            found.append(self.names[active[0]])
            active[0].give_back()
        return found


def test_the_window_comes_in_the_order_of_its_questions() -> None:
    line = Line()
    for name in ("one", "two", "three"):
        line.enter(name)
    assert line.order() == ["one", "two", "three"]
    assert line.scheduler.waiting == 0


def test_the_window_comes_before_clients() -> None:
    line = Line()
    for number in range(3):
        line.enter(f"a{number}", "a")
    line.enter("w0")
    line.enter("w1")
    assert line.order() == ["a0", "w0", "w1", "a1", "a2"]


def test_clients_come_in_turn_however_much_one_asks() -> None:
    line = Line()
    for number in range(4):
        line.enter(f"a{number}", "a")
    for number in range(2):
        line.enter(f"b{number}", "b")
    line.enter("c0", "c")
    assert line.order() == ["a0", "a1", "b0", "c0", "a2", "b1", "a3"]


def test_a_client_that_asks_again_at_once_is_behind_the_others() -> None:
    line = Line()
    line.enter("a0", "a")
    line.enter("b0", "b")
    line.enter("a1", "a")
    line.scheduler._active.copy().pop().give_back()
    line.enter("c0", "c")
    assert line.order() == ["b0", "a1", "c0"]


def test_the_background_comes_where_nobody_waits() -> None:
    line = Line()
    line.enter("one")
    stop = threading.Event()
    line.enter("ahead", cancel=stop, background=True)
    assert not stop.is_set()  # nobody has come since
    assert line.order() == ["one", "ahead"]


@pytest.mark.parametrize("client", [WINDOW, "a"])
def test_the_background_gives_way_to_everybody(client: str) -> None:
    line = Line()
    stop = threading.Event()
    ahead = line.enter("ahead", cancel=stop, background=True)
    assert line.now() == "ahead"
    line.enter("asked", client)
    assert stop.is_set()
    assert line.now() == "ahead"  # until it has stopped
    ahead.give_back()
    assert line.now() == "asked"


def test_the_background_that_waits_gives_way_too() -> None:
    line = Line()
    line.enter("one")
    stop = threading.Event()
    ahead = line.enter("ahead", cancel=stop, background=True)
    line.enter("two")
    assert stop.is_set()
    assert line.order() == ["one", "two"]
    with pytest.raises(Cancelled):
        ahead.wait()


def test_the_background_does_not_stop_the_background() -> None:
    line = Line()
    first, second = threading.Event(), threading.Event()
    line.enter("one", cancel=first, background=True)
    line.enter("two", cancel=second, background=True)
    assert not first.is_set()
    assert not second.is_set()
    assert line.order() == ["one", "two"]


def test_who_is_asked_for_is_not_stopped() -> None:
    line = Line()
    stop = threading.Event()
    line.enter("client", "a", cancel=stop)
    line.enter("window")
    assert not stop.is_set()


def test_a_wait_is_cancelled_though_the_engine_is_busy() -> None:
    line = Line()
    line.enter("one")
    stop = threading.Event()
    place = line.enter("two", cancel=stop)
    line.enter("three")
    with ThreadPoolExecutor(1) as thread:
        waits = thread.submit(place.wait)
        assert not waits.done()
        stop.set()
        assert isinstance(waits.exception(LONG), Cancelled)
    assert line.scheduler.waiting == 1
    assert line.order() == ["one", "three"]


def test_one_that_was_cancelled_is_passed_over_before_its_thread_knows() -> None:
    line = Line()
    line.enter("one")
    stops = [threading.Event() for _ in range(3)]
    line.enter("window", cancel=stops[0])
    line.enter("client", "a", cancel=stops[1])
    line.enter("ahead", cancel=stops[2], background=True)
    line.enter("two", "b")
    for stop in stops:
        stop.set()
    assert line.order() == ["one", "two"]


def test_a_place_is_given_back_once() -> None:
    line = Line()
    one = line.enter("one")
    line.enter("two")
    line.enter("three")
    one.give_back()
    one.give_back()
    assert line.now() == "two"


def test_who_waits_may_leave() -> None:
    line = Line()
    line.enter("one")
    line.enter("two", "a").give_back()
    line.enter("three", "a")
    assert line.order() == ["one", "three"]


def test_a_place_that_is_taken_again_comes_before_its_client_s_others() -> None:
    """A tool ran meanwhile. The window still comes first."""
    line = Line()
    turn = line.enter("turn", "a")
    line.enter("other", "a")
    turn.give_back()
    assert line.now() == "other"
    line.enter("third", "a")
    line.enter("window")
    with ThreadPoolExecutor(1) as thread:
        again = thread.submit(turn.take_again)
        while not line.scheduler._waits(turn):
            threading.Event().wait(0.001)
        assert line.now() == "other"
        for place in list(line.scheduler._active):
            place.give_back()
        assert line.now() == "window"
        for place in list(line.scheduler._active):
            place.give_back()
        again.result(LONG)
    assert line.order() == ["turn", "third"]


def test_a_fault_gives_the_place_back() -> None:
    line = Line()
    place = line.enter("one")
    line.enter("two")
    with pytest.raises(ZeroDivisionError), place:
        raise ZeroDivisionError
    assert line.order() == ["two"]


def test_the_end_ends_all_waits() -> None:
    line = Line()
    one = line.enter("one")
    others = [line.enter("two"), line.enter("three", "a"), line.enter("x", background=True)]
    with ThreadPoolExecutor(3) as threads:
        waits = [threads.submit(place.wait) for place in others]
        line.scheduler.close()
        assert [type(wait.exception(LONG)) for wait in waits] == [Cancelled] * 3
    assert line.now() == "one"  # which ends by itself
    one.give_back()
    assert line.now() == ""
    with pytest.raises(Cancelled):
        line.enter("late").wait()


def test_several_at_once_where_the_engine_can() -> None:
    line = Line(places=2)
    one = line.enter("one")
    line.enter("two", "a")
    line.enter("three")
    assert line.now() == "one two"
    one.give_back()
    assert line.now() == "three two"


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "b", "c"]), st.booleans(), st.integers(0, 3)),
        max_size=40,
    )
)
def test_everybody_comes_once(
    entries: list[tuple[str, bool, int]],
) -> None:
    """Holds for any entries in any order; ``served`` is how many leave before each."""
    line = Line()
    count = itertools.count()
    expected: set[str] = set()
    order: list[str] = []
    stops: dict[str, threading.Event] = {}
    for client, background, served in entries:
        for _ in range(served):
            for place in list(line.scheduler._active):
                order.append(line.names[place])
                place.give_back()
        name = f"{client}{next(count)}"
        stops[name] = threading.Event()
        line.enter(name, client, cancel=stops[name], background=background)
        expected.add(name)
        waiting = len(line.scheduler._active) + line.scheduler.waiting
        assert not waiting or len(line.scheduler._active) == 1
    order += line.order()
    assert len(order) == len(set(order))
    assert {name for name in expected if not stops[name].is_set()} <= set(order) <= expected


# --- Before a backend -----------------------------------------------------------------------


class Engine(ScriptedBackend):
    """Records requests, and fails if two run at once."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []
        self.busy = threading.Lock()
        self.go_on = threading.Event()
        self.go_on.set()
        self.begun = threading.Event()
        self.fails: set[str] = set()

    def work(self, name: str, cancel: threading.Event) -> Generator[Event, None, None]:
        assert self.busy.acquire(blocking=False), "two at once"
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
            self.busy.release()

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

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        list(self.work(f"count {request.instructions}", cancel))
        return Prompt(1, 2)

    def forget(self, chat: int) -> None:
        list(self.work(f"forget {chat}", threading.Event()))


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
    asked = [backend.stream(request(f"{n}"), stopped()) for n in range(6)]
    done = [threads.submit(list, steps) for steps in reversed(asked)]
    for one in done:
        assert len(one.result(LONG)) == 2
    assert engine.log == [f"{n}" for n in range(6)]


def test_a_fault_of_one_does_not_stall_the_others(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.fails = {"0", "2"}
    asked = [backend.stream(request(f"{n}", "a"), stopped()) for n in range(4)]
    done = [threads.submit(list, steps) for steps in asked]
    faults = [type(one.exception(LONG)) for one in done]
    assert faults == [EngineDied, type(None), EngineDied, type(None)]


def test_who_waits_for_a_model_that_cannot_be_loaded_does_not_load_it_again() -> None:
    """Who comes later tries again; other models are not concerned."""

    class Refusing(ScriptedBackend):
        def load(self, model: ModelRef, cancel: threading.Event) -> Any:
            self.loaded.append(model)
            yield Loading(0.5)
            raise OutOfMemory(Path(), "")

    engine = Refusing([Prompt(1, 2)], [Prompt(3, 4)])
    backend = ScheduledBackend(engine)
    other = ModelRef.of_file(Path("other.gguf"), "Another")
    waits: list[Iterable[object]] = [
        backend.load(MODEL, stopped()),
        backend.stream(request("a"), stopped()),
        backend.load(MODEL, stopped()),
    ]
    differs = backend.stream(replace(request("b"), model=other), stopped())
    for steps in waits:
        with pytest.raises(OutOfMemory):
            list(steps)
    assert len(engine.loaded) == 1
    assert list(differs) == [Prompt(1, 2)]
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


@pytest.mark.parametrize("what", ["load", "count", "forget"])
def test_reading_ahead_is_stopped_by_whatever_is_asked(
    threads: ThreadPoolExecutor, what: str
) -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.go_on.clear()
    ahead = threads.submit(list, backend.prepare(request("x"), stopped()))
    assert engine.begun.wait(LONG)
    work: dict[str, Callable[[], object]] = {
        "load": lambda: list(backend.load(MODEL, stopped())),
        "count": lambda: backend.count(request("n"), stopped()),
        "forget": lambda: backend.forget(7),
    }
    asked = threads.submit(work[what])
    assert isinstance(ahead.exception(LONG), Cancelled)
    engine.go_on.set()
    asked.result(LONG)
    assert engine.log[-1].startswith(what)


def test_a_title_gives_way(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    engine.go_on.clear()
    stop = stopped()
    title = threads.submit(list, backend.stream(request("title", background=True), stop))
    assert engine.begun.wait(LONG)
    question = backend.stream(request("asked", "a"), stopped())
    assert isinstance(title.exception(LONG), Cancelled)
    engine.go_on.set()
    list(question)
    assert stop.is_set()


def test_a_turn_goes_on_before_its_client_s_next(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
    first = backend.stream(request("first"), stopped())
    asked = [
        backend.stream(request("a next", "a"), stopped()),
        backend.stream(request("a goes on", "a", drawn=(1, 2)), stopped()),
        backend.stream(request("window"), stopped()),
    ]
    done = [threads.submit(list, steps) for steps in (first, *asked)]
    for one in done:
        one.result(LONG)
    assert engine.log == ["first", "window", "a goes on", "a next"]


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
    waits: list[Any] = [
        threads.submit(list, backend.stream(request("x", c), stopped())) for c in "ab"
    ]
    waits.append(threads.submit(list, backend.prepare(request("x"), stopped())))
    counts = threads.submit(backend.count, request("x"), stopped())
    backend.close()
    waits.append(counts)
    assert {type(one.exception(LONG)) for one in waits} == {Cancelled}
    stop.set()
    assert isinstance(runs.exception(LONG), Cancelled)
    assert engine.log == ["runs", "runs stopped"]
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
    stop.set()
    assert isinstance(runs.exception(LONG), Cancelled)


def test_many_at_once_from_many_threads(threads: ThreadPoolExecutor) -> None:
    backend = ScheduledBackend(engine := Engine())
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
    assert not engine.busy.locked()
    assert backend._scheduler.waiting == 0
