"""Backups of a database, verified, in ``backups/`` beside it, and the way back to one.

All of this works on files, so that it can be done where the store does not open. It raises what
SQLite and the system say; the store makes StoreErrors of that.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

KEPT = 7
_FORMAT = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: when it was made (POSIX seconds), its size in bytes, and its schema."""

    path: Path
    made: float
    size: int
    version: int


def backups(database: Path) -> list[Backup]:
    """Those of a database, the newest first."""
    pattern = re.compile(re.escape(database.stem) + r"-(\d{8}-\d{6})-v(\d+)\.db")
    found = []
    folder = _folder(database)
    for path in folder.iterdir() if folder.is_dir() else ():
        if named := pattern.fullmatch(path.name):
            made = datetime.strptime(named[1], _FORMAT).replace(tzinfo=UTC).timestamp()
            found.append(Backup(path, made, path.stat().st_size, int(named[2])))
    return sorted(found, key=lambda b: (b.made, b.version), reverse=True)


def make(database: Path) -> Backup:
    """Makes one, and removes all but the newest seven. Whoever writes to the database does not
    wait for it. Raises sqlite3.DatabaseError where the copy is not sound; then nothing is
    removed."""
    with (
        new(database) as partial,
        contextlib.closing(sqlite3.connect(partial)) as target,
        contextlib.closing(sqlite3.connect(database)) as source,
    ):
        source.backup(target)  # in one go: readers and writers do not meet in a WAL
    newest, *others = backups(database)
    for old in others[KEPT - 1 :]:
        old.path.unlink(missing_ok=True)
    return newest


@contextlib.contextmanager
def new(database: Path) -> Iterator[Path]:
    """A file to be written, which becomes a backup when it is sound."""
    folder = _folder(database)
    folder.mkdir(exist_ok=True)
    partial = folder / f"{database.stem}.part"
    partial.unlink(missing_ok=True)
    try:
        yield partial
        with contextlib.closing(sqlite3.connect(partial)) as db:
            db.execute("PRAGMA journal_mode = DELETE")  # one file
            version = _verify(db)
        stamp = time.strftime(_FORMAT, time.gmtime())
        partial.replace(folder / f"{database.stem}-{stamp}-v{version}.db")
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def restore(database: Path, source: Path) -> Path:
    """Puts the backup ``source`` in the place of a database that nobody has open. What was
    there is kept beside it, as the returned path names; a kill on the way leaves either.
    Raises sqlite3.DatabaseError where the backup is not sound, and changes nothing then."""
    partial = database.with_name(database.name + ".part")
    aside = database.with_name(f"{database.name}.{time.strftime(_FORMAT, time.gmtime())}.old")
    shutil.copyfile(source, partial)
    try:
        with contextlib.closing(sqlite3.connect(partial)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
            _verify(db)
        for end in ("-wal", ""):
            if (file := database.with_name(database.name + end)).exists():
                shutil.copyfile(file, aside.with_name(aside.name + end))
        for end in ("-wal", "-shm"):  # SQLite would take them for the new file's
            database.with_name(database.name + end).unlink(missing_ok=True)
        partial.replace(database)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return aside


def erase(database: Path, chats: Iterable[tuple[int, float]]) -> None:
    """Removes chats, known by id and time of creation, from all backups: after a restore, an id
    alone may be that of another."""
    rows = list(chats)
    for kept in backups(database):
        with contextlib.closing(sqlite3.connect(kept.path, isolation_level=None)) as db:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("BEGIN IMMEDIATE")
            before = db.total_changes
            db.executemany("DELETE FROM chat WHERE id = ? AND created = ?", rows)
            changed = db.total_changes > before
            if (
                changed
                and db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'words'").fetchone()
            ):
                db.execute("INSERT INTO words (words) VALUES ('optimize')")
            db.execute("COMMIT")
            if changed:
                db.execute("VACUUM")


def _folder(database: Path) -> Path:
    return database.with_name("backups")


def _verify(db: sqlite3.Connection) -> int:
    """Its schema, where it is sound."""
    said = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if said != "ok" or version == 0:
        raise sqlite3.DatabaseError(said if version else "empty")
    return version
