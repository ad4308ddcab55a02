"""Questions about a folder, and what finds their answers."""

from __future__ import annotations

import json
import re
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from app.tools.browser.files import passages
from app.tools.browser.files.file_index import FileIndex, IndexedText
from app.tools.browser.files.stop_words import STOP_WORDS

HERE = Path(__file__).parent
BATCH = 50
DISPLAYED = 10  # results in a display


@dataclass(frozen=True)
class Question:
    """A question; ``answers`` are the words that answer it, by the documents they stand in."""

    id: str
    kind: str
    question: str
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Answered:
    """How the questions were answered: the rank of each, and processor time in milliseconds."""

    ranks: Sequence[int]
    times: Sequence[float]

    def within(self, count: int) -> int:
        return sum(rank <= count for rank in self.ranks)

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def worst(self) -> float:
        return max(self.times)


@dataclass(frozen=True)
class Made:
    """An index: what searches in it, the processor time it took in seconds, its size in bytes."""

    search: Callable[[str], list[str]]
    seconds: float
    size: int


def questions(name: str) -> list[Question]:
    return [Question(**fields) for fields in json.loads((HERE / f"{name}.json").read_text("utf-8"))]


def ask(search: Callable[[str], list[str]], asked: Iterable[Question]) -> Answered:
    ranks, times = [], []
    search("warm up")
    for question in asked:
        costs = []
        for _ in range(3):
            begun = time.thread_time()
            found = search(question.question)
            costs.append((time.thread_time() - begun) * 1000)
        times.append(min(costs))
        ranks.append(next((n for n, path in enumerate(found, 1) if path in question.answers), 99))
    return Answered(ranks, times)


def fireside(path: Path, texts: Sequence[IndexedText], *, whole: bool = False) -> Made:
    """Index texts by Fireside; ``whole``: documents instead of their passages."""
    begun = time.process_time()
    index = FileIndex(path)
    size, least = (1 << 40, 1 << 40) if whole else (passages._SIZE, passages._LEAST)
    with patch.object(passages, "_SIZE", size), patch.object(passages, "_LEAST", least):
        for at in range(0, len(texts), BATCH):
            index.put(texts[at : at + BATCH])
    took = time.process_time() - begun
    return Made(lambda query: _paths(index, query), took, index.size)


def without_fields(path: Path) -> Callable[[str], list[str]]:
    """Return a search in an index of Fireside's that only looks at the text."""
    db = sqlite3.connect(path)
    db.execute("INSERT INTO words (words, rank) VALUES ('rank', 'bm25(0, 0, 0, 1)')")
    db.commit()
    db.close()
    index = FileIndex(path)
    return lambda query: _paths(index, query)


def _paths(index: FileIndex, query: str) -> list[str]:
    return [found.relative for found in index.search(query, DISPLAYED)]


def sqlite_alone(path: Path, texts: Sequence[IndexedText], tokenizer: str, title: float) -> Made:
    """Index texts by SQLite as it is: documents, all words of a query and then any of them."""
    begun = time.process_time()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(
        f"CREATE VIRTUAL TABLE t USING fts5(title, body, content='', tokenize='{tokenizer}')"
    )
    for at in range(0, len(texts), BATCH):
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO t (rowid, title, body) VALUES (?, ?, ?)",
            (
                (at + n, _clean(x.title), _clean(x.text))
                for n, x in enumerate(texts[at : at + BATCH])
            ),
        )
        db.execute("COMMIT")
    took = time.process_time() - begun
    sql = f"SELECT rowid FROM t WHERE t MATCH ? ORDER BY bm25(t, {title}, 1) LIMIT {DISPLAYED}"

    def search(query: str) -> list[str]:
        words = [word for word in re.findall(r"\w+", query.lower()) if word not in STOP_WORDS]
        if tokenizer == "trigram":
            words = [part for word in words for part in _thirds(word)]
        found: list[int] = []
        for joint in (" ", " OR "):
            if match := joint.join(f'"{word}"' for word in words):
                found += [row for (row,) in db.execute(sql, (match,)) if row not in found]
        return [texts[row].relative for row in found[:DISPLAYED]]

    return Made(search, took, path.stat().st_size)


def _thirds(word: str) -> list[str]:
    """Return a word for trigrams: a Chinese one in pieces of three characters."""
    if word.isascii() or not re.search("[\u3040-\u9fff]", word):
        return [word] if len(word) > 2 else []
    return [word[at : at + 3] for at in range(len(word) - 2)]


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
