"""Departures: what the user has allowed to be sent elsewhere, for a chat or for all chats."""

from __future__ import annotations

import time
from collections.abc import Iterable

from app.store.database import Database
from app.store.rows import DEPARTURE, DepartureRow, clean, departure_row


class DepartureTable:
    """The table of what may be sent where. What a chat allows goes with it; none is exported."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def everywhere(self) -> list[DepartureRow]:
        """Return what is allowed in all chats, by origin."""
        sql = f"SELECT {DEPARTURE} FROM departure WHERE chat IS NULL ORDER BY origin, kind, item"
        return self._database.read(departure_row, sql)

    def allowed(self, chat: int | None, origin: str) -> set[tuple[str, str]]:
        """Return what may be sent to an origin from a chat, as kinds and items."""
        sql = "SELECT kind, item FROM departure WHERE origin = ? AND (chat IS NULL OR chat = ?)"
        rows = self._database.read(lambda row: (str(row[0]), str(row[1])), sql, clean(origin), chat)
        return set(rows)

    def allow(self, chat: int | None, origin: str, permissions: Iterable[tuple[str, str]]) -> None:
        """Store that these kinds and items may be sent; in all chats if ``chat`` is None.

        Raises KeyError if the chat is gone.
        """
        now = time.time()
        sql = f"INSERT OR IGNORE INTO departure ({DEPARTURE}) VALUES (?, ?, ?, ?, ?)"
        with self._database.transaction() as db:
            if chat is not None:
                self._database.one(tuple, "SELECT 1 FROM chat WHERE id = ?", chat)
            for kind, item in permissions:
                db.execute(sql, (chat, clean(origin), kind, clean(item), now))

    def forget(self, origin: str) -> None:
        """Remove whatever is allowed to be sent to an origin, also from single chats."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM departure WHERE origin = ?", (clean(origin),))

    def remove(self, row: DepartureRow) -> None:
        """Remove a permission, so that the user is asked again."""
        sql = "DELETE FROM departure WHERE chat IS ? AND origin = ? AND kind = ? AND item = ?"
        with self._database.transaction() as db:
            db.execute(sql, (row.chat, row.origin, row.kind, row.item))
