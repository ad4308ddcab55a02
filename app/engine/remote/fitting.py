"""How much of a conversation a server's context holds, counted here: nothing is sent for it."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.types import Prompt, Request
from app.engine.history import reserved

_BYTES = 3.5  # of a token, on average


@dataclass(frozen=True, slots=True)
class FittingRequest:
    """A request as it is sent: without the oldest messages, if they do not fit; and its size."""

    request: Request
    size: Prompt


def fit(request: Request, context: int) -> FittingRequest:
    """Return as much of a request as fits ``context`` tokens; all of it if that is 0.

    Raises ContextFull if none may be left out, and it does not fit.
    """
    texts = (part.text for message in request.messages for part in message.parts)
    count = int(sum(len(text.encode()) for text in texts) / _BYTES)
    room = reserved(request, context) if context else 0
    return FittingRequest(request, Prompt(count, context, room, estimated=True))
