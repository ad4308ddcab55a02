"""The size of a prompt, as the model would read it."""

from __future__ import annotations

from app.base.errors import ContextFull, EngineFailed
from app.base.types import Request
from app.engine.backend import Backend
from app.server.admission import LiveRequest

_TRIES = 3  # others may ask for the model to be unloaded at any time


def prompt_size(engine: Backend, request: Request, live: LiveRequest) -> int:
    """Return the number of a whole prompt's tokens, even if they are too many.

    The model is loaded if it is not. Raises ModelError, EngineError and Cancelled.
    """
    for _ in range(_TRIES):
        try:
            size = engine.count(request, live.cancel)
        except ContextFull as error:
            return error.prompt
        if size:
            return size.count
        for event in engine.load(request.model, live.cancel):
            live.note(event)
    raise EngineFailed("the model was unloaded")
