"""Messages as trees: their content, their branches, and which branch is shown."""

from __future__ import annotations

import time
from typing import Any

from app.base.answer_events import Stats
from app.base.types import Effort, Message, Part, Role
from app.store.chat_title import title_of
from app.store.chats import ChatTable
from app.store.database import Database
from app.store.parts import PartTable
from app.store.rows import (
    CHAT,
    PLAIN,
    ChatRow,
    ChatSettings,
    MessageRow,
    State,
    chat_row,
    clean,
    pack_stats,
)
from app.store.search_index import SearchIndex

_UP = """WITH RECURSIVE path (at, up, below) AS (
    SELECT id, parent, NULL FROM message WHERE id = ?
    UNION  -- not ALL: even a damaged file has an end
    SELECT message.id, parent, at FROM path JOIN message ON message.id = up
)"""
_DOWN = """WITH RECURSIVE path (at) AS (
    VALUES (?)
    UNION
    SELECT coalesce(
        (SELECT below.id FROM message AS here JOIN message AS below
            ON below.id = here.next WHERE here.id = at AND below.deleted IS NULL),
        (SELECT max(below.id) FROM message AS here JOIN message AS below
            ON below.chat = here.chat AND below.parent = here.id
            WHERE here.id = at AND below.deleted IS NULL)
    ) AS down FROM path WHERE down IS NOT NULL
)"""

BELOW = """WITH RECURSIVE below (at) AS (
    SELECT id FROM message WHERE id = ?
    UNION
    SELECT message.id FROM below JOIN message AS here ON here.id = at
        JOIN message ON message.chat = here.chat AND message.parent = at
)"""
"""A message and all that follow it, in all branches."""


