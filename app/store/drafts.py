"""What a person has written in a chat and not sent."""

from __future__ import annotations

from app.base.types import Part
from app.store.chats import ChatTable
from app.store.database import Database
from app.store.rows import DRAFT, Queued, Unsent, draft_row, pack_parts, pack_queue


class DraftTable:
    """The composers of a database's chats, and of a chat that is not there yet."""

    def __init__(self, database: Database, chats: ChatTable) -> None:
        self._database, self._chats = database, chats

    def all(self) -> dict[int | None, Unsent]:
        """What is written and not sent, by chat (None for a new one)."""
        return dict(self._database.read(draft_row, f"SELECT {DRAFT} FROM draft"))

    def set(
        self, chat: int | None, parts: tuple[Part, ...], queue: tuple[Queued, ...] = ()
    ) -> None:
        """Remember what stands in the composer of a chat, and what waits there."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM draft WHERE chat IS ?", (chat,))
            if parts or queue:
                if chat is not None:
                    self._chats.get(chat)  # a KeyError where it is gone
                values = (chat, pack_parts(parts), pack_queue(queue))
                db.execute("INSERT INTO draft (chat, parts, queue) VALUES (?, ?, ?)", values)
