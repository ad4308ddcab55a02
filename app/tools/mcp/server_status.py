"""How MCP servers and their functions stand, as values for the window."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from app.base.errors import FiresideError
from app.tools.mcp.approvals import Approved, Declaration, Start, difference
from app.tools.mcp.servers import Server


class McpServerState(StrEnum):
    """How a server stands."""

    OFF = "off"
    """The user has not approved how it starts."""
    CHANGED = "changed"
    """It would start differently from what was approved."""
    READY = "ready"
    """It starts when it is needed."""
    STARTING = "starting"
    RUNNING = "running"
    FAILED = "failed"
    """It did not start, or has ended by itself; it is tried again when it is needed."""


@dataclass(frozen=True, slots=True)
class FunctionStatus:
    """A function of a server.

    ``called`` is its name for the model. ``declaration`` is the approved one, or for a new function
    the one that waits for approval. ``change`` is what has changed since it was approved, as a
    text difference; all of it for a new function, and empty for one that is as it was.
    """

    declaration: Declaration
    called: str
    is_approved: bool
    pin: str
    """What a decision of the user about it is bound to."""
    change: str = ""
    seen: str = ""
    """The pin by which the change is approved."""


@dataclass(frozen=True, slots=True)
class McpServerStatus:
    """A server, its status, and its functions as far as they are known.

    ``error`` is why it failed. ``inputs`` are ids of values that its configuration asks for.
    """

    server: Server
    state: McpServerState
    functions: tuple[FunctionStatus, ...] = ()
    error: FiresideError | None = None
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StartReview:
    """How a server would start, to be shown in full before that is approved by its pin.

    ``change`` is the difference from what was approved before; empty for the first time.
    """

    start: Start
    change: str = ""


@dataclass(frozen=True, slots=True)
class McpServersChanged:
    """The servers have changed, or how one stands."""

    servers: tuple[McpServerStatus, ...]


def function_status(
    now: Declaration, approved: Approved, called: str, *, is_listed: bool
) -> FunctionStatus:
    """Return how a function stands that is declared ``now``.

    ``is_listed``: whether the server has said so since this start; if not, it is what was approved.
    """
    old = approved.function(now.name)
    same = old == now
    start = approved.start.pin if approved.start else ""
    declaration = old or now
    pin = hashlib.sha256(f"{start} {declaration.pin}".encode()).hexdigest()
    return FunctionStatus(
        declaration,
        called,
        is_approved=same or not is_listed,
        pin=pin,
        change="" if same else difference(old, now),
        seen=now.pin,
    )