class MessageTable:
    """The table of messages."""

    def __init__(
        self, database: Database, chats: ChatTable, parts: PartTable, index: SearchIndex
    ) -> None:
        self._database, self._chats, self._parts, self._index = database, chats, parts, index

    def conversation(self, chat: int) -> list[MessageRow]:
        """Return the path from the root to the chat's leaf."""
        with self._database.lock:
            for leaf in self._database.read(
                lambda row: row[0], "SELECT leaf FROM chat WHERE id = ?", chat
            ):
                return self._path(leaf)
        return []

    def _path(self, leaf: int | None) -> list[MessageRow]:
        return self._parts.messages("message.id IN (SELECT at FROM path)", leaf, common=_UP)

    def get(self, message: int) -> MessageRow:
        for row in self._parts.messages("message.id = ?", message):
            return row
        raise KeyError(message)

    def add(
        self,
        chat: int,
        parent: int | None,
        message: Message,
        *,
        state: State = State.DONE,
        effort: Effort | None = None,
        model: str = "",
        host: str = "",
        origin: str = "",
    ) -> MessageRow:
        """Add a message below ``parent`` (None for a root) and make it the chat's leaf.

        The parent must be of the same chat. The first question names the chat; any message
        unarchives it.
        """
        now = time.time()
        with self._database.transaction():
            before = self._chats.get(chat)
            if parent is not None:
                self._database.one(
                    tuple, "SELECT 1 FROM message WHERE chat = ? AND id = ?", chat, parent
                )
            if parent != before.leaf:
                self._leave(before)
            author = {"model": clean(model), "host": clean(host), "origin": clean(origin)}
            row = self.insert(chat, parent, message, state, now, effort=effort, **author)
            self._turn_to(chat, row.id)
            self._chats.change(chat, "updated = ?, archived = 0", now)
            if message.role is Role.USER and not before.title:
                self._chats.change(chat, "title = ?", title_of(message))
        return row

    def insert(
        self,
        chat: int,
        parent: int | None,
        message: Message,
        state: State,
        created: float,
        **others: Any,
    ) -> MessageRow:
        """Insert a message, with values of other columns by name, and index it."""
        values = {
            "chat": chat,
            "parent": parent,
            "role": message.role,
            "state": state,
            "created": created,
            **others,
        }
        sql = f"""INSERT INTO message ({", ".join(values)})
            VALUES ({", ".join("?" * len(values))}) RETURNING id"""
        with self._database.transaction():
            number = self._database.one(lambda row: int(row[0]), sql, *values.values())
            self._parts.write(number, message.parts)
            row = self.get(number)
            self._index.put(row)
        return row

    def ask(
        self,
        chat: int | None,
        question: Message,
        effort: Effort,
        model: str,
        setup: ChatSettings = PLAIN,
        *,
        host: str = "",
        origin: str = "",
        instead: int | None = None,
    ) -> tuple[MessageRow, MessageRow]:
        """Add a question and below it an empty, streaming answer: both or neither.

        The question is added at the end of a chat (None for a new one, with ``setup``), or as
        another version of the chat's question ``instead``.
        """
        with self._database.transaction():
            row = self._chats.create(effort, setup) if chat is None else self._chats.get(chat)
            parent = row.leaf if instead is None else self.get(instead).parent
            asked = self.add(row.id, parent, question)
            return asked, self.answer(asked, effort, model, host, origin)

    def answer(
        self,
        question: MessageRow,
        effort: Effort,
        model: str,
        host: str = "",
        origin: str = "",
    ) -> MessageRow:
        """Add an empty, streaming answer below a question."""
        return self.add(
            question.chat,
            question.id,
            Message(Role.ASSISTANT, ()),
            state=State.STREAMING,
            effort=effort,
            model=model,
            host=host,
            origin=origin,
        )

    def update(
        self,
        message: int,
        *,
        parts: tuple[Part, ...] | None = None,
        state: State | None = None,
        stats: Stats | None = None,
        thought_s: float | None = None,
        model: str | None = None,
        host: str | None = None,
        origin: str | None = None,
    ) -> MessageRow:
        """Replace the given values and keep the others.

        Only the parts that changed are written.
        """
        values: dict[str, Any] = {}
        if state is not None:
            values["state"] = state
        if stats is not None:
            values["stats"] = pack_stats(stats)
        if thought_s is not None:
            values["thought_s"] = thought_s
        if model is not None:
            values["model"] = clean(model)
        if host is not None:
            values["host"] = clean(host)
        if origin is not None:
            values["origin"] = clean(origin)
        with self._database.transaction():
            self._change(message, values)
            if parts is not None:
                self._parts.write(message, parts)
            row = self.get(message)
            if parts is not None or state is not None:
                self._index.put(row)
            return row

    def withdraw(self, answer: int) -> tuple[MessageRow | None, bool]:
        """Delete an answer, and its question unless that has other answers, `delete`d or not.

        The chat then shows what it showed before; one without any other message is deleted, too.
        Returns the question, or None if it stays, and whether the chat is gone.
        """
        with self._database.transaction() as db:
            row = self.get(answer)
            assert row.parent is not None, "an answer has a question"
            sql = "SELECT id FROM message WHERE chat = ? AND parent = ?"
            alone = len(self._database.read(tuple, sql, row.chat, row.parent)) == 1
            question = self.get(row.parent) if alone else None
            gone = question or row
            others = [other for other in self.versions(gone.id) if other != gone.id]
            start = gone.parent if gone.parent is not None else max(others, default=None)
            self._chats.change(row.chat, "leaf = NULL")
            for message in filter(None, (row, question)):
                db.execute("UPDATE message SET next = NULL WHERE next = ?", (message.id,))
                db.execute("DELETE FROM message WHERE id = ?", (message.id,))
            if start is None:
                db.execute("DELETE FROM chat WHERE id = ?", (row.chat,))
                return question, True
            sql = f"{_DOWN} SELECT at FROM path ORDER BY at DESC"
            leaf = self._database.one(lambda found: int(found[0]), sql, start)
            self._turn_to(row.chat, leaf)
            return question, False

    def set_thought_open(self, message: int, opened: bool) -> MessageRow:
        """Store whether the user opened or closed the reasoning panel."""
        with self._database.transaction(of_view=True):
            self._change(message, {"thought_open": opened})
            return self.get(message)

    def _change(self, message: int, values: dict[str, Any]) -> None:
        assignments = ", ".join(f"{column} = ?" for column in values) or "id = id"
        sql = f"UPDATE message SET {assignments} WHERE id = ? RETURNING id"
        with self._database.transaction():
            self._database.one(tuple, sql, *values.values(), message)

    # --- Branches -------------------------------------------------------------------------

    def versions(self, message: int) -> list[int]:
        """Return the messages of the same role in the same place, oldest first.

        The message itself is among them, unless it was deleted.
        """
        with self._database.lock:
            row = self.get(message)
            return self._database.read(
                lambda found: int(found[0]),
                """SELECT id FROM message WHERE chat = ? AND parent IS ? AND role = ?
                AND deleted IS NULL ORDER BY id""",
                *(row.chat, row.parent, row.message.role),
            )

    def branches(self, chat: int) -> dict[int, tuple[int, ...]]:
        """Return `versions` for every message of a chat that has more than one."""
        places: dict[tuple[object, ...], list[int]] = {}
        sql = """SELECT id, parent, role FROM message WHERE chat = ? AND deleted IS NULL
            ORDER BY id"""
        for number, *place in self._database.read(tuple, sql, chat):
            places.setdefault(tuple(place), []).append(number)
        return {one: tuple(all_) for all_ in places.values() if len(all_) > 1 for one in all_}

    def show(self, message: int) -> list[MessageRow]:
        """Make the branch through a message the shown one, and return it.

        Below the message, the branch follows the path that was last shown, else the newest
        messages. If the message is already shown, nothing changes.
        """
        with self._database.transaction(of_view=True):
            chat = self._chats.get(self.get(message).chat)
            self._leave(chat)
            leaf = self._database.one(
                lambda row: int(row[0]), f"{_DOWN} SELECT at FROM path ORDER BY at DESC", message
            )
            self._turn_to(chat.id, leaf)
            return self._path(leaf)

    def delete(self, message: int) -> list[MessageRow]:
        """Delete a message with all that follows it, until `restore` or, later, `Bin.purge`.

        Another version of it is shown instead, the one before if there is one; without any, the
        conversation ends above. Return the branch that is shown.
        """
        with self._database.transaction() as db:
            row = self.get(message)
            chat = self._chats.get(row.chat)
            self._leave(chat)
            sql = f"""{BELOW} UPDATE message SET deleted = ?
                WHERE id IN below AND deleted IS NULL RETURNING id"""
            if not db.execute(sql, (message, time.time())).fetchall():
                return self._path(chat.leaf)  # it is deleted already
            others = self.versions(message)
            near = max(
                (other for other in others if other < message), default=min(others, default=0)
            )
            if near:
                return self.show(near)
            self._chats.change(chat.id, "leaf = ?", row.parent)
            return self._path(row.parent)

    def restore(self, message: int) -> list[MessageRow]:
        """Take back `delete`, and return the branch through the message, which is shown.

        What had been deleted before that, below the message, stays deleted.
        """
        with self._database.transaction() as db:
            sql = f"""{BELOW} UPDATE message SET deleted = NULL WHERE id IN below
                AND deleted = (SELECT deleted FROM message WHERE id = ?)"""
            db.execute(sql, (message, message))
            return self.show(message)

    def _turn_to(self, chat: int, leaf: int) -> None:
        """Make a message the chat's leaf.

        Nothing above it stays deleted: `Bin.purge` could not remove what is in use.
        """
        with self._database.transaction() as db:
            sql = f"""{_UP} UPDATE message SET deleted = NULL
                WHERE id IN (SELECT at FROM path) AND deleted IS NOT NULL"""
            db.execute(sql, (leaf,))
            self._chats.change(chat, "leaf = ?", leaf)

    def _leave(self, chat: ChatRow) -> None:
        """Store the path to the chat's leaf, which is about to change."""
        with self._database.transaction() as db:
            sql = f"""{_UP} UPDATE message SET next = below FROM path
                WHERE id = at AND below IS NOT NULL AND next IS NOT below"""
            db.execute(sql, (chat.leaf,))

    def fork(self, message: int) -> ChatRow:
        """Create a chat with copies of the messages down to and including this one.

        It has the old chat's name and settings. Of a streaming answer, it gets the text so far.
        """
        columns = "title, title_by, effort, instructions, sampling, preset, tools, remote_tools"
        columns = f"{columns}, model, folder, imported"
        kept = "effort, model, host, origin, stats, thought_s, thought_open"
        with self._database.transaction() as db:
            path = self._path(self.get(message).id)
            now = time.time()
            new = self._database.one(
                chat_row,
                f"""INSERT INTO chat (created, updated, {columns})
                SELECT ?, ?, {columns} FROM chat WHERE id = ? RETURNING {CHAT}""",
                *(now, now, path[0].chat),
            )
            parent = None
            for row in path:
                state = State.CUT_OFF if row.state is State.STREAMING else row.state
                copy = self.insert(new.id, parent, row.message, state, row.created, model="")
                db.execute(
                    f"""UPDATE message SET ({kept}) = (SELECT {kept} FROM message WHERE id = ?)
                    WHERE id = ?""",
                    (row.id, copy.id),
                )
                parent = copy.id
            return self._chats.change(new.id, "leaf = ?", parent)

    def mark_cut_off(self) -> None:
        """Mark answers that a crash interrupted as cut off, and for indexing."""
        with self._database.transaction() as db:
            streaming = "FROM message WHERE state = 'streaming'"
            db.execute(f"INSERT OR IGNORE INTO unindexed SELECT id {streaming}")
            db.execute(
                "UPDATE message SET state = ? WHERE state = 'streaming'",
                (State.CUT_OFF,),
            )
