"""Errors of the SDK, the transports and the system, as those of `app.base.errors`."""

from __future__ import annotations

from collections.abc import Iterator

from app.base.errors import (
    FiresideError,
    McpServerConfused,
    McpServerEnded,
    McpServerSignInFailed,
    McpServerSilent,
    McpServerUnreachable,
    McpServerUnstartable,
)
from app.tools.mcp.wire import Wire

_LONGEST_REASON = 300
_NO_SESSION = "Session terminated"
"""What the SDK says if a server has forgotten the session, so that it has to be started again."""


def typed_error(name: str, error: BaseException, wire: Wire, seconds: float) -> FiresideError:
    """Return the error that tells the user why a server could not be used."""
    import httpx2
    from mcp import MCPError
    from mcp.client.auth import OAuthFlowError
    from mcp.types import CONNECTION_CLOSED

    errors = list(_leaves(error))
    for each in errors:
        if isinstance(each, FiresideError):
            return each
    if wire.error:
        return wire.error
    for each in errors:
        match each:
            case OAuthFlowError():
                return McpServerSignInFailed(name, _reason(each))
            case httpx2.TimeoutException() | TimeoutError():
                return McpServerSilent(name, seconds)
            case httpx2.RequestError():
                return McpServerUnreachable(name, each.request.url.host, _reason(each))
            case MCPError() if each.code == CONNECTION_CLOSED or each.message == _NO_SESSION:
                return McpServerEnded(name)
            case MCPError():
                return McpServerConfused(name, _reason(each))
            case OSError():
                return McpServerUnstartable(name, each.strerror or _reason(each))
            case ValueError():  # of pydantic, with a page of text
                return McpServerConfused(name, "an answer that is not as the protocol has it")
    return McpServerConfused(name, _reason(errors[0]))


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of a group, and what caused them."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
        return
    yield error
    if error.__cause__:
        yield from _leaves(error.__cause__)


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:_LONGEST_REASON]
