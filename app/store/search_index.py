"""The full-text index of the messages."""

from __future__ import annotations

import time

from app.store.database import Database
from app.store.parts import PartTable
from app.store.rows import MessageRow, State
from app.store.search_words import called_in, said_in, words

_BATCH = 200  # messages that are indexed in one transaction: about 0.1 s
_MERGE = 200  # pages of the index that are merged in one transaction


class SearchIndex:
    """The index of the messages, and its upkeep."""

    def __init__(self, database: Database, parts: PartTable) -> None:
        self._database, self._parts = database, parts

    def put(self, row: MessageRow) -> None:
        """Index a message, unless it is still streaming."""
        if row.state is State.STREAMING:
            return
        said, message = said_in(row.message), row.message
        texts = (words(text) for text in (said, message.reasoning, called_in(message)))
        with self._database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO words (rowid, said, thought, called) VALUES (?, ?, ?, ?)",
                (row.id, *texts),
            )
            db.execute("DELETE FROM unindexed WHERE message = ?", (row.id,))

    def complete(self, seconds: float) -> bool:
        """Index messages that an earlier version or a crash left unindexed, the newest first.

        Takes about ``seconds`` at most. Returns whether everything is indexed now.
        """
        end = time.monotonic() + seconds
        newest = f"SELECT message FROM unindexed ORDER BY message DESC LIMIT {_BATCH}"
        while time.monotonic() < end:
            with self._database.transaction():
                rows = self._parts.messages(f"message.id IN ({newest})", newest_first=True)
                for row in rows:
                    self.put(row)
            if len(rows) < _BATCH:
                return True
        return False

    def merge(self, *, begin: bool) -> bool:
        """Merge some of the index, from its beginning (``begin``) or where the last call ended.

        Returns whether there is more. A deletion only marks words in the index as deleted; they
        disappear when all of it has been merged. (FTS5's own secure-delete makes a file that older
        SQLites cannot read.)
        """
        with self._database.transaction() as db:
            before = db.total_changes
            pages = -_MERGE if begin else _MERGE
            db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
            return db.total_changes - before >= 2
