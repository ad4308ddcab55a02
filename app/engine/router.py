"""Routing of each request to the engine that has its model."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.base.answer_events import Event, Loading, Prompt, Waiting
from app.base.types import FileLocation, ModelRef, Request
from app.engine.backend import Backend, Planned, Steps

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.formats import Abilities


class Router:
    """A backend of backends: ``local`` has the models in files, ``remote`` those of endpoints."""

    def __init__(self, local: Backend, remote: Backend) -> None:
        self._local, self._remote = local, remote

    def load(self, model: ModelRef, cancel: threading.Event) -> Steps[Waiting | Loading | Planned]:
        """See `Backend.load`."""
        return self._engine_of(model).load(model, cancel)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Steps[Event | Planned]:
        """See `Backend.stream`."""
        return self._engine_of(request.model).stream(request, cancel, answer_now)

    def prepare(self, request: Request, cancel: threading.Event) -> Steps[Event]:
        """See `Backend.prepare`."""
        return self._engine_of(request.model).prepare(request, cancel)

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        """See `Backend.count`."""
        return self._engine_of(request.model).count(request, cancel)

    def abilities(self, model: ModelRef) -> Abilities:
        """See `Backend.abilities`."""
        return self._engine_of(model).abilities(model)

    def devices(self) -> Devices:
        """Return what the local engine finds on this computer."""
        return self._local.devices()

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        """Have the local engine measure this computer's speeds."""
        return self._local.measure(cancel, again=again)

    def forget(self, chat: int) -> None:
        """Have every engine forget a chat."""
        for engine in self._engines:
            engine.forget(chat)

    def unload(self, cancel: threading.Event | None = None) -> None:
        """Have every engine unload its model."""
        for engine in self._engines:
            engine.unload(cancel)

    def loaded(self) -> ModelRef | None:
        """Return the model that the local engine has loaded."""
        return self._local.loaded()

    def close(self) -> None:
        """End every engine."""
        for engine in self._engines:
            engine.close()

    @property
    def _engines(self) -> tuple[Backend, Backend]:
        return self._local, self._remote

    def _engine_of(self, model: ModelRef) -> Backend:
        return self._local if isinstance(model.location, FileLocation) else self._remote
