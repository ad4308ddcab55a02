"""Several requests at a time in one worker process: scripted ones, and the real one."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base import log
from app.base.answer_events import Delta, Done, Loading, Prefill, Prompt, StopReason, Waiting
from app.base.errors import Cancelled, EngineDied, EngineHung, NotGguf
from app.base.types import ModelRef
from app.engine.backend import Planned
from app.engine.overrides import Overrides
from app.engine.supervisor import EngineOptions, LocalBackend
from tests.e2e.engine import DEMO, ask
from tests.fakes.together_processes import WORDS, talks, talks_on_gpus

LONG = 120.0  # seconds after which a hanging test fails
WHOLE = "".join(WORDS)
ON_GPU = EngineOptions(Overrides(gpu_layers=5))
Make = Callable[..., LocalBackend]


class Asked:
    """A question on a thread of its own, and all that comes of it."""

    def __init__(self, backend: LocalBackend, text: str, threads: ThreadPoolExecutor, **more: Any):
        self.cancel = threading.Event()
        self.events: list[Any] = []
        self._grown = threading.Condition()
        self._steps = backend.stream(replace(ask(text), **more), self.cancel)
        self._future: Future[None] = threads.submit(self._listen)

    def _listen(self) -> None:
        for event in self._steps:
            with self._grown:
                self.events.append(event)
                self._grown.notify_all()

    def until(self, kind: type[Any], count: int = 1) -> None:
        with self._grown:
            assert self._grown.wait_for(lambda: len(self.of(kind)) >= count, LONG)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def said(self) -> str:
        return "".join(event.text for event in self.of(Delta))

    def whole(self) -> str:
        """Wait for the end, and return the answer."""
        self._future.result(LONG)
        assert isinstance(self.events[-1], Done)
        return self.said

    def error(self) -> BaseException | None:
        return self._future.exception(LONG)


@pytest.fixture
def at_once() -> Iterator[Callable[..., Asked]]:
    """Ask on a thread of its own."""
    made: list[Asked] = []

    def asked(backend: LocalBackend, text: str, **more: Any) -> Asked:
        made.append(Asked(backend, text, threads, **more))
        return made[-1]

    with ThreadPoolExecutor(16) as threads:
        yield asked
        for one in made:
            one.cancel.set()


@pytest.fixture
def backend(make: Make) -> LocalBackend:
    return make(target=talks)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is reported of processes that died, and of garbage."""
    found: list[str] = []
    monkeypatch.setattr(log, "report_child", lambda name, *_, **__: found.append(name))
    monkeypatch.setattr(log, "report", lambda error, where="": found.append(where))
    return found


def history(backend: LocalBackend) -> list[str]:
    return backend._loader.log.with_name("history").read_text("utf-8").splitlines()


def loads(backend: LocalBackend) -> int:
    return sum(line.startswith("loads ") for line in history(backend))


def other(folder: Path) -> ModelRef:
    return ModelRef.of_file(Path(shutil.copy(DEMO.place, folder / "other.gguf")), "other")


def test_several_are_answered_at_a_time_by_one_load(
    backend: LocalBackend, at_once: Callable[..., Asked]
) -> None:
    asked = [at_once(backend, "four") for _ in range(4)]
    assert [one.whole() for one in asked] == [WHOLE] * 4  # of which none would begin alone
    assert loads(backend) == 1
    shown = [one.of(Planned) for one in asked]
    assert sum(map(len, shown)) == 1
    assert backend.loaded() == DEMO
    # One is stopped, and another abandoned.
    whole, stopped = at_once(backend, "whole"), at_once(backend, "endless")
    stopped.until(Delta)
    abandoned = backend.stream(ask("deaf"), threading.Event())
    while not isinstance(next(abandoned), Delta):
        pass
    abandoned.close()  # what is still sent for it goes nowhere
    stopped.cancel.set()
    stopped.whole()
    assert stopped.events[-1].reason is StopReason.CANCELLED
    assert whole.whole() == WHOLE
    assert at_once(backend, "another").whole() == WHOLE
    assert loads(backend) == 1


