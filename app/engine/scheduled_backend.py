"""A backend in whose queue requests wait for their turns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from app.base.answer_events import Event, Loading, Prompt, Waiting
from app.base.errors import EngineFailed, ModelError
from app.base.types import ModelRef, Request
from app.engine.backend import Backend, Planned, Steps
from app.engine.failed_loads import FailedLoads
from app.engine.scheduler import WINDOW, Place, Scheduler

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.formats import Abilities

T = TypeVar("T")


class _Scheduled(Iterator[T | Waiting]):
    """The items of ``work``, once it is the place's turn. Close it unless it is exhausted."""

    def __init__(self, place: Place, work: Callable[[], Steps[T]]) -> None:
        self._place = place
        self._steps = _in_turn(place, work)

    def __next__(self) -> T | Waiting:
        return next(self._steps)

    def close(self) -> None:
        """Stop the work and give the place back, even if nobody has waited for it yet."""
        self._steps.close()
        self._place.give_back()

    def __del__(self) -> None:
        self._place.abandon()


def _in_turn(place: Place, work: Callable[[], Steps[T]]) -> Generator[T | Waiting, None, None]:
    try:
        yield from place.waits()
        with closing(work()) as steps:
            yield from steps
    finally:
        place.give_back()


class ScheduledBackend:
    """A backend whose requests wait for their turns.

    A place in the queue is taken when a method is called, on the calling thread, so the order is
    that of the calls. How many ``engine`` gets at a time follows from the plan of the model that it
    loads. A request that is cancelled while it waits raises Cancelled at once. If a model cannot be
    loaded, all requests that were waiting for it raise the same error.
    """

    def __init__(self, engine: Backend, scheduler: Scheduler | None = None) -> None:
        self._engine = engine
        self._scheduler = scheduler or Scheduler()
        self._failed = FailedLoads()

    @property
    def clients(self) -> frozenset[str]:
        """The clients, other than the window, that are answered now."""
        return self._scheduler.clients

    @property
    def idle_s(self) -> float:
        """For how long there has been no request, in seconds; 0 while there is one."""
        return self._scheduler.idle_s

    def load(self, model: ModelRef, cancel: threading.Event) -> Steps[Waiting | Loading | Planned]:
        """Take a place for loading a model; see `Backend.load`."""
        entered = self._failed.now()
        place = self._scheduler.enter(WINDOW, cancel, loads=True)
        return _Scheduled(
            place, lambda: self._tried(model, entered, lambda: self._engine.load(model, cancel))
        )

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Steps[Event | Planned]:
        """Take a place for an answer; see `Backend.stream`.

        A turn that goes on after a tool call comes before the client's other requests.
        """
        entered = self._failed.now()
        place = self._scheduler.enter(
            request.client,
            cancel,
            request.chat,
            background=request.background,
            first=request.goes_on,
        )

        def work() -> Steps[Event | Planned]:
            return self._engine.stream(request, cancel, answer_now)

        return _Scheduled(place, lambda: self._tried(request.model, entered, work))

    def _tried(
        self, model: ModelRef, entered: int, work: Callable[[], Steps[T]]
    ) -> Generator[T, None, None]:
        """Yield the steps of ``work``, unless loading the model has failed since ``entered``."""
        self._failed.check(model, entered)
        loading = True
        try:
            with closing(work()) as steps:
                for step in steps:
                    if isinstance(step, Planned):
                        self._scheduler.places = step.plan.places
                    loading = loading and isinstance(step, Waiting | Loading | Planned)
                    yield step
        except (ModelError, EngineFailed) as fault:
            if loading:
                self._failed.add(model, fault)
            raise

    def prepare(self, request: Request, cancel: threading.Event) -> Steps[Event]:
        """Take a place in the background for reading ahead; see `Backend.prepare`."""
        place = self._scheduler.enter(request.client, cancel, request.chat, background=True)
        return _Scheduled(place, lambda: self._engine.prepare(request, cancel))

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """Count, without waiting for a turn; see `Backend.count`."""
        self._scheduler.touch()
        return self._engine.count(request, cancel)

    def abilities(self, model: ModelRef) -> Abilities:
        """Return a model's abilities, without waiting; see `Backend.abilities`."""
        return self._engine.abilities(model)

    def devices(self) -> Devices:
        """Return what the engine finds on this computer, without waiting."""
        return self._engine.devices()

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        """Wait until nothing else is to be done, and measure; see `Backend.measure`."""
        with self._scheduler.enter(cancel=cancel, background=True, alone=True):
            return self._engine.measure(cancel, again=again)

    def forget(self, chat: int) -> None:
        """Forget a chat, once nothing more is done for it; see `Backend.forget`."""
        self._scheduler.wait_without(chat)
        self._engine.forget(chat)

    def unload(self, cancel: threading.Event | None = None) -> None:
        """Unload the model once nobody uses it; see `Backend.unload`."""
        self._engine.unload(cancel)

    def loaded(self) -> ModelRef | None:
        """Return the loaded model, without waiting."""
        return self._engine.loaded()

    def close(self) -> None:
        """End all waits, and the engine."""
        self._scheduler.close()
        self._engine.close()
