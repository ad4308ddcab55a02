"""The backend of a process that shares its engine with the others of its data folder.

Who first needs a model takes the lock and becomes the owner of the engine: the others are guests,
and stream over it. When the owner ends, one of the guests becomes the owner, and its answer goes on
where it was. Where nothing can be locked or listened to, each process has an engine of its own.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base import log
from app.base.answer_events import Delta, Done, Event, Loading, Prompt, Waiting
from app.base.errors import Cancelled, EngineDied, EngineError, OwnerError, OwnerSilent
from app.base.types import ModelRef, Request
from app.engine.backend import Backend, Planned, Steps
from app.engine.resumable_answer import ResumableAnswer
from app.engine.shared.door import open_door, remove_left
from app.engine.shared.engine_guest import OwnerCall
from app.engine.shared.engine_listener import EngineListener
from app.engine.shared.engine_lock import EngineLock, read_record
from app.engine.shared.engine_owner import WINDOW_KIND, EngineOwner, OwnerLeaves
from app.engine.shared.frames import DoorClosed, LinkLost

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.formats import Abilities

_POLL_S = 0.05
_PATIENCE_S = 20.0
"""Seconds without an owner that answers: one that ends saves its chats before."""
_GLANCE_S = 1.0  # of patience, where nothing is lost
_MOST_LOSSES = 5  # of owners in a row, without anything from any of them


class SharedEngine:
    """A backend around ``own``, the engine of this process, which it may never need.

    ``folder``: the data folder. ``kind``: what this process is, "window" or the name of a command;
    a command's requests are those of a client of this name and process.
    """

    def __init__(self, own: Backend, folder: Path, kind: str = WINDOW_KIND) -> None:
        self._own = own
        self._folder = folder
        self._kind = kind
        self._client = "" if kind == WINDOW_KIND else f"{kind} {os.getpid()}"
        self._lock = EngineLock(folder)
        self._changing = threading.Lock()  # for all that follows
        self._here = EngineOwner(own, kind)
        self._owns = False
        """Whether this process has the engine, for all or at least for itself."""
        self._listener: EngineListener | None = None
        self._calls: set[OwnerCall] = set()
        self._closed = False

    # --- What needs a model: this process may become the owner --------------------------------

    def load(self, model: ModelRef, cancel: threading.Event) -> Steps[Waiting | Loading | Planned]:
        """See `Backend.load`. Raises ModelInUse if the owner has loaded another."""
        with self._changing:
            if self._owns:
                return self._here.load(model, cancel)
        return self._going_on("load", model, cancel)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Steps[Event | Planned]:
        """See `Backend.stream`. Raises ModelInUse if the owner has loaded another model.

        A guest's request is queued at the first step.
        """
        request = self._named(request)
        with self._changing:
            if self._owns:
                return self._here.stream(request, cancel, answer_now)
        return self._answer(request, cancel, answer_now)

    def _answer(
        self, request: Request, cancel: threading.Event, answer_now: threading.Event | None
    ) -> Generator[Event | Planned, None, None]:
        """Answer, by one owner after the other if one ends meanwhile."""
        answer, done, losses = ResumableAnswer(request), False, 0
        while True:
            work = self._work("stream", answer.request, cancel, answer_now)
            try:
                with closing(work) as events:
                    for event in events:
                        losses = 0
                        if isinstance(event, Delta):
                            answer.add(event)
                        done = done or isinstance(event, Done)
                        yield event
                return
            except (LinkLost, OwnerLeaves):
                losses += 1
                if done:
                    return
                self._may_go_on(cancel, losses)
                if not answer.can_go_on:
                    raise EngineDied(None, "") from None

    def _going_on(
        self, name: str, argument: object, cancel: threading.Event
    ) -> Generator[Any, None, Any]:
        """Have something done, by one owner after the other if one ends meanwhile."""
        losses = 0
        while True:
            try:
                return (yield from self._work(name, argument, cancel))
            except (LinkLost, OwnerLeaves):
                losses += 1
                self._may_go_on(cancel, losses)

    def _may_go_on(self, cancel: threading.Event, losses: int) -> None:
        """Raise an error unless another owner should be asked."""
        if self._closed or cancel.is_set():
            raise Cancelled from None
        if losses > _MOST_LOSSES:
            raise OwnerSilent(self._holder()) from None

    def _work(
        self,
        name: str,
        argument: object,
        cancel: threading.Event,
        hurry: threading.Event | None = None,
    ) -> Generator[Any, None, Any]:
        reached = self._reach(cancel, keep=True)
        if isinstance(reached, OwnerCall):
            return (yield from self._ask(reached, cancel, hurry, name, argument))
        yield from reached.begin(name, argument, cancel, hurry)
        return None

    # --- What needs none: whoever is the owner stays it ---------------------------------------

    def prepare(self, request: Request, cancel: threading.Event) -> Steps[Event]:
        """See `Backend.prepare`. Yields nothing more if the owner ends."""
        request = self._named(request)
        with self._changing:
            if self._owns:
                return self._here.prepare(request, cancel)
        return self._prepared(request, cancel)

    def _prepared(self, request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        reached = self._reach(cancel)
        if not isinstance(reached, OwnerCall):
            yield from reached.prepare(request, cancel)
            return
        try:
            yield from self._ask(reached, cancel, None, "prepare", request)
        except LinkLost:
            return

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """See `Backend.count`."""
        found: Prompt | None = self._result(cancel, "count", self._named(request))
        return found

    def abilities(self, model: ModelRef) -> Abilities:
        """See `Backend.abilities`."""
        return self._own.abilities(model)

    def devices(self) -> Devices:
        """See `Backend.devices`: the owner knows what its model takes of them."""
        found: Devices = self._result(threading.Event(), "devices")
        return found

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        """See `Backend.measure`."""
        found: Speeds = self._result(cancel, "measure", again)
        return found

    def forget(self, chat: int) -> None:
        """See `Backend.forget`: it is the owner that has what is to be forgotten."""
        try:
            self._result(threading.Event(), "forget", chat)
        except OwnerError:
            self._own.forget(chat)  # what lies on the disk
            raise

    def loaded(self) -> ModelRef | None:
        """Return the model that the owner has loaded, or loads; None if that is not known."""
        try:
            found: ModelRef | None = self._result(
                threading.Event(), "loaded", patience=_GLANCE_S, losses=_MOST_LOSSES
            )
        except EngineError:
            return None
        return found

    def unload(self, cancel: threading.Event | None = None) -> None:
        """See `Backend.unload`. The next process that needs a model is then the owner."""
        self._result(cancel or threading.Event(), "unload")
        self.leave()

    def leave(self) -> None:
        """Let another process have the engine, if no model is loaded here or about to be."""
        with self._changing:
            if not (self._owns and self._here.leave()):
                return
            listener, self._listener = self._listener, None
            self._owns, self._here = False, EngineOwner(self._own, self._kind)
            if listener:
                listener.close()
            self._lock.give_back()
        if listener:
            listener.join()

    def close(self) -> None:
        """See `Backend.close`. Guests go on without this process, which does not wait for them."""
        with self._changing:
            self._closed = True
            listener, self._listener = self._listener, None
            calls = list(self._calls)
        for call in calls:
            call.end()
        if listener:
            listener.close()
        self._own.close()
        if listener:
            listener.join()
        self._lock.give_back()  # now that the memory is free

    # --- The way to the owner ------------------------------------------------------------------

    def _named(self, request: Request) -> Request:
        return replace(request, client=request.client or self._client)

    def _result(
        self,
        cancel: threading.Event,
        name: str,
        *arguments: Any,
        patience: float | None = None,
        losses: int = 0,
    ) -> Any:
        """Return what the owner answers, or this process's own engine if there is none."""
        while True:
            reached = self._reach(cancel, patience=patience)
            if not isinstance(reached, OwnerCall):
                return reached.result(name, arguments, cancel)
            steps = self._ask(reached, cancel, None, name, *arguments)
            try:
                while True:
                    next(steps)
            except StopIteration as end:
                return end.value
            except LinkLost:
                losses += 1
                self._may_go_on(cancel, losses)

    def _ask(
        self,
        call: OwnerCall,
        cancel: threading.Event,
        hurry: threading.Event | None,
        *command: object,
    ) -> Generator[Any, None, Any]:
        with self._changing:
            self._calls.add(call)
            if self._closed:
                call.end()
        try:
            return (yield from call.ask(cancel, hurry, *command))
        finally:
            with self._changing:
                self._calls.discard(call)

    def _reach(
        self, cancel: threading.Event, *, keep: bool = False, patience: float | None = None
    ) -> EngineOwner | OwnerCall:
        """Return the owner: this process, or a connection to another.

        If there is none, it is this process, for more than this once if it is to ``keep`` that.
        Raises Cancelled, OwnerSilent and OwnerOutdated.
        """
        ending = time.monotonic() + (patience or _PATIENCE_S)
        while True:
            if cancel.is_set():
                raise Cancelled
            with self._changing:
                if self._closed:
                    raise Cancelled
                if self._owns or self._is_free(keep=keep):
                    return self._here
            owner = read_record(self._lock.path)
            if owner and owner.address:
                try:
                    return OwnerCall(owner, self._kind, cancel)
                except DoorClosed as error:
                    log.note_kind(f"engine: process {owner.pid}: {error}")
            if owner and not (owner.address and owner.is_here):
                return self._alone(f"that of process {owner.pid} on {owner.host}")
            if time.monotonic() > ending:
                raise OwnerSilent(self._holder())
            cancel.wait(_POLL_S)

    def _is_free(self, *, keep: bool) -> bool:
        """Return whether no other process has the engine, or none can be shared here."""
        if not keep and not self._lock.path.exists():
            return True
        try:
            if not self._lock.take():
                return False
        except OSError as error:
            log.note_kind(f"engine: it cannot be shared: {error.strerror}")
            self._owns = keep
            return True
        if left := read_record(self._lock.path):
            remove_left(left.address)
        if keep:
            self._open()
        else:
            self._lock.give_back()
        return True

    def _open(self) -> None:
        """Let guests in, as far as that is possible here."""
        self._owns = True
        try:
            door = open_door(self._folder)
        except OSError as error:
            log.note_kind(f"engine: no guests can come: {error.strerror or error}")
            door = None
        try:
            self._lock.publish(self._kind, door.address if door else "")
        except OSError as error:
            log.note_kind(f"engine: no guests can come: {error.strerror}")
            self._lock.give_back()
            if door:
                door.close()
            return
        if door:
            self._listener = EngineListener(door, self._here)

    def _alone(self, whose: str) -> EngineOwner:
        """Use an engine of this process's own, beside another."""
        log.note_kind(f"engine: a second one, since {whose} cannot be shared")
        with self._changing:
            self._owns = True
        return self._here

    def _holder(self) -> str:
        owner = read_record(self._lock.path)
        return owner.kind if owner else WINDOW_KIND
