"""The database file: opening, upgrading and accessing it."""

from __future__ import annotations

import contextlib
import errno
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from app.base.errors import (
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreNewer,
    StoreReadOnly,
)
from app.store import backup, memory_copy
from app.store.schema import Migration, schema_version, upgrade

R = TypeVar("R")
T = TypeVar("T")

_READING = (
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_DATA,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
)
"""The I/O errors that do not come from writing."""
_SMALL = 1000  # pages, 4 MB
_ROOM = 64 << 10  # bytes that SQLite needs to open a file


def _typed(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the StoreError for an error of SQLite."""
    code = getattr(error, "sqlite_errorcode", 0)
    match code & 0xFF:
        case _ if isinstance(error, sqlite3.ProgrammingError):
            return StoreError(path)
        case sqlite3.SQLITE_FULL:
            return StoreFull(path)
        case sqlite3.SQLITE_IOERR if code == sqlite3.SQLITE_IOERR_SHMSIZE:
            return StoreFull(path)  # no room for the -shm file
        case sqlite3.SQLITE_IOERR if code not in _READING:
            return StoreReadOnly(path)
        case sqlite3.SQLITE_CANTOPEN if _no_room(path):
            return StoreFull(path)  # no room for an entry in the folder
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreReadOnly(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return StoreLocked(path)
        case _:
            return StoreDamaged(path, str(error))


def _no_room(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return shutil.disk_usage(path.parent).free < _ROOM
    return False


@contextlib.contextmanager
def typed_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the system into StoreErrors."""
    try:
        yield
    except sqlite3.Error as error:
        raise _typed(error, path) from error
    except UnicodeDecodeError as error:  # SQLite quotes a damaged file in its message
        raise StoreDamaged(path, str(error)) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (StoreFull(path) if full else StoreReadOnly(path)) from error


class Database:
    """A connection to the database file at ``path``, which is created if missing; see Store.

    Call `open` first. ``opened`` is called when the schema is up to date, also when the file
    replaces a copy in memory; ``reopened`` is called only after the latter.
    """

    def __init__(
        self,
        path: Path,
        migrations: Sequence[Migration],
        patience: float,
        opened: Callable[[], object] = lambda: None,
        reopened: Callable[[], object] = lambda: None,
    ) -> None:
        self.path = path
        self._migrations, self._patience = migrations, patience
        self._opened, self._reopened = opened, reopened
        self.lock = threading.RLock()
        self._place: Path | str = path
        self._full: StoreFull | None = None
        """Why there is only a read-only copy in memory; None if the file is open."""

    def open(self) -> None:
        """Open the file, or a copy of it in memory if the disk is full."""
        try:
            self._db = self._connected()
        except StoreFull as full:
            if not memory_copy.possible(self.path):
                raise
            self._place = memory_copy.place()
            self._db = self._connected()
            self._full = full

    def connect(self) -> sqlite3.Connection:
        """Return another connection to the open database."""
        return sqlite3.connect(
            self._place, timeout=self._patience, isolation_level=None, check_same_thread=False,
            uri=self._copied,
        )  # fmt: skip

    def _connected(self) -> sqlite3.Connection:
        """Return a connection that is ready for use."""
        with self.errors():
            self._db = db = self.connect()
        try:
            with self.errors():
                if self._copied:
                    memory_copy.fill(db, self.path)
                self._open()
            self._opened()
        except BaseException:
            db.close()
            raise
        return db

    @property
    def _copied(self) -> bool:
        return self._place != self.path

    def _open(self) -> None:
        version = schema_version(self._db)
        if version > len(self._migrations):
            raise StoreNewer(self.path, version, len(self._migrations))
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA fullfsync = ON")  # macOS: its fsync alone does not reach the disk
        self._db.execute("PRAGMA secure_delete = ON")  # purged content is overwritten
        if version < len(self._migrations):
            if version and not self._copied:
                backup.make(self.path)
            with self.transaction() as db:
                upgrade(db, self._migrations)
        self._db.execute("PRAGMA foreign_keys = ON")  # only now: a migration may rebuild tables

    def _reopen(self) -> None:
        """Replace the copy in memory by the file, before a write.

        Raises StoreFull if there is still no room.
        """
        copy, place, full = self._db, self._place, self._full
        self._place, self._full = self.path, None
        try:
            self._db = self._connected()
        except StoreError:
            self._db, self._place, self._full = copy, place, full
            raise
        copy.close()
        self._reopened()

    def errors(self) -> contextlib.AbstractContextManager[None]:
        return typed_errors(self.path)

    @contextlib.contextmanager
    def transaction(self, *, of_view: bool = False) -> Iterator[sqlite3.Connection]:
        """Open a transaction: at its end, everything is on disk, or nothing.

        Inside another transaction it is part of that. ``of_view``: it only changes which branch is
        shown, which is allowed in a copy in memory, too.
        """
        with self.lock, self.errors():
            if self._db.in_transaction:
                yield self._db
                return
            if self._full and not of_view:
                self._reopen()
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself rolls back after some errors
                    self._db.execute("ROLLBACK")
                raise

    def is_sparse(self) -> bool:
        """Return whether a quarter of a file that is not small is empty, as after a migration."""
        pages, free = (
            int(self.fetch(f"PRAGMA {name}")[0][0]) for name in ("page_count", "freelist_count")
        )
        return pages > _SMALL and free > pages // 4

    def compact(self) -> bool:
        """Rewrite the file without removed content, and empty its log.

        Returns whether the log is empty: it cannot be emptied during a read.
        """
        with self.lock, self.errors():
            self._db.execute("VACUUM")  # removes remnants that SQLite moved within pages
            (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def read(self, make: Callable[[tuple[Any, ...]], T], sql: str, *values: Any) -> list[T]:
        return from_rows(self.path, make, self.fetch(sql, *values))

    def fetch(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        with self.lock, self.errors():
            return self._db.execute(sql, values).fetchall()

    def one(self, make: Callable[[tuple[Any, ...]], T], sql: str, *values: Any) -> T:
        for row in self.read(make, sql, *values):
            return row
        raise KeyError(values[-1])

    def close(self) -> None:
        """Close the file. Closing twice is allowed."""
        with self.lock, self.errors():
            self._db.close()


def from_rows(path: Path, make: Callable[[R], T], rows: Sequence[R]) -> list[T]:
    """Convert rows to values; an invalid row raises StoreDamaged."""
    try:
        return [make(row) for row in rows]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreDamaged(path, repr(error)) from error
