"""Chats on disk, as trees of messages, in SQLite.

A message has a parent, so another try at an answer is a branch and nothing is overwritten. A chat
stores its leaf; the conversation is the path from the root to it. Deletion of a chat or a message
is soft until `purge` or `erase`. Every write returns the changed rows as they are on disk.

All methods may be called from any thread; none should be called from the GUI's. They raise
StoreError (exactly that class if the store has been closed), and KeyError for an unknown id. A
soft-deleted chat can still be read and written by its id.

::

    rows          what the store returns, and its form in columns and JSON
    chats         the chats, their settings and order; `chat_title` makes titles of questions
    messages      the messages as trees; `parts` are what they are made of
    chat_trees    whole chats with all branches, for export and import
    drafts        what was written and not sent
    presets       named settings for chats
    consents      what the user has decided about calls; `departures` about what is sent elsewhere
    bin           what is deleted, until it is restored or removed for good
    search        as you type; `search_index` has the messages, `search_words` cuts texts into words

    database      the file: opened, upgraded, accessed; `schema` has a migration for each version,
                  `memory_copy` is for disks without room
    background    all this for the window: one thread that writes, searches, backups
    upkeep        the traces of erased chats, and backups, in the background
    backup        copies that are verified, and going back to one; `recovery` makes one of what a
                  damaged database still has
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from app.store import backup, recovery
from app.store.backup import Backup
from app.store.bin import BIN_DAYS, Bin
from app.store.chat_trees import ChatTree, TreeTable
from app.store.chats import ChatTable
from app.store.consents import ConsentTable
from app.store.database import Database, typed_errors
from app.store.departures import DepartureTable
from app.store.drafts import DraftTable
from app.store.messages import MessageTable
from app.store.parts import PartTable
from app.store.presets import PresetTable
from app.store.rows import (
    PLAIN,
    ChatRow,
    ChatSettings,
    ConsentRow,
    DepartureRow,
    MessageRow,
    Preset,
    Queued,
    State,
    StoredDraft,
    TitleBy,
)
from app.store.schema import MIGRATIONS, Migration
from app.store.search import Search, SearchHit
from app.store.search_index import SearchIndex
from app.store.upkeep import Upkeep

__all__ = [
    "BIN_DAYS",
    "PLAIN",
    "Backup",
    "ChatRow",
    "ChatSettings",
    "ChatTree",
    "ConsentRow",
    "DepartureRow",
    "MessageRow",
    "Preset",
    "Queued",
    "SearchHit",
    "State",
    "Store",
    "StoredDraft",
    "TitleBy",
    "backups",
    "recover",
    "restore_backup",
    "set_aside",
    "typed_errors",
]

_INDEX_S = 2.0  # seconds at a start; `Upkeep.tidy` does the rest of an old database


class Store:
    """The database at ``path``, which is created if missing.

    Opening it brings an older schema up to date, after a backup in ``backups/`` beside the
    file, marks answers that a crash interrupted as cut off, and purges chats that were deleted
    more than 30 days ago. A file that is damaged or from a later version is left as it is.
    ``patience`` is how many seconds to wait for a lock that another program holds.

    If the disk is too full to open an existing file, a copy in memory is read instead. Changes
    raise StoreFull until there is room; then the file itself is used again.
    """

    def __init__(
        self,
        path: Path,
        *,
        migrations: Sequence[Migration] = MIGRATIONS,
        patience: float = 5.0,
    ) -> None:
        self.database = Database(path, migrations, patience, self._opened, self._reopened)
        self.chats = ChatTable(self.database)
        self.bin = Bin(self.database, self.chats)
        self.drafts = DraftTable(self.database, self.chats)
        self.presets = PresetTable(self.database)
        self.consents = ConsentTable(self.database)
        self.departures = DepartureTable(self.database)
        parts = PartTable(self.database)
        self.index = SearchIndex(self.database, parts)
        self.messages = MessageTable(self.database, self.chats, parts, self.index)
        self.trees = TreeTable(self.database, self.chats, parts, self.messages)
        self.upkeep = Upkeep(self.database, self.bin, self.index)
        self._search, self._find = (Search(path, self.database.connect) for _ in range(2))
        self.database.open()

    @property
    def path(self) -> Path:
        """The database file."""
        return self.database.path

    def at_once(self) -> AbstractContextManager[object]:
        """Return a transaction: all that this thread writes within it is saved, or nothing."""
        return self.database.transaction()

    def search(
        self, text: str, *, reasoning: bool = False, calls: bool = False, limit: int = 50
    ) -> list[SearchHit]:
        """Return the places that have all words of a text, regardless of case, accents and order.

        The last word may be the beginning of one. Titles come first (at most half of ``limit``, or
        more if messages leave room), then messages by rank, with their reasoning if ``reasoning``,
        and with calls of tools and their results if ``calls``.
        Archived chats are searched, those in the bin are not. A search never waits for a writer. A
        newer search, from another thread, ends this one with Cancelled.
        """
        return self.searching(text, reasoning=reasoning, calls=calls, limit=limit)()

    def searching(
        self, text: str, *, reasoning: bool = False, calls: bool = False, limit: int = 50
    ) -> Callable[[], list[SearchHit]]:
        """Return a search to be called on any thread. It is the newest from now on."""
        return functools.partial(
            self._search.search, self._search.turn(), text, limit, reasoning=reasoning, calls=calls
        )

    def find(self, text: str) -> list[int]:
        """Return the chats in whose title or messages all words of a text are found.

        They are in the order of the list of chats; a blank text finds all. Reasoning is not
        searched. A newer call ends this one with Cancelled.
        """
        return self._find.find(self._find.turn(), text)

    def find_places(self, text: str, *, limit: int = 200) -> list[SearchHit]:
        """Return places as `search` does, but as part of a `find`, which alone ends it."""
        return self._find.search(self._find.turn(), text, limit)

    def close(self) -> None:
        """Close the file and end a running search. Closing twice is allowed."""
        self._search.close()
        self._find.close()
        self.database.close()

    def _opened(self) -> None:
        self.messages.mark_cut_off()
        self.bin.purge()
        self.index.complete(_INDEX_S)

    def _reopened(self) -> None:
        self._search.renew()
        self._find.renew()


def backups(path: Path) -> list[Backup]:
    """Return the backups of the database at ``path``, the newest first."""
    with typed_errors(path):
        return backup.backups(path)


def restore_backup(path: Path, source: Path) -> Path:
    """Replace the database at ``path``, which no store may have open, by a backup.

    Returns where the old one is kept: in another backup, or beside it if it is damaged. If this
    fails, nothing has changed; for a damaged backup it raises StoreDamaged with its path.
    """
    with typed_errors(source):
        backup.verify(source)
    with typed_errors(path):
        return backup.restore(path, source)


def set_aside(path: Path) -> Path:
    """Rename the database at ``path``, which no store may have open.

    Returns its new path.
    """
    with typed_errors(path):
        return backup.set_aside(path)


def recover(path: Path) -> Backup:
    """Save what can be read of the damaged database at ``path`` in a new backup."""
    with typed_errors(path):
        return recovery.recover(path)
