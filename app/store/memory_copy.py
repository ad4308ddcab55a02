"""A copy of a database in memory, for reading, where the disk has no room to open the file.

SQLite opens a file in WAL mode by making others beside it (sqlite.org/wal.html). Without them it
reads a file that nobody changes (``immutable``), or keeps the index of the log in memory (locking
mode EXCLUSIVE before the first access, section 8 there).
"""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from pathlib import Path

from app.store import backup

LARGEST = 1_000_000_000  # bytes of a file that are copied into memory


def possible(path: Path) -> bool:
    """Whether there is a file that can be copied."""
    with contextlib.suppress(OSError):
        return 0 < path.stat().st_size <= LARGEST
    return False


def place() -> str:
    """Return the URI of a new database in memory, for `sqlite3.connect`.

    It lasts as long as there is a connection to it.
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
