"""Search as you type in titles and messages, on a connection of its own.

Measured on 100,000 messages in English, German and Chinese (tests/bench/store.py): unicode61 with a
prefix index takes half the space of trigram, and finds words of one or two characters, which are
common in Chinese and which trigram cannot find. So beginnings of words are found, but not other
parts.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.base.errors import Cancelled
from app.base.types import Message, Role
from app.store.database import from_rows, typed_errors
from app.store.parts import by_message
from app.store.rows import LISTED, ORDER, PART, part_row
from app.store.search_words import Query, called_in, fold, query, said_in

_RANKED = 500
"""More hits than this are listed newest first.

Ranking them would take a tenth of a second, and is of no use when searching for a letter.
"""
_MARKS = re.compile(r"^[ \t]*(?:[-*>][ \t]+)+", re.MULTILINE)  # of lists and quotations
_STEPS = 1000  # of SQLite's virtual machine between checks for a newer search


Marks = tuple[tuple[int, int], ...]
"""Ranges of a text that match."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A place where a text was found: in ``message``, or (None) in the chat's title.

    ``snippet`` is one line around it, ``marks`` are the matching ranges in the snippet, ``when`` is
    in POSIX seconds.
    """

    chat: int
    message: int | None
    title: str
    snippet: str
    marks: Marks
    when: float

    @property
    def words(self) -> str:
        """The longest marked stretch of the snippet."""
        found = (self.snippet[start:end] for start, end in self.marks)
        return max(found, key=len, default="")


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is searched of messages, besides what was said."""

    reasoning: bool = False
    calls: bool = False

    def match(self, wanted: Query) -> str:
        """Return the query for FTS5."""
        also = ("thought" if self.reasoning else "", "called" if self.calls else "")
        return f"{{{' '.join(filter(None, ('said', *also)))}}} : ({wanted.match})"


