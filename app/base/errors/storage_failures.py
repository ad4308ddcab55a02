"""Errors of what is stored: chats, settings, secrets, administrators' files."""

from __future__ import annotations

from pathlib import Path

from app.base.errors.fireside_error import FiresideError


class StoreError(FiresideError):
    """The database at ``path`` cannot be used."""

    path: Path


class StoreNewer(StoreError):
    """Written by a later Fireside: schema ``found``, while this one knows ``known``."""

    found: int
    known: int


class StoreDamaged(StoreError):
    """SQLite cannot read it; ``detail`` is its message."""

    detail: str


class StoreFull(StoreError):
    """The disk is full."""


class StoreReadOnly(StoreError):
    """The file or folder cannot be written to: no permission, or a read-only disk."""


class StoreLocked(StoreError):
    """Another program has locked it."""


class NotResponding(StoreLocked):
    """Another Fireside has it open, and does not respond."""


class SettingsDamaged(FiresideError):
    """Some of the settings at ``path`` could not be read.

    ``lost`` has their names, or "*" for all; ``detail`` says what is wrong; ``kept`` is the path
    the damaged file was renamed to, None if renaming failed.
    """

    path: Path
    lost: tuple[str, ...]
    detail: str
    kept: Path | None


class SystemFileError(FiresideError):
    """The file at ``path``, by which an administrator sets Fireside up, cannot be used."""

    path: Path


class SystemFileUnreadable(SystemFileError):
    """The system refuses to read it; ``reason`` is its message."""

    reason: str


class SystemFileUnsafe(SystemFileError):
    """Others than administrators and the user can change it."""


class SystemFileBroken(SystemFileError):
    """It is not TOML from ``line`` on; ``detail`` is the parser's message."""

    line: int
    detail: str


class SystemFileKeyUnknown(SystemFileError):
    """In ``line`` it sets ``key``, which this version does not know."""

    line: int
    key: str


class SystemFileValueWrong(SystemFileError):
    """In ``line`` it sets ``key`` to something else than ``wanted``.

    That is "switch", true or false, "folders", a list of absolute paths, or "tables".
    """

    line: int
    key: str
    wanted: str


class SecretError(FiresideError):
    """The secret ``name`` could not be used."""

    name: str


class SecretUnreadable(SecretError):
    """The system's keyring does not return it: it is locked, missing, or does not respond."""


class SecretUnwritable(SecretError):
    """It could not be stored or removed."""
