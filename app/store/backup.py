"""Verified backups of a database, in ``backups/`` beside it, and restoring one.

All of this works on files, so that it is possible even if the store does not open. It raises the
errors of SQLite and the system; the store turns them into StoreErrors.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.base.files import sync
from app.store.schema import schema_version

KEPT = 7
_FORMAT = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: when it was made (POSIX seconds), its size in bytes, and its schema version.

    ``chats`` is the number of chats outside the bin, None if the backup is damaged.
    """

    path: Path
    made: float
    size: int
    version: int
    chats: int | None


def backups(database: Path) -> list[Backup]:
    """Return the backups of a database, the newest first."""
    pattern = re.compile(re.escape(database.stem) + r"-(\d{8}-\d{6})-v(\d+)\.db")
    found = []
    folder = _folder(database)
    for path in folder.iterdir() if folder.is_dir() else ():
        if named := pattern.fullmatch(path.name):
            made = datetime.strptime(named[1], _FORMAT).replace(tzinfo=UTC).timestamp()
            with contextlib.suppress(FileNotFoundError):  # an old one may just have been removed
                found.append(_backup(path, made, int(named[2])))
    return sorted(found, key=lambda b: (b.made, b.version), reverse=True)


def make(database: Path) -> Backup:
    """Make a backup and remove old ones.

    The newest seven stay, and the last one of each of the newest seven days. Writers to the
    database do not wait. Raises sqlite3.DatabaseError if the copy is not sound; then nothing is
    removed.
    """
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as source:
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_schema")  # fails if `backup` would hang
        made = add(database, source.backup)  # in one step: a WAL's readers block no writers
    all_ = backups(database)
    days = {datetime.fromtimestamp(b.made).date(): b for b in reversed(all_)}
    for old in all_[KEPT:]:
        # The one just made may look old if a clock was wrong.
        if old not in list(days.values())[-KEPT:] and old != made:
            old.path.unlink(missing_ok=True)
    return made


def add(database: Path, fill: Callable[[sqlite3.Connection], object]) -> Backup:
    """Make a backup of what ``fill`` writes into an empty database, if that is sound."""
    folder = _folder(database)
    folder.mkdir(exist_ok=True)
    partial = folder / f"{database.stem}.part"
    partial.unlink(missing_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(partial, isolation_level=None)) as db:
            fill(db)
            version = _verify(db)
        made = int(time.time())
        while (path := folder / _name(database, made, version)).exists():
            made += 1  # never overwrite another one
        partial.replace(path)
        sync(folder)
    finally:
        _remove(partial)
    return _backup(path, float(made), version)


def verify(source: Path) -> None:
    """Raise sqlite3.DatabaseError if a backup is not sound."""
    with contextlib.closing(connect_immutable(source)) as db:
        _verify(db)


def restore(database: Path, source: Path) -> Path:
    """Replace a database that no process has open by the backup ``source``.

    The old one is kept at the returned path: in a backup, or beside the database if it is not
    sound. If the process is killed meanwhile, either of the two is in place.
    """
    partial = _restored(database)
    try:
        shutil.copyfile(source, partial)
        try:
            kept = make(database).path
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # see `typed_errors`
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise
            kept = _copy_aside(database)
        sync(partial)
        _remove_log(database)
        partial.replace(database)
        sync(database.parent)
    finally:
        _remove(partial)
    return kept


def set_aside(database: Path) -> Path:
    """Rename a database that no process has open, and return its new path.

    It stays in the same folder.
    """
    aside = _copy_aside(database)
    database.unlink(missing_ok=True)
    _remove_log(database)  # SQLite does not apply a log to a missing file
    return aside


def erase(kept: Backup, chats: Iterable[tuple[int, float]]) -> None:
    """Remove chats, known by id and time of creation, from a backup.

    After a restore, an id alone may be that of another chat.
    """
    with contextlib.closing(sqlite3.connect(kept.path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("BEGIN IMMEDIATE")
        before = db.total_changes
        db.executemany("DELETE FROM chat WHERE id = ? AND created = ?", chats)
        changed = db.total_changes > before
        if changed and db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'words'").fetchone():
            db.execute("INSERT INTO words (words) VALUES ('optimize')")
        db.execute("COMMIT")
        if changed:
            db.execute("VACUUM")


def remove_unfinished(database: Path) -> None:
    """Remove unfinished files, left when making or restoring a backup was killed.

    No other process may be doing either.
    """
    for unfinished in (_folder(database) / f"{database.stem}.part", _restored(database)):
        for path in unfinished.parent.glob(f"{unfinished.name}*"):  # SQLite's log of it, too
            path.unlink()


def _restored(database: Path) -> Path:
    """Return the temporary path of a backup that is to replace a database."""
    return database.with_name(database.name + ".part")


def connect_immutable(source: Path) -> sqlite3.Connection:
    """Connect to a file that does not change; nothing is written, not even beside it."""
    return sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _backup(path: Path, made: float, version: int) -> Backup:
    chats = None
    with contextlib.suppress(sqlite3.Error), contextlib.closing(connect_immutable(path)) as db:
        (chats,) = db.execute("SELECT count(*) FROM chat WHERE deleted IS NULL").fetchone()
    return Backup(path, made, path.stat().st_size, version, chats)


def _folder(database: Path) -> Path:
    return database.with_name("backups")


def _name(database: Path, made: float, version: int) -> str:
    return f"{database.stem}-{time.strftime(_FORMAT, time.gmtime(made))}-v{version}.db"


def _verify(db: sqlite3.Connection) -> int:
    """Check a database and return its schema version; once closed, it is a single file."""
    db.execute("PRAGMA journal_mode = DELETE")
    said = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    version = schema_version(db)
    if said != "ok" or version == 0:
        raise sqlite3.DatabaseError(said if version else "empty")
    return version


def _copy_aside(database: Path) -> Path:
    """Copy the file and its log under another name, both or neither."""
    stamp = time.strftime(_FORMAT, time.gmtime())
    number = 1
    while (aside := database.with_name(f"{database.name}.{stamp}-{number}.old")).exists():
        number += 1
    ends = [end for end in ("-wal", "") if database.with_name(database.name + end).exists()]
    try:
        for end in ends:
            file, copy = (path.with_name(path.name + end) for path in (database, aside))
            try:
                copy.hardlink_to(file)  # takes no space on the disk, which may be full
            except OSError:
                shutil.copyfile(file, copy)
    except OSError:
        for end in ends:
            _remove(aside.with_name(aside.name + end))
        raise
    return aside


def _remove_log(database: Path) -> None:
    """Remove the log, which SQLite would apply to another file in the same place."""
    for end in ("-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
