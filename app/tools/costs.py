"""The tokens that tools take of each prompt, counted by the backend while it has nothing to do."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from app.base.errors import Cancelled
from app.base.types import ModelRef, Request, ToolNamespace
from app.engine.backend import Backend

_AGAIN_S = 0.5  # after something else needed the engine


def count_tools(
    backend: Backend,
    model: ModelRef,
    declared: Mapping[str, Sequence[ToolNamespace]],
    stop: threading.Event,
) -> dict[str, int]:
    """Return the tokens of each of the tools ``declared``, by key; none if the model is not loaded.

    Gives way to everything else. Raises EngineError, and Cancelled once ``stop`` is set.
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
