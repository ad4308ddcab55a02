"""The tokens that tools take of each prompt, counted by the backend while it has nothing to do."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from app.base.errors import Cancelled
from app.base.jobs import Jobs
from app.base.types import ModelRef, Request, ToolNamespace
from app.engine.backend import Backend
from app.tools.registry import Registry

_AGAIN_S = 0.5  # after something else needed the engine


class ToolCounter:
    """A service that counts the tokens of ``tools``, on a thread of ``jobs``."""

    def __init__(self, backend: Backend, tools: Registry, jobs: Jobs) -> None:
        self._backend, self._tools, self._jobs = backend, tools, jobs

    def count(self, model: ModelRef, keys: Sequence[str]) -> Future[Mapping[str, int]]:
        """Count the tokens that each of the tools with these keys takes of a prompt.

        None are counted if the model is not loaded. Gives way to everything else. Fails with
        EngineError.
        """
        declared = {key: self._tools.declared([key]) for key in keys}
        stop = threading.Event()
        return self._jobs.submit_until(
            stop, lambda: _count_all(self._backend, model, declared, stop)
        )


def _count_all(
    backend: Backend,
    model: ModelRef,
    declared: Mapping[str, Sequence[ToolNamespace]],
    stop: threading.Event,
) -> Mapping[str, int]:
    """Return the tokens of each of the tools ``declared``, by key.

    Raises EngineError, and Cancelled once ``stop`` is set.
    """
    bare = _count(backend, Request(model, (), background=True), stop)
    counts: dict[str, int] = {}
    for key, namespaces in declared.items():
        request = Request(model, (), tools=tuple(namespaces), background=True)
        whole = _count(backend, request, stop) if bare is not None else None
        if bare is None or whole is None:
            return {}
        counts[key] = whole - bare
    return counts


def _count(backend: Backend, request: Request, stop: threading.Event) -> int | None:
    while True:
        try:
            prompt = backend.count(request, stop)
        except Cancelled:
            if stop.wait(_AGAIN_S):
                raise
            continue
        return prompt.count if prompt else None
