"""The schema of the database, one step a version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

Migration = Callable[[sqlite3.Connection], None]


def _first_schema(db: sqlite3.Connection) -> None:
    # AUTOINCREMENT: an id that something remembers never comes to mean another row.
    db.execute(
        """CREATE TABLE chat (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL,
            title_by TEXT NOT NULL,
            effort TEXT NOT NULL,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            leaf INTEGER,
            deleted REAL,
            FOREIGN KEY (id, leaf) REFERENCES message (chat, id)
        ) STRICT"""
    )
    # A parent is of the same chat and older, so there are no cycles and ids order a path.
    # `search` is last: reading a conversation does not touch its pages.
    db.execute(
        """CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat INTEGER NOT NULL REFERENCES chat ON DELETE CASCADE,
            parent INTEGER CHECK (parent < id),
            role TEXT NOT NULL,
            state TEXT NOT NULL,
            created REAL NOT NULL,
            effort TEXT,
            model TEXT NOT NULL,
            stats TEXT,
            thought_s REAL,
            thought_open INTEGER,
            parts TEXT NOT NULL,
            search TEXT NOT NULL,
            UNIQUE (chat, id),
            FOREIGN KEY (chat, parent) REFERENCES message (chat, id)
        ) STRICT"""
    )
    db.execute("CREATE INDEX message_parent ON message (chat, parent)")
    db.execute("CREATE INDEX message_streaming ON message (id) WHERE state = 'streaming'")


def _chat_sampling(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE chat ADD COLUMN sampling TEXT")  # NULL: the model's own


def _chat_model(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE chat ADD COLUMN model TEXT NOT NULL DEFAULT ''")  # '': not known


MIGRATIONS: tuple[Migration, ...] = (_first_schema, _chat_sampling, _chat_model)
"""The n-th step brings the schema from version n-1 to n, in a transaction of its own."""
