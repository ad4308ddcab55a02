"""Processes that share an engine, in one process: an engine that is scripted, and who asks it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

from app.base.answer_events import Delta, Done, Event, Loading, Prompt, Stats, StopReason, Waiting
from app.base.errors import Cancelled, FiresideError
from app.base.types import Effort, Message, ModelRef, Part, Request, Role
from app.engine.backend import Planned
from app.engine.probe import Devices, Speeds
from app.engine.shared.engine_lock import OwnerRecord, read_record
from app.engine.shared.shared_engine import SharedEngine
from app.formats import Abilities

MODEL = ModelRef.of_file(Path("/models/a.gguf"), "a")
OTHER = ModelRef.of_file(Path("/models/b.gguf"), "b")
WORDS = ("one ", "two ", "three ", "four")
STATS = Stats(3, 3, 4, 0, 0.1, 0.1, 0, 1, 4096)


def asking(text: str = "Count.", model: ModelRef = MODEL, **more: object) -> Request:
    return Request(model, (Message(Role.USER, (Part(text),)),), **more)  # type: ignore[arg-type]


class CountingEngine:
    """An engine that says `WORDS`, one for each time that it `may`, and goes on where it was."""

    def __init__(self) -> None:
        self.model: ModelRef | None = None
        self.asked: list[Request] = []
        self.forgotten: list[int] = []
        self.ended: list[StopReason | None] = []
        self.may = threading.Semaphore(1000)
        self.fault: FiresideError | None = None
        self.queued = False
        self.closed = threading.Event()
        self.hurried = threading.Event()

    def load(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Waiting | Loading | Planned, None, None]:
        yield Loading(0.5)
        self.model = model

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        self.asked.append(request)
        return self._stream(request, cancel, answer_now)

    def _stream(
        self, request: Request, cancel: threading.Event, answer_now: threading.Event | None
    ) -> Generator[Event | Planned, None, None]:
        reason: StopReason | None = None
        try:
            while self.queued and not cancel.wait(0.01):
                yield Waiting(1)
            if cancel.is_set():
                raise Cancelled
            self.model = request.model
            if self.fault:
                raise self.fault
            yield Prompt(3, 4096)
            said = request.messages[-1].text if request.messages[-1].role is Role.ASSISTANT else ""
            reason = StopReason.END
            for word in "".join(WORDS)[len(said) :].split():
                while not self.may.acquire(timeout=0.01):
                    if answer_now and answer_now.is_set():
                        self.hurried.set()
                    if self.closed.is_set():
                        raise Cancelled
                    if cancel.is_set():
                        break
                if cancel.is_set():
                    reason = StopReason.CANCELLED
                    break
                yield Delta(0, word if word == "four" else f"{word} ")
            yield Done(reason, STATS)
        finally:
            self.ended.append(reason)

    def prepare(self, request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        if self.model:
            yield Prompt(7, 4096)

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        return Prompt(len(request.messages), 4096) if self.model else None

    def abilities(self, model: ModelRef) -> Abilities:
        return Abilities(tuple(Effort), Effort.MEDIUM, tools=True, closable_reasoning=True)

    def devices(self) -> Devices:
        return Devices(held=5 if self.model else 0)

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        return Speeds(correction=2.0 if again else 1.0)

    def forget(self, chat: int) -> None:
        self.forgotten.append(chat)

    def unload(self, cancel: threading.Event | None = None) -> None:
        self.model = None

    def loaded(self) -> ModelRef | None:
        return self.model

    def close(self) -> None:
        self.closed.set()


class FakeProcess:
    """What a process has: its engine, and the backend that shares it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.engine = CountingEngine()
        self.backend = SharedEngine(self.engine, folder, kind)

    def ask(self, request: Request | None = None) -> list[Event | Planned]:
        return list(self.backend.stream(request or asking(), threading.Event()))

    def in_background(self, request: Request | None = None) -> Answering:
        return Answering(self.backend, request or asking())


class Answering:
    """An answer on a thread of its own."""

    def __init__(self, backend: SharedEngine, request: Request) -> None:
        self.cancel, self.hurry = threading.Event(), threading.Event()
        self.events: list[Event | Planned] = []
        self.error: FiresideError | None = None
        self._steps = backend.stream(request, self.cancel, self.hurry)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            with closing(self._steps) as steps:
                for event in steps:
                    self.events.append(event)
        except FiresideError as error:
            self.error = error

    @property
    def text(self) -> str:
        return text_of(self.events)

    def end(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


def text_of(events: list[Event | Planned]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def until(is_so: Callable[[], object]) -> None:
    """Wait for something."""
    ending = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ending
        time.sleep(0.002)


def owner_of(process: FakeProcess) -> OwnerRecord:
    """Return who has the engine of a process's data folder."""
    record = read_record(process.backend._lock.path)
    assert record
    return record
