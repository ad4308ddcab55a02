"""The store, on real files."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.base.answer_events import Stats
from app.base.errors import (
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreNewer,
    StoreReadOnly,
)
from app.base.types import Effort, Message, Part, PartKind, Role
from app.exchange import native_json
from app.exchange.json_stream import JsonReader
from app.store import (
    ChatRow,
    MessageRow,
    Queued,
    State,
    Store,
    StoredDraft,
    TitleBy,
    backups,
    memory_copy,
    recover,
    restore_backup,
)
from app.store.chat_title import title_from
from app.store.database import Database
from app.store.schema import MIGRATIONS

STATS = Stats(100, 20, 30, 10, 0.5, 1.5, 2**34, 2**63, 32768)


def question(text: str) -> Message:
    return Message(Role.USER, (Part(text),))


def answer(text: str, reasoning: str = "hm") -> Message:
    return Message(Role.ASSISTANT, (Part(reasoning, PartKind.REASONING), Part(text)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chats.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(path)) as store:
        yield store


@contextlib.contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file with SQLite alone."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        yield db


def check(path: Path) -> None:
    with raw(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


# --- What is written is there -------------------------------------------------------------


def test_a_chat_survives_a_restart(path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW)
        asked = store.messages.add(chat.id, None, question("Why is the sky blue?"))
        empty = Message(Role.ASSISTANT, ())
        said = store.messages.add(
            chat.id, asked.id, empty, state=State.STREAMING, effort=Effort.HIGH, model="gpt-oss"
        )
        parts = (
            Part("Rayleigh", PartKind.REASONING),
            Part('{"q": 1}', PartKind.CALL, "functions.look", format_data="commentary json"),
            Part("It scatters."),
        )
        said = store.messages.update(
            said.id, parts=parts, state=State.DONE, stats=STATS, thought_s=3.25
        )
        said = store.messages.set_thought_open(said.id, True)
        assert said == MessageRow(
            id=said.id,
            chat=chat.id,
            parent=asked.id,
            message=Message(Role.ASSISTANT, parts),
            state=State.DONE,
            created=said.created,
            effort=Effort.HIGH,
            model="gpt-oss",
            stats=STATS,
            thought_s=3.25,
            thought_open=True,
        )
        chat = store.chats.set_effort(chat.id, Effort.HIGH)
        before = store.chats.listed(), store.messages.conversation(chat.id)
        assert before == ([chat], [asked, said])
    with contextlib.closing(Store(path)) as store:
        assert (store.chats.listed(), store.messages.conversation(chat.id)) == before
        assert store.messages.get(said.id) == said
        assert store.chats.get(chat.id) == chat


def test_update_keeps_what_is_not_given(store: Store) -> None:
    chat = store.chats.create(Effort.LOW)
    row = store.messages.add(chat.id, None, answer("a"), state=State.STREAMING, effort=Effort.LOW)
    store.messages.update(row.id, stats=STATS, thought_s=0.0)
    store.messages.set_thought_open(row.id, False)
    assert store.messages.update(row.id) == store.messages.get(row.id)
    store.messages.update(row.id, state=State.STOPPED, parts=())
    assert store.messages.get(row.id) == dataclasses.replace(
        row,
        message=Message(Role.ASSISTANT, ()),
        state=State.STOPPED,
        stats=STATS,
        thought_s=0.0,
        thought_open=False,
    )


def test_another_try_is_a_branch(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    asked = store.messages.add(chat, None, question("q"))
    first = store.messages.add(chat, asked.id, answer("one"))
    second = store.messages.add(chat, asked.id, answer("two"))
    assert store.messages.conversation(chat) == [asked, second]
    assert store.messages.get(first.id) == first
    edited = store.messages.add(chat, None, question("r"))
    assert store.messages.conversation(chat) == [edited]


def test_an_answer_that_is_withdrawn_leaves_what_was_before(store: Store, path: Path) -> None:
    asked, said = store.messages.ask(None, question("one"), Effort.LOW, "m")
    chat = asked.chat

    def shown() -> list[int]:
        return [row.id for row in store.messages.conversation(chat)]

    _, second = store.messages.ask(chat, question("two"), Effort.LOW, "m")
    question_of_second, gone = store.messages.withdraw(second.id)
    assert question_of_second
    assert (question_of_second.message.text, gone) == ("two", False)
    assert shown() == [asked.id, said.id]
    again = store.messages.answer(asked, Effort.HIGH, "m")
    assert store.messages.withdraw(again.id) == (None, False)
    assert shown() == [asked.id, said.id]
    _, edited = store.messages.ask(chat, question("1"), Effort.LOW, "m", instead=asked.id)
    assert store.messages.withdraw(edited.id)[1] is False
    assert shown() == [asked.id, said.id]
    assert store.messages.withdraw(said.id)[1] is True
    assert not store.chats.listed()
    store.close()
    check(path)


def test_an_empty_chat_has_no_conversation(store: Store) -> None:
    assert store.messages.conversation(store.chats.create(Effort.LOW).id) == []


def test_the_chat_that_was_written_to_last_is_first(store: Store) -> None:
    a, b, c = (store.chats.create(Effort.LOW).id for _ in range(3))
    store.messages.add(a, None, question("q"))
    assert [row.id for row in store.chats.listed()] == [a, c, b]


def test_ids_that_never_were(store: Store) -> None:
    chat, other = (store.chats.create(Effort.LOW).id for _ in range(2))
    elsewhere = store.messages.add(other, None, question("q")).id
    for attempt in (
        lambda: store.chats.get(99),
        lambda: store.chats.rename(99, "x"),
        lambda: store.bin.put(99),
        lambda: store.bin.restore(99),
        lambda: store.messages.get(99),
        lambda: store.messages.update(99, state=State.DONE),
        lambda: store.messages.add(99, None, question("q")),
        lambda: store.messages.add(chat, 99, question("q")),
        lambda: store.messages.add(chat, elsewhere, question("q")),
    ):
        with pytest.raises(KeyError):
            attempt()
    assert store.messages.conversation(chat) == []


def test_a_failed_write_leaves_nothing(store: Store, path: Path) -> None:
    chat = store.chats.create(Effort.LOW)
    with raw(path) as db:
        db.execute("CREATE TRIGGER t BEFORE UPDATE ON chat BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(StoreDamaged):
        store.messages.add(chat.id, None, question("q"))
    with raw(path) as db:
        assert db.execute("SELECT count(*) FROM message").fetchone() == (0,)
        db.execute("DROP TRIGGER t")
    assert store.messages.add(chat.id, None, question("q")).state is State.DONE


def test_many_threads(store: Store, path: Path) -> None:
    def talk(number: int) -> list[MessageRow]:
        chat = store.chats.create(Effort.LOW).id
        parent = None
        for i in range(20):
            parent = store.messages.add(chat, parent, question(f"{number} {i}")).id
            store.messages.update(parent, state=State.STOPPED)
        return store.messages.conversation(chat)

    with ThreadPoolExecutor(8) as pool:
        for number, rows in enumerate(pool.map(talk, range(8))):
            assert [row.message.text for row in rows] == [f"{number} {i}" for i in range(20)]
    check(path)


def test_a_closed_store_says_so(path: Path) -> None:
    store = Store(path)
    store.chats.create(Effort.LOW)
    store.close()
    store.close()
    for attempt in (
        store.chats.listed,
        lambda: store.chats.create(Effort.LOW),
        lambda: store.search("word"),
        lambda: store.find("word"),
    ):
        with pytest.raises(StoreError):
            attempt()


ONE_PART = """INSERT INTO part
    (message, position, kind, text, name, call, format_data, media_type, data)
    VALUES (?, 0, 'text', ?, '', '', '', '', x'')"""


def test_five_thousand_messages_are_read_and_purged(store: Store, path: Path) -> None:
    chat = store.chats.create(Effort.LOW).id
    with raw(path) as db:
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO message (id, chat, parent, role, state, created, model)"
            " VALUES (?, ?, ?, 'user', 'done', 0, '')",
            ((i, chat, i - 1 or None) for i in range(1, 5001)),
        )
        db.executemany(ONE_PART, ((i, "x" * 1500) for i in range(1, 5001)))
        db.execute("UPDATE chat SET leaf = 5000")
        db.execute("COMMIT")
    rows = store.messages.conversation(chat)
    assert [row.id for row in rows] == list(range(1, 5001))
    store.bin.put(chat)
    store.bin.purge(days=0)  # SQLite's own cascade over parents would stop at 1000
    assert store.messages.conversation(chat) == []
    check(path)


def test_a_start_costs_no_more_where_much_was_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, steps = Database.connect, 0

    def counted(store: Database) -> sqlite3.Connection:
        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        db = connect(store)
        db.set_progress_handler(step, 10)  # steps of SQLite's virtual machine
        return db

    costs = []
    for count in (10, 3000):
        with contextlib.closing(Store(path)) as store:
            chat = store.chats.create(Effort.LOW).id
            with raw(path) as db:
                db.execute("BEGIN")
                db.executemany(
                    "INSERT INTO message (chat, role, state, created, model)"
                    " VALUES (?, 'user', 'done', 0, '')",
                    [(chat,)] * count,
                )
                ids = db.execute("SELECT id FROM message WHERE chat = ?", (chat,)).fetchall()
                db.executemany(ONE_PART, ((number, "x") for (number,) in ids))
                db.execute("COMMIT")
        with monkeypatch.context() as patch:
            patch.setattr(Database, "connect", counted)
            steps = 0
            Store(path).close()
            costs.append(steps)
    assert costs[1] < 2 * costs[0]


# --- Text of every kind -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("👩‍👩‍👧 \u0000 \u2028 \x1b[0m 'quoted\" \\ <|end|>", None),
        ("\ud800", "\ufffd"),
        ("a\udc00b\ud800", "a\ufffdb\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("long " * 200_000, None),
        ("", None),
    ],
)
def test_texts(store: Store, text: str, stored: str | None) -> None:
    stored = text if stored is None else stored
    chat = store.chats.create(Effort.LOW).id
    row = store.messages.add(chat, None, question(text), model=f"model {text}")
    assert row.message.text == stored
    assert store.messages.update(
        row.id, parts=(Part(text, PartKind.FILE, f"{text}.txt", media_type=text),)
    ) == (store.messages.get(row.id))
    assert store.messages.get(row.id).message.parts == (
        Part(stored, PartKind.FILE, f"{stored}.txt", media_type=stored),
    )
    assert "\n" not in store.chats.rename(chat, f"named {text}").title
    store.find(text)


@settings(max_examples=80)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_a_title_is_a_short_line(text: str) -> None:
    title = title_from(text)
    assert len(title) <= 48
    assert title == " ".join(title.split())
    title.encode()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Why is the sky blue?", "Why is the sky blue?"),
        ("\n\n  # A **bold**\ttitle  \nand more", "A bold title"),
        ("> - [x] *Do* it", "Do it"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("---\nafter a rule", "after a rule"),
        ("See [the **docs**](https://x.org) and ![a](b)", "See the docs and a"),
        ("`a` *b* **c** ***d*** ~~e~~ _f_ __g__", "a b c d e f g"),
        ("snake_case_name, 2 * 3 * 4, #tag", "snake_case_name, 2 * 3 * 4, #tag"),
        ("1. first\n2. second", "first"),
        ("word " * 20, "word word word word word word word word word…"),
        ("x" * 48, "x" * 48),
        ("x" * 49, "x" * 47 + "…"),
        ("長" * 100, "長" * 47 + "…"),
        ("word " * 8 + "word, something", "word " * 8 + "word…"),
        ("🙂", "🙂"),
        ("a\x00b\x1bc", "a b c"),
        ("", ""),
        ("  \n ?!", ""),
        ("*" * 1_000_000, ""),
    ],
)  # fmt: skip
def test_titles(text: str, title: str) -> None:
    assert title_from(text) == title


def test_a_file_names_a_chat_where_there_are_no_words(store: Store) -> None:
    file = Part("# Not a title", PartKind.FILE, "notes\n2.md")
    for parts, title in (((file, Part("Is *this* it?")), "Is this it?"), ((file,), "notes 2.md")):
        chat = store.chats.create(Effort.LOW).id
        row = store.messages.add(chat, None, Message(Role.USER, parts))
        assert store.chats.get(chat).title == title
        assert row.message.attached == (file,)
        assert "Not a title" not in row.message.text


# --- Names --------------------------------------------------------------------------------


def test_who_names_a_chat(store: Store) -> None:
    chat = store.chats.create(Effort.LOW)
    assert (chat.title, chat.title_by) == ("", TitleBy.QUESTION)
    asked = store.messages.add(chat.id, None, question("  "))
    assert store.chats.get(chat.id).title == ""
    asked = store.messages.add(chat.id, asked.id, question("First?\nmore"))
    assert store.chats.get(chat.id).title == "First?"
    store.messages.add(chat.id, asked.id, question("Second?"))
    assert store.chats.get(chat.id).title == "First?"
    assert (
        store.chats.rename(chat.id, "A model's\n title", TitleBy.MODEL).title == "A model's title"
    )
    assert store.chats.rename(chat.id, "no", TitleBy.QUESTION).title == "A model's title"
    assert store.chats.rename(chat.id, "Mine").title_by is TitleBy.PERSON
    assert store.chats.rename(chat.id, "no", TitleBy.MODEL).title == "Mine"
    assert store.chats.rename(chat.id, " \n").title == "Mine"
    assert store.chats.rename(chat.id, "Mine again").title == "Mine again"


def test_an_answer_names_nothing(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    store.messages.add(chat, None, answer("Hello"))
    assert store.chats.get(chat).title == ""


# --- Deletion and search ------------------------------------------------------------------


def test_delete_restore_purge(store: Store, path: Path) -> None:
    kept, gone = (store.chats.create(Effort.LOW).id for _ in range(2))
    for chat in (kept, gone):
        parent = store.messages.add(chat, None, question(f"secret {chat}"))
        store.messages.add(chat, parent.id, answer("a"))
    row = store.chats.get(gone)
    store.bin.put(gone)
    assert [c.id for c in store.chats.listed()] == [kept]
    assert store.find(f"secret {gone}") == []
    assert store.bin.restore(gone) == [row]
    assert [c.id for c in store.chats.listed()] == [gone, kept]
    store.bin.put(gone)
    store.bin.purge()
    assert store.bin.listed() == [store.chats.get(gone)]
    row = store.chats.get(gone)
    with raw(path) as db:
        db.execute("UPDATE chat SET deleted = deleted - 29.9 * 86400")
        store.bin.put(gone)  # a second time does not count
        store.bin.purge()
        assert store.chats.get(gone).title == row.title
        db.execute("UPDATE chat SET deleted = deleted - 0.2 * 86400")
    store.close()
    again = Store(path)
    with contextlib.closing(again), pytest.raises(KeyError):
        again.chats.get(gone)
    with contextlib.closing(Store(path)) as again:
        again.upkeep.sweep()
    assert f"secret {gone}".encode() not in path.read_bytes()
    assert f"secret {kept}".encode() in path.read_bytes()
    check(path)
    with contextlib.closing(Store(path)) as again:
        assert again.chats.create(Effort.LOW).id > gone  # an id is never reused


def test_find(store: Store) -> None:
    titled, spoken, silent = (store.chats.create(Effort.LOW).id for _ in range(3))
    store.chats.rename(titled, "Die STRASSE")
    asked = store.messages.add(
        spoken, None, question("100 % of the Straße_name, Ünïcode\na\x00b zebra")
    )
    store.messages.add(spoken, asked.id, answer("line one\nline two"))
    store.messages.add(silent, None, answer("nothing", reasoning="Straße"))
    call = Part("Straße", PartKind.CALL, "functions.look", format_data="commentary")
    store.messages.add(silent, None, Message(Role.ASSISTANT, (call,)))
    assert store.find("straße") == [spoken, titled]
    assert store.find(" STRASSE ") == [spoken, titled]
    assert store.find("U\u0308NI\u0308CODE") == [spoken]  # decomposed, as on macOS
    assert store.find("%") == [spoken]
    assert store.find("E_NAME of stra") == []
    assert store.find("strasse_n OF") == []  # only the last word may be a prefix
    assert store.find("OF strasse_n") == [spoken]
    assert store.find("_____") == []
    assert store.find("TWO") == [spoken]
    assert store.find("two li") == [spoken]
    assert store.find("a\x00b") == [spoken]
    assert store.find("") == [silent, spoken, titled]
    store.messages.update(asked.id, parts=(Part("other"),))
    assert store.find("zebra") == []
    assert store.find("other") == [spoken]


# --- Other versions -----------------------------------------------------------------------


def test_what_a_later_minor_version_wrote_is_read(store: Store, path: Path) -> None:
    chat = store.chats.create(Effort.LOW).id
    row = store.messages.add(chat, None, answer("a"))
    with raw(path) as db:
        db.execute("UPDATE message SET stats = ?", ('{"prompt_tokens": 7, "watts": 9}',))
    assert store.messages.get(row.id).stats == Stats(7, 0, 0, 0, 0, 0, 0, 0, 0)


def part_rows(path: Path, message: int) -> list[tuple[object, ...]]:
    """Return the parts of a message as stored on disk."""
    sql = """SELECT position, kind, text, name, call, format_data, media_type, data FROM part
        WHERE message = ? ORDER BY position"""
    with raw(path) as db:
        return db.execute(sql, (message,)).fetchall()


CHART = "INSERT INTO part VALUES (NULL, ?, 2, 'chart', 't ä', ?, 'c7', 'axis', 'x/y', x'00ff', '')"


@pytest.mark.parametrize("name", ["", "sales of 2026 "])
def test_a_part_of_a_later_version_is_kept_as_it_is(
    store: Store, path: Path, tmp_path: Path, name: str
) -> None:
    row = store.messages.add(store.chats.create(Effort.LOW).id, None, answer("a"))
    with raw(path) as db:
        db.execute(CHART, (row.id, name))
    before = part_rows(path, row.id)
    unknown = f"chart {name}" if name else "chart"
    chart = Part("t ä", PartKind.UNKNOWN, unknown, "c7", "axis", "x/y", b"\0\xff")
    assert store.messages.get(row.id).message.parts[2:] == (chart,)
    assert store.search("a")

    said = store.messages.update(
        row.id, parts=(Part("more"), Part("yet"), chart, Part("most"))
    ).message
    assert part_rows(path, row.id)[2] == before[2]
    forked = store.messages.conversation(store.messages.fork(row.id).id)[-1]
    assert part_rows(path, forked.id)[2] == before[2]
    file = tmp_path / "chats.json"
    with file.open("w", encoding="utf-8") as out:
        native_json.write(out, [store.trees.get(row.chat)])
    with file.open(encoding="utf-8") as read:
        (again,) = store.trees.add(native_json.read(JsonReader(read)))
    copy = store.messages.conversation(again.id)[-1]
    assert (copy.message, part_rows(path, copy.id)[2]) == (said, before[2])
    assert recover(path).chats == 3
    store.drafts.set(None, (chart,), (Queued((chart,), Effort.LOW),))
    assert store.drafts.all()[None] == StoredDraft((chart,), (Queued((chart,), Effort.LOW),))


def test_only_parts_that_changed_are_written(store: Store, path: Path) -> None:
    row = store.messages.add(store.chats.create(Effort.LOW).id, None, question("a"))
    changed = "CREATE TABLE changed (position INTEGER, what TEXT)"
    trigger = """CREATE TRIGGER {0}d AFTER {0} ON part BEGIN
        INSERT INTO changed VALUES ({1}.position, '{0}'); END"""
    with raw(path) as db:
        db.execute(changed)
        for what, of in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
            db.execute(trigger.format(what, of))

    def writes(*parts: Part) -> list[tuple[int, str]]:
        got = store.messages.update(row.id, parts=parts)
        assert got.message.parts == parts == store.messages.get(row.id).message.parts
        with raw(path) as db:
            found = db.execute("SELECT position, what FROM changed").fetchall()
            db.execute("DELETE FROM changed")
        return found

    thought, call = Part("Hm.", PartKind.REASONING), Part("{", PartKind.CALL, "f", "1")
    assert writes(thought, call) == [(0, "UPDATE"), (1, "INSERT")]
    grown = replace(call, text="{}")
    assert writes(thought, grown) == [(1, "UPDATE")]
    result = Part("42", PartKind.RESULT, "f", "1", media_type="text/plain", data=b"42")
    assert writes(thought, grown, result) == [(2, "INSERT")]
    assert writes(thought, grown, result) == []
    assert writes(thought) == [(1, "DELETE"), (2, "DELETE")]


def test_nonsense_in_a_column_is_damage(store: Store, path: Path) -> None:
    row = store.messages.add(store.chats.create(Effort.LOW).id, None, answer("a"))
    for column in ("stats", "state", "role", "effort"):
        for nonsense in ("nonsense", "[1]", "{}x", '{"seed": "7"}', "7"):
            with raw(path) as db:
                (before,) = db.execute(f"SELECT {column} FROM message").fetchone()
                db.execute(f"UPDATE message SET {column} = ?", (nonsense,))
            with pytest.raises(StoreDamaged):
                store.messages.get(row.id)
            with pytest.raises(StoreDamaged):
                store.messages.conversation(row.chat)
            with raw(path) as db:
                db.execute(f"UPDATE message SET {column} = ?", (before,))


def test_a_newer_schema_is_refused_and_left_alone(path: Path, tmp_path: Path) -> None:
    Store(path, migrations=(*MIGRATIONS, lambda db: None, lambda db: None)).close()
    before = files(tmp_path)
    with pytest.raises(StoreNewer) as caught:
        Store(path)
    assert (caught.value.found, caught.value.known) == (len(MIGRATIONS) + 2, len(MIGRATIONS))
    assert files(tmp_path) == before


def rebuild(db: sqlite3.Connection) -> None:
    """Rebuild a table, as needed to change one that others refer to."""
    db.execute("CREATE TABLE chat2 (id INTEGER PRIMARY KEY, title TEXT, colour TEXT)")
    db.execute("INSERT INTO chat2 SELECT id, title, 'red' FROM chat")
    db.execute("DROP TABLE chat")
    db.execute("ALTER TABLE chat2 RENAME TO chat")


def test_a_migration_follows_a_backup(path: Path, tmp_path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        store.messages.add(store.chats.create(Effort.LOW).id, None, question("kept?"))
        before = store.chats.listed()
    assert not backups(path)  # there was nothing to lose

    def fails(db: sqlite3.Connection) -> None:
        db.execute("DROP TABLE message")
        db.execute("SELECT nonsense")

    with pytest.raises(StoreDamaged):
        Store(path, migrations=(*MIGRATIONS, fails))
    with contextlib.closing(Store(path)) as store:  # unchanged
        assert store.chats.listed() == before
        assert len(store.messages.conversation(before[0].id)) == 1
    assert backups(path)[0].version == len(MIGRATIONS)

    with raw(path) as db:
        db.execute("UPDATE chat SET title = 'later'")
    newer = (*MIGRATIONS, rebuild)
    # Later statements do not fit this schema.
    with pytest.raises(StoreDamaged):
        Store(path, migrations=newer)
    with raw(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(newer),)
        assert db.execute("SELECT title, colour FROM chat").fetchall() == [("later", "red")]
        assert db.execute("SELECT count(*) FROM message").fetchone() == (1,)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["backups", "chats.db"]
    restore_backup(path, backups(path)[0].path)
    with contextlib.closing(Store(path)) as old:  # the last state before the migration
        assert [row.title for row in old.chats.listed()] == ["later"]
    check(path)


def test_no_migration_without_its_backup(path: Path, tmp_path: Path) -> None:
    Store(path).close()
    (tmp_path / "backups").touch()
    before = path.read_bytes()
    with pytest.raises(StoreReadOnly):
        Store(path, migrations=(*MIGRATIONS, lambda db: None))
    assert path.read_bytes() == before


# --- Trouble ------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"garbage " * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_database_is_left_alone(path: Path, tmp_path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreDamaged) as damaged:
        Store(path)
    assert damaged.value.path == path
    assert files(tmp_path) == {"chats.db": content}


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    Store(path).close()
    check(path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a store's file with a chat of 60 messages."""
    path = tmp_path_factory.mktemp("sound") / "chats.db"
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        parent = None
        for i in range(60):
            parent = store.messages.add(chat, parent, answer(f"text {i} " * 50)).id
    return path.read_bytes()


