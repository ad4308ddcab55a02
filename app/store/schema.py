"""The schema of the database, as one migration per version."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence

from app.base.types import Effort
from app.store.rows import clean

Migration = Callable[[sqlite3.Connection], None]


def _first_schema(db: sqlite3.Connection) -> None:
    # AUTOINCREMENT: ids are never reused, so a remembered one never refers to another row.
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
    # A parent is of the same chat and older, so there are no cycles and ids order a path. `search`
    # comes last, so that reading a conversation does not touch its pages.
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
    db.execute("ALTER TABLE chat ADD COLUMN model TEXT NOT NULL DEFAULT ''")  # '': unknown


def _search_and_order(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE chat ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE chat ADD COLUMN archived INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE chat ADD COLUMN folder TEXT NOT NULL DEFAULT ''")  # '': in no folder
    # The child on the branch that was shown last; NULL: the newest.
    db.execute("ALTER TABLE message ADD COLUMN next INTEGER")
    db.execute("ALTER TABLE message DROP COLUMN search")
    # The words of each message that is not streaming, under its id. They are stored as well as
    # indexed, since otherwise a row could only be deleted with the very folding that indexed it.
    db.execute(
        """CREATE VIRTUAL TABLE words USING fts5 (
            said, thought, prefix = '1 2 3 4', tokenize = 'unicode61 remove_diacritics 0'
        )"""
    )
    db.execute(
        """CREATE TRIGGER message_gone AFTER DELETE ON message BEGIN
            DELETE FROM words WHERE rowid = old.id;
        END"""
    )
    # Messages that are not indexed yet.
    db.execute(
        """CREATE TABLE unindexed (
            message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE
        ) STRICT"""
    )
    db.execute("INSERT INTO unindexed SELECT id FROM message")
    # Chats whose traces are still to be removed, from the index, the log and the backups.
    db.execute(
        """CREATE TABLE erased (
            id INTEGER PRIMARY KEY, chat INTEGER NOT NULL, created REAL NOT NULL
        ) STRICT"""
    )
    # The composer's content; chat NULL: that of a new chat.
    db.execute(
        """CREATE TABLE draft (
            chat INTEGER UNIQUE REFERENCES chat ON DELETE CASCADE,
            parts TEXT NOT NULL
        ) STRICT"""
    )


def _presets(db: sqlite3.Connection) -> None:
    # '': the general instructions, and no preset. A chat has copies, since its preset may change or
    # be deleted.
    db.execute("ALTER TABLE chat ADD COLUMN instructions TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE chat ADD COLUMN preset TEXT NOT NULL DEFAULT ''")
    db.execute(
        """CREATE TABLE preset (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            effort TEXT NOT NULL,
            model TEXT NOT NULL,
            instructions TEXT NOT NULL,
            sampling TEXT,
            is_default INTEGER NOT NULL
        ) STRICT"""
    )
    db.execute("CREATE UNIQUE INDEX preset_default ON preset (is_default) WHERE is_default")


def _queue(db: sqlite3.Connection) -> None:
    # Messages that wait for an answer to end, in the order in which they are to be sent.
    db.execute("ALTER TABLE draft ADD COLUMN queue TEXT NOT NULL DEFAULT '[]'")


def _parts(db: sqlite3.Connection) -> None:
    db.execute(
        """CREATE TABLE part (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
            position INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            name TEXT NOT NULL,
            call TEXT NOT NULL,
            format_data TEXT NOT NULL,
            media_type TEXT NOT NULL,
            data BLOB NOT NULL,
            UNIQUE (message, position)
        ) STRICT"""
    )
    for message, text in db.execute("SELECT id, parts FROM message ORDER BY id"):
        add_old_parts(db, message, text)
    db.execute("ALTER TABLE message DROP COLUMN parts")
    for rowid, parts, queue in db.execute("SELECT rowid, parts, queue FROM draft").fetchall():
        values = (*new_draft(parts, queue), rowid)
        db.execute("UPDATE draft SET parts = ?, queue = ? WHERE rowid = ?", values)


def add_old_parts(db: sqlite3.Connection, message: int, text: str) -> None:
    """Insert the parts of a message from the JSON column of versions 1 to 6."""
    sql = """INSERT INTO part (message, position, kind, text, name, call, format_data, media_type,
        data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
    try:
        parts = _new_parts(json.loads(text))
    except _NONSENSE:
        parts = [_unreadable(text)]
    for position, part in enumerate(parts):
        names = ("kind", "text", "name", "id", "format_data", "media_type")
        db.execute(sql, (message, position, *(part.get(name, "") for name in names), b""))


def new_draft(parts: str, queue: str) -> tuple[str, str]:
    """Return a draft's columns from those of versions 4 to 6."""
    try:
        there = _new_parts(json.loads(parts))
    except _NONSENSE:
        there = [_unreadable(parts)]
    try:
        waiting = [
            {"effort": Effort(each["effort"]), "parts": _new_parts(each["parts"])}
            for each in json.loads(queue)
        ]
    except _NONSENSE:
        there, waiting = [*there, _unreadable(queue)], []
    return json.dumps(there, ensure_ascii=False), json.dumps(waiting, ensure_ascii=False)


_NONSENSE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What is raised if an old version's JSON is invalid."""


def _unreadable(text: str) -> dict[str, str]:
    """Return a part of an unknown kind that preserves invalid JSON."""
    return {"kind": "unreadable", "text": text}


def _new_parts(old: list[dict[str, str]]) -> list[dict[str, str]]:
    """Convert parts to the present form; their kinds were Harmony's channels."""
    from app.formats.harmony import stored_parts  # only for an old file

    names = ("text", "name", "id", "format_data", "media_type")
    parts = [stored_parts.from_fields(fields) for fields in old]
    if not all(isinstance(getattr(part, name), str) for part in parts for name in names):
        raise TypeError
    return [
        {"kind": part.kind.value} | {name: clean(getattr(part, name)) for name in names}
        for part in parts
    ]


def _deleted_messages(db: sqlite3.Connection) -> None:
    # When a message, and with it all below, was deleted; NULL: it was not.
    db.execute("ALTER TABLE message ADD COLUMN deleted REAL")
    db.execute("CREATE INDEX message_deleted ON message (deleted) WHERE deleted IS NOT NULL")


def _tools(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE part ADD COLUMN facts TEXT NOT NULL DEFAULT ''")  # a result's, as JSON
    # The keys of the tools that are on, as JSON. A chat that has begun keeps its prompt.
    db.execute("ALTER TABLE chat ADD COLUMN tools TEXT NOT NULL DEFAULT '[]'")
    # Whether it came from a file. Of older chats that is not known.
    db.execute("ALTER TABLE chat ADD COLUMN imported INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE chat SET imported = 1")
    db.execute("""ALTER TABLE preset ADD COLUMN tools TEXT NOT NULL DEFAULT '["python"]'""")
    # What the user has decided about a function of a tool; chat NULL: in all chats. `pin` is the
    # hash of what was decided about: another declaration or command needs another decision.
    db.execute(
        """CREATE TABLE consent (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat INTEGER REFERENCES chat ON DELETE CASCADE,
            tool TEXT NOT NULL,
            function TEXT NOT NULL,
            pin TEXT NOT NULL,
            decision TEXT NOT NULL,
            decided REAL NOT NULL
        ) STRICT"""
    )
    db.execute("CREATE UNIQUE INDEX consent_of ON consent (coalesce(chat, 0), tool, function)")


def _search_calls(db: sqlite3.Connection) -> None:
    # A table of fts5 gets no further column, so all messages are indexed again, in the background.
    db.execute("DROP TABLE words")
    db.execute(
        """CREATE VIRTUAL TABLE words USING fts5 (
            said, thought, called,
            prefix = '1 2 3 4', tokenize = 'unicode61 remove_diacritics 0'
        )"""
    )
    db.execute("INSERT OR IGNORE INTO unindexed SELECT id FROM message")


def _remote(db: sqlite3.Connection) -> None:
    # The host that generated an answer; '': this computer.
    db.execute("ALTER TABLE message ADD COLUMN host TEXT NOT NULL DEFAULT ''")
    # The keys of the tools that may also be used while a model of another computer is asked.
    db.execute("ALTER TABLE chat ADD COLUMN remote_tools TEXT NOT NULL DEFAULT '[]'")
    # What the user has allowed to be sent to a host; chat NULL: in all chats.
    db.execute(
        """CREATE TABLE departure (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat INTEGER REFERENCES chat ON DELETE CASCADE,
            host TEXT NOT NULL,
            kind TEXT NOT NULL,
            item TEXT NOT NULL,
            allowed REAL NOT NULL
        ) STRICT"""
    )
    db.execute(
        "CREATE UNIQUE INDEX departure_of ON departure (coalesce(chat, 0), host, kind, item)"
    )


def _origins(db: sqlite3.Connection) -> None:
    # The origin (scheme, host and port) that had an answer generated, noted by this program only;
    # '': this computer, or not known. Of older answers it is not, so the user is asked again.
    db.execute("ALTER TABLE message ADD COLUMN origin TEXT NOT NULL DEFAULT ''")
    # Permissions were for a host, whether or not others could read what was sent there.
    db.execute("DELETE FROM departure")
    db.execute("DROP INDEX departure_of")
    db.execute("ALTER TABLE departure RENAME COLUMN host TO origin")
    db.execute(
        "CREATE UNIQUE INDEX departure_of ON departure (coalesce(chat, 0), origin, kind, item)"
    )


MIGRATIONS: tuple[Migration, ...] = (
    _first_schema,
    _chat_sampling,
    _chat_model,
    _search_and_order,
    _presets,
    _queue,
    _parts,
    _deleted_messages,
    _tools,
    _search_calls,
    _remote,
    _origins,
)
"""The migrations; the n-th upgrades the schema from version n-1 to n."""


def schema_version(db: sqlite3.Connection) -> int:
    """Return the schema version of a database; 0 for an empty one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def upgrade(db: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a database up to date, within the present transaction.

    If another process has done so meanwhile, nothing happens.
    """
    version = schema_version(db)
    if version < len(migrations):
        for migrate in migrations[version:]:
            migrate(db)
        db.execute(f"PRAGMA user_version = {len(migrations)}")
