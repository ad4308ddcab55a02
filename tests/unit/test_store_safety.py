"""Backups, upgrades and permanent deletion, on real files."""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import random
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from app.base.answer_events import Stats
from app.base.errors import StoreDamaged, StoreError, StoreFull, StoreLocked, StoreReadOnly
from app.base.types import Effort, Message, Part, PartKind, Role, Sampling
from app.store import (
    ChatSettings,
    Preset,
    Queued,
    State,
    Store,
    backup,
    backups,
    recover,
    restore_backup,
    set_aside,
)
from app.store.schema import MIGRATIONS, upgrade

EXPLORE = "FIRESIDE_EXPLORE" in os.environ
BRIEF = Preset(0, "Brief", Effort.LOW, "m", "Be brief.", Sampling(seed=7), True)


def question(text: str) -> Message:
    return Message(Role.USER, (Part(text),))


def answer(text: str, reasoning: str) -> Message:
    return Message(Role.ASSISTANT, (Part(reasoning, PartKind.REASONING), Part(text)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chats.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(path)) as store:
        yield store


def check(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        db.execute("INSERT INTO words (words) VALUES ('integrity-check')")


# --- Upgrades -----------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_file_of_an_earlier_version(path: Path, version: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        upgrade(db, MIGRATIONS[:version])
        db.execute(
            "INSERT INTO chat (title, title_by, effort, created, updated)"
            " VALUES ('Old', 'person', 'low', 1, 2)"
        )
        for number in range(1, 501):
            parts = json.dumps([{"channel": "final", "text": f"Straße {number}"}])
            db.execute(
                "INSERT INTO message (chat, parent, role, state, created, model, parts, search)"
                " VALUES (1, ?, 'user', 'done', 1, '', ?, 'strasse')",
                (number - 1 or None, parts),
            )
        db.execute("UPDATE message SET state = 'streaming' WHERE id = 500")
        db.execute("UPDATE chat SET leaf = 500")
    with contextlib.closing(Store(path)) as store:
        (chat,) = store.chats.listed()
        assert (chat.title, chat.pinned, chat.archived, chat.folder) == ("Old", False, False, "")
        rows = store.messages.conversation(chat.id)
        assert [row.message.text for row in rows] == [f"Straße {n}" for n in range(1, 501)]
        assert rows[-1].state is State.CUT_OFF
        assert store.search("17 strasse")[0].message == 17
        assert len(store.search("STRASSE", limit=1000)) == 500
        assert store.messages.show(3) == rows
    assert [b.version for b in backups(path)] == [version]
    check(path)
    restore_backup(path, backups(path)[0].path)
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version,)
    with contextlib.closing(Store(path)) as store:
        assert len(store.messages.conversation(1)) == 500


def test_a_file_from_before_there_were_presets(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        upgrade(db, MIGRATIONS[:4])
        db.execute(
            "INSERT INTO chat (title, title_by, effort, created, updated, sampling)"
            " VALUES ('Old', 'person', 'low', 1, 2, '{\"temperature\": 0.5}')"
        )
    before = path.read_bytes()
    with contextlib.closing(sqlite3.connect(recover(path).path)) as db:
        assert db.execute("SELECT title, instructions FROM chat").fetchall() == [("Old", "")]
    assert path.read_bytes() == before
    with contextlib.closing(Store(path)) as store:
        assert store.chats.listed()[0].setup == ChatSettings(sampling=Sampling(temperature=0.5))
        assert store.presets.all() == []
        store.presets.add([BRIEF])
    check(path)


def test_a_file_from_before_there_were_models_elsewhere(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        upgrade(db, MIGRATIONS[: [each.__name__ for each in MIGRATIONS].index("_remote")])
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(
            "INSERT INTO chat (title, title_by, effort, created, updated, tools, leaf)"
            " VALUES ('Old', 'person', 'low', 1, 2, '[\"python\"]', 1)"
        )
        db.execute(
            "INSERT INTO message (chat, role, state, created, model, stats)"
            " VALUES (1, 'assistant', 'done', 1, 'gpt-oss-20b', '{\"prompt_tokens\": 7}')"
        )
        db.execute("INSERT INTO part VALUES (1, 1, 0, 'text', 'Hi', '', '', '', '', x'', '')")
    made = recover(path)
    with contextlib.closing(Store(path)) as store:
        # The newest is first, but within one second the newer version.
        assert {each.version for each in backups(path)} == {len(MIGRATIONS), version}
        assert store.chats.get(1).setup == ChatSettings(tools=("python",))
        (row,) = store.messages.conversation(1)
        assert (row.model, row.host, row.message.host, row.message.text) == (
            *("gpt-oss-20b", "", ""),
            "Hi",
        )
        assert row.stats == Stats(7, 0, 0, 0, 0, 0, 0, 0, 0)
        assert store.departures.allowed(1, "a.example") == set()
    check(path)
    restore_backup(path, made.path)
    with contextlib.closing(Store(path)) as store:
        assert store.messages.conversation(1) == [row]


def test_a_file_from_before_permissions_were_for_an_origin(path: Path) -> None:
    """What was allowed for a host may have been meant with or without encryption: one is asked."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        upgrade(db, MIGRATIONS[: [each.__name__ for each in MIGRATIONS].index("_origins")])
        db.execute(
            "INSERT INTO chat (title, title_by, effort, created, updated, leaf)"
            " VALUES ('Old', 'person', 'low', 1, 2, 1)"
        )
        db.execute(
            "INSERT INTO message (chat, role, state, created, model, host)"
            " VALUES (1, 'assistant', 'done', 1, 'gpt-oss-120b', 'a.example')"
        )
        for chat in (1, None):
            db.execute(
                "INSERT INTO departure (chat, host, kind, item, allowed) VALUES (?, ?, ?, ?, 1)",
                (chat, "a.example", "turn", "1"),
            )
    with contextlib.closing(Store(path)) as store:
        (row,) = store.messages.conversation(1)
        assert (row.host, row.message.host, row.message.origin) == ("a.example", "a.example", "")
        assert store.departures.everywhere() == []
        for origin in ("a.example", "https://a.example", "http://a.example"):
            assert store.departures.allowed(1, origin) == set()
            store.departures.allow(1, origin, [("turn", "1")])
            assert store.departures.allowed(1, origin) == {("turn", "1")}
    check(path)


def test_where_answers_were_made_is_kept_and_what_may_be_sent_is_not(store: Store) -> None:
    """Of a damaged file only chats are recovered, and the user is asked again."""
    setup = ChatSettings(tools=("python",), remote_tools=("folder:1",))
    asked, row = store.messages.ask(
        None,
        question("Hi"),
        Effort.LOW,
        "gpt-oss-120b",
        setup,
        host="a.example",
        origin="https://a.example",
    )
    stats = Stats(1, 1, 1, 0, 0.0, 0.0, 0, 0, 0, left_out=("reasoning_effort",))
    row = store.messages.update(row.id, state=State.DONE, stats=stats)
    store.departures.allow(asked.chat, "https://a.example", [("turn", "1")])
    made = recover(store.path)
    store.close()
    restore_backup(store.path, made.path)
    with contextlib.closing(Store(store.path)) as again:
        assert again.chats.get(asked.chat).setup == setup
        assert again.messages.get(row.id) == row
        assert row.host == row.message.host == "a.example"
        assert again.messages.get(row.id).message.origin == row.message.origin != ""
        assert again.departures.allowed(asked.chat, "https://a.example") == set()


def test_presets_and_drafts_are_in_what_is_kept(store: Store) -> None:
    (brief,) = store.presets.add([BRIEF])
    chat = store.chats.create(Effort.LOW, brief.setup).id
    store.drafts.set(chat, (Part("half a thou"),), (Queued((Part("then"),), Effort.HIGH),))
    store.drafts.set(None, (Part("a new"),))
    drafts = store.drafts.all()
    made = (store.upkeep.backup(), recover(store.path))
    store.close()
    for each in made:
        restore_backup(store.path, each.path)
        with contextlib.closing(Store(store.path)) as again:
            assert again.presets.all() == [brief]
            assert again.chats.get(chat).setup == brief.setup
            assert again.drafts.all() == drafts


def test_a_large_file_is_indexed_bit_by_bit(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    with store.database.transaction() as db:
        for number in range(1000):
            store.messages.add(chat, None, question(f"word {number}"))
        db.execute("DELETE FROM words")
        db.execute("INSERT INTO unindexed SELECT id FROM message")
    assert not store.index.complete(0.001)
    assert store.search("word 999")  # the newest first
    assert not store.search("word 3")
    with contextlib.closing(Store(store.path)) as ending:
        with ending.database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO unindexed SELECT id FROM message")
        ending.upkeep.hurry()
        ending.upkeep.tidy()
        assert ending.database.read(tuple, "SELECT 1 FROM unindexed LIMIT 1")
    store.upkeep.tidy()
    assert store.search("word 3")


def test_what_was_typed_and_thrown_away_is_in_no_file(path: Path) -> None:
    """Nobody cleans up after a draft: it must vanish when it is discarded."""
    with contextlib.closing(Store(path)) as store:
        store.drafts.set(None, (Part("typedsecret " * 300),))
        store.drafts.set(None, (Part("short"),))
        store.drafts.set(None, ())
        chat = store.chats.create(Effort.LOW).id
        store.drafts.set(chat, (Part("typedsecret " * 300),))
        store.drafts.set(chat, ())
    for file in path.parent.iterdir():
        assert b"typedsecret" not in file.read_bytes(), file


def test_what_is_written_has_reached_the_disk(store: Store) -> None:
    """Each commit is one of a person's questions, so it is synced (FULL).

    On a Mac, with the call that also empties the disk's own cache, which fsync does not.
    """
    for name, value in (("synchronous", 2), ("fullfsync", 1), ("journal_mode", "wal")):
        assert store.database._db.execute(f"PRAGMA {name}").fetchone() == (value,), name


# --- Backups ------------------------------------------------------------------------------


def test_a_backup_a_day_and_seven_in_all(path: Path, tmp_path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        store.upkeep.tidy()
        store.upkeep.tidy()
        (first,) = backups(path)
        assert abs(time.time() - first.made) < 60
        assert (first.version, first.size) == (len(MIGRATIONS), first.path.stat().st_size)
        folder = first.path.parent
        for day in range(1, 10):
            (folder / f"chats-2020010{day}-120000-v4.db").write_bytes(first.path.read_bytes())
        first.path.unlink()
        (folder / "notes.txt").touch()
        store.upkeep.tidy()
        kept = backups(path)
        assert len(kept) == 7
        assert [b.path.name[6:14] for b in kept[1:]] == [f"2020010{d}" for d in (9, 8, 7, 6, 5, 4)]
        assert (folder / "notes.txt").exists()
        assert not list(folder.glob("*.part"))
    assert backups(tmp_path / "other.db") == []


def test_many_backups_of_a_day_leave_the_other_days_theirs(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_700_000_000.0]
    monkeypatch.setattr("app.store.backup.time.time", lambda: now[0])
    with contextlib.closing(Store(path)) as store:
        for _ in range(9):
            store.upkeep.backup()
            store.upkeep.backup()  # in the same second
            now[0] += 86400
        today = []
        for _ in range(9):
            now[0] += 1
            today.append(store.upkeep.backup())
        kept = backups(path)
        assert kept[:7] == today[:1:-1]
        last_of_days = [datetime.fromtimestamp(b.made).date() for b in kept[7:]]
        assert last_of_days == sorted(set(last_of_days), reverse=True)
        assert len(last_of_days) == 6
        now[0] = 1_000_000_000.0  # the clock was wrong
        assert store.upkeep.backup() in backups(path)


def test_a_backup_of_a_locked_file_fails(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    impatient = functools.partial(sqlite3.connect, timeout=0.1)
    monkeypatch.setattr("app.store.backup.sqlite3.connect", impatient)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        source = path.with_name("other.db")
        with contextlib.closing(Store(source)) as sound:
            made = sound.upkeep.backup()
        with pytest.raises(StoreLocked):
            restore_backup(path, made.path)
        assert backups(path) == []
    Store(path).close()


def test_restore(path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        store.messages.add(chat, None, question("kept"))
        made = store.upkeep.backup()
        store.messages.add(chat, 1, question("later"))
    assert made.chats == 1
    kept = restore_backup(path, made.path)
    assert [b.path for b in backups(path)] == [kept, made.path]
    with contextlib.closing(Store(path)) as store:
        assert [row.message.text for row in store.messages.conversation(chat)] == ["kept"]
        assert [f.message for f in store.search("kept")] == [None, 1]
    restore_backup(path, kept)
    with contextlib.closing(Store(path)) as store:
        assert [row.message.text for row in store.messages.conversation(chat)] == ["kept", "later"]
    check(path)


def test_starting_afresh_keeps_the_file(path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        store.messages.add(store.chats.create(Effort.LOW).id, None, question("kept"))
        log = path.with_name("chats.db-wal").read_bytes()
    path.with_name("chats.db-wal").write_bytes(log)  # as after a kill
    aside = set_aside(path)
    other = set_aside(path.with_name("nothing.db"))
    assert not other.exists()
    with contextlib.closing(Store(path)) as store:
        assert store.chats.listed() == []
    second = set_aside(path)
    assert second != aside
    with contextlib.closing(Store(aside)) as old:
        assert [chat.title for chat in old.chats.listed()] == ["kept"]


def test_what_cannot_be_kept_is_not_taken_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(Store(path)) as store:
        store.messages.add(store.chats.create(Effort.LOW).id, None, question("kept"))
        log = path.with_name("chats.db-wal").read_bytes()
    path.with_name("chats.db-wal").write_bytes(log)  # as after a kill
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    def no_links(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "a file system without links")

    def no_room(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:100])
        if not source.name.endswith("-wal"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "hardlink_to", no_links)
        patch.setattr("app.store.backup.shutil.copyfile", no_room)
        with pytest.raises(StoreFull):
            set_aside(path)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_damaged_file_is_not_backed_up_but_replaced(path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        for _ in range(50):
            store.messages.add(chat, None, question("words " * 500))
        made = store.upkeep.backup()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * 40_000 + whole[44_096:])
    with pytest.raises(sqlite3.DatabaseError):
        backup.make(path)
    assert backups(path) == [made]
    assert list(made.path.parent.iterdir()) == [made.path]
    with (
        contextlib.suppress(StoreError),
        contextlib.closing(Store(path)) as store,
        pytest.raises(StoreDamaged),
    ):
        store.upkeep.backup()
    damaged = path.read_bytes()
    kept = restore_backup(path, made.path)
    assert kept.parent == path.parent
    assert kept.read_bytes() == damaged
    with contextlib.closing(Store(path)) as store:
        assert len(store.messages.versions(1)) == 50


def test_a_damaged_backup_is_not_restored(path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        store.messages.add(store.chats.create(Effort.LOW).id, None, question("kept"))
        made = store.upkeep.backup()
    before = path.read_bytes()
    for content in (b"", b"garbage" * 1000, made.path.read_bytes()[:8192]):
        made.path.write_bytes(content)
        with pytest.raises(StoreDamaged) as raised:
            restore_backup(path, made.path)
        assert raised.value.path == made.path
        assert backups(path)[0].chats is None
        assert path.read_bytes() == before
    made.path.unlink()
    with pytest.raises(StoreReadOnly):
        restore_backup(path, made.path)
    assert sorted(p.name for p in path.parent.iterdir()) == ["backups", "chats.db"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a file with five chats of 40 messages."""
    path = tmp_path_factory.mktemp("whole") / "chats.db"
    with contextlib.closing(Store(path)) as store, store.at_once():
        for _ in range(5):
            chat = store.chats.create(Effort.LOW).id
            for number in range(40):
                leaf = store.chats.get(chat).leaf
                store.messages.add(chat, leaf, question(f"word{chat} {number} " + "more " * 100))
    return path.read_bytes()


@pytest.mark.parametrize("seed", range(0, 30, 1 if EXPLORE else 3))
def test_what_can_be_read_of_a_damaged_file(path: Path, whole: bytes, seed: int) -> None:
    dice = random.Random(seed)
    content = bytearray(whole)
    before = len(content)
    for _ in range(seed // 2):
        at = dice.randrange(4096, before)
        content[at : at + 200] = dice.randbytes(min(200, before - at))
    path.write_bytes(content)
    try:
        made = recover(path)
    except StoreDamaged:
        assert seed > 5
        return
    restore_backup(path, made.path)
    with contextlib.closing(Store(path)) as store:
        rows = [
            row for chat in store.chats.listed() for row in store.messages.conversation(chat.id)
        ]
        assert len(rows) == 200 if seed < 2 else len(rows) > 200 - 30 * seed // 2
        found = [hit.message for hit in store.search("word1", limit=100) if hit.message]
        assert len(found) == sum(row.message.text.startswith("word1 ") for row in rows)
    check(path)


def test_writers_do_not_wait_for_a_backup(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add = backup.add

    def meanwhile(database: Path, fill: Callable[[sqlite3.Connection], object]) -> backup.Backup:
        def filled(target: sqlite3.Connection) -> None:
            fill(target)
            store.messages.add(chat, None, question("meanwhile"))  # fails instead of waiting

        return add(database, filled)

    with contextlib.closing(Store(path, patience=0.0)) as store:
        chat = store.chats.create(Effort.LOW).id
        store.messages.add(chat, None, question("before"))
        monkeypatch.setattr(backup, "add", meanwhile)
        made = store.upkeep.backup()
        assert [row.message.text for row in store.messages.conversation(chat)] == ["meanwhile"]
        assert len(store.messages.versions(1)) == 2
    with contextlib.closing(Store(made.path)) as kept:
        assert len(kept.messages.versions(1)) == 1


# --- Deletion for good --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6 if EXPLORE else 3))
def test_what_is_erased_is_in_no_file(path: Path, seed: int) -> None:
    dice = random.Random(seed)
    live: list[int] = []
    gone: list[int] = []
    with contextlib.closing(Store(path)) as store:
        for _ in range(150):
            chance = dice.random()
            if chance < 0.5 or not live:
                chat = store.chats.create(Effort.LOW).id
                store.messages.add(
                    chat, None, question(f"secret{chat}x " + "zw " * dice.randrange(10))
                )
                live.append(chat)
            elif chance < 0.8:
                chat = dice.choice(live)
                said = answer(f"said{chat}x " * dice.choice([1, 30, 500]), f"thought{chat}x")
                row = store.messages.add(chat, store.chats.get(chat).leaf, said)
                store.messages.update(
                    row.id, parts=(Part(f"other{chat}x " * dice.choice([1, 300])),)
                )
                store.chats.rename(chat, f"title{chat}x")
                store.drafts.set(chat, (Part(f"draft{chat}x " * dice.choice([1, 400])),))
                store.chats.arrange([chat], folder=f"folder{chat}x")
            elif chance < 0.98:
                gone.append(chat := live.pop(dice.randrange(len(live))))
                store.bin.put(chat)
            else:
                store.upkeep.backup()
        store.upkeep.backup()
        store.bin.erase(gone)
        store.upkeep.sweep()
        for file in path.parent.rglob("*"):
            content = file.read_bytes() if file.is_file() else b""
            names = {int(number) for number in re.findall(rb"[a-z](\d+)x", content)}
            assert names.isdisjoint(gone), file
        for chat in live:
            assert store.find(f"secret{chat}x") == [chat]
        assert backups(path)
    check(path)


def test_what_is_broken_or_unfinished_does_not_hinder_a_sweep(path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        store.messages.add(chat, None, question("secretword"))
        made = store.upkeep.backup().path
        for day, content in enumerate((b"", b"garbage" * 1000, made.read_bytes()[:8192])):
            made.with_name(f"chats-2020010{day + 1}-000000-v7.db").write_bytes(content)
        for unfinished in ("chats.part", "chats.part-journal", "../chats.db.part"):
            (made.parent / unfinished).write_bytes(made.read_bytes())  # as a kill leaves them
        store.bin.erase([chat])
        store.upkeep.sweep()
        assert not list(path.parent.rglob("*.part*"))
        for file in (made, *path.parent.glob("chats.db*")):
            assert b"secretword" not in file.read_bytes(), file
        assert len(backups(path)) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_backup_that_goes_while_the_others_are_listed(store: Store, path: Path) -> None:
    made = store.upkeep.backup()
    made.path.with_name("chats-20200101-000000-v7.db").symlink_to("gone")
    assert backups(path) == [made]


def test_an_interrupted_sweep_is_taken_up(path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        store.messages.add(chat, None, question("secretword"))
        store.upkeep.backup()
        store.bin.put(chat)
        store.bin.purge(days=-1)
    with contextlib.closing(Store(path)) as store:
        store.upkeep.tidy()
        for file in path.parent.rglob("*"):
            assert not file.is_file() or b"secretword" not in file.read_bytes(), file


def test_a_sweep_is_hurried_and_goes_on_at_the_next_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        store.messages.add(chat, None, question("secretword"))
        first = store.upkeep.backup().path
        second = first.with_name("chats-20200101-000000-v7.db")
        second.write_bytes(first.read_bytes())
        erase = backup.erase

        def one(*arguments: object) -> None:
            erase(*arguments)  # type: ignore[arg-type]
            store.upkeep.hurry()

        monkeypatch.setattr(backup, "erase", one)
        store.bin.erase([chat])
        store.upkeep.sweep()
    assert [b"secretword" in each.read_bytes() for each in (first, second)] == [False, True]
    with contextlib.closing(Store(path)) as store:
        monkeypatch.setattr(backup, "erase", erase)
        store.upkeep.tidy()
        for file in path.parent.rglob("*"):
            assert not file.is_file() or b"secretword" not in file.read_bytes(), file


def test_a_backup_on_its_way_keeps_nothing_of_what_is_erased(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied, go = threading.Event(), threading.Event()
    verify = backup._verify

    def slow(db: sqlite3.Connection) -> int:
        copied.set()
        go.wait(60)
        return verify(db)

    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        store.messages.add(chat, None, question("secretword"))
        monkeypatch.setattr(backup, "_verify", slow)
        making = threading.Thread(target=store.upkeep.backup)
        sweeping = threading.Thread(target=store.upkeep.sweep)
        making.start()
        assert copied.wait(60)
        store.bin.erase([chat])  # it is gone at once; its traces are wiped later
        sweeping.start()
        sweeping.join(0.3)
        go.set()
        making.join()
        sweeping.join()
        assert len(backups(path)) == 1
        for file in path.parent.rglob("*"):
            assert not file.is_file() or b"secretword" not in file.read_bytes(), file


def test_a_restored_chat_of_the_same_id_is_another(path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        first = store.upkeep.backup()
        store.messages.add(store.chats.create(Effort.LOW).id, None, question("one"))
        second = store.upkeep.backup().path
        kept = second.with_name("chats-20200101-000000-v4.db")
        kept.write_bytes(second.read_bytes())
    del first
    path.unlink()
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        assert chat == 1
        store.bin.erase([chat])
        store.upkeep.sweep()
    with contextlib.closing(Store(kept)) as old:
        assert [row.title for row in old.chats.listed()] == ["one"]


def test_parts_that_have_lost_their_message_are_recovered(path: Path) -> None:
    said = Message(Role.ASSISTANT, (Part("why", PartKind.REASONING), Part("so")))
    with contextlib.closing(Store(path)) as store:
        chat = store.chats.create(Effort.LOW).id
        first = store.messages.add(chat, None, question("one"))
        second = store.messages.add(chat, first.id, said)
        third = store.messages.add(chat, second.id, question("three"))
        lone = store.chats.create(Effort.LOW).id
        store.messages.add(lone, None, question("four"))
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM message WHERE id IN (2, 3)")
    restore_backup(path, recover(path).path)
    with contextlib.closing(Store(path)) as store:
        rows = store.messages.conversation(chat)
        assert [row.id for row in rows] == [first.id, second.id, third.id]
        assert [row.message for row in rows] == [question("one"), said, question("three")]
        assert [row.state for row in rows] == [State.DONE, State.CUT_OFF, State.CUT_OFF]
        assert store.search("three")
    check(path)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM message")
        db.execute("DELETE FROM chat")
    restore_backup(path, recover(path).path)
    with contextlib.closing(Store(path)) as store:
        (found,) = store.chats.listed()
        texts = [row.message.text for row in store.messages.conversation(found.id)]
        assert texts == ["one", "so", "three", "four"]
    check(path)