@pytest.mark.parametrize("seed", range(100 if "FIRESIDE_EXPLORE" in os.environ else 30))
def test_damage_is_never_anything_but_a_store_error(path: Path, sound: bytes, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(sound)
    if seed % 4 == 0:
        del content[chance.randrange(100, len(content)) :]
    for _ in range(20):
        at = chance.randrange(100, len(content))
        content[at : at + 40] = chance.randbytes(min(40, len(content) - at))
    path.write_bytes(content)
    with (
        contextlib.suppress(StoreError, KeyError),
        contextlib.closing(Store(path)) as store,
    ):
        for attempt in (
            store.chats.listed,
            lambda: store.messages.conversation(1),
            lambda: store.find("text 5"),
            lambda: store.messages.add(1, None, question("more")),
            lambda: store.messages.update(30, state=State.CUT_OFF),
        ):
            with contextlib.suppress(StoreError, KeyError):
                attempt()


def test_a_full_database_keeps_what_was_there(store: Store, path: Path) -> None:
    chat = store.chats.create(Effort.LOW).id
    row = store.messages.add(chat, None, answer("short"))
    before = store.chats.listed(), store.messages.conversation(chat)
    pages = store.database._db.execute("PRAGMA page_count").fetchone()[0]
    store.database._db.execute(f"PRAGMA max_page_count = {pages}")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: store.messages.add(chat, row.id, question("x" * 100_000)),
        lambda: store.messages.update(row.id, parts=(Part("x" * 100_000),)),
    )
    for attempt in attempts:
        with pytest.raises(StoreFull):
            attempt()
        assert (store.chats.listed(), store.messages.conversation(chat)) == before
    store.database._db.execute(f"PRAGMA max_page_count = {pages + 1000}")
    store.messages.add(chat, row.id, question("x" * 100_000))
    check(path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a separate file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can make a small disk")
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this container cannot mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_what_was_there(small_disk: Path) -> None:
    path = small_disk / "chats.db"
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        rows: list[MessageRow] = []
        with contextlib.suppress(StoreFull):
            for _ in range(1000):
                rows.append(
                    store.messages.add(chat, rows[-1].id if rows else None, question("x" * 9000))
                )
        assert 0 < len(rows) < 1000
        assert store.messages.conversation(chat) == rows
    with contextlib.suppress(OSError), (small_disk / "ballast").open("wb") as ballast:
        while True:
            ballast.write(b"x" * 4096)
    for migrations in (MIGRATIONS, (*MIGRATIONS, lambda db: None)):  # an older file, too
        with contextlib.closing(Store(path, migrations=migrations)) as store:
            assert store.messages.conversation(chat) == rows
            with pytest.raises(StoreFull):
                store.messages.add(chat, None, question("x" * 900_000))
    with contextlib.closing(Store(path)) as store:
        (small_disk / "ballast").unlink()
        store.chats.rename(chat, "new")
        assert store.messages.conversation(chat) == rows
    check(path)
    with contextlib.closing(Store(path)) as store:
        assert store.messages.conversation(chat) == rows
        assert store.chats.get(chat).title == "new"


@pytest.fixture
def no_room() -> Iterator[pytest.MonkeyPatch]:
    """Yield a patch under which SQLite has no room for its files beside the database."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def fill(patch: pytest.MonkeyPatch) -> None:
    opened = Database._open

    def full(store: Database) -> None:
        if not store._copied:
            raise StoreFull(store.path)
        opened(store)

    patch.setattr(Database, "_open", full)


@pytest.mark.parametrize("killed", [False, True])
def test_without_room_for_its_files_a_store_can_be_read(
    path: Path, tmp_path: Path, no_room: pytest.MonkeyPatch, killed: bool
) -> None:
    first = Store(path)
    asked, said = first.messages.ask(None, question("pears"), Effort.LOW, "m")
    first.messages.update(said.id, parts=(Part("green pears"),), state=State.DONE)
    again = first.messages.answer(asked, Effort.LOW, "m")
    first.messages.update(again.id, parts=(Part("yellow pears"),), state=State.DONE)
    if killed:  # it is in the log, not yet in the file
        saved = files(tmp_path)
        assert len(saved["chats.db-wal"]) > 10_000
    first.close()
    if killed:
        for name in ("chats.db", "chats.db-wal"):
            (tmp_path / name).write_bytes(saved[name])
    fill(no_room)
    with contextlib.closing(Store(path)) as store:
        assert [row.message.text for row in store.messages.conversation(asked.chat)] == [
            "pears",
            "yellow pears",
        ]
        found = {place.message for place in store.search("pea")}
        assert found == {None, asked.id, said.id, again.id}
        assert store.find("green") == [asked.chat]
        assert store.messages.versions(again.id) == [said.id, again.id]
        assert [row.id for row in store.messages.show(said.id)] == [asked.id, said.id]  # readable
        store.messages.set_thought_open(said.id, True)
        for attempt in (
            lambda: store.chats.rename(asked.chat, "new"),
            lambda: store.messages.ask(asked.chat, question("more"), Effort.LOW, "m"),
            lambda: store.bin.put(asked.chat),
            lambda: store.drafts.set(None, (Part("x"),)),
            store.upkeep.tidy,
        ):
            with pytest.raises(StoreFull) as full:
                attempt()
            assert full.value.path == path
        assert store.search("yellow")
        copy = str(store.database._place)
        no_room.undo()
        store.messages.ask(asked.chat, question("more plums"), Effort.LOW, "m")
        with contextlib.closing(sqlite3.connect(copy, uri=True)) as gone:  # its shared memory, too
            assert gone.execute("SELECT * FROM sqlite_schema").fetchall() == []
        assert [found.snippet for found in store.search("plums")] == ["more plums"]
    with contextlib.closing(Store(path)) as store:
        assert store.messages.conversation(asked.chat)[2].message.text == "more plums"
    check(path)


@pytest.mark.parametrize("empty", [False, True])
def test_without_room_nothing_is_begun(
    path: Path, no_room: pytest.MonkeyPatch, empty: bool
) -> None:
    if empty:
        path.touch()
    fill(no_room)
    with pytest.raises(StoreFull):
        Store(path)


@pytest.fixture
def ordinary_person() -> Iterator[Path]:
    """Yield a folder, and run as an ordinary user: root may write everywhere."""
    if sys.platform == "win32":
        pytest.skip("a folder's mode means nothing on Windows")
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:  # only its owner may enter tmp_path
        if root:
            os.chown(folder, 65534, -1)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            os.chmod(folder, 0o700)
            if root:
                os.seteuid(0)


def test_a_folder_that_cannot_be_written_to(ordinary_person: Path) -> None:
    path = ordinary_person / "chats.db"
    Store(path).close()
    before = files(ordinary_person)
    ordinary_person.chmod(0o500)
    for file in (path, ordinary_person / "new.db"):
        with pytest.raises(StoreReadOnly):
            Store(file)
    assert files(ordinary_person) == before


def test_a_copy_for_reading_needs_nothing_beside_the_file(ordinary_person: Path) -> None:
    path = ordinary_person / "chats.db"
    with contextlib.closing(Store(path)) as store:
        store.messages.add(store.chats.create(Effort.LOW).id, None, question("kept"))
    ordinary_person.chmod(0o500)
    with raw(Path(":memory:")) as copy:
        memory_copy.fill(copy, path)
        assert copy.execute("SELECT title FROM chat").fetchall() == [("kept",)]


def test_a_file_that_cannot_be_written_to(ordinary_person: Path) -> None:
    path = ordinary_person / "chats.db"
    Store(path).close()
    path.chmod(0o400)
    with pytest.raises(StoreReadOnly):
        Store(path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "chats.db", tmp_path):
        with pytest.raises(StoreReadOnly):
            Store(path)


def test_another_program_holds_the_file(path: Path) -> None:
    Store(path).close()
    script = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1], isolation_level=None)
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        print("held", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(StoreLocked):
            Store(path, patience=0.05)
    Store(path).close()


def test_another_program_writes_for_long(path: Path) -> None:
    with contextlib.closing(Store(path, patience=0.05)) as store, raw(path) as other:
        chat = store.chats.create(Effort.LOW)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked):
            store.chats.set_effort(chat.id, Effort.HIGH)
        assert store.chats.listed() == [chat]
        other.execute("ROLLBACK")
        assert store.chats.set_effort(chat.id, Effort.HIGH).effort is Effort.HIGH


WRITER = """
    import sys
    from pathlib import Path
    from app.base.types import Effort, Message, Part, Role
    from app.store import State, Store

    store = Store(Path(sys.argv[1]))
    chat = store.chats.create(Effort.LOW).id
    asked = store.messages.add(chat, None, Message(Role.USER, (Part("Count."),)))
    row = store.messages.add(chat, asked.id, Message(Role.ASSISTANT, ()), state=State.STREAMING)
    text = ""
    for n in range(1, 1_000_000):
        text += f" {n}"
        store.messages.update(row.id, parts=(Part(text),))
        print(n, flush=True)
"""


@pytest.mark.parametrize("round_", range(8))
def test_killed_while_an_answer_streams(path: Path, round_: int) -> None:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == "1\n"
        time.sleep(random.Random(round_).random() * 0.2)
        writer.kill()
        told = [1, *(int(line) for line in writer.stdout if line.endswith("\n"))]
    with contextlib.closing(Store(path)) as store:
        (chat,) = store.chats.listed()
        asked, said = store.messages.conversation(chat.id)
        assert asked.message.text == chat.title == "Count."
        assert said.state is State.CUT_OFF
        counted = [int(n) for n in said.message.text.split()]
        assert counted == list(range(1, len(counted) + 1))
        assert told[-1] <= len(counted) <= told[-1] + 1
        more = store.messages.update(said.id, parts=(Part("all"),), state=State.DONE)
        assert store.messages.conversation(chat.id) == [asked, more]
    check(path)


# --- The store against a model of it ------------------------------------------------------

TEXTS = st.text(max_size=30)


class Tree(RuleBasedStateMachine):
    """Random additions, branches, deletions and restarts; the store agrees with two dicts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "chats.db")
        self.chats: dict[int, ChatRow] = {}
        self.messages: dict[int, MessageRow] = {}
        self.deleted: set[int] = set()

    def teardown(self) -> None:
        self.store.close()
        check(self.store.path)
        self.folder.cleanup()

    @rule(effort=st.sampled_from(Effort))
    def create(self, effort: Effort) -> None:
        row = self.store.chats.create(effort)
        assert (row.title, row.effort, row.leaf) == ("", effort, None)
        assert row.id not in self.chats
        self.chats[row.id] = row

    @precondition(lambda self: self.chats)
    @rule(
        data=st.data(),
        text=TEXTS,
        role=st.sampled_from([Role.USER, Role.ASSISTANT]),
        state=st.sampled_from(State),
    )
    def add(self, data: st.DataObject, text: str, role: Role, state: State) -> None:
        chat = data.draw(st.sampled_from(sorted(self.chats)))
        mine = [m.id for m in self.messages.values() if m.chat == chat]
        parent = data.draw(st.sampled_from([None, *mine]))
        message = Message(role, (Part(text),))
        row = self.store.messages.add(chat, parent, message, state=state)
        assert row == MessageRow(row.id, chat, parent, message, state, row.created)
        assert row.id not in self.messages
        self.messages[row.id] = row
        before = self.chats[chat]
        title = before.title or (title_from(text) if role is Role.USER else "")
        self.chats[chat] = dataclasses.replace(
            before, leaf=row.id, updated=row.created, title=title
        )

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), text=TEXTS, state=st.sampled_from(State), opened=st.booleans())
    def update(self, data: st.DataObject, text: str, state: State, opened: bool) -> None:
        before = self.messages[data.draw(st.sampled_from(sorted(self.messages)))]
        parts = (Part(text, PartKind.REASONING), Part(text))
        self.store.messages.update(before.id, parts=parts, state=state)
        self.messages[before.id] = dataclasses.replace(
            before, message=Message(before.message.role, parts), state=state, thought_open=opened
        )
        row = self.store.messages.set_thought_open(before.id, opened)
        assert row == self.messages[before.id]

    @precondition(lambda self: self.chats)
    @rule(data=st.data(), delete=st.booleans())
    def delete_or_restore(self, data: st.DataObject, delete: bool) -> None:
        chat = data.draw(st.sampled_from(sorted(self.chats)))
        if delete:
            self.store.bin.put(chat)
            self.deleted.add(chat)
        else:
            assert self.store.bin.restore(chat) == [self.chats[chat]]
            self.deleted.discard(chat)

    @rule()
    def purge(self) -> None:
        self.store.bin.purge(days=-1)
        for chat in self.deleted:
            del self.chats[chat]
        self.messages = {m.id: m for m in self.messages.values() if m.chat in self.chats}
        self.deleted.clear()

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store(self.store.path)
        for row in self.messages.values():
            if row.state is State.STREAMING:
                self.messages[row.id] = dataclasses.replace(row, state=State.CUT_OFF)

    @invariant()
    def agrees(self) -> None:
        shown = [row for row in self.chats.values() if row.id not in self.deleted]
        assert self.store.chats.listed() == sorted(
            shown, key=lambda c: (c.updated, c.id), reverse=True
        )
        for chat in self.chats.values():
            path, at = [], chat.leaf
            while at is not None:
                path.append(self.messages[at])
                at = self.messages[at].parent
            assert self.store.messages.conversation(chat.id) == path[::-1]


TestTree = Tree.TestCase
TestTree.settings = settings(max_examples=20, stateful_step_count=30)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("a" * 30 + " " + "b" * 16 + " cdefg", "a" * 30 + " " + "b" * 16 + "…"),
        ("a" * 30 + " " + "b" * 17 + " cdefg", "a" * 30 + "…"),
        ("a" * 20 + " " + "b" * 40, "a" * 20 + " " + "b" * 26 + "…"),  # half would be too short
        ("a" * 48, "a" * 48),
        ("a" * 49, "a" * 47 + "…"),
        ("語" * 60, "語" * 47 + "…"),
    ],
)
def test_a_title_is_cut_at_a_word(text: str, title: str) -> None:
    assert title_from(text) == title
