"""Routing of each request to the engine that has its model."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Never

from app.base.errors import NoRemoteEngine
from app.base.types import (
    Endpoint,
    Event,
    FileLocation,
    Loading,
    ModelRef,
    Prompt,
    Request,
    Waiting,
)
from app.engine.backend import Backend, Planned, Steps

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.formats import Abilities


class Router:
    """A backend of backends: ``local`` has the models in files, ``remote`` those of endpoints.

    Requests for a model behind an endpoint raise NoRemoteEngine if ``remote`` is None.
    """

    def __init__(self, local: Backend, remote: Backend | None = None) -> None:
        self._local = local
        self._remote = remote

    def load(self, model: ModelRef, cancel: threading.Event) -> Steps[Waiting | Loading | Planned]:
        """See `Backend.load`."""
        engine = self._engine_of(model)
        return engine.load(model, cancel) if engine else _refused(model)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Steps[Event | Planned]:
        """See `Backend.stream`."""
        engine = self._engine_of(request.model)
        if engine is None:
            return _refused(request.model)
        return engine.stream(request, cancel, answer_now)

    def prepare(self, request: Request, cancel: threading.Event) -> Steps[Event]:
        """See `Backend.prepare`."""
        engine = self._engine_of(request.model)
        return engine.prepare(request, cancel) if engine else _refused(request.model)

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """See `Backend.count`."""
        engine = self._engine_of(request.model)
        if engine is None:
            raise _no_engine(request.model)
        return engine.count(request, cancel)

    def abilities(self, model: ModelRef) -> Abilities:
        """See `Backend.abilities`."""
        engine = self._engine_of(model)
        if engine is None:
            raise _no_engine(model)
        return engine.abilities(model)

    def devices(self) -> Devices:
        """Return what the local engine finds on this computer."""
        return self._local.devices()

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        """Have the local engine measure this computer's speeds."""
        return self._local.measure(cancel, again=again)

    def forget(self, chat: int) -> None:
        """Have every engine forget a chat."""
        for engine in self._engines():
            engine.forget(chat)

    def unload(self, cancel: threading.Event | None = None) -> None:
        """Have every engine unload its model."""
        for engine in self._engines():
            engine.unload(cancel)

    def loaded(self) -> ModelRef | None:
        """Return the model that the local engine has loaded."""
        return self._local.loaded()

    def close(self) -> None:
        """End every engine."""
        for engine in self._engines():
            engine.close()

    def _engines(self) -> Iterator[Backend]:
        yield self._local
        if self._remote:
            yield self._remote

    def _engine_of(self, model: ModelRef) -> Backend | None:
        return self._local if isinstance(model.location, FileLocation) else self._remote


def _no_engine(model: ModelRef) -> NoRemoteEngine:
    assert isinstance(model.location, Endpoint)
    return NoRemoteEngine(model.location.url)


def _refused(model: ModelRef) -> Generator[Never, None, None]:
    """Raise NoRemoteEngine at the first step, as every backend raises its errors."""
    raise _no_engine(model)
    yield
