"""Errors of tools: MCP servers, calls, and Python."""

from __future__ import annotations

from pathlib import Path

from app.base.errors.fireside_error import FiresideError


class McpServerError(FiresideError):
    """The MCP server ``name`` cannot be used."""

    name: str


class McpServerUnapproved(McpServerError):
    """The user has not approved how it starts, or that has changed since."""


class McpServerCommandMissing(McpServerError):
    """There is no program ``command``."""

    command: str


class McpServerUnstartable(McpServerError):
    """The system refuses to start it; ``reason`` is its message."""

    reason: str


class McpServerSilent(McpServerError):
    """It did not answer for ``seconds``."""

    seconds: float


class McpServerEnded(McpServerError):
    """It has ended, or closed the connection; ``detail`` is the end of what it wrote."""

    detail: str = ""


class McpServerFlooding(McpServerError):
    """It sent far more than anybody had asked for, or one message that is too long."""


class McpServerUnreachable(McpServerError):
    """No connection to ``host`` came about; ``reason`` says why."""

    host: str
    reason: str


class McpServerSignInFailed(McpServerError):
    """The user was not signed in; ``reason`` says why."""

    reason: str


class McpServerAddressRefused(McpServerError):
    """An address of the server is not one to which a request may go: ``host``."""

    host: str


class McpServerConfused(McpServerError):
    """It does not speak MCP, or none that is known here; ``reason`` says what was wrong."""

    reason: str


class McpServerInputMissing(McpServerError):
    """Its configuration asks for the values ``missing``, which are not there."""

    missing: tuple[str, ...]


class McpServersUnreadable(FiresideError):
    """A text, or the file ``path``, is no configuration of servers; ``reason`` says why."""

    path: Path | None
    reason: str


class ToolsForbidden(FiresideError):
    """The policy of this computer leaves all tools off."""


class CallUnrepeatable(FiresideError):
    """A call cannot be run again.

    ``word`` says why its tool cannot be used, as `Tool.unavailable` does; it is empty otherwise.
    """

    word: str = ""


class PythonError(FiresideError):
    """Python cannot run, and no code has."""


class PythonMissing(PythonError):
    """It is not part of this installation."""


class PythonPreparing(PythonError):
    """It is being compiled for this computer, which takes about ``seconds`` from now."""

    seconds: float


class PythonNeedsMemory(PythonError):
    """To compile it takes ``needed`` bytes of memory, and ``available`` can be had."""

    needed: int
    available: int


class PythonNeedsRoom(PythonError):
    """The disk of ``path`` has ``free`` bytes free, and the compiled module needs ``needed``."""

    path: Path
    needed: int
    free: int


class PythonUnprepared(PythonError):
    """It could not be compiled; ``detail`` says why."""

    detail: str
