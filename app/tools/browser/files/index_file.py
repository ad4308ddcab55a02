"""The file of an index: a connection that writes, any number that read, and what can go wrong."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

from app.base.errors import Cancelled, FiresideError

_PATIENCE = 10.0  # seconds for which another process may write
_STEPS = 1000  # of SQLite's virtual machine between looks at whether a search was cancelled


class IndexFault(FiresideError):
    """The index at ``path`` cannot be used; ``reason`` is what SQLite or the system say."""

    path: Path
    reason: str


class IndexFull(IndexFault):
    """There is no room for the index."""


class IndexDamaged(IndexFault):
    """The file is not an index, or is damaged; it was thrown away."""


class IndexFile:
    """The SQLite file ``path`` with ``tables``, made at the first write.

    Threads and processes may read it while one writes. One that is damaged, or of another
    ``version``, is thrown away: it can be built again.
    """

    def __init__(self, path: Path, version: int, tables: str) -> None:
        self.path = path
        self._version, self._tables = version, tables
        self._lock = threading.RLock()  # of the writer
        self._writer: sqlite3.Connection | None = None
        self._pool_lock = threading.Lock()
        self._pool: list[sqlite3.Connection] = []
        self._same: tuple[int, int] = (0, 0)  # the file that the pool reads
        self._closed = False

    @property
    def size(self) -> int:
        """The bytes that it takes on disk."""
        total = 0
        for path in self._files():
            with contextlib.suppress(OSError):
                total += path.stat().st_size
        return total

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection that writes, in a transaction."""
        with self._lock:
            try:
                with self._errors(), self._transaction() as db:
                    yield db
            except IndexDamaged:
                self._throw_away()
                raise

    @contextlib.contextmanager
    def reading(self, cancel: threading.Event | None = None) -> Iterator[sqlite3.Connection | None]:
        """Yield a connection that reads; None if there is no index yet. Raises Cancelled."""
        try:
            with self._errors():
                db = self._reader()
                if db is None:
                    yield None
                    return
                try:
                    if cancel is not None:
                        db.set_progress_handler(cancel.is_set, _STEPS)
                    db.execute("BEGIN")
                    yield db
                    db.execute("ROLLBACK")
                    db.set_progress_handler(None, 0)
                except BaseException:
                    db.close()
                    raise
                self._give_back(db)
        except IndexDamaged:
            self._throw_away()
            raise

    def close(self) -> None:
        """Close the file; a closed one is empty for readers, and takes nothing."""
        with self._lock, self._pool_lock:
            self._closed = True
            self._close()

    def _files(self) -> tuple[Path, ...]:
        return tuple(self.path.with_name(self.path.name + end) for end in ("", "-wal", "-shm"))

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._typed(error) from error
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise (IndexFull if full else IndexFault)(self.path, str(error)) from error
        except (zlib.error, ValueError, TypeError) as error:  # what was stored makes no sense
            raise IndexDamaged(self.path, repr(error)) from error

    def _typed(self, error: sqlite3.Error) -> FiresideError:
        code = getattr(error, "sqlite_errorcode", 0)
        kind = code & 0xFF
        if kind == sqlite3.SQLITE_INTERRUPT:
            return Cancelled()
        if kind == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
            return IndexFull(self.path, str(error))
        damaged = kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        if damaged or str(error).startswith("no such "):  # table, as in a file of somebody else
            return IndexDamaged(self.path, str(error))
        return IndexFault(self.path, str(error))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise IndexFault(self.path, "closed")
        if self._writer is None:
            self._writer = self._opened()
        db = self._writer
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _opened(self) -> sqlite3.Connection:
        """Return a connection that writes, to a new file if there is none, or none of use."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        db = self._connected()
        try:
            (version,) = db.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as error:
            if not isinstance(self._typed(error), IndexDamaged):
                db.close()
                raise
            version = -1
        if version == self._version:
            self._prepare(db)
            return db
        if version:
            db.close()
            self._throw_away()
            db = self._connected()
        self._prepare(db)
        try:
            db.executescript(f"BEGIN;{self._tables};PRAGMA user_version={self._version};COMMIT;")
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")  # it can be built again
            db.execute("PRAGMA secure_delete = ON")
        except BaseException:
            db.close()
            raise

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )

    def _reader(self) -> sqlite3.Connection | None:
        """Return a connection that reads, to the file that is there now."""
        with self._pool_lock:
            try:
                status = self.path.stat()
            except FileNotFoundError:
                return None
            same = status.st_dev, status.st_ino
            if same != self._same:  # another process has made it anew
                self._close_pool()
                self._same = same
            if self._closed:
                return None
            if self._pool:
                return self._pool.pop()
        try:
            db, version = self._connected_to_read(self._connected())
        except sqlite3.OperationalError as error:
            cannot = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CANTOPEN
            if not cannot or os.access(self.path.parent, os.W_OK):
                raise
            # The folder is read-only, and SQLite wants to make files beside it: nobody writes it.
            address = f"{self.path.absolute().as_uri()}?immutable=1"
            alone = sqlite3.connect(
                address, uri=True, isolation_level=None, check_same_thread=False
            )
            db, version = self._connected_to_read(alone)
        if version != self._version:
            db.close()
            return None
        return db

    def _connected_to_read(self, db: sqlite3.Connection) -> tuple[sqlite3.Connection, int]:
        try:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            db.execute("PRAGMA query_only = ON")
        except BaseException:
            db.close()
            raise
        return db, int(version)

    def _give_back(self, db: sqlite3.Connection) -> None:
        with self._pool_lock:
            if self._closed:
                db.close()
            else:
                self._pool.append(db)

    def _close(self) -> None:
        self._close_pool()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _close_pool(self) -> None:
        for db in self._pool:
            db.close()
        self._pool.clear()

    def _throw_away(self) -> None:
        with self._lock, self._pool_lock:
            self._close()
            for path in self._files():
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
