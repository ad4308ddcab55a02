"""How servers differ in what they speak, as data."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.remote.remote_server import ServerKind

REASONING_KEYS = ("reasoning", "reasoning_content", "thinking")
"""The keys in which reasoning comes as text, over all servers."""


@dataclass(frozen=True, slots=True)
class ServerDialect:
    """What a kind of server expects.

    ``responses``: whether it is asked by the Responses interface rather than chat completions.
    ``effort``: whether it takes ``reasoning_effort``.
    """

    responses: bool = False
    effort: bool = True


def dialect_of(kind: ServerKind) -> ServerDialect:
    """Return the dialect of a kind of server."""
    return _DIALECTS.get(kind, ServerDialect())


_DIALECTS = {
    ServerKind.OPENAI: ServerDialect(responses=True),
    ServerKind.LM_STUDIO: ServerDialect(responses=True),
}
