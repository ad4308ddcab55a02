"""A guest's side of a connection: one request to the process that owns the engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from typing import Any

from app.base.answer_events import Delta, Done, Loading, Prefill, Prompt, SlowAnswer, Waiting
from app.base.errors import Cancelled, FiresideError, OwnerOutdated
from app.engine.backend import Planned
from app.engine.shared.door import connect
from app.engine.shared.engine_listener import GREETING, GREETING_S, SHORT, greeting
from app.engine.shared.engine_lock import OwnerRecord
from app.engine.shared.engine_wire import WireError, pack, unpack
from app.engine.shared.frames import DoorClosed, LinkLost

_EVENTS = Waiting, Loading, Planned, Prompt, Prefill, Delta, Done, SlowAnswer
_POLL_S = 0.02
_GRACE_S = 5.0  # for the owner to obey a stop: it gives its own worker a little less


class OwnerCall:
    """A connection to the owner, for one request. Raises DoorClosed, and OwnerOutdated."""

    def __init__(self, owner: OwnerRecord, kind: str, cancel: threading.Event) -> None:
        self._link = connect(owner.address)
        try:
            self._greet(owner, kind, cancel)
        except BaseException:
            self._link.close()
            raise

    def end(self) -> None:
        """End the connection, from any thread."""
        self._link.end()

    def ask(
        self, cancel: threading.Event, hurry: threading.Event | None, *command: object
    ) -> Generator[Any, None, Any]:
        """Send a request; yield its events, and return its result.

        Raises the error that it ended with, and LinkLost if the owner is gone.
        """
        link, asked_to_stop = self._link, None
        try:
            link.send(pack(command))
            while True:
                if cancel.is_set() and asked_to_stop is None:
                    asked_to_stop = time.monotonic()
                    link.send(pack(("cancel",)))
                if hurry and hurry.is_set():
                    link.send(pack(("hurry",)))
                    hurry = None
                message = link.receive(_POLL_S)
                if message is not None:
                    kind, value = _told(message)
                    if kind == "end":
                        return value
                    if kind == "error" and isinstance(value, FiresideError):
                        raise value
                    if kind != "event" or not isinstance(value, _EVENTS):
                        raise LinkLost("no message")
                    yield value
                elif asked_to_stop is not None and time.monotonic() - asked_to_stop > _GRACE_S:
                    raise Cancelled
        finally:
            link.end()
            link.close()

    def _greet(self, owner: OwnerRecord, kind: str, cancel: threading.Event) -> None:
        try:
            self._link.send(greeting(kind))
            told = _told(self._heard(cancel))
        except LinkLost as error:
            raise DoorClosed(str(error)) from error
        ours = unpack(greeting(owner.kind))
        if told[:1] != (GREETING,) or len(told) < len(ours):
            raise DoorClosed("it is not Fireside")
        if told[1:3] != ours[1:3]:
            raise OwnerOutdated(owner.kind, str(told[2]))

    def _heard(self, cancel: threading.Event) -> bytes:
        ending = time.monotonic() + GREETING_S
        while time.monotonic() < ending:
            if message := self._link.receive(_POLL_S, SHORT):
                return message
            if cancel.is_set():
                raise Cancelled
        raise LinkLost("it says nothing")


def _told(message: bytes) -> tuple[Any, ...]:
    try:
        read = unpack(message)
    except WireError as error:
        raise LinkLost(str(error)) from error
    if type(read) is not tuple or len(read) < 2:
        raise LinkLost("no message")
    return read
