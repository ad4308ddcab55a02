"""The pipe of one process, for several callers at a time: one of those who wait reads for all.

There is no thread for it, so a payload reaches a caller that is alone without another wake-up, and
nothing is left to be ended. Who reads and gets a payload of its own leaves the reading to another.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from app.base import log as fault_log
from app.base.processes import ChildEnded, ChildProcess
from app.engine.delta_wire import unpack

_POLL_S = 0.02  # how often callers look at whether they were cancelled


class _Inbox:
    """The payloads that have come for one caller."""

    def __init__(self, lock: threading.RLock) -> None:
        self.payloads: deque[Any] = deque()
        self.changed = threading.Condition(lock)
        self.waits = False


class SharedPipe:
    """A pipe to ``child`` for several callers, each with the number of its stream."""

    def __init__(self, child: ChildProcess) -> None:
        self._child = child
        self._lock = threading.RLock()  # a stream may be dropped, and closed, at any moment
        self._inboxes: dict[int, _Inbox] = {}
        self._reader: int | None = None
        self._ended = False

    def open(self, stream: int, command: tuple[Any, ...]) -> None:
        """Send the command that begins a stream, and keep what comes for it."""
        with self._lock:
            busy = bool(self._inboxes)
            self._inboxes[stream] = _Inbox(self._lock)
        self._child.send(command, awaited=busy)

    def send(self, name: str, stream: int) -> None:
        """Send what concerns a stream that is open."""
        self._child.send((name, stream), awaited=True)

    def close(self, stream: int) -> None:
        """Drop what comes for a stream from now on."""
        with self._lock:
            del self._inboxes[stream]
            self._leave_reading(stream)

    @property
    def is_shared(self) -> bool:
        """Whether several streams are open."""
        return len(self._inboxes) > 1

    def receive(self, stream: int) -> tuple[Any] | None:
        """Return the next payload of a stream, or None if none came for a moment.

        Raises ChildEnded if the process is gone, or sends what nobody can understand.
        """
        with self._lock:
            inbox = self._inboxes[stream]
            if not inbox.payloads and not self._ended and self._reader not in (None, stream):
                inbox.waits = True
                inbox.changed.wait(_POLL_S)
                inbox.waits = False
            if inbox.payloads:
                self._leave_reading(stream)
                return (inbox.payloads.popleft(),)
            if self._ended:
                raise ChildEnded
            if self._reader not in (None, stream):
                return None
            self._reader = stream
        return self._read(stream)

    def _read(self, stream: int) -> tuple[Any] | None:
        """Read one message, for whomever it is."""
        try:
            message = self._child.receive(_POLL_S)
            if message is None:
                return None
            number, payload = message
            payload = unpack(payload)
        except Exception as error:
            if not isinstance(error, ChildEnded):
                fault_log.report(error, "the engine's pipe")
            with self._lock:
                self._ended = True
                for inbox in list(self._inboxes.values()):
                    inbox.changed.notify()
            raise ChildEnded from error
        with self._lock:
            if number == stream:
                self._leave_reading(stream)
                return (payload,)
            if number in self._inboxes:  # else it is the rest of an answer that was abandoned
                inbox = self._inboxes[number]
                inbox.payloads.append(payload)
                inbox.changed.notify()
        return None

    def _leave_reading(self, stream: int) -> None:
        """Have another caller read, if any waits and nobody else does."""
        if self._reader == stream:
            self._reader = None
        if self._reader is None:
            for inbox in list(self._inboxes.values()):
                if inbox.waits:
                    inbox.changed.notify()
                    return
