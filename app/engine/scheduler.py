"""Fair scheduling of the engine: the window first, then clients in turn, then background work.

`Scheduler` keeps the order; `ScheduledBackend` applies it to a backend that does one thing at a
time. A place in the queue is taken when a method is called, on the calling thread, so the order is
that of the calls. Background work (reading ahead, titles) begins only if nobody waits, and is
stopped as soon as somebody does.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from app.base.errors import Cancelled, EngineFailed, FiresideError, ModelError
from app.base.types import Event, Loading, ModelRef, Prompt, Request
from app.engine.backend import Backend, Planned, Steps

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.formats import Abilities

WINDOW = ""
"""The client that comes before all others."""
_POLL_S = 0.02  # how often a wait checks for cancellation

T = TypeVar("T")


class Place:
    """A place in the queue, and then at the engine.

    As a context manager, it waits on entry and gives the place back on exit.
    """

    def __init__(
        self, scheduler: Scheduler, client: str, cancel: threading.Event, *, background: bool
    ) -> None:
        self.client = client
        self.cancel = cancel
        self.background = background
        self._scheduler = scheduler

    def wait(self) -> None:
        """Wait for this place's turn.

        Raises Cancelled, and gives the place back, once its ``cancel`` is set or the scheduler is
        closed.
        """
        self._scheduler._wait(self)

    def give_back(self) -> None:
        """Leave the queue or the engine. Calling it again does nothing."""
        self._scheduler._leave(self)

    def take_again(self) -> None:
        """Queue again, before all others of this client, and wait as `wait` does."""
        self._scheduler._enter(self, first=True)
        self.wait()

    def __enter__(self) -> Place:
        self.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.give_back()


class Scheduler:
    """A queue that admits as many requests at a time as the engine has ``places``. Thread-safe."""

    def __init__(self, places: int = 1) -> None:
        self._places = places
        self._changed = threading.Condition()
        self._active: set[Place] = set()
        self._lines: dict[str, deque[Place]] = {}
        """The waiting places by client. The clients are in the order of their next turns."""
        self._background: deque[Place] = deque()
        self._closed = False

    def enter(
        self,
        client: str = WINDOW,
        cancel: threading.Event | None = None,
        *,
        background: bool = False,
        first: bool = False,
    ) -> Place:
        """Take a place in the queue, without waiting for the engine.

        ``cancel`` ends the wait; that of ``background`` work is also set by the scheduler when
        another request enters. ``first``: before all others of this client, for a turn that
        continues.
        """
        place = Place(self, client, cancel or threading.Event(), background=background)
        self._enter(place, first=first)
        return place

    def close(self) -> None:
        """End all waits. A request at the engine stays there until it gives its place back."""
        with self._changed:
            self._closed = True
            self._lines.clear()
            self._background.clear()
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """The number of places that wait."""
        with self._changed:
            return sum(map(len, self._lines.values())) + len(self._background)

    def _enter(self, place: Place, *, first: bool) -> None:
        with self._changed:
            if self._closed or place in self._active or self._waits(place):
                return
            if place.background:
                self._background.append(place)
            else:
                for other in (*self._background, *self._active):
                    if other.background:
                        other.cancel.set()
                line = self._lines.setdefault(place.client, deque())
                line.appendleft(place) if first else line.append(place)
            self._admit()

    def _wait(self, place: Place) -> None:
        with self._changed:
            while place not in self._active:
                if place.cancel.is_set() or not self._waits(place):
                    self._remove(place)
                    raise Cancelled
                self._changed.wait(_POLL_S)

    def _leave(self, place: Place) -> None:
        with self._changed:
            self._remove(place)

    def _remove(self, place: Place) -> None:
        self._active.discard(place)
        with suppress(ValueError):
            self._background.remove(place)
        if line := self._lines.get(place.client):
            with suppress(ValueError):
                line.remove(place)
            if not line:
                del self._lines[place.client]
        self._admit()

    def _waits(self, place: Place) -> bool:
        return place in self._background or place in self._lines.get(place.client, ())

    def _admit(self) -> None:
        while not self._closed and len(self._active) < self._places:
            place = self._next()
            if place is None:
                break
            self._active.add(place)
        self._changed.notify_all()

    def _next(self) -> Place | None:
        """Take the next place out of the queue, skipping cancelled ones."""
        while self._lines:
            client = WINDOW if WINDOW in self._lines else next(iter(self._lines))
            line = self._lines.pop(client)
            place = line.popleft()
            if line:  # the client's other places come after all waiting clients
                self._lines[client] = line
            if not place.cancel.is_set():
                return place
        while self._background:
            place = self._background.popleft()
            if not place.cancel.is_set():
                return place
        return None


class _Scheduled(Iterator[T]):
    """The items of ``work``, once it is the place's turn. Close it unless it is exhausted."""

    def __init__(self, place: Place, work: Callable[[], Steps[T]]) -> None:
        self._place = place
        self._steps = _in_turn(place, work)

    def __next__(self) -> T:
        return next(self._steps)

    def close(self) -> None:
        """Stop the work and give the place back, even if nobody has waited for it yet."""
        self._steps.close()
        self._place.give_back()

    def __del__(self) -> None:
        self._place.give_back()


