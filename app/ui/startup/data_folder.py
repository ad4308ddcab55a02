"""The data folder, held by one Fireside at a time, and the chats in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.base import settings as settings_file
from app.base.settings import Folders, Settings
from app.host import Host
from app.serving import OpenServer
from app.ui.startup.single_instance import PATIENCE_S, SingleInstance


class DataFolder:
    """The data folder that was requested; None leaves it to `Folders.find`.

    ``open_server`` makes the local server of its hosts, if they have one.
    """

    def __init__(self, requested: Path | None, open_server: OpenServer | None = None) -> None:
        self._requested = requested
        self._open_server = open_server
        self._first: SingleInstance | None = None
        self.folders: Folders | None = None

    @property
    def settings(self) -> Settings:
        """The settings, as far as they can be read before anything is opened."""
        return settings_file.load(self.folders.settings) if self.folders else Settings()

    def take(self, model: Path | None = None, patience: float = PATIENCE_S) -> bool:
        """Lock the folder for this Fireside; return False if another one has it.

        The other one then comes to the front and uses ``model``. Raises StoreError.
        """
        if self._first is None:
            self.folders = Folders.find(self._requested)
            first = SingleInstance(self.folders.data)
            if not first.acquire(model, patience):
                return False
            self._first = first
        return True

    def host(self, publish: Callable[[Any], None]) -> Host:
        """Open the contents of the folder, which must be locked. May be called on any thread.

        Raises StoreError.
        """
        assert self.folders
        return Host(self.folders, publish, open_server=self._open_server)

    def move(self, folder: Path) -> None:
        """Use another folder, which must then be locked by `take`."""
        self.close()
        self._requested, self.folders = folder, None

    def on_second(self, called: Callable[[Path | None], None]) -> None:
        """See `SingleInstance.on_second`."""
        if self._first:
            self._first.on_second(called)

    def close(self) -> None:
        """Release the folder for another Fireside."""
        if self._first:
            self._first.close()
            self._first = None
