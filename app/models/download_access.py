"""Lazy access to the download queue: it is opened when it is first used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.settings import Settings

if TYPE_CHECKING:
    from app.models.download_events import DownloadEvent
    from app.models.downloads import Downloads
    from app.network.client import Network


class DownloadAccess:
    """The queue, kept in ``folder``. Thread-safe.

    ``network`` opens what models are fetched through; ``settings`` returns those that hold now.
    ``publish`` is called with the queue's events, on its thread.
    """

    def __init__(
        self,
        publish: Callable[[DownloadEvent], None],
        network: Callable[[], Network],
        folder: Path,
        settings: Callable[[], Settings],
    ) -> None:
        self._publish, self._network = publish, network
        self._folder, self._settings = folder, settings
        self._opening = threading.Lock()
        self._downloads: Downloads | None = None

    def open(self) -> Downloads:
        """Return the queue."""
        from app.models.downloads import Downloads

        with self._opening:
            if self._downloads is None:
                self._downloads = Downloads(self._publish, self._network, self._folder)
                self._apply(self._downloads)
            return self._downloads

    def settings_changed(self) -> None:
        """Apply the settings of downloads."""
        with self._opening:  # else an opener could apply those that held before
            if self._downloads:
                self._apply(self._downloads)

    def close(self) -> None:
        """Close the queue if it was opened."""
        with self._opening:
            downloads = self._downloads
        if downloads:
            downloads.close()

    def _apply(self, downloads: Downloads) -> None:
        settings = self._settings()
        downloads.limit = settings.download_limit * 1e6 or None
        folder = settings.download_folder
        downloads.cache = Path(folder) if folder else None
        downloads.mount = settings.download_mount
