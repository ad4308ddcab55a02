"""The owner's side of the connections: each guest's request has one, and two threads.

One reads: the request, then that it is to stop or to hurry; when the connection is lost, the
request is cancelled. The other does what is asked, and sends what comes of it. Nothing that a guest
sends or does not send reaches beyond its own connection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

from app import __version__
from app.base import log
from app.base.errors import EngineFailed, FiresideError
from app.base.types import ModelRef, Request
from app.engine.backend import Planned
from app.engine.shared.engine_owner import EngineOwner, OwnerLeaves
from app.engine.shared.engine_wire import WireError, pack, unpack
from app.engine.shared.frames import Door, FrameLink, LinkLost

PROTOCOL = 1
"""The number of what is said here; the greeting stays as it is in all versions."""
GREETING = "fireside engine"
SHORT = 1024  # bytes of a greeting, and of what is said during a request
GREETING_S = 5.0
_MOST = 64  # connections at a time
_ENDING_S = 5.0

_WITH_STEPS: dict[str, tuple[type, ...]] = {
    "load": (ModelRef,),
    "stream": (Request,),
    "prepare": (Request,),
}
_COMMANDS: dict[str, tuple[type, ...]] = {
    **_WITH_STEPS,
    "count": (Request,),
    "loaded": (),
    "devices": (),
    "measure": (bool,),
    "forget": (int,),
    "unload": (),
}


def greeting(kind: str) -> bytes:
    """Return what each side says first."""
    return pack((GREETING, PROTOCOL, __version__, kind))


class EngineListener:
    """The threads that answer guests."""

    def __init__(self, door: Door, owner: EngineOwner) -> None:
        self._door = door
        self._owner = owner
        self._lock = threading.Lock()
        self._sessions: set[GuestSession] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._accept, name="engine door", daemon=True)
        self._thread.start()

    @property
    def count(self) -> int:
        """The number of connections."""
        with self._lock:
            return len(self._sessions)

    def close(self) -> None:
        """End all connections, and let nobody in any more."""
        self._door.close()
        with self._lock:
            self._closed = True
            for session in self._sessions:
                session.end()

    def join(self) -> None:
        """Wait for the threads, once what they wait for has ended."""
        self._thread.join(_ENDING_S)
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.thread.join(_ENDING_S)

    def _accept(self) -> None:
        while link := self._door.accept():
            session = GuestSession(link, self._owner, self._over)
            with self._lock:
                if self._closed or len(self._sessions) >= _MOST:
                    link.close()
                    continue
                self._sessions.add(session)
            try:
                session.thread.start()
            except RuntimeError:  # there are too many threads
                self._over(session)
                link.close()

    def _over(self, session: GuestSession) -> None:
        with self._lock:
            self._sessions.discard(session)


class GuestSession:
    """One connection, and the request that it is for."""

    def __init__(
        self, link: FrameLink, owner: EngineOwner, over: Callable[[GuestSession], None]
    ) -> None:
        self._link = link
        self._owner = owner
        self._over = over
        self._cancel = threading.Event()
        self._hurry = threading.Event()
        self.thread = threading.Thread(target=self._run, name="engine guest", daemon=True)

    def end(self) -> None:
        """End the connection, from any thread."""
        self._cancel.set()
        self._link.end()

    def _run(self) -> None:
        try:
            with closing(self._link):
                self._serve()
        except LinkLost as lost:
            log.note_kind(f"engine: a guest was left: {lost}")
        finally:
            self._over(self)

    def _serve(self) -> None:
        """Do what one request asks. Raises LinkLost."""
        if not self._greeted():
            return
        name, arguments = self._command(self._link.receive(GREETING_S))
        working = threading.Thread(
            target=self._work, args=(name, arguments), name=f"engine {name}", daemon=True
        )
        working.start()
        try:
            self._obey()
        finally:
            self._cancel.set()
            working.join()

    def _greeted(self) -> bool:
        """Exchange greetings; return whether the guest is of the same version."""
        told = _content(self._link.receive(GREETING_S, SHORT))
        self._link.send(greeting(self._owner.kind))
        return told[:3] == (GREETING, PROTOCOL, __version__)

    def _command(self, message: bytes | None) -> tuple[str, tuple[Any, ...]]:
        name, *arguments = _content(message)
        expected = _COMMANDS.get(name) if type(name) is str else None
        if expected is None or tuple(map(type, arguments)) != expected:
            raise LinkLost("it asks for nothing that is known here")
        return name, tuple(arguments)

    def _obey(self) -> None:
        """Pass on what the guest says meanwhile, until it leaves or the work is done."""
        while True:
            try:
                said = _content(self._link.receive(limit=SHORT))
            except LinkLost:
                return
            if said == ("cancel",):
                self._cancel.set()
            elif said == ("hurry",):
                self._hurry.set()
            else:
                return

    def _work(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Do the work, and send what comes of it; an error is a result, too."""
        try:
            try:
                self._tell("end", self._result(name, arguments))
            except FiresideError as error:
                self._tell("error", error)
            except (LinkLost, OwnerLeaves):
                raise
            except Exception as fault:  # noqa: BLE001 - of any type; the guest is told
                log.report(fault, "a guest of the engine")
                self._tell("error", EngineFailed(type(fault).__name__))
        except (LinkLost, OwnerLeaves):
            pass  # whoever asked is gone, or asks the next owner
        finally:
            self._link.end()

    def _result(self, name: str, arguments: tuple[Any, ...]) -> object:
        if name not in _WITH_STEPS:
            return self._owner.result(name, arguments, self._cancel)
        if name == "load" and (plan := self._owner.plan):
            self._tell("event", Planned(plan))  # the guest has not seen it
        steps = self._owner.begin(name, arguments[0], self._cancel, self._hurry, guest=True)
        with closing(steps) as events:
            for event in events:
                self._tell("event", event)
        return None

    def _tell(self, kind: str, value: object) -> None:
        self._link.send(pack((kind, value)))


def _content(message: bytes | None) -> tuple[Any, ...]:
    """Return the parts of a message. Raises LinkLost if it is none."""
    if message is None:
        raise LinkLost("it says nothing")
    try:
        read = unpack(message)
    except WireError as error:
        raise LinkLost(str(error)) from error
    if type(read) is not tuple or not read:
        raise LinkLost("no message")
    return read
