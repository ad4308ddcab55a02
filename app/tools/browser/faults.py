"""Errors of the folders and encyclopaedias that the user adds."""

from __future__ import annotations

from pathlib import Path

from app.base.errors import FiresideError


class SourceError(FiresideError):
    """What is at ``path`` cannot be added, or cannot be read any more."""

    path: Path


class NotAFolder(SourceError):
    """There is no folder."""


class FolderUnreadable(SourceError):
    """The system refuses to read it; ``reason`` is its message."""

    reason: str


class FolderTooWide(SourceError):
    """A whole drive, a home folder, or what is around them: too much, and too private."""


class FolderPrivate(SourceError):
    """A folder of keys, of the system, or of Fireside's own data."""


class SourceKnown(SourceError):
    """It was added before, as ``name``."""

    name: str


class FolderNested(SourceError):
    """It is in the folder ``name``, which was added before, or around it."""

    name: str


class SourceListUnwritable(SourceError):
    """The list of sources at ``path`` cannot be written; ``reason`` is the system's message."""

    reason: str


class IndexDiskFull(SourceError):
    """The disk with the index at ``path`` is full."""


class IndexUnwritable(SourceError):
    """The index at ``path`` cannot be written; ``reason`` is the system's or SQLite's message."""

    reason: str


class IndexingFailed(SourceError):
    """The process that reads the folder ended again and again; ``reason`` says how."""

    reason: str


class NotAnEncyclopaedia(SourceError):
    """It is no ZIM file, or a damaged or incomplete one; ``reason`` says which."""

    reason: str
