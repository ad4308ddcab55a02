"""Errors of models on other computers: their servers, and the list of them."""

from __future__ import annotations

from pathlib import Path

from app.base.errors.engine_failures import EngineError
from app.base.errors.fireside_error import FiresideError


class EndpointUnknown(EngineError):
    """The model is behind the endpoint ``url``, which this engine does not know.

    It was removed from the list, or the engine has only models in files.
    """

    url: str


class RemoteError(EngineError):
    """The server at ``url`` (`Endpoint.url`) has not answered, or not completely."""

    url: str


class ServerUnreachable(RemoteError):
    """There is no connection to it; ``reason`` is the system's message."""

    reason: str


class ServerNameUnknown(RemoteError):
    """No name server knows its host."""


class ServerSilent(RemoteError):
    """It sent nothing for ``seconds``."""

    seconds: float


class ServerProxyFailed(RemoteError):
    """The proxy ``proxy``, a host and its port, does not lead to it; ``reason`` says why."""

    proxy: str
    reason: str


class ServerAddressInvalid(RemoteError):
    """The ``url``, perhaps as it was typed, is no address of a server."""


class ServerUnsafe(RemoteError):
    """Its certificate is not trusted here, or is another host's; ``reason`` is what TLS says.

    ``problem`` is a word: "host", "expired", "early", "self-signed", "authority", or empty.
    """

    reason: str
    problem: str = ""


class ServerWithoutTls(RemoteError):
    """It answers, but not with TLS, although its address begins with https; ``reason`` as above."""

    reason: str


class ServerUnencrypted(RemoteError):
    """It is on another computer, has no TLS, and the user has not accepted that."""


class ServerMoved(RemoteError):
    """It redirects to ``address``, which is never followed."""

    address: str


class ServerForeign(RemoteError):
    """It answers, but not as OpenAI's API does; ``received`` is the beginning of what it sent."""

    received: str


class ModelListMissing(ServerForeign):
    """It has no list of models at any address where that could be; it may answer all the same."""


class KeyRefused(RemoteError):
    """It wants a key, or another one; ``message`` is its own."""

    message: str


class RemoteModelMissing(RemoteError):
    """It has no model ``model``, or did not load it; ``message`` is its own."""

    model: str
    message: str = ""


class RemoteModelUnloaded(RemoteModelMissing):
    """It has no model loaded at all, and loads none by itself."""


class ServerBusy(RemoteError):
    """It has too much to do; ``message`` is its own.

    ``seconds`` is how long it asks to wait; 0 if it does not say.
    """

    message: str
    seconds: float = 0.0


class ServerLoading(ServerBusy):
    """It is still loading the model."""


class CreditUsedUp(RemoteError):
    """The key's account has no credit left, or its quota is used up; ``message`` is its own."""

    message: str


class RequestRefused(RemoteError):
    """It does not accept the request: ``status`` of HTTP, and its own ``message``.

    ``parameter`` names what it refuses of the request, if it says so: several with commas.
    """

    status: int
    message: str
    parameter: str = ""


class ServerFailed(RemoteError):
    """It has failed: ``status`` of HTTP, 200 if it did so within an answer; its own ``message``."""

    status: int
    message: str


class AnswerCutOff(RemoteError):
    """Its answer ended before its end."""


class AnswerGarbled(RemoteError):
    """After a part of its answer it sent something that belongs to none; ``received`` is that."""

    received: str


class AnswerEmpty(AnswerCutOff):
    """Its answer ended without anything in it, as some do if a prompt is too long."""


class EndpointListError(FiresideError):
    """The list of models on other computers, the file at ``path``, cannot be read or written."""

    path: Path


class EndpointsDamaged(EndpointListError):
    """It is damaged, and what could be read of it is used; ``detail`` says where.

    ``kept`` is where the damaged file is now, None if it is still at ``path``. ``shared``: it is
    the administrator's, which is never changed.
    """

    detail: str
    kept: Path | None = None
    shared: bool = False


class EndpointsUnwritable(EndpointListError):
    """It cannot be written, and is unchanged; ``reason`` is the system's message."""

    reason: str


class DepartureRefused(FiresideError):
    """The user did not allow what a request would have sent to ``host``."""

    host: str
