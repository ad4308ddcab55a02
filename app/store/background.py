"""Background access to the store: its one writing thread, searches, and backups."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from app.base.jobs import Jobs
from app.store import Backup, SearchHit, Store, backups

T = TypeVar("T")


class DiskThread(ThreadPoolExecutor):
    """The one thread that writes to the store; calling it submits work."""

    def __init__(self, store: Store) -> None:
        super().__init__(max_workers=1, thread_name_prefix="disk")
        self._store = store

    def __call__(self, work: Callable[[Store], T]) -> Future[T]:
        """Submit ``work``, which is called with the store on this thread."""
        return self.submit(work, self._store)


class ChatSearches:
    """Searches of all chats, concurrent with other work."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    def search(self, text: str, reasoning: bool, calls: bool) -> Future[list[SearchHit]]:
        """Search as `Store.search` does. A newer search makes the future fail with Cancelled."""
        return self._jobs.submit(self._store.searching(text, reasoning=reasoning, calls=calls))


class ChatBackups:
    """The backups of the chats. All futures fail with StoreError."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    def listed(self, *, make: bool = False) -> Future[list[Backup]]:
        """Return the backups, the newest first; with ``make``, make another one before."""

        def work() -> list[Backup]:
            if make:
                self._store.upkeep.backup()
            return backups(self._store.path)

        return self._jobs.submit(work)