class Search:
    """Searches of the database at ``path``, on a connection from ``connect``.

    A newer search cancels an older one. Which is newer is decided where they are asked for
    (`turn`), since they may begin in another order.
    """

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._connect = connect
        self._db: sqlite3.Connection | None = None
        self._closed = False
        self._lock = threading.Lock()  # for the connection
        self._count = threading.Lock()
        self._newest = 0
        self._version = -1
        self._titles: list[tuple[str, tuple[int, str, float]]] = []

    def turn(self) -> int:
        """Return the number of a new search, which cancels the ones before it."""
        with self._count:
            self._newest += 1
            return self._newest

    def search(
        self, turn: int, text: str, limit: int, *, reasoning: bool = False, calls: bool = False
    ) -> list[SearchHit]:
        """Search titles and messages; see Store."""
        wanted = query(text)
        with self._connected(turn) as db:
            if not wanted.patterns:
                return []
            said = self._in_messages(db, wanted, _Scope(reasoning, calls), limit)
            room = max(limit // 2, limit - len(said))
            titles = itertools.islice(self._in_titles(db, wanted), room)
            shown = [
                SearchHit(chat, None, title, title, wanted.marks(title), updated)
                for chat, title, updated in titles
            ]
            return (shown + said)[:limit]

    def find(self, turn: int, text: str) -> list[int]:
        """Return the chats in which a text is found; see Store."""
        wanted = query(text)
        with self._connected(turn) as db:
            named = {chat for chat, *_ in self._in_titles(db, wanted)}
            said: set[int] = set()
            if wanted.match:
                sql = """SELECT DISTINCT chat FROM words CROSS JOIN message ON id = words.rowid
                    WHERE words MATCH ? AND deleted IS NULL"""
                said = {row[0] for row in db.execute(sql, (_Scope().match(wanted),))}
            order = db.execute(f"SELECT id FROM chat WHERE {LISTED} ORDER BY {ORDER}")
            return [chat for (chat,) in order if chat in named or chat in said]

    def close(self) -> None:
        """Close the connection and end a running search."""
        self.turn()
        with self._lock, typed_errors(self._path):
            self._closed = True
            if self._db:
                self._db.close()

    def renew(self) -> None:
        """Use another connection from now on, since the database was reopened elsewhere."""
        with self._lock, typed_errors(self._path):
            if self._db:
                self._db.close()
            self._db, self._version = None, -1

    @contextlib.contextmanager
    def _connected(self, turn: int) -> Iterator[sqlite3.Connection]:
        """Yield the connection for a search; raise Cancelled once there is a newer one."""
        with self._lock, typed_errors(self._path):
            if turn != self._newest:
                raise Cancelled
            db = self._connection()
            # Not Connection.interrupt: between two statements it has no effect.
            db.set_progress_handler(lambda: turn != self._newest, _STEPS)
            try:
                db.execute("BEGIN")
                yield db
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                    raise Cancelled from error
                raise
            finally:
                db.set_progress_handler(None, 0)
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            if self._closed:
                raise sqlite3.ProgrammingError("closed")
            self._db = self._connect()
            self._db.execute("PRAGMA query_only = ON")
        return self._db

    def _in_titles(self, db: sqlite3.Connection, wanted: Query) -> Iterator[tuple[int, str, float]]:
        """Yield id, title and time of the chats whose titles match, the most recent first."""
        (version,) = db.execute("PRAGMA data_version").fetchone()
        if version != self._version:  # the database changed since the last search
            rows = db.execute(
                "SELECT id, title, updated FROM chat WHERE deleted IS NULL ORDER BY updated DESC"
            )
            self._titles = [(fold(title), (chat, title, when)) for chat, title, when in rows]
            self._version = version
        return (row for folded, row in self._titles if wanted.all_in(folded))

    def _in_messages(
        self, db: sqlite3.Connection, wanted: Query, scope: _Scope, limit: int
    ) -> list[SearchHit]:
        if not wanted.match:
            return []
        match = scope.match(wanted)
        seen = "SELECT id FROM chat WHERE deleted IS NULL"
        source = f"""FROM words CROSS JOIN message ON id = words.rowid
            WHERE words MATCH ? AND message.deleted IS NULL AND chat IN ({seen}) ORDER BY"""
        sql = f"SELECT id {source} words.rowid DESC LIMIT {_RANKED}"
        ids = [number for (number,) in db.execute(sql, (match,))]
        if len(ids) < _RANKED:
            sql = f"SELECT id {source} rank, words.rowid DESC LIMIT ?"
            ids = [number for (number,) in db.execute(sql, (match, limit))]
        found = f"""SELECT message.id, chat, title, message.created, {PART}
            FROM message JOIN chat ON chat.id = chat JOIN part ON part.message = message.id
            WHERE message.id IN ({", ".join(map(str, ids[:limit]))})
            ORDER BY message.id, position"""
        show = functools.partial(_found, wanted, scope)
        rows = list(by_message(db.execute(found)))
        by_id = {f.message: f for f in from_rows(self._path, show, rows)}
        return [by_id[number] for number in ids[:limit]]


def _found(wanted: Query, scope: _Scope, rows: list[tuple[Any, ...]]) -> SearchHit:
    message, chat, title, created, *_ = rows[0]
    said = Message(Role.ASSISTANT, tuple(part_row(row[4:]) for row in rows))
    snippet, marks = _excerpt(wanted, said_in(said))
    if scope.reasoning and not marks:
        snippet, marks = _excerpt(wanted, said.reasoning)
    if scope.calls and not marks:
        called = called_in(said)
        snippet = wanted.snippet(called)
        marks = wanted.marks(snippet)
    return SearchHit(chat, message, title, snippet, marks, created)


def _excerpt(wanted: Query, text: str) -> tuple[str, Marks]:
    """Return a line around the first match, without Markdown, and the matches in it."""
    from app.markdown import blocks_text, parse  # a window need not wait for it
    from app.markdown.citations import with_citations

    text = with_citations(text, lambda mark: "")
    plain = _MARKS.sub("", blocks_text(parse(wanted.around(text))))
    snippet = wanted.snippet(plain)
    if marks := wanted.marks(snippet):
        return snippet, marks
    snippet = wanted.snippet(text)  # as written, also if only an address matches
    return snippet, wanted.marks(snippet)
