"""What is told about a download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.base.errors import DriveMissing, FiresideError, NoRoom
from app.models.catalog import HubModel
from app.models.download_progress import DownloadNote, DownloadProgress


@dataclass(frozen=True, slots=True)
class Downloading:
    """How far all parts of a model together are, and what else is to be said of it."""

    model: HubModel
    progress: DownloadProgress
    notes: tuple[DownloadNote, ...] = ()


@dataclass(frozen=True, slots=True)
class DownloadHeld:
    """The disk is full, or its drive is not there. What has arrived is kept, and it goes on as
    soon as that has changed."""

    model: HubModel
    error: NoRoom | DriveMissing


@dataclass(frozen=True, slots=True)
class Downloaded:
    """It is here, whole and verified; ``path`` is that of its first part."""

    model: HubModel
    path: Path
    notes: tuple[DownloadNote, ...] = ()


@dataclass(frozen=True, slots=True)
class DownloadEnded:
    """It is not here: a person paused or cancelled it, or there is an ``error``."""

    model: HubModel
    error: FiresideError | None = None


DownloadEvent = Downloading | DownloadHeld | Downloaded | DownloadEnded
