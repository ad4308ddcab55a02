"""Errors of the hub and of the network."""

from __future__ import annotations

from pathlib import Path

from app.base.errors.fireside_error import FiresideError


class HubError(FiresideError):
    """``file`` of ``repository`` cannot be fetched."""

    repository: str
    file: str


class HubUnreachable(HubError):
    """The hub gave no answer, or an invalid one; ``reason`` says why."""

    reason: str


class HubFailed(HubUnreachable):
    """The hub was reached, but its response is an error or invalid."""


class HubRefused(HubError):
    """The hub refuses access: HTTP ``status`` 401, 403 or similar."""

    status: int


class HubNotFound(HubError):
    """The hub has no such repository, revision or file."""


class HubChanged(HubError):
    """The hub now has a different file under this name."""


class NotOnHub(HubError):
    """The repository no longer has the model ``name``, not even in another conversion."""

    name: str


class DownloadDamaged(HubError):
    """The file was downloaded completely, more than once, and never matched the hub's hash."""


class NoRoom(HubError):
    """The disk of ``path`` has ``free`` bytes free, and ``needed`` more are required."""

    path: Path
    needed: int
    free: int


class DriveMissing(HubError):
    """The drive with the folder ``path`` is not mounted, or the folder is gone."""

    path: Path


class CacheUnwritable(HubError):
    """The folder ``path`` cannot be written to; ``reason`` is the system's message."""

    path: Path
    reason: str


class Offline(FiresideError):
    """The user has switched the network off."""


class UpdatesUnknown(FiresideError):
    """``host`` could not be asked for the newest version of Fireside; ``reason`` says why."""

    host: str
    reason: str
