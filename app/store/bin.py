"""The bin: deleted chats, until they are restored or removed for good."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from app.store.chats import ChatTable
from app.store.database import Database
from app.store.rows import ChatRow

BIN_DAYS = 30
"""How long deleted chats are kept."""


class Bin:
    """The deleted chats of a database."""

    def __init__(self, database: Database, chats: ChatTable) -> None:
        self._database = database
        self._chats = chats

    def listed(self) -> list[ChatRow]:
        """Return the deleted chats, the most recently deleted first."""
        return self._chats.where("deleted IS NOT NULL", "deleted DESC, id DESC")

    def put(self, *chats: int) -> None:
        """Move chats into the bin, until `restore` or, after BIN_DAYS, `purge`."""
        now = time.time()
        with self._database.transaction():
            for chat in chats:
                self._chats.change(chat, "deleted = coalesce(deleted, ?)", now)

    def restore(self, *chats: int) -> list[ChatRow]:
        """Take chats out of the bin, all of them or none."""
        with self._database.transaction():
            return [self._chats.change(chat, "deleted = NULL") for chat in chats]

    def erase(self, chats: Iterable[int]) -> None:
        """Remove chats for good, whether they are in the bin or not.

        Chats that are already gone are ignored. Traces are left until `Upkeep.sweep`.
        """
        with self._database.transaction():
            for chat in chats:
                self._remove("id = ?", chat)

    def purge(self, days: float = BIN_DAYS) -> None:
        """Erase chats that were deleted more than ``days`` ago."""
        with self._database.transaction():
            self._remove("deleted <= ?", time.time() - days * 86400)

    def _remove(self, where: str, *values: Any) -> None:
        with self._database.transaction() as db:
            sql = f"INSERT INTO erased (chat, created) SELECT id, created FROM chat WHERE {where}"
            db.execute(sql, values)
            db.execute(f"DELETE FROM chat WHERE {where}", values)
