"""What can still be read of a damaged database, in a new one.

It works on files, as `backup` does, and what it makes is a backup like the others.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.store import backup
from app.store.backup import Backup
from app.store.rows import (
    CHAT,
    DRAFT,
    MESSAGE,
    PRESET,
    chat_row,
    draft_row,
    message_row,
    preset_row,
)
from app.store.schema import upgrade

_MANY = 100_000  # more drafts than anybody has
_REPAIRS = (
    # Messages without their chat get a new one.
    """INSERT INTO chat (id, title, title_by, effort, created, updated)
        SELECT chat, '', 'question', 'medium', min(created), max(created) FROM message
        WHERE chat NOT IN (SELECT id FROM chat) GROUP BY chat""",
    # So do words that were not sent.
    """INSERT INTO chat (id, title, title_by, effort, created, updated)
        SELECT chat, '', 'question', 'medium', unixepoch(), unixepoch() FROM draft
        WHERE chat NOT IN (SELECT id FROM chat)""",
    # A message whose parent is lost follows what came before it, so that nothing is out of sight.
    """UPDATE message SET parent = (
            SELECT max(id) FROM message AS before
            WHERE before.chat = message.chat AND before.id < message.id
        ) WHERE parent IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM message AS above
            WHERE above.chat = message.chat AND above.id = message.parent
        )""",
    """UPDATE chat SET leaf = (SELECT max(id) FROM message WHERE chat = chat.id)
        WHERE NOT EXISTS (SELECT 1 FROM message WHERE chat = chat.id AND message.id = leaf)""",
    "INSERT INTO unindexed SELECT id FROM message",
)


def recover(database: Path) -> Backup:
    """Puts what can be read of the chats, messages, drafts and presets of a damaged database
    into a new backup of it, from which it can be restored. The database stays as it is. Raises
    sqlite3.DatabaseError where nothing can be read."""

    def fill(target: sqlite3.Connection) -> None:
        target.execute("BEGIN")
        upgrade(target)
        _copy(source, target, "chat", CHAT, chat_row)
        _copy(source, target, "message", MESSAGE, message_row)
        _copy(source, target, "draft", DRAFT, draft_row)
        _copy(source, target, "preset", PRESET, preset_row)
        for repair in _REPAIRS:
            target.execute(repair)
        target.execute("COMMIT")

    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as source:
        return backup.add(database, fill)


def _copy(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    table: str,
    columns: str,
    make: Callable[[tuple[Any, ...]], object],
) -> None:
    known = {row[1] for row in source.execute(f"PRAGMA table_info ({table})")}
    names = [name for name in columns.split(", ") if name in known]
    if not names:
        return  # an older schema had no such table
    # AUTOINCREMENT's table tells how far ids go, also where the table itself is damaged.
    sequence = "SELECT seq FROM sqlite_sequence WHERE name = ?"
    (last,) = source.execute(sequence, (table,)).fetchone() or (_MANY,)
    sql = f"SELECT {', '.join(names)} FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    full = f"SELECT {columns} FROM {table} WHERE rowid = last_insert_rowid()"
    for row in _rows(source, sql, 1, last):
        target.execute("SAVEPOINT one")
        try:
            target.execute(into, row)
            make(target.execute(full).fetchone())
        except (sqlite3.IntegrityError, ValueError, TypeError, KeyError, AttributeError):
            target.execute("ROLLBACK TO one")  # it can be read, but it is nonsense
        target.execute("RELEASE one")


def _rows(db: sqlite3.Connection, sql: str, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    """The rows of ids in a range that can be read: where some cannot, each half by itself."""
    try:
        rows = db.execute(sql, (first, last)).fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        if first < last:
            middle = (first + last) // 2
            yield from _rows(db, sql, first, middle)
            yield from _rows(db, sql, middle + 1, last)
        return
    yield from rows
