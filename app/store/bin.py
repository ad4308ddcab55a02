"""The bin: deleted chats and messages, until they are restored or removed for good."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from app.store.chats import ChatTable
from app.store.database import Database
from app.store.rows import ChatRow

BIN_DAYS = 30
"""How long deleted chats and messages are kept."""


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
        """Erase chats and messages that were deleted more than ``days`` ago."""
        until = time.time() - days * 86400
        with self._database.transaction() as db:
            self._remove("deleted <= ?", until)
            # With all below: nothing may be left without its parent.
            sql = """WITH RECURSIVE below (at, chat) AS (
                    SELECT id, chat FROM message WHERE deleted <= ?
                    UNION
                    SELECT message.id, message.chat FROM below JOIN message
                        ON message.chat = below.chat AND message.parent = at
                ) DELETE FROM message WHERE id IN (SELECT at FROM below)"""
            before = db.total_changes
            db.execute(sql, (until,))
            if db.total_changes > before:
                # No chat has the number 0: their traces are swept, but no backup is changed.
                db.execute("INSERT INTO erased (chat, created) VALUES (0, 0)")

    def _remove(self, where: str, *values: Any) -> None:
        with self._database.transaction() as db:
            sql = f"INSERT INTO erased (chat, created) SELECT id, created FROM chat WHERE {where}"
            db.execute(sql, values)
            db.execute(f"DELETE FROM chat WHERE {where}", values)
