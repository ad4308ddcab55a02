"""The requests that are answered now: how many there may be, and what each of them is doing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import count

from app.base.answer_events import Delta, Done, Event, Loading, Prefill, Prompt, Waiting
from app.engine.backend import Planned
from app.network.connection_log import LEFT
from app.server.api_error import ApiError
from app.server.asker import Asker
from app.server.engine_errors import too_many
from app.server.piece_maker import usage
from app.server.pieces import Usage
from app.server.request_log import RequestLog
from app.serving import ServedRequest, ServedState, ServingChanged

_MOST_WAITING = 8
_MOST = 24  # in all; each has a thread of the server's
_CHARACTERS = 5  # of a token, at most, on average


class LiveRequest:
    """A request that is answered, or waits for that. ``cancel`` ends it."""

    def __init__(self, number: int, asker: Asker) -> None:
        self.number = number
        self.asker = asker
        self.cancel = threading.Event()
        self.usage: Usage | None = None
        """Known once it was answered."""
        self.fault = ""
        """Why it was not answered, for the log."""
        self.queued = False
        self.context = 0
        """The length of the model's context, once it is known."""
        self._came = time.monotonic()
        self._state, self._place = ServedState.WAITING, 0
        self._prompt = self._deltas = self._characters = 0
        self._speed = 0.0
        self._first: float | None = None

    def note(self, event: Event | Planned) -> None:
        """Note what is done."""
        self._place = event.place if isinstance(event, Waiting) else 0
        match event:
            case Delta(_, text):
                self._state = ServedState.ANSWERING
                self._first = self._first or time.monotonic()
                self._deltas += 1
                self._characters += len(text)
            case Waiting():
                self._state = ServedState.WAITING
            case Loading() | Planned():
                self._state = ServedState.LOADING
            case Prompt(tokens, context):
                self._state, self._prompt, self.context = ServedState.READING, tokens, context
            case Prefill():
                self._state = ServedState.READING
            case Done(_, stats):
                self.usage, self._speed = usage(stats), stats.tokens_per_second

    @property
    def now(self) -> ServedRequest:
        """What it is doing now. Until it has ended, its tokens are estimated."""
        seconds = time.monotonic() - self._came
        generated, speed = self._estimate, self._speed
        if self.usage:
            generated = self.usage.generated
        elif self._first and (spent := time.monotonic() - self._first) > 0:
            speed = generated / spent
        return ServedRequest(
            self.number,
            self.asker.client,
            self.asker.path,
            self._state,
            place=self._place,
            seconds=seconds,
            prompt_tokens=self.usage.prompt if self.usage else self._prompt,
            generated=generated,
            tokens_per_second=speed,
        )

    @property
    def _estimate(self) -> int:
        """How many tokens there are: deltas have one, or some if tokens come fast."""
        return max(self._deltas, self._characters // _CHARACTERS)


class Admission:
    """The requests that are answered now. Thread-safe."""

    def __init__(self, log: RequestLog, changed: Callable[[ServingChanged], None]) -> None:
        self._log = log
        self._changed = changed
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._live: dict[int, LiveRequest] = {}
        self._closed = False
        self._served = 0
        self._contexts: dict[str, int] = {}

    @property
    def loading(self) -> bool:
        """Whether a request waits for its model to be loaded."""
        return any(each.state is ServedState.LOADING for each in self.requests())

    def context(self, model: str) -> int:
        """Return the length of a model's context for the last request; 0 if there was none."""
        return self._contexts.get(model, 0)

    @property
    def served(self) -> int:
        """How many requests were answered."""
        return self._served

    def enter(self, asker: Asker) -> LiveRequest:
        """Take in a request. Raises ApiError if there are too many, or no more are answered."""
        with self._lock:
            if self._closed:
                raise ApiError(503, "The server is being switched off.", code="server_off")
            if len(self._live) >= _MOST:
                raise too_many()
            number = next(self._numbers)
            live = self._live[number] = LiveRequest(number, asker)
        self._changed(ServingChanged())
        return live

    def queue(self, live: LiveRequest) -> None:
        """Note that a request has to wait. Raises ApiError if too many do already."""
        with self._lock:
            if sum(other.queued for other in self._live.values()) >= _MOST_WAITING:
                raise too_many()
            live.queued = True

    def begin(self, live: LiveRequest) -> None:
        """Note that a request does not wait any more."""
        live.queued = False

    def leave(self, live: LiveRequest) -> None:
        """Let a request go, which has ended. Doing so again does nothing."""
        with self._lock:
            if self._live.pop(live.number, None) is None:
                return
            self._served += live.usage is not None
            if live.context:
                self._contexts[live.asker.model] = live.context
        self._log.add(live.asker, live.usage or live.fault or LEFT)
        self._changed(ServingChanged(live.now))

    def requests(self) -> tuple[ServedRequest, ...]:
        """Return the requests, the oldest first."""
        with self._lock:
            live = [*self._live.values()]
        return tuple(each.now for each in live)

    def stop(self, number: int) -> None:
        """Stop a request; nothing happens if it has ended."""
        with self._lock:
            live = self._live.get(number)
        if live:
            live.cancel.set()

    def close(self) -> None:
        """Stop all requests, and take no more in."""
        with self._lock:
            self._closed = True
            live = [*self._live.values()]
        for each in live:
            each.cancel.set()
