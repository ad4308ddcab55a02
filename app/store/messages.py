"""Messages as trees: what was said, its branches, and which of them is shown."""

from __future__ import annotations

import time
from typing import Any

from app.base.types import Effort, Message, Part, Role, Stats
from app.store.chat_title import title_of
from app.store.chats import ChatStore
from app.store.rows import (
    CHAT,
    MESSAGE,
    PLAIN,
    ChatRow,
    ChatSettings,
    MessageRow,
    State,
    chat_row,
    clean,
    message_row,
    pack_parts,
    pack_stats,
)
from app.store.search_words import said_in, words

_UP = """WITH RECURSIVE path (at, up, below) AS (
    SELECT id, parent, NULL FROM message WHERE id = ?
    UNION  -- not ALL: even a damaged file has an end
    SELECT message.id, parent, at FROM path JOIN message ON message.id = up
)"""
_DOWN = """WITH RECURSIVE path (at) AS (
    VALUES (?)
    UNION
    SELECT coalesce(
        (SELECT next FROM message WHERE id = at),
        (SELECT max(below.id) FROM message AS here JOIN message AS below
            ON below.chat = here.chat AND below.parent = here.id WHERE here.id = at)
    ) AS down FROM path WHERE down IS NOT NULL
)"""
_BATCH = 200  # messages that are indexed in one transaction: about 0.1 s


