"""The events that a download publishes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.base.errors import DriveMissing, FiresideError, NoRoom
from app.models.catalog import HubModel
from app.models.download_progress import DownloadNote, DownloadProgress


@dataclass(frozen=True, slots=True)
class Downloading:
    """Progress of a download: all parts of the model together."""

    model: HubModel
    progress: DownloadProgress
    notes: tuple[DownloadNote, ...] = ()


@dataclass(frozen=True, slots=True)
class DownloadHeld:
    """The disk is full or its drive is missing.

    The data so far is kept, and the download continues by itself once that has changed.
    """

    model: HubModel
    error: NoRoom | DriveMissing


@dataclass(frozen=True, slots=True)
class Downloaded:
    """The model is complete and verified; ``path`` is its first part."""

    model: HubModel
    path: Path
    notes: tuple[DownloadNote, ...] = ()


@dataclass(frozen=True, slots=True)
class DownloadEnded:
    """The download stopped short: paused, cancelled, or because of ``error``."""

    model: HubModel
    error: FiresideError | None = None


DownloadEvent = Downloading | DownloadHeld | Downloaded | DownloadEnded
