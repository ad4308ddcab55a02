"""Fair scheduling of the engine: the window first, then clients in turn, then background work.

`Scheduler` keeps the order; `app.engine.scheduled_backend` applies it.

Clients have as many places at the engine as the plan of the loaded model allows. There is one more,
which they never get, so the window's turn begins at once. Background work (reading ahead, titles)
takes a place that is free; it is stopped when its place is needed, or when its own client asks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import TracebackType

from app.base.answer_events import Waiting
from app.base.errors import Cancelled

WINDOW = ""
"""The client that comes before all others."""
_POLL_S = 0.02  # how often a wait checks for cancellation


class Place:
    """A place in the queue, and then at the engine.

    As a context manager, it waits on entry and gives the place back on exit.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        client: str,
        cancel: threading.Event,
        chat: int | None,
        *,
        background: bool,
        alone: bool,
        loads: bool,
    ) -> None:
        self.client = client
        self.cancel = cancel
        self.chat = chat
        self.background = background
        self.alone = alone
        self.loads = loads
        self.number = 0
        """Which it is in the queue, from 1 on; 0 outside."""
        self._scheduler = scheduler
        self._left = False

    def waits(self) -> Generator[Waiting, None, None]:
        """Wait for this place's turn; yield its number in the queue whenever that changes.

        Raises Cancelled, and gives the place back, once its ``cancel`` is set or the scheduler is
        closed. Background work waits in silence, and so does all while a model is loaded.
        """
        return self._scheduler._waits(self)

    def give_back(self) -> None:
        """Leave the queue or the engine. Calling it again does nothing."""
        self._scheduler._leave(self)
        self._left = True

    def abandon(self) -> None:
        """Leave from a destructor, which runs at any moment: also within the scheduler."""
        if not self._left:
            self._scheduler._abandon(self)

    def __enter__(self) -> Place:
        deque(self.waits(), maxlen=0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.give_back()


class Scheduler:
    """A queue that admits requests of ``places`` clients at a time, and one more of the window.

    Thread-safe.
    """

    def __init__(self, places: int = 1) -> None:
        self._places = places
        self._changed = threading.Condition(threading.Lock())  # not to be entered twice
        self._active: list[Place] = []
        self._lines: dict[str, deque[Place]] = {}
        """The waiting places by client. The clients are in the order of their next turns."""
        self._background: deque[Place] = deque()
        self._abandoned: deque[Place] = deque()
        self._closed = False
        self._used = time.monotonic()

    @property
    def places(self) -> int:
        """How many requests of clients are at the engine at a time."""
        return self._places

    @places.setter
    def places(self, places: int) -> None:
        with self._changed:
            self._places = places
            self._admit()

    def enter(
        self,
        client: str = WINDOW,
        cancel: threading.Event | None = None,
        chat: int | None = None,
        *,
        background: bool = False,
        first: bool = False,
        alone: bool = False,
        loads: bool = False,
    ) -> Place:
        """Take a place in the queue, without waiting for the engine.

        ``cancel`` ends the wait; that of ``background`` work is also set by the scheduler, when its
        place is needed or its client asks; it begins after an answer in its ``chat``. ``first``:
        before all others of this client, for a turn that continues. ``alone``: beside the request,
        nothing else is done; ``loads``: nothing else is begun, since it loads a model.
        """
        event = cancel or threading.Event()
        place = Place(self, client, event, chat, background=background, alone=alone, loads=loads)
        with self._changed:
            if self._closed:
                return place
            if background:
                self._background.append(place)
            else:
                for other in (*self._background, *self._active):
                    if other.background and other.client == client:
                        other.cancel.set()
                line = self._lines.setdefault(client, deque())
                line.appendleft(place) if first else line.append(place)
            self._admit()
        return place

    def close(self) -> None:
        """End all waits. A request at the engine stays there until it gives its place back."""
        with self._changed:
            self._closed = True
            for place in self._queue():
                place.number = 0
            self._lines.clear()
            self._background.clear()
            self._changed.notify_all()

    def wait_without(self, chat: int) -> None:
        """Wait until there is no request of a chat. Raises Cancelled if the scheduler is closed."""
        with self._settled():
            while any(place.chat == chat for place in (*self._active, *self._queue())):
                if self._closed:
                    raise Cancelled
                self._changed.wait(_POLL_S)
                self._settle()  # nobody is woken if a place was abandoned while this was locked

    def touch(self) -> None:
        """Record that there was a request that needs no place."""
        self._used = time.monotonic()

    @property
    def waiting(self) -> int:
        """The number of places that wait."""
        with self._settled():
            return len(self._queue())

    @property
    def clients(self) -> frozenset[str]:
        """The clients, other than the window, whose requests are at the engine."""
        with self._settled():
            return frozenset(place.client for place in self._active) - {WINDOW}

    @property
    def idle_s(self) -> float:
        """For how long there has been no request, in seconds; 0 while there is one."""
        with self._settled():
            busy = self._active or self._lines or self._background
            return 0.0 if busy else time.monotonic() - self._used

    def _waits(self, place: Place) -> Generator[Waiting, None, None]:
        told = 0
        while True:
            with self._changed:
                self._settle()
                if place in self._active:
                    return
                if place.cancel.is_set() or not place.number:
                    self._remove(place)
                    raise Cancelled
                number = place.number
                loading = any(other.loads for other in self._active)
                if number == told or place.background or loading:
                    self._changed.wait(_POLL_S)
                    continue
            yield Waiting(number)
            told = number

    def _leave(self, place: Place) -> None:
        with self._changed:
            self._remove(place)

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """Hold the lock, without abandoned places."""
        with self._changed:
            self._settle()
            yield

    def _settle(self) -> None:
        """Remove the places that were abandoned while somebody was at work here."""
        if self._abandoned:
            self._admit()

    def _abandon(self, place: Place) -> None:
        """Remove a place now, or, if somebody is at work here, soon."""
        self._abandoned.append(place)
        if self._changed.acquire(blocking=False):
            try:
                self._admit()
            finally:
                self._changed.release()

    def _remove(self, place: Place) -> None:
        self._drop(place)
        self._admit()

    def _drop(self, place: Place) -> None:
        if place in self._active:
            self._active.remove(place)
            self._used = time.monotonic()
        self._take_out(place)

    def _take_out(self, place: Place) -> bool:
        """Take a place out of the queue; return whether it was there."""
        place.number = 0
        line = self._background if place.background else self._lines.get(place.client, deque())
        there = place in line
        if there:
            line.remove(place)
        if not line and not place.background:
            self._lines.pop(place.client, None)
        return there

    def _queue(self) -> list[Place]:
        """Return all that wait, in the order of their turns."""
        lines = deque(deque(line) for client, line in self._lines.items() if client != WINDOW)
        places = list(self._lines.get(WINDOW, ()))
        while lines:
            places.append(lines[0].popleft())
            lines.rotate(-1)
            if not lines[-1]:
                lines.pop()
        return [*places, *self._background]

    def _admit(self) -> None:
        """Admit all whose turn it is, and number the others."""
        while self._abandoned:
            self._drop(self._abandoned.popleft())
        waiting = [place for place in self._queue() if not place.cancel.is_set()]
        for place in [] if self._closed else waiting:
            if self._fits(place, self._active):
                self._take_out(place)
                if line := self._lines.pop(place.client, None):
                    self._lines[place.client] = line  # its others come after all other clients
                self._active.append(place)
        waiting = [place for place in waiting if place not in self._active]
        for number, place in enumerate(waiting, 1):
            place.number = number
        self._make_room(waiting)
        self._changed.notify_all()

    def _fits(self, place: Place, active: list[Place]) -> bool:
        """Return whether a request can be at the engine beside the ``active`` ones."""
        if place.alone or any(other.alone or other.loads for other in active):
            return not active
        clients = sum(other.client != WINDOW and not other.background for other in active)
        if len(active) > self._places:
            return False
        if place.background:
            return place.chat is None or all(
                other.background or other.chat != place.chat for other in active
            )
        return place.client == WINDOW or clients < self._places

    def _make_room(self, waiting: list[Place]) -> None:
        """Stop background work whose places are needed, the latest first."""
        active = [place for place in self._active if not place.background]
        before = len(active)
        for place in waiting:
            if not place.background and self._fits(place, active):
                active.append(place)
        if len(active) == before:
            return
        stays = self._places + 1 - len(active)
        for place in self._active:
            if place.background:
                stays -= 1
                if stays < 0 or place.alone:
                    place.cancel.set()
