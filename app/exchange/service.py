"""Export and import of chats in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from app import exchange
from app.base.jobs import Jobs, stoppable
from app.base.settings import Settings
from app.exchange import everything
from app.exchange.everything import Everything, EverythingReport
from app.exchange.exporter import ExportOptions
from app.exchange.importer import ImportedFiles, ImportReport
from app.store import Store


class ChatExchange:
    """A service that exports and imports the chats of a store.

    Every future fails with Cancelled once its ``stop`` is set; progress is reported on another
    thread.
    """

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    def export(
        self,
        folder: Path,
        name: str,
        options: ExportOptions,
        chats: Sequence[int] | None,
        stop: threading.Event,
        seen: Callable[[float], None],
    ) -> Future[Path]:
        """Write chats as `app.exchange.export` does; ``seen`` is called with the fraction done.

        Fails with ExchangeError or StoreError.
        """
        told = stoppable(stop, seen)
        return self._jobs.submit_until(
            stop, lambda: exchange.export(self._store, folder, name, options, chats, told)
        )

    def read(
        self, paths: Sequence[Path], stop: threading.Event, seen: Callable[[int], None]
    ) -> Future[ImportedFiles]:
        """Read the chats of Fireside or other programs from files and folders.

        ``seen`` is called with the number found so far. Fails with ExchangeError or StoreError.
        """
        told = stoppable(stop, seen)
        return self._jobs.submit_until(stop, lambda: exchange.read(paths, told, self._store))

    def take(
        self, found: ImportedFiles, stop: threading.Event, seen: Callable[[int], None]
    ) -> Future[ImportReport]:
        """Add the chats that were found to the store. Fails as `read` does."""
        told = stoppable(stop, seen)
        return self._jobs.submit_until(stop, lambda: found.into(self._store, told))

    def export_everything(
        self, settings: Settings, path: Path, stop: threading.Event, seen: Callable[[float], None]
    ) -> Future[Path]:
        """Write everything to one file. Fails with ExchangeError or StoreError."""
        told = stoppable(stop, seen)
        return self._jobs.submit_until(
            stop, lambda: everything.export_everything(self._store, settings, path, told)
        )

    def read_everything(
        self, settings: Settings, path: Path, stop: threading.Event, seen: Callable[[int], None]
    ) -> Future[Everything]:
        """Read such a file. Fails as `export_everything` does."""
        told = stoppable(stop, seen)
        return self._jobs.submit_until(
            stop, lambda: everything.read_everything(self._store, settings, path, told)
        )

    def take_everything(
        self, found: Everything, stop: threading.Event, seen: Callable[[int], None]
    ) -> Future[EverythingReport]:
        """Add what was found to the store. Fails as `export_everything` does."""
        told = stoppable(stop, seen)
        return self._jobs.submit_until(stop, lambda: found.into(self._store, told))
