"""How far a download is, and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class WaitReason(StrEnum):
    """What a download waits for."""

    CONNECTION = "connection"  # there is none, or it broke
    STALLED = "stalled"  # it is there and silent, or nearly so
    BUSY = "busy"  # the server wants to be left alone for a while
    SERVER = "server"  # the server has a fault, or sent something else than was asked for
    ADDRESS = "address"  # the address that the hub gave is no longer good
    OTHER = "other"  # another program downloads the same file
    QUEUED = "queued"  # another download is to end first


class DownloadNote(StrEnum):
    """What a person should know of a download, beside how far it is."""

    NEWER = "newer"  # another conversion comes, since the one that was wanted is gone
    ANEW = "anew"  # what had arrived was of another file, and it was begun anew


class DownloadPhase(StrEnum):
    """What a download is about."""

    ASKING = "asking"  # the hub, about the file
    FETCHING = "fetching"
    CHECKING = "checking"  # all is here, the hash is being computed
    REPAIRING = "repairing"  # the hash is wrong: the wrong block is searched
    DONE = "done"


@dataclass(frozen=True, slots=True)
class DownloadWait:
    """Why nothing comes, and in how many ``seconds`` it is tried again. ``detail`` is for a
    log."""

    reason: WaitReason
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far it is, in bytes and seconds. ``speed`` is that of the last five seconds, and 0 when
    nothing came; ``left`` is None when it cannot be told. ``checked`` bytes are hashed."""

    phase: DownloadPhase
    done: int = 0
    size: int = 0
    checked: int = 0
    speed: float = 0.0
    left: float | None = None
    waiting: DownloadWait | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: the first pause before another try, which doubles up to the longest; how long a
    connection may be silent; how long it may take to come about."""

    first: float = 0.5
    longest: float = 30.0
    silence: float = 20.0
    connect: float = 10.0
