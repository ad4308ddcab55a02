"""Chats on disk, as trees of messages, in SQLite.

A message has a parent, so another try at an answer is a branch and nothing is overwritten.
A chat remembers its leaf; the conversation is the path from the root to it. Deletion is soft
until `purge`. Every write returns what changed, as it is on disk.

All methods may be called from any thread and none should be called from the GUI's. They raise
StoreError (its own class where the store has been closed), and KeyError for an id that never
was. A soft-deleted chat can still be read and written by its id.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from app.base.errors import (
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreNewer,
    StoreReadOnly,
)
from app.base.types import Effort, Message, Part, Role, Sampling, Stats
from app.store.rows import (
    CHAT,
    MESSAGE,
    ChatRow,
    MessageRow,
    State,
    TitleBy,
    chat_row,
    clean,
    fold,
    message_row,
    pack_parts,
    pack_sampling,
    pack_stats,
)
from app.store.schema import MIGRATIONS, Migration
from app.store.titles import one_line, title_from

__all__ = ["ChatRow", "MessageRow", "State", "Store", "TitleBy"]

T = TypeVar("T")


def _typed(error: sqlite3.Error, path: Path) -> StoreError:
    """SQLite's error as one of ours."""
    code = getattr(error, "sqlite_errorcode", 0)
    match code & 0xFF:
        case _ if isinstance(error, sqlite3.ProgrammingError):
            return StoreError(path)
        case sqlite3.SQLITE_FULL:
            return StoreFull(path)
        case sqlite3.SQLITE_IOERR if code == sqlite3.SQLITE_IOERR_SHMSIZE:
            return StoreFull(path)  # no room for the -shm file
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreReadOnly(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return StoreLocked(path)
        case _:
            return StoreDamaged(path, str(error))


class Store:
    """The database at ``path``, made where there is none.

    Opening it brings an older schema up to date, after a backup beside the file
    (``chats.db.v1.bak``), marks answers that a crash interrupted as cut off, and purges chats
    that were deleted more than 30 days ago. A file that is damaged or from a later version is
    left as it is. ``patience`` is how many seconds to wait for a lock that another program
    holds.
    """

    def __init__(
        self,
        path: Path,
        *,
        migrations: Sequence[Migration] = MIGRATIONS,
        patience: float = 5.0,
    ) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._errors():
            self._db = sqlite3.connect(
                path, timeout=patience, isolation_level=None, check_same_thread=False
            )
        try:
            with self._errors():
                self._open(migrations)
            self.purge()
        except BaseException:
            self._db.close()
            raise

    def _open(self, migrations: Sequence[Migration]) -> None:
        version = self._version()
        if version > len(migrations):
            raise StoreNewer(self.path, version, len(migrations))
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA fullfsync = ON")  # macOS: its fsync alone does not reach the disk
        self._db.execute("PRAGMA secure_delete = ON")  # what is purged is gone
        self._db.create_function("fold", 1, fold, deterministic=True)
        if 0 < version < len(migrations):
            self._backup(version)
        for number, migrate in enumerate(migrations, start=1):
            if number <= version:
                continue
            with self._transaction() as db:
                if self._version() < number:  # else another process was faster
                    migrate(db)
                    db.execute(f"PRAGMA user_version = {number}")
        self._db.execute("PRAGMA foreign_keys = ON")  # not before: a migration may rebuild tables
        with self._transaction() as db:
            db.execute(
                "UPDATE message SET state = ? WHERE state = 'streaming'",
                (State.CUT_OFF,),
            )

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _backup(self, version: int) -> None:
        whole = self.path.with_name(f"{self.path.name}.v{version}.bak")
        partial = whole.with_name(whole.name + ".part")
        try:
            partial.unlink(missing_ok=True)
            with contextlib.closing(sqlite3.connect(partial)) as target:
                self._db.backup(target)
            partial.replace(whole)
        except OSError as error:
            raise StoreReadOnly(self.path) from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)

    # --- How SQLite is spoken to ----------------------------------------------------------

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _typed(error, self.path) from error
        except UnicodeDecodeError as error:  # SQLite quotes a damaged file in its message
            raise StoreDamaged(self.path, str(error)) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside is on disk at the end, or none of it. Within another one it
        is a part of that."""
        with self._lock, self._errors():
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite ends it by itself after some faults
                    self._db.execute("ROLLBACK")
                raise

    def _read(self, make: Callable[[tuple[Any, ...]], T], sql: str, *values: Any) -> list[T]:
        with self._lock, self._errors():
            rows = self._db.execute(sql, values).fetchall()
        try:
            return [make(row) for row in rows]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreDamaged(self.path, repr(error)) from error

    def _one(self, make: Callable[[tuple[Any, ...]], T], sql: str, *values: Any) -> T:
        for row in self._read(make, sql, *values):
            return row
        raise KeyError(values[-1])

    def close(self) -> None:
        """Ends the use of the file. Closing twice is allowed."""
        with self._lock, self._errors():
            self._db.close()

    # --- Chats ----------------------------------------------------------------------------

    def chats(self) -> list[ChatRow]:
        """All that are not deleted, the one that was written to last first."""
        return self._read(
            chat_row,
            f"SELECT {CHAT} FROM chat WHERE deleted IS NULL ORDER BY updated DESC, id DESC",
        )

    def chat(self, chat: int) -> ChatRow:
        """One of them."""
        return self._one(chat_row, f"SELECT {CHAT} FROM chat WHERE id = ?", chat)

    def create_chat(self, effort: Effort, sampling: Sampling | None = None) -> ChatRow:
        """A new one: empty, and without a title until its first question."""
        now = time.time()
        with self._transaction():
            return self._one(
                chat_row,
                f"""INSERT INTO chat (title, title_by, effort, created, updated, sampling)
                VALUES ('', ?, ?, ?, ?, ?) RETURNING {CHAT}""",
                *(TitleBy.QUESTION, effort, now, now, pack_sampling(sampling)),
            )

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

    def set_sampling(self, chat: int, sampling: Sampling | None) -> ChatRow:
        """Remembers how its answers are drawn; None leaves it to the model."""
        with self._transaction():
            return self._set_chat(chat, "sampling = ?", pack_sampling(sampling))

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
            db.execute("UPDATE chat SET model = ? WHERE model = ?", (clean(new), clean(old)))

    def delete(self, chat: int) -> None:
        """Hides it, until `restore` or, after 30 days, `purge`."""
        with self._transaction():
            self._set_chat(chat, "deleted = coalesce(deleted, ?)", time.time())

    def restore(self, chat: int) -> ChatRow:
        """Undoes `delete`."""
        with self._transaction():
            return self._set_chat(chat, "deleted = NULL")

    def purge(self, days: float = 30.0) -> None:
        """Removes for good what was deleted more than ``days`` ago."""
        with self._transaction() as db:
            db.execute("DELETE FROM chat WHERE deleted <= ?", (time.time() - days * 86400,))

    def find(self, text: str) -> list[int]:
        """The chats whose title or messages (without reasoning) contain the text, whatever
        its case; in the order of `chats`."""
        return self._read(
            lambda row: int(row[0]),
            """SELECT id FROM chat WHERE deleted IS NULL AND (
                instr(fold(title), ?1) OR EXISTS (
                    SELECT 1 FROM message WHERE chat = chat.id AND instr(search, ?1)))
            ORDER BY updated DESC, id DESC""",
            fold(clean(text).strip()),
        )

    def _set_chat(self, chat: int, assignments: str, *values: Any) -> ChatRow:
        sql = f"UPDATE chat SET {assignments} WHERE id = ? RETURNING {CHAT}"
        return self._one(chat_row, sql, *values, chat)

    # --- Messages -------------------------------------------------------------------------

    def conversation(self, chat: int) -> list[MessageRow]:
        """The path from the root to the chat's leaf."""
        return self._read(
            message_row,
            f"""WITH RECURSIVE path (at, up) AS (
                SELECT message.id, parent FROM chat JOIN message ON message.id = leaf
                WHERE chat.id = ?
                UNION  -- not ALL: even a damaged file has an end
                SELECT id, parent FROM path JOIN message ON id = up
            )
            SELECT {MESSAGE} FROM path JOIN message ON id = at ORDER BY id""",
            chat,
        )

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
        and makes it the chat's leaf. The first question names the chat."""
        now = time.time()
        values = {
            "chat": chat,
            "parent": parent,
            "role": message.role,
            "state": state,
            "created": now,
            "effort": effort,
            "model": clean(model),
            "parts": pack_parts(message.parts),
            "search": fold(clean(message.text)),
        }
        sql = f"""INSERT INTO message ({", ".join(values)})
            VALUES ({", ".join("?" * len(values))}) RETURNING {MESSAGE}"""
        with self._transaction():
            before = self.chat(chat)
            if parent is not None:
                self._one(tuple, "SELECT 1 FROM message WHERE chat = ? AND id = ?", chat, parent)
            row = self._one(message_row, sql, *values.values())
            self._set_chat(chat, "leaf = ?, updated = ?", row.id, now)
            if message.role is Role.USER and not before.title:
                self._set_chat(chat, "title = ?", title_from(clean(message.text)))
        return row

    def ask(
        self,
        chat: int | None,
        question: Message,
        effort: Effort,
        model: str,
        sampling: Sampling | None = None,
    ) -> tuple[MessageRow, MessageRow]:
        """Puts a question at the end of a chat (None for a new one, with ``sampling``) and an
        empty, streaming answer below it: both or neither."""
        with self._transaction():
            row = self.create_chat(effort, sampling) if chat is None else self.chat(chat)
            asked = self.add(row.id, row.leaf, question)
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
            values["search"] = fold(clean(Message(Role.ASSISTANT, parts).text))
        if state is not None:
            values["state"] = state
        if stats is not None:
            values["stats"] = pack_stats(stats)
        if thought_s is not None:
            values["thought_s"] = thought_s
        return self._set_message(message, values)

    def set_thought_open(self, message: int, opened: bool) -> MessageRow:
        """Remembers that the person opened or closed the panel with its reasoning."""
        return self._set_message(message, {"thought_open": opened})

    def _set_message(self, message: int, values: dict[str, Any]) -> MessageRow:
        if not values:
            return self.message(message)
        assignments = ", ".join(f"{column} = ?" for column in values)
        sql = f"UPDATE message SET {assignments} WHERE id = ? RETURNING {MESSAGE}"
        with self._transaction():
            return self._one(message_row, sql, *values.values(), message)
