"""The texts of a folder, and a search in them, in one file of SQLite.

What is found are passages; a document is as good as its best one. The index of words (FTS5) has no
copy of the text: that is kept compressed in blocks, so that a summary reads few of them, and so
that the words of a passage can be taken out of the index again. Nothing needs a newer SQLite than
3.24.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from app.tools.browser.files.excerpts import Excerpt, Excerpts, Places, beginning, words_of
from app.tools.browser.files.index_file import IndexFault, IndexFile, IndexFull
from app.tools.browser.files.index_query import IndexQuery, Term
from app.tools.browser.files.index_words import Indexer, language_of, plain, runs
from app.tools.browser.files.passages import Passage, passages
from app.tools.browser.page import without_marks

__all__ = ["FileIndex", "FoundText", "IndexFault", "IndexFull", "IndexedText", "KnownFile"]

_VERSION = 3  # of the tables, and of how words are indexed: another one is built anew
_BLOCK = 8 << 10  # characters that are compressed together
_LANGUAGE = 10_000  # characters by which a text's language is told
_SPOKEN = 1.3  # how much better what is in the language of the query is: a passage, a document
_ALIKE = 0.7  # of the words of a passage that stand in another one that says the same
_BUDGET = 3000  # passages that are ranked for a search, about
_SECOND = 0.2  # of a document's second best passage, what counts for it
_RANKED = 400  # the best passages, of which documents are made
_LOOKED_AT = 20  # documents for which summaries are made, which takes time
_COMPARED = 3  # passages of a document, and its beginning, of which one is shown
_BEFORE = 0.5  # of how well a passage fits, from which on a page opens at it for the next one
_TERM, _LEAD = 0.2, 0.1  # what a term in it, and being the beginning, is worth, of the best's rank
_WEIGHTS = (2.0, 1.0, 0.5, 1.0)  # of a title, headings, a path, the text
_ROWS = "title, headings, path, body"
_TABLES = f"""
CREATE TABLE document (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL UNIQUE, title TEXT NOT NULL,
    links BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, same BLOB NOT NULL, language TEXT NOT NULL
);
CREATE TABLE block (
    document INTEGER NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (document, number)
) WITHOUT ROWID;
CREATE TABLE passage (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL, start INTEGER NOT NULL,
    finish INTEGER NOT NULL, language TEXT NOT NULL
);
CREATE INDEX passage_document ON passage (document);
CREATE VIRTUAL TABLE words USING fts5({_ROWS}, content='', tokenize='porter ascii');
INSERT INTO words (words, rank) VALUES ('rank', 'bm25({", ".join(map(str, _WEIGHTS))})');
INSERT INTO words (words, rank) VALUES ('hashsize', {8 << 20});
"""


@dataclass(frozen=True, slots=True)
class IndexedText:
    """A document: its path in the folder, and the text of it as `PageText` has it.

    ``size``, ``mtime_ns`` and ``fingerprint`` tell whether the file has changed since.
    """

    relative: str
    title: str
    text: str
    links: tuple[str, ...] = ()
    size: int = 0
    mtime_ns: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """How a file was when it was indexed."""

    size: int
    mtime_ns: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class FoundText:
    """A document that was found: ``score`` is higher for better ones.

    ``passage`` is text of it, without the marks of links, where the answer may stand.
    """

    relative: str
    title: str
    summary: str
    passage: str
    score: float


class _Candidate(NamedTuple):
    """A passage that was found; better ones have a lower ``rated``."""

    document: int
    path: bytes
    title: str
    same: bytes
    document_language: str
    language: str
    start: int
    end: int
    rated: float

    def rating(self, language: str) -> float:
        """Return how good it is for a query in a language; better ones are lower."""
        if not language:
            return self.rated
        same = (language == self.language) + (language == self.document_language)
        return self.rated * _SPOKEN**same


class FileIndex:
    """The index in the file ``path``, which is made at the first write.

    Any number of threads and processes may read it while one writes. One that is damaged, or of
    another version, is thrown away. Without ``stored``, texts are found but not kept: they have no
    summaries, and `text` returns None.
    """

    def __init__(self, path: Path, *, stored: bool = True) -> None:
        self._file = IndexFile(path, _VERSION, _TABLES)
        self._stored = stored
        self._indexer = Indexer()

    @property
    def size(self) -> int:
        """The bytes that it takes on disk."""
        return self._file.size

    def put(self, texts: Iterable[IndexedText]) -> None:
        """Index documents, and replace those of the same paths, in one transaction."""
        with self._file.writing() as db:
            for text in texts:
                self._remove(db, text.relative)
                self._add(db, text)

    def remove(self, relatives: Iterable[str]) -> None:
        """Take documents out, in one transaction; those that are not there do not matter."""
        with self._file.writing() as db:
            for relative in relatives:
                self._remove(db, relative)

    def tidy(self, pages: int = 500) -> bool:
        """Merge some of the index, as after many changes. Returns whether there is more to do."""
        with self._file.writing() as db:
            before = db.total_changes
            db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
            return db.total_changes - before >= 2

    def known(self) -> Mapping[str, KnownFile]:
        """Return what is indexed, by path."""
        sql = "SELECT path, size, mtime_ns, fingerprint FROM document"
        with self._file.reading() as db:
            return {_name(row[0]): KnownFile(*row[1:]) for row in db.execute(sql)} if db else {}

    def count(self) -> int:
        """Return how many documents there are."""
        with self._file.reading() as db:
            return int(db.execute("SELECT count(*) FROM document").fetchone()[0]) if db else 0

    def stamp(self, relative: str) -> tuple[int, int] | None:
        """Return a file's size and time of change when it was indexed; None if it was not."""
        sql = "SELECT size, mtime_ns FROM document WHERE path = ?"
        with self._file.reading() as db:
            row = db.execute(sql, (_blob(relative),)).fetchone() if db else None
        return (row[0], row[1]) if row else None

    def text(self, relative: str) -> IndexedText | None:
        """Return a document as it was indexed; None if there is none, or texts are not kept."""
        with self._file.reading() as db:
            return self._text(db, relative) if db and self._stored else None

    def search(
        self, query: str, count: int, cancel: threading.Event | None = None
    ) -> list[FoundText]:
        """Return the documents that fit a query best; of those with the same text, one.

        Raises Cancelled.
        """
        wanted = IndexQuery(query)
        if not wanted.terms or count < 1:
            return []
        with self._file.reading(cancel) as db:
            return self._search(db, wanted, count) if db else []

    def close(self) -> None:
        """Close the file; a closed index finds nothing."""
        self._file.close()

    # --- Writing -----------------------------------------------------------------------------

    def _add(self, db: sqlite3.Connection, text: IndexedText) -> None:
        body = text.text.encode("utf-8", "replace").decode()  # no lone surrogates
        title = text.title.encode("utf-8", "replace").decode()
        same = hashlib.blake2b(" ".join(body.split()).encode(), digest_size=16).digest()
        begin = body[:_LANGUAGE]
        spoken = language_of(begin, runs(plain(begin)))
        packed = zlib.compress(json.dumps(text.links).encode("utf-8", "replace"))
        row = (
            _blob(text.relative), title, packed, text.size, text.mtime_ns, text.fingerprint, same,
            spoken
        )  # fmt: skip
        document = db.execute(
            "INSERT INTO document (path, title, links, size, mtime_ns, fingerprint, same,"
            " language) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        ).lastrowid
        if self._stored:
            blocks = (body[at : at + _BLOCK] for at in range(0, len(body), _BLOCK))
            db.executemany(
                "INSERT INTO block VALUES (?, ?, ?)",
                ((document, n, zlib.compress(b.encode(), 4)) for n, b in enumerate(blocks)),
            )
        for found, language, words in self._rows(text.relative, title, body, spoken):
            passage = db.execute(
                "INSERT INTO passage (document, start, finish, language) VALUES (?, ?, ?, ?)",
                (document, found.start, found.end, language),
            ).lastrowid
            db.execute(
                f"INSERT INTO words (rowid, {_ROWS}) VALUES (?, ?, ?, ?, ?)", (passage, *words)
            )

    def _rows(
        self, relative: str, title: str, body: str, spoken: str
    ) -> Iterator[tuple[Passage, str, tuple[str, ...]]]:
        """Yield the passages of a document in a language, their languages and their words."""
        path = relative.encode("utf-8", "replace").decode()
        above: dict[tuple[str, bool], str] = {}  # what was indexed of titles, headings and paths
        for found in passages(body):
            part = without_marks(body[found.start : found.end])
            words = runs(plain(part))
            language = language_of(part, words) or spoken
            german = language == "de"
            fields = []
            for text in (title, found.headings, path):
                if (text, german) not in above:
                    above[text, german] = self._indexer(text, runs(plain(text)), german)
                fields.append(above[text, german])
            yield found, language, (*fields, self._indexer(part, words, german))

    def _remove(self, db: sqlite3.Connection, relative: str) -> None:
        row = db.execute(
            "SELECT id, title, language FROM document WHERE path = ?", (_blob(relative),)
        )
        if (found := row.fetchone()) is None:
            return
        document, title, spoken = found
        if self._stored:  # else its words stay, and lead nowhere
            body = self._body(db, document)
            ids = db.execute("SELECT id FROM passage WHERE document = ? ORDER BY id", (document,))
            rows = self._rows(relative, title, body, spoken)
            for (passage,), (_, _, words) in zip(ids.fetchall(), rows, strict=True):
                db.execute(
                    f"INSERT INTO words (words, rowid, {_ROWS}) VALUES ('delete', ?, ?, ?, ?, ?)",
                    (passage, *words),
                )
            db.execute("DELETE FROM block WHERE document = ?", (document,))
        db.execute("DELETE FROM passage WHERE document = ?", (document,))
        db.execute("DELETE FROM document WHERE id = ?", (document,))

    # --- Reading -----------------------------------------------------------------------------

    def _body(self, db: sqlite3.Connection, document: int, start: int = 0, end: int = -1) -> str:
        first = start // _BLOCK
        last = end // _BLOCK if end >= 0 else 1 << 40
        blocks = db.execute(
            "SELECT data FROM block WHERE document = ? AND number BETWEEN ? AND ? ORDER BY number",
            (document, first, last),
        )
        text = "".join(zlib.decompress(data).decode() for (data,) in blocks)
        return text[start - first * _BLOCK : end - first * _BLOCK if end >= 0 else None]

    def _text(self, db: sqlite3.Connection, relative: str) -> IndexedText | None:
        row = db.execute(
            "SELECT id, title, links, size, mtime_ns, fingerprint FROM document WHERE path = ?",
            (_blob(relative),),
        ).fetchone()
        if row is None:
            return None
        document, title, links, *known = row
        addresses = tuple(json.loads(zlib.decompress(links)))
        return IndexedText(relative, title, self._body(db, document), addresses, *known)

    def _search(self, db: sqlite3.Connection, wanted: IndexQuery, count: int) -> list[FoundText]:
        def passages_with(term: Term) -> int:
            sql = f"SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT {_BUDGET})"
            (number,) = db.execute(sql, (term.match,)).fetchone()
            return int(number)

        match = wanted.match(passages_with, _BUDGET)
        if not match:
            return []
        found = self._ranked(db, match, _RANKED)
        if len(found) == _RANKED and len({one.document for one in found}) < 2 * count:
            found = self._ranked(db, match, 10 * _RANKED)  # all were from a few long documents
        return self._found(db, wanted, _by_document(found, wanted.language), count)

    def _ranked(self, db: sqlite3.Connection, match: str, count: int) -> list[_Candidate]:
        best = f"""SELECT rowid AS passage, rank AS rated FROM words WHERE words MATCH ?
            ORDER BY rank LIMIT {count}"""
        sql = f"""SELECT document.id, path, title, same, document.language,
            passage.language, start, finish, rated
            FROM ({best}) CROSS JOIN passage ON passage.id = passage
            CROSS JOIN document ON document.id = document ORDER BY rated, passage.id"""
        return [_Candidate(*row) for row in db.execute(sql, (match,))]

    def _found(
        self,
        db: sqlite3.Connection,
        wanted: IndexQuery,
        documents: Sequence[Sequence[_Candidate]],
        count: int,
    ) -> list[FoundText]:
        """Return what is found in documents, by their passages.

        Those that say the same as better ones come last: copies, and menus that stand on every
        page. A document with the very same text is left out.
        """
        excerpts = Excerpts(wanted.terms)
        seen: set[object] = set()
        said: list[frozenset[str]] = []
        found: list[FoundText] = []
        later: list[FoundText] = []
        for rows in documents[: max(_LOOKED_AT, count)]:
            best = rows[0]
            if best.same in seen:
                continue
            seen.add(best.same)
            excerpt, words = self._excerpt(db, excerpts, rows)
            name, score = _name(best.path), -best.rating(wanted.language)
            one = FoundText(name, best.title, excerpt.summary, excerpt.passage, score)
            alike = any(_are_alike(words, other) for other in said)
            (later if alike else found).append(one)
            said.append(words)
            if len(found) == count:
                break
        return [*found, *later][:count]

    def _excerpt(
        self, db: sqlite3.Connection, excerpts: Excerpts, rows: Sequence[_Candidate]
    ) -> tuple[Excerpt, frozenset[str]]:
        """Return what one of a document's best passages says, and its words.

        It is the one with most of the query; all else being equal, the beginning. A page opens
        where it begins, or where the one before it begins, if that fits nearly as well.
        """
        if not self._stored:
            return Excerpt(), frozenset()
        best, value, text, places = rows[0], -1.0, "", Places()
        compared = [*rows[:_COMPARED], *(row for row in rows[_COMPARED:] if row.start == 0)]
        for row in compared:
            worth = row.rated / rows[0].rated + _LEAD * (row.start == 0)
            if worth + _TERM * excerpts.count <= value:
                continue  # not even with all the terms
            here = self._said(db, row)
            there = excerpts.places(here)
            if (worth := worth + _TERM * there.count) > value:
                best, value, text, places = row, worth, here, there
        above = (row for row in rows if row.end == best.start)
        begin = next((row for row in above if row.rated < _BEFORE * best.rated), best)
        passage = beginning(text if begin is best else self._said(db, begin))
        return replace(excerpts.best(text, places), passage=passage), words_of(text)

    def _said(self, db: sqlite3.Connection, row: _Candidate) -> str:
        return without_marks(self._body(db, row.document, row.start, row.end))


def _by_document(found: Sequence[_Candidate], language: str) -> list[list[_Candidate]]:
    """Return the passages of each document, the best first; a second good one counts, too."""
    documents: dict[int, list[_Candidate]] = {}
    for row in sorted(found, key=lambda row: row.rating(language)):
        documents.setdefault(row.document, []).append(row)

    def rating(rows: list[_Candidate]) -> float:
        return rows[0].rating(language) + sum(_SECOND * row.rating(language) for row in rows[1:2])

    return sorted(documents.values(), key=rating)


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) > _ALIKE * min(len(one), len(other))  # False for none


def _blob(relative: str) -> bytes:
    """Return a path as it is kept: names of files may be no Unicode."""
    return relative.encode("utf-8", "surrogatepass")


def _name(blob: bytes) -> str:
    return blob.decode("utf-8", "surrogatepass")
