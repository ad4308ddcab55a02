"""A read-only copy of a database in memory, if the disk has no room to open the file.

To open a file in WAL mode, SQLite creates others beside it (sqlite.org/wal.html). It can do without
them for a file that nobody changes (``immutable``), or by keeping the log's index in memory
(locking mode EXCLUSIVE before the first access, section 8 there).
"""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from pathlib import Path

from app.store import backup

LARGEST = 1_000_000_000  # bytes of the largest file to copy into memory


def possible(path: Path) -> bool:
    """Return whether there is a file that can be copied."""
    with contextlib.suppress(OSError):
        return 0 < path.stat().st_size <= LARGEST
    return False


def place() -> str:
    """Return the URI of a new database in memory, for `sqlite3.connect`.

    The database exists as long as there is a connection to it.
    """
    return f"file:fireside-{uuid.uuid4().hex}?mode=memory&cache=shared"


def fill(target: sqlite3.Connection, path: Path) -> None:
    """Copy all of a database, including its log's content. Raises sqlite3.Error."""
    with contextlib.closing(_source(path)) as source:
        source.backup(target)


def _source(path: Path) -> sqlite3.Connection:
    log = path.with_name(path.name + "-wal")
    with contextlib.suppress(OSError):
        if not log.exists() or not log.stat().st_size:
            return backup.connect_immutable(path)
    source = sqlite3.connect(path, isolation_level=None)
    source.execute("PRAGMA locking_mode = EXCLUSIVE")
    return source
