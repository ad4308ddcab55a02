"""The folders and encyclopaedias that chats may search, and their status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.base.errors import FiresideError


class SourceKind(StrEnum):
    """What is searched."""

    FOLDER = "folder"
    ENCYCLOPAEDIA = "encyclopaedia"


class IndexState(StrEnum):
    """How the index of a source stands."""

    WAITING = "waiting"
    """It was added, and is not read yet: others are."""
    INDEXING = "indexing"
    """It is being read; what has been read can be searched."""
    PAUSED = "paused"
    """The user has paused reading it; what had been read can be searched."""
    READY = "ready"
    MISSING = "missing"
    """It is not where it was: moved, or on a drive that is not there. Its index is kept."""
    FAILED = "failed"
    """It could not be read, or the index not written; it is tried again later."""


class SkipReason(StrEnum):
    """Why a file is not in an index, although no rule excludes it."""

    KIND = "kind"
    """A picture, an archive, a program, or anything else that has no text for Fireside."""
    SIZE = "size"
    """It is too large, or its text too long."""
    UNREADABLE = "unreadable"
    """The system refuses to read it."""
    ENCRYPTED = "encrypted"
    EMPTY = "empty"
    """It has no text, or consists of scanned pages."""
    DAMAGED = "damaged"
    STUCK = "stuck"
    """Reading it took too much time or memory; it is tried again when it has changed."""
    SECRET = "secret"
    """A key or a password file."""
    REMOTE = "remote"
    """Only the cloud has its data."""
    MANY = "many"
    """There are more files, or deeper folders, than are read."""


@dataclass(frozen=True, slots=True)
class SkippedFiles:
    """How many files were skipped for a reason, and the paths of a few of them."""

    reason: SkipReason
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A folder, or the file of an encyclopaedia, that the user has added.

    ``key`` is that of its tool: ``files:`` or ``zim:`` and its name. ``id`` names its index.
    ``mount`` is where its drive was mounted when it was added.
    """

    key: str
    kind: SourceKind
    path: Path
    name: str
    id: str
    mount: str = ""
    paused: bool = False


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source stands.

    Of ``total`` files that have to be read, ``done`` are; ``documents`` are in the index, which
    takes ``size`` bytes of disk. ``seconds_left`` is an estimate, None without one. ``problem`` is
    the error of the state FAILED.
    """

    entry: SourceEntry
    state: IndexState
    done: int = 0
    total: int = 0
    documents: int = 0
    skipped: tuple[SkippedFiles, ...] = ()
    size: int = 0
    seconds_left: float | None = None
    problem: FiresideError | None = None


@dataclass(frozen=True, slots=True)
class SourcesChanged:
    """The sources of the user, or their status, have changed."""

    statuses: tuple[SourceStatus, ...]
