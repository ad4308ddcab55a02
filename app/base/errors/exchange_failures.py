"""Errors of files that are imported, exported or attached."""

from __future__ import annotations

from pathlib import Path

from app.base.errors.fireside_error import FiresideError


class ExchangeError(FiresideError):
    """Chats or presets could not be read from or written to the file at ``path``."""

    path: Path


class ExchangeUnreadable(ExchangeError):
    """The system refuses to read it; ``reason`` is its message."""

    reason: str


class ExchangeUnknown(ExchangeError):
    """It has no chats in a format that Fireside knows."""


class ExchangeNoPresets(ExchangeError):
    """It is not a file of presets."""


class ExchangeNotEverything(ExchangeError):
    """It is not an export of everything."""


class ExchangeDamaged(ExchangeError):
    """It violates its format; ``detail`` says where and how."""

    detail: str


class ExchangeNewer(ExchangeError):
    """A later Fireside wrote it in version ``found``; this one knows up to ``known``."""

    found: int
    known: int


class ExchangeTooLarge(ExchangeError):
    """One chat in it has more than ``limit`` characters."""

    limit: int


class ExchangeUnwritable(ExchangeError):
    """It could not be written, and is unchanged; ``reason`` is the system's message."""

    reason: str


class DocumentError(FiresideError):
    """The attached file at ``path`` gave no text."""

    path: Path


class DocumentUnreadable(DocumentError):
    """The system refuses to read it; ``reason`` is its message."""

    reason: str


class DocumentUnknown(DocumentError):
    """Its type is not one that Fireside reads."""


class DocumentImage(DocumentError):
    """It is a picture, which gpt-oss cannot see."""


class DocumentBroken(DocumentError):
    """It violates its format; ``detail`` is its reader's message."""

    detail: str


class DocumentEncrypted(DocumentError):
    """It can only be opened with a password."""


class DocumentTooLarge(DocumentError):
    """It has more than ``limit`` bytes, as it is or unpacked."""

    limit: int


class DocumentTooLong(DocumentError):
    """Its text has more than ``limit`` characters."""

    limit: int


class DocumentEmpty(DocumentError):
    """It has no text: all of its ``pages`` are pictures, or it has no pages (0)."""

    pages: int
