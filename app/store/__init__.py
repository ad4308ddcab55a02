"""Chats on disk, as trees of messages, in SQLite.

A message has a parent, so another try at an answer is a branch and nothing is overwritten.
A chat remembers its leaf; the conversation is the path from the root to it. Deletion of a chat is
soft until `purge` or `erase`. Every write returns what changed, as it is on disk.

All methods may be called from any thread and none should be called from the GUI's. They raise
StoreError (its own class where the store has been closed), and KeyError for an id that never
was. A soft-deleted chat can still be read and written by its id.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from app.base.errors import StoreDamaged
from app.store import backup, recovery
from app.store.backup import Backup
from app.store.chat_trees import ChatTree, WholeStore
from app.store.chats import BIN_DAYS
from app.store.database import typed_errors
from app.store.presets import PresetStore
from app.store.rows import (
    PLAIN,
    ChatRow,
    ChatSettings,
    MessageRow,
    Preset,
    Queued,
    State,
    TitleBy,
    Unsent,
)
from app.store.schema import MIGRATIONS, Migration
from app.store.search import Search, SearchHit

__all__ = [
    "BIN_DAYS",
    "PLAIN",
    "Backup",
    "ChatRow",
    "ChatSettings",
    "ChatTree",
    "MessageRow",
    "Preset",
    "Queued",
    "SearchHit",
    "State",
    "Store",
    "TitleBy",
    "Unsent",
    "backups",
    "recover",
    "restore_backup",
    "set_aside",
    "typed_errors",
]

_DAY = 86400.0
_INDEX_S = 2.0  # at a start; the rest of an old database follows with `tidy`
_STEP_S = 0.5  # of it
_MERGE = 200  # pages of the index that are merged in one transaction


class Store(PresetStore, WholeStore):
    """The database at ``path``, made where there is none.

    Opening it brings an older schema up to date, after a backup in ``backups/`` beside the
    file, marks answers that a crash interrupted as cut off, and purges chats that were deleted
    more than 30 days ago. A file that is damaged or from a later version is left as it is.
    ``patience`` is how many seconds to wait for a lock that another program holds.

    Where the disk is too full to open a file that is there, a copy in memory is read in its
    place. Whatever would change it raises StoreFull, until there is room: then it goes on with
    the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        migrations: Sequence[Migration] = MIGRATIONS,
        patience: float = 5.0,
    ) -> None:
        self._search, self._find = Search(path, self.connect), Search(path, self.connect)
        self._ending = threading.Event()
        self._upkeep = threading.Lock()  # a backup that is being made would keep what is erased
        super().__init__(path, migrations, patience)

    def _opened(self) -> None:
        super()._opened()
        self.purge()
        self.index(_INDEX_S)

    def _went_on(self) -> None:
        self._search.renew()
        self._find.renew()

    def close(self) -> None:
        """Ends the use of the file, and a search that runs. Closing twice is allowed."""
        self._search.close()
        self._find.close()
        super().close()

    def hurry(self) -> None:
        """Everything is about to end: `sweep` and `tidy` stop after their step, and leave the
        others to the next start."""
        self._ending.set()

    # --- Search ---------------------------------------------------------------------------

    def search(self, text: str, *, reasoning: bool = False, limit: int = 50) -> list[SearchHit]:
        """Where all words of a text are found, the last one as the beginning of one, whatever
        their case, accents and order: titles first (half of ``limit`` at most, unless there is
        room), then messages, the best ones first, and their reasoning where that is asked for.
        What is archived is found, what is in the bin is not. Never waits for a writer. A newer
        search, from another thread, ends this one with Cancelled."""
        return self._search.search(text, reasoning, limit)

    def find(self, text: str) -> list[int]:
        """The chats in whose title, or in one of whose messages (without reasoning), all words
        of a text are found, in the order of `chats`; all of them where it is blank. A newer
        one ends it with Cancelled."""
        return self._find.find(text)

    # --- Traces and backups ---------------------------------------------------------------

    def sweep(self) -> None:
        """Removes the traces of what was removed for good: from the index of the search, from
        SQLite's log, and from the backups, finished or not, unless they are damaged. Takes
        seconds where there is much, in steps between which others can write. What is interrupted
        is taken up by the next one."""
        with self._upkeep:
            self._sweep()

    def _sweep(self) -> None:
        sql = "SELECT id, chat, created FROM erased ORDER BY id"
        rows = self._read(lambda r: (int(r[0]), int(r[1]), float(r[2])), sql)
        if not rows:
            return
        # A deletion only adds to the index that the words are gone; they leave it when all of
        # it is merged. (FTS5's own secure-delete makes a file that older SQLites cannot read.)
        merge = -_MERGE
        while not self._ending.is_set():
            with self._transaction() as db:
                before = db.total_changes
                db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (merge,))
                if db.total_changes - before < 2:
                    break
            merge = _MERGE
        with self._errors():
            backup.remove_unfinished(self.path)
        for kept in backups(self.path):
            if self._ending.is_set():
                return
            with suppress(StoreDamaged), typed_errors(kept.path):
                backup.erase(kept, [(chat, created) for _, chat, created in rows])
        if self._ending.is_set():
            return
        with self._lock, self._errors():
            self._db.execute("VACUUM")  # what SQLite moved around within its pages
            (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                with self._transaction() as db:
                    db.execute(f"DELETE FROM erased WHERE id <= {rows[-1][0]}")

    def backup(self) -> Backup:
        """Makes a backup now, and removes old ones: the newest seven stay, and the last one of
        each of the newest seven days. Writers do not wait."""
        with self._upkeep, self._errors():
            return backup.make(self.path)

    def tidy(self) -> None:
        """What is to be done in the background after a start: indexing what is not indexed yet,
        removing traces, and a backup where the last one is a day old."""
        while not self._ending.is_set() and not self.index(_STEP_S):
            pass
        self.purge()
        self.sweep()
        last = next(iter(backups(self.path)), None)
        new = last is not None and 0 <= time.time() - last.made < _DAY
        if not new and not self._ending.is_set():
            self.backup()


def backups(path: Path) -> list[Backup]:
    """The backups of the database at ``path``, the newest first."""
    with typed_errors(path):
        return backup.backups(path)


def restore_backup(path: Path, source: Path) -> Path:
    """Puts a backup in the place of the database at ``path``, which no store has open, and
    returns where the old one is kept: in another backup, or beside it where it is damaged.
    Where that fails, all is as it was; the StoreDamaged of a backup has its path."""
    with typed_errors(source):
        backup.verify(source)
    with typed_errors(path):
        return backup.restore(path, source)


def set_aside(path: Path) -> Path:
    """Takes the database at ``path``, which no store has open, out of the way, and returns where
    it is kept."""
    with typed_errors(path):
        return backup.set_aside(path)


def recover(path: Path) -> Backup:
    """Puts what can be read of the damaged database at ``path`` into a new backup, from which
    it can be restored."""
    with typed_errors(path):
        return recovery.recover(path)
