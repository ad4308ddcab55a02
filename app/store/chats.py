"""Chats: their names and settings, and their order."""

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


class ChatTable:
    """The table of chats, without their messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self) -> list[ChatRow]:
        """Return the chats that are neither archived nor deleted.

        Pinned ones come first; within each group, the most recently used first.
        """
        return self.where(LISTED, ORDER)

    def archived(self) -> list[ChatRow]:
        """Return the archived chats that are not deleted, in the same order."""
        return self.where("deleted IS NULL AND archived", ORDER)

    def live(self) -> set[int]:
        """Return the ids of all chats outside the bin."""
        return set(
            self._database.read(
                lambda row: int(row[0]), "SELECT id FROM chat WHERE deleted IS NULL"
            )
        )

    def where(self, where: str, order: str) -> list[ChatRow]:
        return self._database.read(
            chat_row, f"SELECT {CHAT} FROM chat WHERE {where} ORDER BY {order}"
        )

    def get(self, chat: int) -> ChatRow:
        return self._database.one(chat_row, f"SELECT {CHAT} FROM chat WHERE id = ?", chat)

    def create(self, effort: Effort, setup: ChatSettings = PLAIN) -> ChatRow:
        """Create an empty chat, without a title until its first question."""
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
        """Insert a row with these values, by column."""
        sql = f"""INSERT INTO chat ({", ".join(values)})
            VALUES ({", ".join("?" * len(values))}) RETURNING {CHAT}"""
        with self._database.transaction():
            return self._database.one(chat_row, sql, *values.values())

    def rename(self, chat: int, title: str, by: TitleBy = TitleBy.PERSON) -> ChatRow:
        """Give a chat a title, joined into one line.

        A blank title, or one of a lower rank in TitleBy than the present one, changes nothing.
        """
        title = one_line(title)
        ranks = list(TitleBy)
        with self._database.transaction():
            row = self.get(chat)
            if not title or ranks.index(by) < ranks.index(row.title_by):
                return row
            return self.change(chat, "title = ?, title_by = ?", title, by)

    def set_effort(self, chat: int, effort: Effort) -> ChatRow:
        """Store the effort for a chat's next message."""
        with self._database.transaction():
            return self.change(chat, "effort = ?", effort)

    def set_up(self, chat: int, setup: ChatSettings) -> ChatRow:
        """Change the settings of a chat, for its answers from now on."""
        values = pack_setup(setup)
        with self._database.transaction():
            assignments = ", ".join(f"{column} = ?" for column in values)
            return self.change(chat, assignments, *values.values())

    def set_model(self, chat: int, model: str) -> ChatRow:
        """Store the key of the model for a chat's next message."""
        with self._database.transaction():
            return self.change(chat, "model = ?", clean(model))

    def model_uses(self) -> dict[str, float]:
        """Return when each model was last used, by key, in POSIX seconds."""
        sql = "SELECT model, max(updated) FROM chat WHERE model != '' GROUP BY model"
        return dict(self._database.read(lambda row: (str(row[0]), float(row[1])), sql))

    def rename_model(self, old: str, new: str) -> None:
        """Replace the key of a model, in chats and presets."""
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
        """Pin chats, archive them, or put them into a folder (empty for none).

        All of them are changed or none; an argument of None changes nothing.
        """
        values: dict[str, Any] = {"pinned": pinned, "archived": archived}
        values["folder"] = None if folder is None else one_line(folder)
        given = {column: value for column, value in values.items() if value is not None}
        assignments = ", ".join(f"{column} = ?" for column in given) or "id = id"
        with self._database.transaction():
            return [self.change(chat, assignments, *given.values()) for chat in chats]

    def folders(self) -> list[str]:
        """Return the folders of all chats that are not deleted, by name."""
        names = self._database.read(
            lambda row: str(row[0]),
            "SELECT DISTINCT folder FROM chat WHERE folder != '' AND deleted IS NULL",
        )
        return sorted(names, key=lambda name: (name.casefold(), name))

    def rename_folder(self, old: str, new: str) -> None:
        """Rename a folder.

        The name of another folder merges the two; an empty name dissolves the folder.
        """
        with self._database.transaction() as db:
            values = (one_line(new), one_line(old))
            db.execute("UPDATE chat SET folder = ? WHERE folder = ?", values)

    def change(self, chat: int, assignments: str, *values: Any) -> ChatRow:
        """Update columns of a chat's row; ``assignments`` has a "?" for each of ``values``."""
        sql = f"UPDATE chat SET {assignments} WHERE id = ? RETURNING {CHAT}"
        return self._database.one(chat_row, sql, *values, chat)