def _in_turn(place: Place, work: Callable[[], Steps[T]]) -> Generator[T, None, None]:
    with place, closing(work()) as steps:
        yield from steps


class ScheduledBackend:
    """A backend whose requests wait for their turns, so that ``engine`` gets one at a time.

    A request that is cancelled while it waits raises Cancelled at once. If a model cannot be
    loaded, all requests that were waiting for it raise the same error: another attempt would
    probably fail, too, after having filled the memory once more.
    """

    def __init__(self, engine: Backend, scheduler: Scheduler | None = None) -> None:
        self._engine = engine
        self._scheduler = scheduler or Scheduler()
        self._clock = itertools.count()  # of the entries and failures
        self._failures: dict[ModelRef, tuple[int, FiresideError]] = {}

    def load(self, model: ModelRef, cancel: threading.Event) -> _Scheduled[Loading | Planned]:
        """Take a place for loading a model; see `Backend.load`."""
        entered = next(self._clock)
        place = self._scheduler.enter(WINDOW, cancel)
        return _Scheduled(
            place, lambda: self._tried(model, entered, lambda: self._engine.load(model, cancel))
        )

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> _Scheduled[Event | Planned]:
        """Take a place for an answer; see `Backend.stream`.

        A turn that goes on after a tool call comes before the client's other requests.
        """
        entered = next(self._clock)
        place = self._scheduler.enter(
            request.client,
            cancel,
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
        failed, error = self._failures.get(model, (-1, None))
        if error and failed > entered:
            raise error
        loading = True
        try:
            with closing(work()) as steps:
                for step in steps:
                    loading = loading and isinstance(step, Loading | Planned)
                    yield step
        except (ModelError, EngineFailed) as fault:
            if loading:
                self._failures[model] = next(self._clock), fault
            raise

    def prepare(self, request: Request, cancel: threading.Event) -> _Scheduled[Event]:
        """Take a place in the background for reading ahead; see `Backend.prepare`."""
        place = self._scheduler.enter(request.client, cancel, background=True)
        return _Scheduled(place, lambda: self._engine.prepare(request, cancel))

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """Wait for a turn, and count; see `Backend.count`."""
        with self._scheduler.enter(request.client, cancel, background=request.background):
            return self._engine.count(request, cancel)

    def abilities(self, model: ModelRef) -> Abilities:
        """Return a model's abilities, without waiting; see `Backend.abilities`."""
        return self._engine.abilities(model)

    def devices(self) -> Devices:
        """Return what the engine finds on this computer, without waiting."""
        return self._engine.devices()

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        """Wait until nothing else is to be done, and measure; see `Backend.measure`."""
        with self._scheduler.enter(cancel=cancel, background=True):
            return self._engine.measure(cancel, again=again)

    def forget(self, chat: int) -> None:
        """Wait for a turn, and forget a chat; see `Backend.forget`."""
        with self._scheduler.enter():
            self._engine.forget(chat)

    def close(self) -> None:
        """End all waits, and the engine."""
        self._scheduler.close()
        self._engine.close()