def test_the_others_are_told_what_ended_the_process(
    backend: LocalBackend, at_once: Callable[..., Asked], reports: list[str]
) -> None:
    """Each with an error of its own; it is reported once. Then all goes on in a new one."""
    for fault, kind, told in (("die", EngineDied, ["engine"]), ("hang", EngineHung, [])):
        reports.clear()
        others = [at_once(backend, "endless") for _ in range(3)]
        for one in others:
            one.until(Delta)
        pid = backend.pid
        asked = [at_once(backend, fault), *others]
        asked[0].until(Delta)  # a busy computer may be silent for longer before that
        backend._channel.silence = 0.3 if fault == "hang" else LONG
        errors = [one.error() for one in asked]
        assert [type(error) for error in errors] == [kind] * 4
        assert len(set(map(id, errors))) == 4
        assert reports == told
        assert all(one.said for one in asked)
        assert backend.pid is None
        assert backend.loaded() is None
        backend._channel.silence = LONG
    assert at_once(backend, "after").whole() == WHOLE
    assert backend.pid != pid


def test_nobody_counts_as_stopped_because_the_process_ended_just_then(
    backend: LocalBackend,
    at_once: Callable[..., Asked],
    reports: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It goes on in another process before it is asked, and is told the end afterwards."""
    assert at_once(backend, "first").whole() == WHOLE
    ready = backend._ready

    def ends_once(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(backend, "_ready", ready)
        use = yield from ready(*arguments, **named)
        backend._channel.kill()
        return use

    monkeypatch.setattr(backend, "_ready", ends_once)
    assert at_once(backend, "second").whole() == WHOLE
    assert loads(backend) == 2
    monkeypatch.setattr(backend, "_set_budget", backend._channel.kill)
    assert isinstance(at_once(backend, "third").error(), EngineDied)


def test_a_stop_that_is_not_obeyed_costs_no_other_answer(
    make: Make, at_once: Callable[..., Asked]
) -> None:
    """Where the others are still served, the process stays; else they go on in another."""
    backend = make(target=talks, grace=1.0)
    deaf = at_once(backend, "deaf")
    others = [at_once(backend, "endless") for _ in range(2)]
    for one in (deaf, *others):
        one.until(Delta)
    pid, loaded = backend.pid, loads(backend)
    deaf.cancel.set()
    assert isinstance(deaf.error(), Cancelled)
    assert backend.pid == pid
    stuck = at_once(backend, "stuck")
    stuck.until(Delta)
    stuck.cancel.set()
    assert isinstance(stuck.error(), Cancelled)
    said = [len(one.of(Delta)) for one in others]
    for one, before in zip(others, said, strict=True):
        one.until(Delta, before + 3)
        one.cancel.set()
        one.whole()
    assert backend.pid != pid
    assert loads(backend) == loaded + 1


def test_all_go_on_by_one_load_when_a_gpu_is_lost(
    make: Make, at_once: Callable[..., Asked]
) -> None:
    backend = make(target=talks_on_gpus, options=lambda: ON_GPU)
    asked = [at_once(backend, "lose"), *(at_once(backend, "x") for _ in range(3))]
    assert [one.whole() for one in asked] == [WHOLE] * 4  # no word is missing, none came twice
    assert loads(backend) == 2
    assert sum(len(one.of(Planned)) for one in asked) == 2


def test_a_context_grows_once_for_all_that_need_it(
    backend: LocalBackend, at_once: Callable[..., Asked]
) -> None:
    """It waits for an answer by the shorter one, and so does who comes later."""
    before = at_once(backend, "endless")
    before.until(Delta)
    loaded = loads(backend)
    grown = [at_once(backend, "grow", client="a") for _ in range(2)]
    for one in grown:
        one.until(Waiting)
    late = at_once(backend, "late", client="b")
    late.until(Waiting)
    window = at_once(backend, "window")
    assert window.whole() == WHOLE  # at once
    before.cancel.set()
    before.whole()
    assert [one.whole() for one in (*grown, late)] == [WHOLE] * 3
    assert loads(backend) == loaded + 1


def test_another_model_waits_for_answers(
    backend: LocalBackend, at_once: Callable[..., Asked], tmp_path: Path
) -> None:
    """Nobody's model is taken away; what goes on in the background is ended for it."""
    first = at_once(backend, "endless")
    first.until(Delta)
    stop = threading.Event()
    reads = backend.prepare(ask("ahead"), stop)
    next(reads)  # else it would wait behind the next one
    ahead = threading.Thread(target=lambda: list(reads))
    ahead.start()
    next_one = at_once(backend, "next", model=other(tmp_path), client="a")
    next_one.until(Waiting)
    again = at_once(backend, "again", client="a")
    again.until(Waiting)
    assert stop.wait(LONG)
    ahead.join()
    first.cancel.set()
    first.whole()
    assert next_one.whole() == again.whole() == WHOLE
    lines = [line.split()[1] for line in history(backend) if line.startswith("loads ")]
    assert lines[-3:] == [Path(DEMO.place).name, "other.gguf", Path(DEMO.place).name]
    assert Loading(0.5) in again.events or Planned in map(type, again.events)


def test_a_load_that_fails_fails_all_that_waited(
    backend: LocalBackend, at_once: Callable[..., Asked], tmp_path: Path
) -> None:
    running = at_once(backend, "endless")
    running.until(Delta)
    path = tmp_path / "bad.gguf"
    path.write_text("no model")
    waits = [at_once(backend, "x", model=ModelRef.of_file(path, "bad")) for _ in range(3)]
    for one in waits:
        one.until(Waiting)
    running.cancel.set()
    running.whole()
    errors = [one.error() for one in waits]
    assert [type(error) for error in errors] == [NotGguf] * 3
    assert len(set(map(id, errors))) == 3
    shutil.copy(DEMO.place, path)  # who comes later tries again
    assert at_once(backend, "x", model=ModelRef.of_file(path, "bad")).whole() == WHOLE


def test_what_is_quick_does_not_wait_for_answers(
    backend: LocalBackend, at_once: Callable[..., Asked]
) -> None:
    asked = at_once(backend, "endless")
    asked.until(Delta)
    found = backend.count(ask("x"), threading.Event())
    assert found
    assert found.count == 7
    backend.forget(5)
    assert "forgets 5" in history(backend)
    events = []
    stop = threading.Event()
    for event in backend.prepare(ask("ahead"), stop):
        events.append(event)
        if len(events) == 3:
            stop.set()
    assert [type(event) for event in events[:3]] == [Prompt, Prefill, Prefill]
    assert backend.devices() == backend._loader.devices()
    # Unloading does wait, unless it may not.
    pid = backend.pid
    never = threading.Event()
    never.set()
    with pytest.raises(Cancelled):
        backend.unload(never)
    with ThreadPoolExecutor(1) as threads:
        unloads = threads.submit(backend.unload)
        assert backend.pid == pid
        asked.cancel.set()
        asked.whole()
        unloads.result(LONG)
    assert (backend.pid, backend.loaded()) == (None, None)
    assert backend.count(ask("x"), threading.Event()) is None
    assert at_once(backend, "again").whole() == WHOLE
    assert backend.loaded() == DEMO


def test_the_end_while_some_are_answered_and_others_wait(
    make: Make, at_once: Callable[..., Asked], tmp_path: Path
) -> None:
    backend = make(target=talks)
    running = [at_once(backend, "endless") for _ in range(3)]
    for one in running:
        one.until(Delta)
    waits = [at_once(backend, "x", model=other(tmp_path))]
    waits[0].until(Waiting)  # so that what comes next has to wait for it
    waits += [at_once(backend, "grow"), at_once(backend, "y", client="a")]
    waits[1].until(Waiting)
    backend.close()
    assert {type(one.error()) for one in (*running, *waits)} == {Cancelled}
