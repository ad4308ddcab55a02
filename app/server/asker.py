"""Who asks the server, and for what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.base.plain_line import plain_line

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

_LONGEST, _UNNAMED = 60, "a program"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the ``client``'s name, at which ``path``, and whether it is ``gone`` by now.

    ``model`` is the name under which the model is served, ``size`` that of the request in bytes.
    """

    client: str
    path: str
    model: str = ""
    gone: Callable[[], bool] = lambda: False
    size: int = 0

    @classmethod
    def of(cls, environ: WSGIEnvironment, model: str) -> Asker:
        """Return who asks, from what the server knows of a request."""
        return cls(
            client_name(environ.get("HTTP_USER_AGENT", "")),
            environ["PATH_INFO"],
            model,
            environ.get("waitress.client_disconnected", lambda: False),
            int(environ.get("CONTENT_LENGTH") or 0),
        )


def client_name(agent: str) -> str:
    """Return a program's name for itself as one short line, never empty."""
    return plain_line(agent, _LONGEST) or _UNNAMED
