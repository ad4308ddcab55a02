"""The database file: opening it, bringing it up to date, and speaking to it."""

from __future__ import annotations

import contextlib
import errno
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
from app.store import backup
from app.store.schema import Migration, schema_version, upgrade

T = TypeVar("T")

_READING = (
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_DATA,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
)
"""The faults of a disk that are not of writing."""


def _typed(error: sqlite3.Error, path: Path) -> StoreError:
    """SQLite's error as one of ours."""
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
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreReadOnly(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return StoreLocked(path)
        case _:
            return StoreDamaged(path, str(error))


@contextlib.contextmanager
def typed_errors(path: Path) -> Iterator[None]:
    """What SQLite and the system say about the file, as StoreErrors."""
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
    """A connection to the file at ``path``, made where there is none; see Store."""

    def __init__(self, path: Path, migrations: Sequence[Migration], patience: float) -> None:
        self.path = path
        self._patience = patience
        self._lock = threading.RLock()
        with self._errors():
            self._db = sqlite3.connect(
                path, timeout=patience, isolation_level=None, check_same_thread=False
            )
        try:
            with self._errors():
                self._open(migrations)
            self._opened()
        except BaseException:
            self._db.close()
            raise

    def _open(self, migrations: Sequence[Migration]) -> None:
        version = schema_version(self._db)
        if version > len(migrations):
            raise StoreNewer(self.path, version, len(migrations))
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA fullfsync = ON")  # macOS: its fsync alone does not reach the disk
        self._db.execute("PRAGMA secure_delete = ON")  # what is purged is gone
        if version < len(migrations):
            if version:
                backup.make(self.path)
            with self._transaction() as db:
                upgrade(db, migrations)
        self._db.execute("PRAGMA foreign_keys = ON")  # not before: a migration may rebuild tables

    def _opened(self) -> None:
        """What is to be done before it is used."""

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return typed_errors(self.path)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside is on disk at the end, or none of it. Within another one it
        is a part of that."""
        with self._lock, self._errors():
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite ends it by itself after some faults
                    self._db.execute("ROLLBACK")
                raise

    def at_once(self) -> contextlib.AbstractContextManager[object]:
        """All that this thread does inside is on disk at the end, or none of it."""
        return self._transaction()

    def _read(self, make: Callable[[tuple[Any, ...]], T], sql: str, *values: Any) -> list[T]:
        with self._lock, self._errors():
            rows = self._db.execute(sql, values).fetchall()
        return made(self.path, make, rows)

    def _one(self, make: Callable[[tuple[Any, ...]], T], sql: str, *values: Any) -> T:
        for row in self._read(make, sql, *values):
            return row
        raise KeyError(values[-1])

    def close(self) -> None:
        """Ends the use of the file. Closing twice is allowed."""
        with self._lock, self._errors():
            self._db.close()


def made(
    path: Path, make: Callable[[tuple[Any, ...]], T], rows: Sequence[tuple[Any, ...]]
) -> list[T]:
    """Rows as values; nonsense in one of them is damage."""
    try:
        return [make(row) for row in rows]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreDamaged(path, repr(error)) from error
