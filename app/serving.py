"""The local server as the window and the command line know it; `app.server` is what runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from app.base.secrets import SERVER_TOKEN, Secrets
from app.base.types import FileLocation, ModelRef
from app.engine.backend import Backend

ADDRESS = "127.0.0.1"
"""The only address to listen on: no other computer reaches it."""


class ServedState(StrEnum):
    """What a request is waiting for, or doing."""

    WAITING = "waiting"
    """Others are answered first."""
    LOADING = "loading"
    """The model is being loaded."""
    READING = "reading"
    """The prompt is being processed."""
    ANSWERING = "answering"


@dataclass(frozen=True, slots=True)
class ServedRequest:
    """A request that is being answered.

    ``number`` identifies it; ``client`` is what the program calls itself, as one short line;
    ``path`` the endpoint, such as ``/v1/responses``. ``place`` is its number in the queue, 0 if it
    does not wait. ``seconds`` have passed since it came.
    """

    number: int
    client: str
    path: str
    state: ServedState
    place: int = 0
    seconds: float = 0.0
    prompt_tokens: int = 0
    generated: int = 0
    tokens_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Whether the server is on, at which port, and the requests that it answers now, oldest first.

    ``served`` requests have been answered since it was switched on.
    """

    on: bool = False
    port: int = 0
    requests: tuple[ServedRequest, ...] = ()
    served: int = 0

    @property
    def address(self) -> str:
        """The address that programs are given."""
        return f"http://{ADDRESS}:{self.port}"


@dataclass(frozen=True, slots=True)
class ServingChanged:
    """The server was switched on or off, or a request began or ended.

    ``ended`` is the one that has ended, with its figures.
    """

    ended: ServedRequest | None = None


class LocalServer(Protocol):
    """A server that answers other programs on this computer. Thread-safe.

    It is off until `start`, and then has no socket and no thread.
    """

    def start(self, port: int, token: str) -> None:
        """Switch it on. Raises LocalServerPortTaken, and LocalServerUnstartable."""

    def stop(self) -> None:
        """Switch it off: running requests are stopped, and their connections closed."""

    def set_token(self, token: str) -> None:
        """Accept only another token from now on. Requests that run go on."""

    def status(self) -> ServerStatus:
        """Return what it is doing."""

    def stop_request(self, number: int) -> None:
        """Stop a request; nothing happens if it has ended."""


@dataclass(frozen=True, slots=True)
class ServerParts:
    """What a server is made of.

    ``engine`` answers; it runs no tools and reaches no other computer. ``model`` returns the model
    that the user has chosen, the only one that is served. ``log`` is the file of all connections.
    ``changed`` is called from any thread. ``origins`` are the web pages that may ask, none by
    default. ``planned`` returns the context that a model would have if it were loaded now, in
    tokens; 0 if that cannot be said.
    """

    engine: Backend
    model: Callable[[], ModelRef]
    log: Path
    changed: Callable[[ServingChanged], None] = lambda event: None
    origins: tuple[str, ...] = ()
    planned: Callable[[ModelRef], int] = lambda model: 0


def new_token() -> str:
    """Return a new token of 256 random bits, for programs to show."""
    import secrets

    return secrets.token_urlsafe(32)


def kept_token(kept: Secrets) -> str:
    """Return the token that is kept, or else a new one, which is kept from now on.

    Raises SecretError.
    """
    token = kept.get(SERVER_TOKEN)
    if not token:
        token = new_token()
        kept.set(SERVER_TOKEN, token)
    return token


def model_name(ref: ModelRef) -> str:
    """Return the name of a model for programs."""
    if ref.alias or not isinstance(ref.location, FileLocation):
        return ref.alias or ref.name
    return ref.location.path.stem


OpenServer = Callable[[ServerParts], LocalServer]
"""Makes a server that is off; `app.server.open_server` is one."""
