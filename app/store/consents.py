"""Consents: what the user has decided about functions of tools, for a chat or for all chats."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from app.store.database import Database
from app.store.rows import CONSENT, ConsentRow, clean, consent_row


class ConsentTable:
    """The table of consents. Those for a chat go with the chat; none is ever exported."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[ConsentRow]:
        """Return all decisions, by tool and function; within one, that for all chats first."""
        sql = f"SELECT {CONSENT} FROM consent ORDER BY tool, function, coalesce(chat, 0)"
        return self._database.read(consent_row, sql)

    def get(self, chat: int | None, tool: str, function: str) -> list[ConsentRow]:
        """Return the decisions about a function that concern a chat, its own one first."""
        sql = f"""SELECT {CONSENT} FROM consent WHERE tool = ? AND function = ?
            AND (chat IS NULL OR chat = ?) ORDER BY chat IS NULL"""
        return self._database.read(consent_row, sql, clean(tool), clean(function), chat)

    def set(self, chat: int | None, tool: str, function: str, pin: str, decision: str) -> None:
        """Store a decision, replacing the one about the same function in the same chat.

        Raises KeyError if the chat is gone.
        """
        with self._database.transaction() as db:
            if chat is not None:
                self._database.one(tuple, "SELECT 1 FROM chat WHERE id = ?", chat)
            self.remove(chat, tool, function)
            values = (chat, clean(tool), clean(function), clean(pin), decision, time.time())
            db.execute(f"INSERT INTO consent ({CONSENT}) VALUES (?, ?, ?, ?, ?, ?)", values)

    def remove(self, chat: int | None, tool: str, function: str) -> None:
        """Remove a decision, so that the user is asked again."""
        sql = "DELETE FROM consent WHERE chat IS ? AND tool = ? AND function = ?"
        with self._database.transaction() as db:
            db.execute(sql, (chat, clean(tool), clean(function)))


def decided_for_all(path: Path) -> list[ConsentRow]:
    """Read the decisions for all chats from a database file, which is not changed.

    There are none if it is missing or cannot be read.
    """
    sql = f"SELECT {CONSENT} FROM consent WHERE chat IS NULL"
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as db:
            return [consent_row(row) for row in db.execute(sql)]
    except sqlite3.Error:
        return []
