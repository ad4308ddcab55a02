"""The progress of a download, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class WaitReason(StrEnum):
    """The reason for which a download waits."""

    CONNECTION = "connection"  # there is no connection, or it broke
    STALLED = "stalled"  # the connection is silent, or nearly so
    BUSY = "busy"  # the server asks for a pause
    SERVER = "server"  # the server failed, or sent something else
    ADDRESS = "address"  # the URL that the hub gave has expired
    OTHER = "other"  # another program downloads the same file
    QUEUED = "queued"  # another download has to end first


class DownloadNote(StrEnum):
    """Remarks on a download for the user, besides its progress."""

    NEWER = "newer"  # another conversion is fetched, since the one that was wanted is gone
    RESTARTED = "restarted"  # earlier data was of another file, so it was restarted


class DownloadPhase(StrEnum):
    """The phase of a download."""

    ASKING = "asking"  # the hub is asked about the file
    FETCHING = "fetching"
    CHECKING = "checking"  # all bytes are here, the hash is being computed
    REPAIRING = "repairing"  # the hash is wrong, so the damaged block is being searched for
    DONE = "done"


@dataclass(frozen=True, slots=True)
class DownloadWait:
    """Why nothing arrives, and the ``seconds`` until the next try. ``detail`` is for a log."""

    reason: WaitReason
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """The progress of a file or model, in bytes and seconds.

    ``checked`` bytes have been hashed. ``speed`` is the average of the last five seconds, and 0 if
    nothing arrived. ``left``, the remaining time, is None while it is unknown.
    """

    phase: DownloadPhase
    done: int = 0
    size: int = 0
    checked: int = 0
    speed: float = 0.0
    left: float | None = None
    waiting: DownloadWait | None = None