class MessageStore(ChatStore):
    """The part of Store that knows what was said."""

    def conversation(self, chat: int) -> list[MessageRow]:
        """The path from the root to the chat's leaf."""
        with self._lock:
            for leaf in self._read(lambda row: row[0], "SELECT leaf FROM chat WHERE id = ?", chat):
                return self._path(leaf)
        return []

    def _path(self, leaf: int | None) -> list[MessageRow]:
        sql = f"{_UP} SELECT {MESSAGE} FROM path JOIN message ON id = at ORDER BY id"
        return self._read(message_row, sql, leaf)

    def message(self, message: int) -> MessageRow:
        """One message."""
        return self._one(message_row, f"SELECT {MESSAGE} FROM message WHERE id = ?", message)

    def add(
        self,
        chat: int,
        parent: int | None,
        message: Message,
        *,
        state: State = State.DONE,
        effort: Effort | None = None,
        model: str = "",
    ) -> MessageRow:
        """Puts a message below ``parent`` (None for a root), which has to be of the same chat,
        and makes it the chat's leaf. The first question names the chat; any message takes it out
        of the archive."""
        now = time.time()
        with self._transaction():
            before = self.chat(chat)
            if parent is not None:
                self._one(tuple, "SELECT 1 FROM message WHERE chat = ? AND id = ?", chat, parent)
            if parent != before.leaf:
                self._leave(before)
            row = self._insert(chat, parent, message, state, now, effort=effort, model=clean(model))
            self._set_chat(chat, "leaf = ?, updated = ?, archived = 0", row.id, now)
            if message.role is Role.USER and not before.title:
                self._set_chat(chat, "title = ?", title_of(message))
        return row

    def _insert(
        self,
        chat: int,
        parent: int | None,
        message: Message,
        state: State,
        created: float,
        **others: Any,
    ) -> MessageRow:
        values = {
            "chat": chat,
            "parent": parent,
            "role": message.role,
            "state": state,
            "created": created,
            "parts": pack_parts(message.parts),
            **others,
        }
        sql = f"""INSERT INTO message ({", ".join(values)})
            VALUES ({", ".join("?" * len(values))}) RETURNING {MESSAGE}"""
        row = self._one(message_row, sql, *values.values())
        self._index(row)
        return row

    def ask(
        self,
        chat: int | None,
        question: Message,
        effort: Effort,
        model: str,
        setup: ChatSettings = PLAIN,
        *,
        instead: int | None = None,
    ) -> tuple[MessageRow, MessageRow]:
        """Puts a question at the end of a chat (None for a new one, with ``setup``), or
        beside the question ``instead`` of that chat, of which it is another version; and an
        empty, streaming answer below it: both or neither."""
        with self._transaction():
            row = self.create_chat(effort, setup) if chat is None else self.chat(chat)
            parent = row.leaf if instead is None else self.message(instead).parent
            asked = self.add(row.id, parent, question)
            return asked, self.answer(asked, effort, model)

    def answer(self, question: MessageRow, effort: Effort, model: str) -> MessageRow:
        """Puts an empty, streaming answer below a question."""
        return self.add(
            question.chat,
            question.id,
            Message(Role.ASSISTANT, ()),
            state=State.STREAMING,
            effort=effort,
            model=model,
        )

    def update(
        self,
        message: int,
        *,
        parts: tuple[Part, ...] | None = None,
        state: State | None = None,
        stats: Stats | None = None,
        thought_s: float | None = None,
    ) -> MessageRow:
        """Replaces what is given and keeps the rest."""
        values: dict[str, Any] = {}
        if parts is not None:
            values["parts"] = pack_parts(parts)
        if state is not None:
            values["state"] = state
        if stats is not None:
            values["stats"] = pack_stats(stats)
        if thought_s is not None:
            values["thought_s"] = thought_s
        with self._transaction():
            row = self._set_message(message, values)
            if parts is not None or state is not None:
                self._index(row)
            return row

    def set_thought_open(self, message: int, opened: bool) -> MessageRow:
        """Remembers that the person opened or closed the panel with its reasoning."""
        with self._transaction(of_view=True):
            return self._set_message(message, {"thought_open": opened})

    def _set_message(self, message: int, values: dict[str, Any]) -> MessageRow:
        if not values:
            return self.message(message)
        assignments = ", ".join(f"{column} = ?" for column in values)
        sql = f"UPDATE message SET {assignments} WHERE id = ? RETURNING {MESSAGE}"
        with self._transaction():
            return self._one(message_row, sql, *values.values(), message)

    # --- Branches -------------------------------------------------------------------------

    def versions(self, message: int) -> list[int]:
        """The messages of the same role in the same place, this one among them, in the order in
        which they came."""
        with self._lock:
            row = self.message(message)
            return self._read(
                lambda found: int(found[0]),
                "SELECT id FROM message WHERE chat = ? AND parent IS ? AND role = ? ORDER BY id",
                *(row.chat, row.parent, row.message.role),
            )

    def branches(self, chat: int) -> dict[int, tuple[int, ...]]:
        """`versions` of all messages of a chat that have more than one."""
        places: dict[tuple[object, ...], list[int]] = {}
        sql = "SELECT id, parent, role FROM message WHERE chat = ? ORDER BY id"
        for number, *place in self._read(tuple, sql, chat):
            places.setdefault(tuple(place), []).append(number)
        return {one: tuple(all_) for all_ in places.values() if len(all_) > 1 for one in all_}

    def show(self, message: int) -> list[MessageRow]:
        """Makes the branch through a message the one that is shown: down from there to where
        one was last, or to the newest. A message that is shown already changes nothing."""
        with self._transaction(of_view=True):
            chat = self.chat(self.message(message).chat)
            self._leave(chat)
            leaf = self._one(
                lambda row: int(row[0]), f"{_DOWN} SELECT at FROM path ORDER BY at DESC", message
            )
            self._set_chat(chat.id, "leaf = ?", leaf)
            return self._path(leaf)

    def _leave(self, chat: ChatRow) -> None:
        """Remembers the way down to the chat's leaf, which is about to be another."""
        with self._transaction() as db:
            sql = f"""{_UP} UPDATE message SET next = below FROM path
                WHERE id = at AND below IS NOT NULL AND next IS NOT below"""
            db.execute(sql, (chat.leaf,))

    def fork(self, message: int) -> ChatRow:
        """A new chat, with copies of the messages down to and including this one, and with the
        old one's name and settings. Of an answer that is being written, it gets what is there."""
        columns = "title, title_by, effort, instructions, sampling, preset, model, folder"
        kept = "effort, model, stats, thought_s, thought_open"
        with self._transaction() as db:
            path = self._path(self.message(message).id)
            now = time.time()
            new = self._one(
                chat_row,
                f"""INSERT INTO chat (created, updated, {columns})
                SELECT ?, ?, {columns} FROM chat WHERE id = ? RETURNING {CHAT}""",
                *(now, now, path[0].chat),
            )
            parent = None
            for row in path:
                state = State.CUT_OFF if row.state is State.STREAMING else row.state
                copy = self._insert(new.id, parent, row.message, state, row.created, model="")
                db.execute(
                    f"""UPDATE message SET ({kept}) = (SELECT {kept} FROM message WHERE id = ?)
                    WHERE id = ?""",
                    (row.id, copy.id),
                )
                parent = copy.id
            return self._set_chat(new.id, "leaf = ?", parent)

    # --- The index ------------------------------------------------------------------------

    def _opened(self) -> None:
        super()._opened()
        with self._transaction() as db:
            streaming = "FROM message WHERE state = 'streaming'"
            db.execute(f"INSERT OR IGNORE INTO unindexed SELECT id {streaming}")
            db.execute(
                "UPDATE message SET state = ? WHERE state = 'streaming'",
                (State.CUT_OFF,),
            )

    def _index(self, row: MessageRow) -> None:
        """Has the search find a message, unless it is still being written."""
        if row.state is State.STREAMING:
            return
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO words (rowid, said, thought) VALUES (?, ?, ?)",
                (row.id, words(said_in(row.message)), words(row.message.reasoning)),
            )
            db.execute("DELETE FROM unindexed WHERE message = ?", (row.id,))

    def index(self, seconds: float) -> bool:
        """Indexes what an earlier version or a crash left without, the newest first, for about
        so many seconds; whether that was all of it."""
        end = time.monotonic() + seconds
        sql = f"""SELECT {MESSAGE} FROM unindexed CROSS JOIN message ON id = unindexed.message
            ORDER BY unindexed.message DESC LIMIT {_BATCH}"""
        while time.monotonic() < end:
            with self._transaction():
                rows = self._read(message_row, sql)
                for row in rows:
                    self._index(row)
            if len(rows) < _BATCH:
                return True
        return False
