"""Drafts: what the user has written in a chat but not sent."""

from __future__ import annotations

from app.base.types import Part
from app.store.chats import ChatTable
from app.store.database import Database
from app.store.rows import DRAFT, Queued, StoredDraft, draft_row, pack_parts, pack_queue


class DraftTable:
    """The table of drafts, of stored chats and of a new one."""

    def __init__(self, database: Database, chats: ChatTable) -> None:
        self._database, self._chats = database, chats

    def all(self) -> dict[int | None, StoredDraft]:
        """Return the drafts by chat (None for a new one)."""
        return dict(self._database.read(draft_row, f"SELECT {DRAFT} FROM draft"))

    def set(
        self, chat: int | None, parts: tuple[Part, ...], queue: tuple[Queued, ...] = ()
    ) -> None:
        """Store the composer's content and the waiting messages of a chat."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM draft WHERE chat IS ?", (chat,))
            if parts or queue:
                if chat is not None:
                    self._chats.get(chat)  # raises KeyError if it is gone
                values = (chat, pack_parts(parts), pack_queue(queue))
                db.execute("INSERT INTO draft (chat, parts, queue) VALUES (?, ?, ?)", values)
