"""Recovery of a damaged database's readable content into a new one.

It works on files, as `backup` does, and its result is a backup like the others.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.base.types import Role
from app.store import backup
from app.store.backup import Backup
from app.store.rows import (
    CHAT,
    DRAFT,
    MESSAGE,
    PART,
    PRESET,
    chat_row,
    draft_row,
    message_row,
    part_row,
    preset_row,
)
from app.store.schema import add_old_parts, new_draft, upgrade

_MANY = 100_000  # more drafts than anybody has
_REPAIRS = (
    # Messages whose chat is lost get a new one.
    """INSERT INTO chat (id, title, title_by, effort, created, updated)
        SELECT chat, '', 'question', 'medium', min(created), max(created) FROM message
        WHERE chat NOT IN (SELECT id FROM chat) GROUP BY chat""",
    # So do drafts.
    """INSERT INTO chat (id, title, title_by, effort, created, updated)
        SELECT chat, '', 'question', 'medium', unixepoch(), unixepoch() FROM draft
        WHERE chat NOT IN (SELECT id FROM chat)""",
    # A message whose parent is lost follows the message before it, so that nothing is hidden.
    """UPDATE message SET parent = (
            SELECT max(id) FROM message AS before
            WHERE before.chat = message.chat AND before.id < message.id
        ) WHERE parent IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM message AS above
            WHERE above.chat = message.chat AND above.id = message.parent
        )""",
    """UPDATE chat SET leaf = (
            SELECT max(id) FROM message WHERE chat = chat.id AND deleted IS NULL
        )
        WHERE NOT EXISTS (SELECT 1 FROM message WHERE chat = chat.id AND message.id = leaf)""",
    "INSERT INTO unindexed SELECT id FROM message",
)
_PARTS = f"message, position, {PART}"


def recover(database: Path) -> Backup:
    """Save what can be read of a damaged database in a new backup of it.

    That is chats, messages, drafts and presets. The database itself is unchanged. Raises
    sqlite3.DatabaseError if nothing can be read.
    """

    def fill(target: sqlite3.Connection) -> None:
        target.execute("BEGIN")
        upgrade(target)
        old = "parts" in _columns(source, "message")
        _copy(source, target, "chat", CHAT, chat_row)
        if "imported" not in _columns(source, "chat"):
            target.execute("UPDATE chat SET imported = 1")  # it is not known
        columns = f"{MESSAGE}, deleted"
        _copy(source, target, "message", columns, lambda row: message_row([row[:-1]]))
        if old:
            _old_parts(source, target)
        _copy(source, target, "part", _PARTS, lambda row: part_row(row[2:]))
        _copy(source, target, "draft", DRAFT, draft_row, _new_draft if old else None)
        _copy(source, target, "preset", PRESET, preset_row)
        _messages_of_parts(target)
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
    change: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> None:
    """Copy the rows that ``make`` can read; ``change`` converts them to the present schema."""
    names = [name for name in columns.split(", ") if name in _columns(source, table)]
    if not names:
        return  # an older schema had no such table
    sql = f"SELECT {', '.join(names)} FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    full = f"SELECT {columns} FROM {table} WHERE rowid = last_insert_rowid()"
    for row in _rows(source, sql, 1, _last(source, table)):
        with _row(target):
            values = dict(zip(names, row, strict=True))
            values = change(values) if change else values
            marks = ", ".join("?" * len(values))
            into = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"
            target.execute(into, tuple(values.values()))
            make(target.execute(full).fetchone())


def _old_parts(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy the parts from the JSON column that versions 1 to 6 had."""
    sql = "SELECT id, parts FROM message WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    for message, parts in _rows(source, sql, 1, _last(source, "message")):
        with _row(target):
            add_old_parts(target, message, parts)


def _new_draft(values: dict[str, Any]) -> dict[str, Any]:
    parts, queue = new_draft(values["parts"], values.get("queue", "[]"))
    return values | {"parts": parts, "queue": queue}


def _messages_of_parts(target: sqlite3.Connection) -> None:
    """Create messages for parts whose message is lost, below the preceding message."""
    lost = """SELECT message, max(kind IN ('reasoning', 'call', 'result')) FROM part
        WHERE message NOT IN (SELECT id FROM message) GROUP BY message ORDER BY message"""
    for number, by_model in target.execute(lost).fetchall():
        sql = "SELECT id, chat, role, created FROM message WHERE id < ? ORDER BY id DESC LIMIT 1"
        above, chat, role, created = target.execute(sql, (number,)).fetchone() or (None,) * 4
        if chat is None:
            sql = """SELECT coalesce(max(id), 0) + 1
                FROM (SELECT id FROM chat UNION SELECT chat FROM message)"""
            (chat,) = target.execute(sql).fetchone()
        answer = by_model or role == Role.USER
        values = (
            number,
            chat,
            above,
            Role.ASSISTANT if answer else Role.USER,
            created or time.time(),
        )
        target.execute(
            """INSERT INTO message (id, chat, parent, role, state, created, model)
            VALUES (?, ?, ?, ?, 'cut off', ?, '')""",
            values,
        )


@contextlib.contextmanager
def _row(target: sqlite3.Connection) -> Iterator[None]:
    """Copy one row within, or nothing if the row is invalid."""
    target.execute("SAVEPOINT one")
    try:
        yield
    except (sqlite3.IntegrityError, ValueError, TypeError, KeyError, AttributeError):
        target.execute("ROLLBACK TO one")
    target.execute("RELEASE one")


def _columns(source: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in source.execute(f"PRAGMA table_info ({table})")}


def _last(source: sqlite3.Connection, table: str) -> int:
    # AUTOINCREMENT's table has the highest id, even if the table itself is damaged.
    sequence = "SELECT seq FROM sqlite_sequence WHERE name = ?"
    (last,) = source.execute(sequence, (table,)).fetchone() or (_MANY,)
    return int(last)


def _rows(db: sqlite3.Connection, sql: str, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    """Yield the readable rows of a range of ids.

    If a range cannot be read, each half is tried by itself.
    """
    try:
        rows = db.execute(sql, (first, last)).fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        if first < last:
            middle = (first + last) // 2
            yield from _rows(db, sql, first, middle)
            yield from _rows(db, sql, middle + 1, last)
        return
    yield from rows
