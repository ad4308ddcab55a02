"""The size of a prompt, as the model would read it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from app.base.errors import ContextFull, FiresideError
from app.base.types import Request
from app.engine.backend import Backend
from app.server.api_error import SERVER, ApiError

_TICK_S = 0.1
_TRIES = 3


def count(engine: Backend, request: Request, gone: Callable[[], bool]) -> int:
    """Return the number of a prompt's tokens; the model is loaded if it is not.

    That ends early once the client is ``gone``. Raises ApiError.
    """
    cancel = threading.Event()
    with ThreadPoolExecutor(1, "prompt size") as pool:
        found = pool.submit(_counted, engine, replace(request, whole=True), cancel)
        while True:
            try:
                return found.result(_TICK_S)
            except TimeoutError:
                if gone():
                    cancel.set()
            except FiresideError as error:
                raise ApiError(500, repr(error)) from error


def _counted(engine: Backend, request: Request, cancel: threading.Event) -> int:
    for _ in range(_TRIES):
        try:
            size = engine.count(request, cancel)
        except ContextFull as error:
            return error.prompt
        if size is not None:
            return size.count
        for _ in engine.load(request.model, cancel):
            pass
    told = "The model was unloaded again. Try again later."
    raise ApiError(503, told, kind=SERVER, headers={"Retry-After": "5"})
