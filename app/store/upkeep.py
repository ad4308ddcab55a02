"""Background upkeep: removing the traces of erased chats, and backups."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from app.base.errors import StoreDamaged
from app.store import backup
from app.store.backup import Backup
from app.store.bin import Bin
from app.store.database import Database, typed_errors
from app.store.search_index import SearchIndex

_DAY = 86400.0
_STEP_S = 0.5  # of indexing


class Upkeep:
    """A database's upkeep, in steps between which others can write."""

    def __init__(self, database: Database, deleted: Bin, index: SearchIndex) -> None:
        self._database, self._bin, self._index = database, deleted, index
        self._ending = threading.Event()
        self._lock = threading.Lock()  # a concurrent backup would keep erased chats

    def hurry(self) -> None:
        """Have `sweep` and `tidy` stop after the present step, as the program ends.

        They continue after the next start.
        """
        self._ending.set()

    def sweep(self) -> None:
        """Remove the traces of erased chats from the search index, the log and the backups.

        Unfinished backups are included, damaged ones are not. This may take seconds. An interrupted
        sweep is continued by the next.
        """
        with self._lock:
            self._sweep()

    def _sweep(self) -> None:
        sql = "SELECT id, chat, created FROM erased ORDER BY id"
        rows = self._database.read(lambda r: (int(r[0]), int(r[1]), float(r[2])), sql)
        if not rows:
            return
        begin = True
        while not self._ending.is_set() and self._index.merge(begin=begin):
            begin = False
        with self._database.errors():
            backup.remove_unfinished(self._database.path)
        for kept in self._backups():
            if self._ending.is_set():
                return
            with suppress(StoreDamaged), typed_errors(kept.path):
                backup.erase(kept, [(chat, created) for _, chat, created in rows])
        if not self._ending.is_set() and self._database.compact():
            with self._database.transaction() as db:
                db.execute(f"DELETE FROM erased WHERE id <= {rows[-1][0]}")

    def backup(self) -> Backup:
        """Make a backup now and remove old ones; see `app.store.backup.make`."""
        with self._lock, self._database.errors():
            return backup.make(self._database.path)

    def tidy(self) -> None:
        """Do the upkeep that is due after a start.

        Index what is not indexed yet, remove traces and empty pages, and make a backup if the last
        one is a day old.
        """
        while not self._ending.is_set() and not self._index.complete(_STEP_S):
            pass
        self._bin.purge()
        self.sweep()
        if not self._ending.is_set() and self._database.is_sparse():
            self._database.compact()
        last = next(iter(self._backups()), None)
        new = last is not None and 0 <= time.time() - last.made < _DAY
        if not new and not self._ending.is_set():
            self.backup()

    def _backups(self) -> list[Backup]:
        with self._database.errors():
            return backup.backups(self._database.path)
