"""Errors of the local server, which other programs on this computer ask."""

from __future__ import annotations

from app.base.errors.fireside_error import FiresideError


class LocalServerError(FiresideError):
    """The local server cannot be switched on at ``port``."""

    port: int


class LocalServerPortTaken(LocalServerError):
    """Another program listens on the port; ``holder`` is its name, empty if it is not known."""

    holder: str = ""


class LocalServerUnstartable(LocalServerError):
    """The port cannot be opened; ``reason`` is the system's message."""

    reason: str = ""


class LocalServerForbidden(FiresideError):
    """The policy of this computer leaves the local server off."""
