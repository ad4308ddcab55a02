"""Chats: their names and settings, their order, and the bin."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from app.base.types import Effort
from app.store.chat_title import one_line
from app.store.database import Database
from app.store.rows import (
    CHAT,
    LISTED,
    ORDER,
    PLAIN,
    ChatRow,
    ChatSettings,
    TitleBy,
    chat_row,
    clean,
    pack_setup,
)

BIN_DAYS = 30
"""How long deleted chats are kept."""


class ChatTable:
    """The chats of a database, without what was said in them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self) -> list[ChatRow]:
        """All that are neither archived nor deleted: the pinned ones, then the others; the one
        that was written to last first."""
        return self._chats(LISTED, ORDER)

    def archived(self) -> list[ChatRow]:
        """Those that were archived and are not deleted, in the same order."""
        return self._chats("deleted IS NULL AND archived", ORDER)

    def binned(self) -> list[ChatRow]:
        """Those that were deleted, the last one first."""
        return self._chats("deleted IS NOT NULL", "deleted DESC, id DESC")

    def live(self) -> set[int]:
        """The ids of all that are not in the bin."""
        return set(
            self._database.read(
                lambda row: int(row[0]), "SELECT id FROM chat WHERE deleted IS NULL"
            )
        )

    def _chats(self, where: str, order: str) -> list[ChatRow]:
        return self._database.read(
            chat_row, f"SELECT {CHAT} FROM chat WHERE {where} ORDER BY {order}"
        )

    def get(self, chat: int) -> ChatRow:
        """One of them."""
        return self._database.one(chat_row, f"SELECT {CHAT} FROM chat WHERE id = ?", chat)

    def create(self, effort: Effort, setup: ChatSettings = PLAIN) -> ChatRow:
        """A new one: empty, and without a title until its first question."""
        now = time.time()
        return self.insert(
            title="",
            title_by=TitleBy.QUESTION,
            effort=effort,
            created=now,
            updated=now,
            **pack_setup(setup),
        )

    def insert(self, **values: Any) -> ChatRow:
        """Put in a row with these values, by its columns."""
        sql = f"""INSERT INTO chat ({", ".join(values)})
            VALUES ({", ".join("?" * len(values))}) RETURNING {CHAT}"""
        with self._database.transaction():
            return self._database.one(chat_row, sql, *values.values())

    def rename(self, chat: int, title: str, by: TitleBy = TitleBy.PERSON) -> ChatRow:
        """Gives it a title, brought into one line. A blank one, and one of a lower rank in
        TitleBy than the one that is there, leaves the chat as it is."""
        title = one_line(title)
        ranks = list(TitleBy)
        with self._database.transaction():
            row = self.get(chat)
            if not title or ranks.index(by) < ranks.index(row.title_by):
                return row
            return self.change(chat, "title = ?, title_by = ?", title, by)

    def set_effort(self, chat: int, effort: Effort) -> ChatRow:
        """Remembers the effort for its next message."""
        with self._database.transaction():
            return self.change(chat, "effort = ?", effort)

    def set_up(self, chat: int, setup: ChatSettings) -> ChatRow:
        """Gives it another setup, for its answers from now on."""
        values = pack_setup(setup)
        with self._database.transaction():
            assignments = ", ".join(f"{column} = ?" for column in values)
            return self.change(chat, assignments, *values.values())

    def set_model(self, chat: int, model: str) -> ChatRow:
        """Remembers the key of the model that its next message is for."""
        with self._database.transaction():
            return self.change(chat, "model = ?", clean(model))

    def model_uses(self) -> dict[str, float]:
        """When each model was asked last, by its key, in POSIX seconds."""
        sql = "SELECT model, max(updated) FROM chat WHERE model != '' GROUP BY model"
        return dict(self._database.read(lambda row: (str(row[0]), float(row[1])), sql))

    def rename_model(self, old: str, new: str) -> None:
        """A model is known by another key from now on."""
        with self._database.transaction() as db:
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
        with self._database.transaction():
            return [self.change(chat, assignments, *given.values()) for chat in chats]

    def folders(self) -> list[str]:
        """The folders of all chats that are not deleted, by name."""
        names = self._database.read(
            lambda row: str(row[0]),
            "SELECT DISTINCT folder FROM chat WHERE folder != '' AND deleted IS NULL",
        )
        return sorted(names, key=lambda name: (name.casefold(), name))

    def rename_folder(self, old: str, new: str) -> None:
        """Gives a folder another name; that of another one makes them one, an empty one leaves
        its chats in none."""
        with self._database.transaction() as db:
            values = (one_line(new), one_line(old))
            db.execute("UPDATE chat SET folder = ? WHERE folder = ?", values)

    # --- The bin --------------------------------------------------------------------------

    def delete(self, *chats: int) -> None:
        """Puts them into the bin, until `restore` or, after BIN_DAYS, `purge`."""
        now = time.time()
        with self._database.transaction():
            for chat in chats:
                self.change(chat, "deleted = coalesce(deleted, ?)", now)

    def restore(self, *chats: int) -> list[ChatRow]:
        """Undoes `delete`, of all of them or of none."""
        with self._database.transaction():
            return [self.change(chat, "deleted = NULL") for chat in chats]

    def erase(self, chats: Iterable[int]) -> None:
        """Removes chats for good, whether they are in the bin or not; one that is gone already is
        passed over. Traces of them are left until `sweep`."""
        with self._database.transaction():
            for chat in chats:
                self._remove("id = ?", chat)

    def purge(self, days: float = BIN_DAYS) -> None:
        """Erases what was deleted more than ``days`` ago."""
        with self._database.transaction():
            self._remove("deleted <= ?", time.time() - days * 86400)

    def _remove(self, where: str, *values: Any) -> None:
        with self._database.transaction() as db:
            sql = f"INSERT INTO erased (chat, created) SELECT id, created FROM chat WHERE {where}"
            db.execute(sql, values)
            db.execute(f"DELETE FROM chat WHERE {where}", values)

    def change(self, chat: int, assignments: str, *values: Any) -> ChatRow:
        """Change a row's columns; ``assignments`` has a "?" for each of ``values``."""
        sql = f"UPDATE chat SET {assignments} WHERE id = ? RETURNING {CHAT}"
        return self._database.one(chat_row, sql, *values, chat)
