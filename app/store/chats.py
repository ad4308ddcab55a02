"""Chats: their names and settings, their order, the bin, and what is typed but not yet sent."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from app.base.types import Effort, Part
from app.store.chat_title import one_line
from app.store.database import Database
from app.store.rows import (
    CHAT,
    DRAFT,
    LISTED,
    ORDER,
    PLAIN,
    ChatRow,
    ChatSettings,
    Queued,
    TitleBy,
    Unsent,
    chat_row,
    clean,
    draft_row,
    pack_parts,
    pack_queue,
    pack_setup,
)

BIN_DAYS = 30
"""How long deleted chats are kept."""


class ChatStore(Database):
    """The part of Store that knows chats and not what was said in them."""

    def chats(self) -> list[ChatRow]:
        """All that are neither archived nor deleted: the pinned ones, then the others; the one
        that was written to last first."""
        return self._chats(LISTED, ORDER)

    def archived(self) -> list[ChatRow]:
        """Those that were archived and are not deleted, in the same order."""
        return self._chats("deleted IS NULL AND archived", ORDER)

    def bin(self) -> list[ChatRow]:
        """Those that were deleted, the last one first."""
        return self._chats("deleted IS NOT NULL", "deleted DESC, id DESC")

    def live(self) -> set[int]:
        """The ids of all that are not in the bin."""
        return set(self._read(lambda row: int(row[0]), "SELECT id FROM chat WHERE deleted IS NULL"))

    def _chats(self, where: str, order: str) -> list[ChatRow]:
        return self._read(chat_row, f"SELECT {CHAT} FROM chat WHERE {where} ORDER BY {order}")

    def chat(self, chat: int) -> ChatRow:
        """One of them."""
        return self._one(chat_row, f"SELECT {CHAT} FROM chat WHERE id = ?", chat)

    def create_chat(self, effort: Effort, setup: ChatSettings = PLAIN) -> ChatRow:
        """A new one: empty, and without a title until its first question."""
        now = time.time()
        return self._insert_chat(
            title="",
            title_by=TitleBy.QUESTION,
            effort=effort,
            created=now,
            updated=now,
            **pack_setup(setup),
        )

    def _insert_chat(self, **values: Any) -> ChatRow:
        sql = f"""INSERT INTO chat ({", ".join(values)})
            VALUES ({", ".join("?" * len(values))}) RETURNING {CHAT}"""
        with self._transaction():
            return self._one(chat_row, sql, *values.values())

    def rename(self, chat: int, title: str, by: TitleBy = TitleBy.PERSON) -> ChatRow:
        """Gives it a title, brought into one line. A blank one, and one of a lower rank in
        TitleBy than the one that is there, leaves the chat as it is."""
        title = one_line(title)
        ranks = list(TitleBy)
        with self._transaction():
            row = self.chat(chat)
            if not title or ranks.index(by) < ranks.index(row.title_by):
                return row
            return self._set_chat(chat, "title = ?, title_by = ?", title, by)

    def set_effort(self, chat: int, effort: Effort) -> ChatRow:
        """Remembers the effort for its next message."""
        with self._transaction():
            return self._set_chat(chat, "effort = ?", effort)

    def set_up(self, chat: int, setup: ChatSettings) -> ChatRow:
        """Gives it another setup, for its answers from now on."""
        values = pack_setup(setup)
        with self._transaction():
            assignments = ", ".join(f"{column} = ?" for column in values)
            return self._set_chat(chat, assignments, *values.values())

    def set_model(self, chat: int, model: str) -> ChatRow:
        """Remembers the key of the model that its next message is for."""
        with self._transaction():
            return self._set_chat(chat, "model = ?", clean(model))

    def model_uses(self) -> dict[str, float]:
        """When each model was asked last, by its key, in POSIX seconds."""
        sql = "SELECT model, max(updated) FROM chat WHERE model != '' GROUP BY model"
        return dict(self._read(lambda row: (str(row[0]), float(row[1])), sql))

    def rename_model(self, old: str, new: str) -> None:
        """A model is known by another key from now on."""
        with self._transaction() as db:
            for table in ("chat", "preset"):
                sql = f"UPDATE {table} SET model = ? WHERE model = ?"
                db.execute(sql, (clean(new), clean(old)))

    # --- Order ----------------------------------------------------------------------------

    def arrange(
        self,
        chats: Iterable[int],
        *,
        pinned: bool | None = None,
        archived: bool | None = None,
        folder: str | None = None,
    ) -> list[ChatRow]:
        """Pins chats, archives them, or puts them into a folder (empty for none), all or none
        of them; what is None stays."""
        values: dict[str, Any] = {"pinned": pinned, "archived": archived}
        values["folder"] = None if folder is None else one_line(folder)
        given = {column: value for column, value in values.items() if value is not None}
        assignments = ", ".join(f"{column} = ?" for column in given) or "id = id"
        with self._transaction():
            return [self._set_chat(chat, assignments, *given.values()) for chat in chats]

    def folders(self) -> list[str]:
        """The folders of all chats that are not deleted, by name."""
        names = self._read(
            lambda row: str(row[0]),
            "SELECT DISTINCT folder FROM chat WHERE folder != '' AND deleted IS NULL",
        )
        return sorted(names, key=lambda name: (name.casefold(), name))

    def rename_folder(self, old: str, new: str) -> None:
        """Gives a folder another name; that of another one makes them one, an empty one leaves
        its chats in none."""
        with self._transaction() as db:
            values = (one_line(new), one_line(old))
            db.execute("UPDATE chat SET folder = ? WHERE folder = ?", values)

    # --- The bin --------------------------------------------------------------------------

    def delete(self, *chats: int) -> None:
        """Puts them into the bin, until `restore` or, after BIN_DAYS, `purge`."""
        now = time.time()
        with self._transaction():
            for chat in chats:
                self._set_chat(chat, "deleted = coalesce(deleted, ?)", now)

    def restore(self, *chats: int) -> list[ChatRow]:
        """Undoes `delete`, of all of them or of none."""
        with self._transaction():
            return [self._set_chat(chat, "deleted = NULL") for chat in chats]

    def erase(self, chats: Iterable[int]) -> None:
        """Removes chats for good, whether they are in the bin or not; one that is gone already is
        passed over. Traces of them are left until `sweep`."""
        with self._transaction():
            for chat in chats:
                self._remove("id = ?", chat)

    def purge(self, days: float = BIN_DAYS) -> None:
        """Erases what was deleted more than ``days`` ago."""
        with self._transaction():
            self._remove("deleted <= ?", time.time() - days * 86400)

    def _remove(self, where: str, *values: Any) -> None:
        with self._transaction() as db:
            sql = f"INSERT INTO erased (chat, created) SELECT id, created FROM chat WHERE {where}"
            db.execute(sql, values)
            db.execute(f"DELETE FROM chat WHERE {where}", values)

    def _set_chat(self, chat: int, assignments: str, *values: Any) -> ChatRow:
        sql = f"UPDATE chat SET {assignments} WHERE id = ? RETURNING {CHAT}"
        return self._one(chat_row, sql, *values, chat)

    # --- Drafts ---------------------------------------------------------------------------

    def drafts(self) -> dict[int | None, Unsent]:
        """What is written and not sent, by chat (None for a new one)."""
        return dict(self._read(draft_row, f"SELECT {DRAFT} FROM draft"))

    def set_draft(
        self, chat: int | None, parts: tuple[Part, ...], queue: tuple[Queued, ...] = ()
    ) -> None:
        """Remembers what stands in the composer of a chat, and what waits there."""
        with self._transaction() as db:
            db.execute("DELETE FROM draft WHERE chat IS ?", (chat,))
            if parts or queue:
                if chat is not None:
                    self.chat(chat)  # a KeyError where it is gone
                values = (chat, pack_parts(parts), pack_queue(queue))
                db.execute("INSERT INTO draft (chat, parts, queue) VALUES (?, ?, ?)", values)
