"""An answer of the engine on a thread of its own, so that whoever waits for it is never stuck."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import closing
from typing import TypeVar

from app.base import log
from app.base.answer_events import Event
from app.base.errors import EngineFailed, FiresideError
from app.base.types import Request
from app.engine.backend import Backend, Planned
from app.server.api_error import ApiError
from app.server.declared_calls import answered
from app.server.remembered_turns import RememberedTurns

T = TypeVar("T")

_TICK_S = 0.1
_AHEAD = 256  # events that are drawn before somebody takes them
_FULL_S = 0.02  # between looks at whether somebody has


class ClientGone(ApiError):
    """The client has closed the connection, so nobody will read this."""

    def __init__(self) -> None:
        super().__init__(408, "The client has gone.", code="client_gone")


class RunningAnswer:
    """The events of an answer, and a None for every tenth of a second without any.

    It begins at once, and ends early once ``cancel`` is set. Close it.
    """

    def __init__(
        self, engine: Backend, request: Request, cancel: threading.Event, turns: RememberedTurns
    ) -> None:
        self._engine = engine
        self._turns = turns
        self._request = request
        self._cancel = cancel
        self._events: queue.SimpleQueue[Event | Planned | FiresideError | None]
        self._events = queue.SimpleQueue()  # a Queue takes twice as long
        self._ended = False
        threading.Thread(target=self._run, name="served answer", daemon=True).start()

    def __iter__(self) -> Iterator[Event | Planned | None]:
        return self

    def __next__(self) -> Event | Planned | None:
        if self._ended:
            raise StopIteration
        try:
            event = self._events.get(timeout=_TICK_S)
        except queue.Empty:
            return None
        if event is None:
            self._ended = True
            raise StopIteration
        if isinstance(event, FiresideError):
            self._ended = True
            raise event
        return event

    @property
    def has_more(self) -> bool:
        """Whether the next event, or the end, is there already."""
        return not self._events.empty()

    def close(self) -> None:
        """Stop it, from any thread."""
        self._cancel.set()

    def _run(self) -> None:
        try:
            with closing(self._answered()) as events:
                for event in events:
                    self._events.put(event)
                    while self._events.qsize() >= _AHEAD and not self._cancel.wait(_FULL_S):
                        pass
            self._events.put(None)
        except FiresideError as error:
            self._events.put(error)
        except Exception as fault:  # noqa: BLE001 - whoever waits has to be told
            log.report(fault, "an answer of the local server")
            self._events.put(EngineFailed(type(fault).__name__))

    def _answered(self) -> Generator[Event | Planned, None, None]:
        return answered(self._engine, self._request, self._cancel, self._turns)


def attended(work: Callable[[], T], gone: Callable[[], bool], cancel: threading.Event) -> T:
    """Return what ``work`` returns, on a thread of its own, for as long as the client waits.

    Once it is ``gone``, ``cancel`` is set, which ends the work, and ClientGone is raised.
    """
    found: Future[T] = Future()

    def run() -> None:
        try:
            found.set_result(work())
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            found.set_exception(error)

    threading.Thread(target=run, name="served work", daemon=True).start()
    while True:
        try:
            return found.result(_TICK_S)
        except TimeoutError:
            if found.done():
                raise
            if gone():
                cancel.set()
                raise ClientGone from None
