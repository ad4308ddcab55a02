"""The engine of the process that owns it, for itself and for its guests.

A guest may use the model that is loaded, or have one loaded where there is none; the owner itself
may load another. Who waits with the old one is told then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from app.base.answer_events import Event, Loading, Prompt, Waiting
from app.base.errors import Cancelled, ModelInUse
from app.base.types import FileLocation, ModelRef, Request
from app.engine.backend import Backend, Planned, Steps

if TYPE_CHECKING:  # a window need not wait for it
    from app.engine.plan import Plan

T = TypeVar("T")

WINDOW_KIND = "window"
"""What the window's process is, in `OwnerError`; others have the name of their command."""


class OwnerLeaves(Exception):
    """This process is giving the engine up."""


class ModelUse:
    """A request that needs a model: the owner's, or a guest's."""

    def __init__(self, model: ModelRef, cancel: threading.Event, *, guest: bool) -> None:
        self.model = model
        self.cancel = cancel
        self.guest = guest
        self.begun = False
        """Whether it waits no longer."""
        self.displaced: ModelRef | None = None
        """The model that the owner wanted instead."""


class EngineOwner:
    """The engine, and who uses which model of it. Thread-safe.

    ``kind``: what this process is, as in `OwnerError`.
    """

    def __init__(self, engine: Backend, kind: str) -> None:
        self.engine = engine
        self.kind = kind
        self._lock = threading.RLock()  # `UsedSteps` may be collected within
        self._uses: list[ModelUse] = []
        self._leaves = False
        self._plan: Plan | None = None

    @property
    def plan(self) -> Plan | None:
        """The plan by which a model is loaded; None if none is."""
        return self._plan if self.engine.loaded() else None

    @property
    def current(self) -> ModelRef | None:
        """The model that is loaded, or about to be."""
        with self._lock:
            return self._current()

    def load(
        self, model: ModelRef, cancel: threading.Event, *, guest: bool = False
    ) -> Steps[Waiting | Loading | Planned]:
        """Load a model. Raises OwnerLeaves, and ModelInUse if a guest may not."""
        use = self._begin(model, cancel, guest=guest)
        return self._used(use, lambda: self.engine.load(use.model, cancel))

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None,
        *,
        guest: bool = False,
    ) -> Steps[Event | Planned]:
        """Answer. Raises OwnerLeaves, and ModelInUse if a guest may not load the model."""
        use = self._begin(request.model, cancel, guest=guest)
        asked = replace(request, model=use.model)
        return self._used(use, lambda: self.engine.stream(asked, cancel, answer_now))

    def prepare(self, request: Request, cancel: threading.Event) -> Steps[Event]:
        """See `Backend.prepare`."""
        return self.engine.prepare(self._spelt(request), cancel)

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """See `Backend.count`."""
        return self.engine.count(self._spelt(request), cancel)

    def begin(
        self,
        name: str,
        argument: Any,
        cancel: threading.Event,
        hurry: threading.Event | None,
        *,
        guest: bool = False,
    ) -> Steps[Any]:
        """Do what has steps, by its name."""
        match name:
            case "load":
                return self.load(argument, cancel, guest=guest)
            case "stream":
                return self.stream(argument, cancel, hurry, guest=guest)
            case "prepare":
                return self.prepare(argument, cancel)
        raise ValueError(name)

    def result(self, name: str, arguments: Sequence[Any], cancel: threading.Event) -> Any:
        """Do what has a result, by its name."""
        match name:
            case "count":
                return self.count(arguments[0], cancel)
            case "loaded":
                return self.current
            case "devices":
                return self.engine.devices()
            case "measure":
                return self.engine.measure(cancel, again=arguments[0])
            case "forget":
                return self.engine.forget(arguments[0])
            case "unload":
                return self.engine.unload(cancel)
        raise ValueError(name)

    def note(self, plan: Plan) -> None:
        """Note by which plan a model is about to be loaded."""
        self._plan = plan

    def leave(self) -> bool:
        """Give the engine up, if no model is loaded or about to be; return whether that is so."""
        with self._lock:
            self._leaves = self._leaves or (not self._uses and self._current() is None)
            return self._leaves

    def end(self, use: ModelUse) -> None:
        """Forget a use that is over."""
        with self._lock, suppress(ValueError):
            self._uses.remove(use)

    def _spelt(self, request: Request) -> Request:
        """Return a request with the path of its model as it is known here."""
        there = self.current
        return replace(request, model=there) if there and is_same(there, request.model) else request

    def _begin(self, model: ModelRef, cancel: threading.Event, *, guest: bool) -> ModelUse:
        with self._lock:
            if self._leaves:
                raise OwnerLeaves
            there = self._current()
            if there and is_same(there, model):
                model = there  # its path may be spelt in another way
            elif there and guest:
                raise ModelInUse(self.kind, there.name, model.name)
            elif not guest:
                self._displace(model)
            use = ModelUse(model, cancel, guest=guest)
            self._uses.append(use)
            return use

    def _displace(self, model: ModelRef) -> None:
        for use in self._uses:
            if use.guest and not use.begun and not is_same(use.model, model):
                use.displaced = model
                use.cancel.set()

    def _current(self) -> ModelRef | None:
        own = next((use for use in reversed(self._uses) if not use.guest), None)
        if own:
            return own.model
        return self.engine.loaded() or next((use.model for use in self._uses), None)

    def _used(self, use: ModelUse, work: Callable[[], Steps[T]]) -> UsedSteps[T]:
        try:
            return UsedSteps(self, use, work())
        except BaseException:
            self.end(use)
            raise


class UsedSteps(Iterator[T]):
    """The steps of a use, which is over with them. Close it unless it is exhausted."""

    def __init__(self, owner: EngineOwner, use: ModelUse, steps: Steps[T]) -> None:
        self._owner = owner
        self._use = use
        self._steps = steps

    def __next__(self) -> T:
        try:
            step = next(self._steps)
        except Cancelled as error:
            self.close()
            if other := self._use.displaced:
                wanted = self._use.model.name
                raise ModelInUse(self._owner.kind, other.name, wanted) from error
            raise
        except BaseException:
            self.close()
            raise
        if isinstance(step, Planned):
            self._owner.note(step.plan)
        self._use.begun = self._use.begun or not isinstance(step, Waiting)
        return step

    def close(self) -> None:
        """Stop the work."""
        try:
            self._steps.close()
        finally:
            self._owner.end(self._use)

    def __del__(self) -> None:
        self._owner.end(self._use)


def is_same(one: ModelRef, other: ModelRef) -> bool:
    """Return whether two references are to the same model: its path may be spelt in two ways."""
    if one.location == other.location:
        return True
    a, b = one.location, other.location
    if isinstance(a, FileLocation) and isinstance(b, FileLocation):
        with suppress(OSError):
            return a.path.samefile(b.path)
    return False
