"""One engine for several processes: real locks and sockets, and an engine that is scripted."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.base.answer_events import Delta, Done, Event, Loading, Prompt, StopReason, Waiting
from app.base.errors import (
    Cancelled,
    ContextFull,
    EngineDied,
    FiresideError,
    ModelInUse,
    OwnerOutdated,
    OwnerSilent,
)
from app.base.types import Message, ModelRef, Part, PartKind, Role
from app.engine.backend import Planned
from app.engine.memory_model import CacheType, MemoryUse
from app.engine.plan import Plan
from app.engine.probe import Devices, Speeds
from app.engine.shared import engine_guest, engine_listener, engine_lock, shared_engine
from app.engine.shared.door import open_door
from app.engine.shared.engine_listener import greeting
from app.engine.shared.engine_lock import EngineLock
from app.engine.shared.engine_wire import pack
from tests.fakes.shared_engines import (
    MODEL,
    OTHER,
    STATS,
    WORDS,
    FakeProcess,
    asking,
    owner_of,
    text_of,
    until,
)

Start = Callable[..., FakeProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return what makes processes; all of them end in the end."""
    started: list[FakeProcess] = []

    def begin(kind: str = "window", folder: Path = tmp_path) -> FakeProcess:
        started.append(FakeProcess(folder, kind))
        return started[-1]

    yield begin
    for process in started:
        process.backend.close()
    # A thread is no session any more a moment before it ends.
    until(lambda: not [t for t in threading.enumerate() if t.name.startswith("engine")])


# --- Whose engine is asked ----------------------------------------------------------------------


def test_whoever_comes_second_uses_the_engine_that_runs(start: Start) -> None:
    window, command = start(), start("ask")
    assert text_of(window.ask()) == "".join(WORDS)
    events = command.ask()
    assert text_of(events) == "".join(WORDS)
    assert [type(event) for event in events] == [Prompt, *[Delta] * 4, Done]
    assert command.engine.asked == []
    clients = [request.client for request in window.engine.asked]
    assert clients[0] == ""
    assert clients[1].startswith("ask ")


def test_the_window_stays_the_window_as_a_guest(start: Start) -> None:
    command, window = start("ask"), start()
    command.ask()
    window.ask()
    window.ask(asking(client="server"))
    assert [request.client for request in command.engine.asked[1:]] == ["", "server"]
    assert window.engine.asked == []


def test_all_else_reaches_the_owner_too(start: Start) -> None:
    window, command = start(), start("ask")
    cancel = threading.Event()
    assert command.backend.count(asking(), cancel) is None
    assert list(command.backend.prepare(asking(), cancel)) == []
    assert command.backend.loaded() is None
    assert list(window.backend.load(MODEL, cancel)) == [Loading(0.5)]
    assert command.backend.loaded() == MODEL
    assert command.backend.count(asking(), cancel) == Prompt(1, 4096)
    assert list(command.backend.prepare(asking(), cancel)) == [Prompt(7, 4096)]
    assert list(command.backend.load(MODEL, cancel)) == [Loading(0.5)]
    assert command.backend.devices() == Devices(held=5)
    assert command.backend.measure(cancel, again=True) == Speeds(correction=2.0)
    assert command.backend.abilities(MODEL).tools
    command.backend.forget(7)
    assert (window.engine.forgotten, command.engine.forgotten) == ([7], [])
    command.backend.unload()
    assert window.engine.model is None
    assert command.backend.loaded() is None


def test_a_guest_is_told_the_plan_of_a_model_that_is_loaded(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, command = start(), start("ask")
    planned = Planned(sample_plan(), reduced=True)

    def load(model: ModelRef, cancel: threading.Event) -> Iterator[Planned | Loading]:
        if window.engine.model is None:
            yield planned
            yield Loading(0.5)
        window.engine.model = model

    monkeypatch.setattr(window.engine, "load", load)
    cancel = threading.Event()
    assert list(window.backend.load(MODEL, cancel)) == [planned, Loading(0.5)]
    assert list(command.backend.load(MODEL, cancel)) == [Planned(planned.plan)]
    assert list(window.backend.load(MODEL, cancel)) == []


def sample_plan() -> Plan:
    use = MemoryUse()
    return Plan(4096, 512, 2, 2, 6, use, 0, CacheType.F16, (), 0, (), False, True)


def test_without_an_owner_nobody_becomes_one_for_nothing(start: Start, tmp_path: Path) -> None:
    window = start()
    cancel = threading.Event()
    assert window.backend.count(asking(), cancel) is None
    assert list(window.backend.prepare(asking(), cancel)) == []
    assert window.backend.devices() == Devices()
    assert window.backend.loaded() is None
    window.backend.forget(3)
    window.backend.unload()
    assert window.engine.forgotten == [3]
    assert list(tmp_path.iterdir()) == []


def test_errors_come_as_they_are(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    for fault in (ContextFull(9000, 4096), EngineDied(-9, "log")):
        window.engine.fault = fault
        with pytest.raises(type(fault)) as raised:
            command.ask()
        assert vars(raised.value) == vars(fault)


def test_an_unforeseen_fault_ends_the_request_only(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, command = start(), start("ask")
    window.ask()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(window.engine, "count", broken)
    with pytest.raises(FiresideError):
        command.backend.count(asking(), threading.Event())
    assert text_of(command.ask()) == "".join(WORDS)


# --- Stopping and hurrying ------------------------------------------------------------------------


def test_stop_and_answer_now_reach_the_owner(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    window.engine.may = threading.Semaphore(2)
    answer = command.in_background()
    until(lambda: answer.text == "one two ")
    answer.hurry.set()
    assert window.engine.hurried.wait(60)
    answer.cancel.set()
    answer.end()
    assert answer.events[-1] == Done(StopReason.CANCELLED, STATS)
    until(lambda: window.engine.ended[-1] is StopReason.CANCELLED)


def test_who_waits_can_leave(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    window.engine.queued = True
    answer = command.in_background()
    until(lambda: Waiting(1) in answer.events)
    answer.cancel.set()
    answer.end()
    assert isinstance(answer.error, Cancelled)


def test_an_answer_that_is_dropped_is_cancelled_at_the_owner(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    window.engine.may = threading.Semaphore(1)
    steps = command.backend.stream(asking(), threading.Event())
    while not isinstance(next(steps), Delta):
        pass
    steps.close()
    until(lambda: window.engine.ended[1:] == [StopReason.CANCELLED])


def test_an_owner_that_does_not_obey_is_not_waited_for(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = start()
    window.ask()
    monkeypatch.setattr(engine_guest, "_GRACE_S", 0.05)
    stuck = threading.Event()
    monkeypatch.setattr(window.engine, "count", lambda *_: stuck.wait(60))
    cancel = threading.Event()
    cancel.set()
    ask = engine_guest.OwnerCall(owner_of(window), "ask", threading.Event()).ask
    with pytest.raises(Cancelled):
        next(ask(cancel, None, "count", asking()))
    stuck.set()


# --- Which model ----------------------------------------------------------------------------------


def test_a_guest_never_loads_another_model(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    for _ in range(2):
        with pytest.raises(ModelInUse) as refused:
            command.ask(asking(model=OTHER))
        assert vars(refused.value) == {"holder": "window", "loaded": "a", "wanted": "b"}
    with pytest.raises(ModelInUse):
        list(command.backend.load(OTHER, threading.Event()))
    assert window.engine.model == MODEL
    assert text_of(window.ask(asking(model=OTHER))) == "".join(WORDS)
    assert command.backend.loaded() == OTHER


def test_a_guest_may_have_a_model_loaded_where_there_is_none(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    window.engine.model = None
    assert text_of(command.ask(asking(model=OTHER))) == "".join(WORDS)
    assert window.engine.model == OTHER


def test_another_spelling_of_a_path_is_the_same_model(start: Start, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").touch()
    (tmp_path / "link.gguf").symlink_to(tmp_path / "m.gguf")
    one, two = (ModelRef.of_file(tmp_path / name, "m") for name in ("m.gguf", "link.gguf"))
    window, command = start(), start("ask")
    window.ask(asking(model=one))
    command.ask(asking(model=two))
    command.backend.count(asking(model=two), threading.Event())
    assert [request.model for request in window.engine.asked] == [one, one]


def test_who_waits_is_told_when_the_owner_takes_another_model(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    window.engine.queued = True
    answer = command.in_background()
    until(lambda: Waiting(1) in answer.events)
    own = window.in_background(asking(model=OTHER))
    answer.end()
    assert isinstance(answer.error, ModelInUse)
    assert (answer.error.loaded, answer.error.wanted) == ("b", "a")
    window.engine.queued = False
    own.end()
    assert own.text == "".join(WORDS)


# --- Owners come and go ---------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["window", "ask"])
def test_when_the_owner_ends_the_guest_goes_on_where_it_was(start: Start, first: str) -> None:
    second = "ask" if first == "window" else "window"
    owner, guest = start(first), start(second)
    owner.ask()
    owner.engine.may = threading.Semaphore(2)
    answer = guest.in_background()
    until(lambda: answer.text == "one two ")
    owner.backend.close()
    answer.end()
    assert answer.error is None
    assert answer.text == "".join(WORDS)
    assert isinstance(answer.events[-1], Done)
    asked = guest.engine.asked[0]
    assert asked.messages[-1] == Message(Role.ASSISTANT, (Part("one two "),))
    assert owner_of(guest).kind == second


def test_of_several_guests_one_becomes_the_owner_and_serves_the_others(start: Start) -> None:
    owner, guests = start(), [start("ask") for _ in range(4)]
    owner.ask()
    owner.engine.may = threading.Semaphore(0)
    answers = [guest.in_background() for guest in guests]
    until(lambda: len(owner.engine.asked) == 5)
    owner.backend.close()
    for answer in answers:
        answer.end()
    assert [answer.text for answer in answers] == ["".join(WORDS)] * 4
    assert sorted(len(guest.engine.asked) for guest in guests) == [0, 0, 0, 4]


def test_within_a_call_of_a_tool_an_answer_does_not_go_on(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, guest = start(), start("ask")
    owner.ask()
    here = threading.Event()

    def call(*_: object) -> Iterator[Event]:
        yield Delta(0, "{", PartKind.CALL, "python")
        here.set()
        owner.engine.closed.wait(60)
        raise Cancelled

    monkeypatch.setattr(owner.engine, "_stream", call)
    answer = guest.in_background()
    assert here.wait(60)
    owner.backend.close()
    answer.end()
    assert isinstance(answer.error, EngineDied)


def test_unloading_gives_the_engine_to_whoever_needs_it_next(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    window.backend.unload()
    command.ask()
    assert len(command.engine.asked) == 1
    window.ask()
    assert len(command.engine.asked) == 2
    assert window.engine.model is None


def test_a_model_that_was_unloaded_by_itself_is_given_away_too(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    window.backend.leave()
    command.ask()
    assert command.engine.asked == []
    window.engine.unload()
    window.backend.leave()
    command.ask()
    assert len(command.engine.asked) == 1


def test_a_model_that_is_used_again_at_once_is_not_given_away(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    window.engine.queued = True
    answer = window.in_background()
    until(lambda: len(window.engine.asked) == 2)
    window.backend.unload()
    window.engine.queued = False
    answer.end()
    command.ask()
    assert command.engine.asked == []


def test_whatever_was_left_by_a_dead_owner_is_removed(start: Start, tmp_path: Path) -> None:
    lock = EngineLock(tmp_path)
    assert lock.take()
    left = tmp_path / ".engine-left" / "socket"
    if sys.platform != "win32":
        left.parent.mkdir()
        with closing(socket.socket(socket.AF_UNIX)) as bound:
            bound.bind(str(left))
    lock.publish("window", str(left))
    assert lock._file is not None
    import os

    os.close(lock._file)  # as the system does when a process dies
    window = start()
    assert text_of(window.ask()) == "".join(WORDS)
    assert not left.parent.exists()


def test_closing_ends_what_a_guest_does(start: Start) -> None:
    window, command = start(), start("ask")
    window.ask()
    window.engine.may = threading.Semaphore(1)
    answer = command.in_background()
    until(lambda: answer.text)
    command.backend.close()
    answer.end()
    assert isinstance(answer.error, Cancelled)
    until(lambda: window.engine.ended[1:] == [StopReason.CANCELLED])


# --- Where nothing can be shared --------------------------------------------------------------


def test_without_locks_each_has_its_own(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(file: int) -> bool:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(engine_lock, "try_lock", unsupported)
    processes = start(), start("ask")
    for process in processes:
        assert process.backend.loaded() is None
        assert text_of(process.ask()) == "".join(WORDS)
        assert len(process.engine.asked) == 1


def test_without_sockets_each_has_its_own(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(folder: Path) -> None:
        raise OSError("nowhere")

    monkeypatch.setattr(shared_engine, "open_door", nowhere)
    for process in (start(), start("ask")):
        assert text_of(process.ask()) == "".join(WORDS)
        assert len(process.engine.asked) == 1


def test_a_process_on_another_computer_is_not_called(start: Start, tmp_path: Path) -> None:
    lock = EngineLock(tmp_path)
    assert lock.take()
    lock.path.write_text('{"pid": 1, "host": "elsewhere", "kind": "window", "address": "x"}')
    command = start("ask")
    assert text_of(command.ask()) == "".join(WORDS)
    assert len(command.engine.asked) == 1
    lock.give_back()


def test_a_folder_that_is_not_there_keeps_nobody_from_asking(start: Start, tmp_path: Path) -> None:
    assert text_of(start("ask", tmp_path / "missing").ask()) == "".join(WORDS)


# --- Owners that are of no use ------------------------------------------------------------------


def test_another_version_is_told_apart(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    window, command = start(), start("ask")
    window.ask()
    monkeypatch.setattr(engine_listener, "__version__", "0.0.1")
    monkeypatch.setattr(
        engine_guest, "greeting", lambda kind: pack(("fireside engine", 1, "9", kind))
    )
    with pytest.raises(OwnerOutdated) as error:
        command.ask()
    assert vars(error.value) == {"holder": "window", "version": "0.0.1"}
    with pytest.raises(OwnerOutdated):
        command.backend.forget(7)
    assert command.engine.forgotten == [7]  # what lies on the disk
    assert command.backend.loaded() is None
    assert len(window.engine.asked) == 1


def test_an_owner_that_says_nothing_is_not_waited_for(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_guest, "GREETING_S", 0.05)
    monkeypatch.setattr(shared_engine, "_PATIENCE_S", 0.1)
    lock = EngineLock(tmp_path)
    assert lock.take()
    with closing(open_door(tmp_path)) as door:
        lock.publish("window", door.address)
        command = start("ask")
        with pytest.raises(OwnerSilent) as error:
            command.backend.count(asking(), threading.Event())
        assert error.value.holder == "window"
        with pytest.raises(OwnerSilent):
            command.backend.unload()
        cancel = threading.Event()
        steps = command.backend.stream(asking(), cancel)
        threading.Timer(0.02, cancel.set).start()
        with pytest.raises((Cancelled, OwnerSilent)):
            next(steps)
    while door.accept():
        pass
    lock.give_back()


@pytest.mark.parametrize("said", [b"\xff", b"[]", b'["event", 5]', b'["error", "x"]', b'["x", 1]'])
def test_an_owner_that_sends_nonsense_is_left(start: Start, tmp_path: Path, said: bytes) -> None:
    lock = EngineLock(tmp_path)
    assert lock.take()
    with closing(open_door(tmp_path)) as door:
        lock.publish("window", door.address)

        def answer() -> None:
            while link := door.accept():
                with closing(link):
                    link.receive(5.0)
                    link.send(greeting("window"))
                    link.receive(5.0)
                    link.send(said)

        answering = threading.Thread(target=answer)
        answering.start()
        command = start("ask")
        with pytest.raises(OwnerSilent):
            command.ask()
    answering.join()
    lock.give_back()
