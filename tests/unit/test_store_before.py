"""A data folder of the previous version, with messages as JSON, opens with everything."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base import settings
from app.base.answer_events import Stats
from app.base.types import Effort, Part, PartKind, Sampling
from app.exchange.importer import read
from app.exchange.preset_file import import_presets
from app.models.catalog import HubFile, HubModel
from app.models.queue_store import QueuedModel, QueueStore
from app.store import (
    ChatSettings,
    Preset,
    Queued,
    State,
    Store,
    StoredDraft,
    TitleBy,
    backups,
    recover,
    restore_backup,
)
from app.store.schema import MIGRATIONS
from tests.unit.test_store import check

CASE = Path(__file__).parents[1] / "cases" / "store" / "schema6"
STATS = Stats(100, 20, 30, 10, 0.5, 1.5, 2**34, 2**63, 32768, 12, 3)
SAMPLING = Sampling(0.5, 0.9, 40, 0.05, 7, 99)
QUESTION = (
    Part("Why is the sky blue, Straße 1?"),
    Part("ein, zwei\n", PartKind.FILE, "größe.csv"),
)
ANSWER = (
    Part("Let me look.", PartKind.REASONING),
    Part(
        '{"city": "Ulm"}',
        PartKind.CALL,
        "functions.get_weather",
        format_data="commentary json",
    ),
    Part("print(1)", PartKind.CALL, "python", format_data="analysis code"),
    Part("A word on the way.", format_data="commentary"),
    Part("Because of **Rayleigh** 😀."),
)
HALF = (Part("Thinking", PartKind.REASONING), Part("Half an ans"))
DRAFTS = {
    None: StoredDraft((Part("for a new chat"),)),
    2: StoredDraft(
        (Part("half a thou"), Part("text of a file", PartKind.FILE, "notes.txt")),
        (
            Queued((Part("then this"), Part("x,y", PartKind.FILE, "a.csv")), Effort.LOW),
            Queued((Part("and that"),), Effort.HIGH),
        ),
    ),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    shutil.copytree(CASE, tmp_path / "data")
    return tmp_path / "data" / "chats.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(path)) as store:
        yield store


def has_everything(store: Store) -> None:
    """Check that the chats are those of the previous version."""
    listed = store.chats.listed()
    assert [chat.id for chat in listed] == [2, 8, 7, 5, 1]
    lists, fork, going, _, sky = listed
    assert (lists.title, lists.title_by, lists.pinned, lists.folder, lists.effort) == (
        *("Lists", TitleBy.PERSON, True, "Work"),
        Effort.HIGH,
    )
    setup = ChatSettings("Be brief.", SAMPLING, "Brief")
    assert sky.setup == fork.setup == setup
    assert going.setup == ChatSettings("Only here.", Sampling(seed=3))
    assert (sky.model, sky.created, sky.updated) == ("/models/a.gguf", 1760000001, 1760000008)
    (old,), (binned,) = store.chats.archived(), store.bin.listed()
    assert (old.title, old.folder, binned.title) == ("Put away", "Old", "Thrown away")

    question, answer, _, shown = store.messages.conversation(1)
    assert (question.message.parts, answer.message.parts) == (QUESTION, ANSWER)
    assert (answer.stats, answer.thought_s, answer.thought_open) == (STATS, 2.5, True)
    assert (answer.effort, answer.model, answer.state) == (Effort.MEDIUM, "A model", State.DONE)
    assert (shown.id, shown.state) == (4, State.STOPPED)
    assert store.messages.branches(1) == {3: (3, 6), 6: (3, 6), 4: (4, 5), 5: (4, 5)}
    assert [row.id for row in store.messages.conversation(8)] == [14, 15, 16]
    assert store.messages.get(15).message == answer.message
    assert store.messages.get(7).state is State.CUT_OFF
    half = store.messages.conversation(7)[-1]
    assert (half.message.parts, half.state, half.thought_s) == (HALF, State.CUT_OFF, 1.0)
    # An unknown channel of a still later version was read as commentary.
    (odd,) = store.messages.conversation(5)
    assert odd.message.parts == (Part("odd", format_data="commentary"),)
    assert len(store.trees.get(1).messages) == 7
    assert store.drafts.all() == DRAFTS
    assert store.presets.all() == [
        Preset(1, "Brief", Effort.LOW, "/models/a.gguf", "Be brief.", SAMPLING, True),
        Preset(2, "Long & wide", Effort.HIGH),
    ]


def test_the_chats(path: Path, store: Store) -> None:
    has_everything(store)
    assert store.trees.get(1).next == {1: 2, 2: 6, 3: 5, 6: 7}
    assert [hit.chat for hit in store.search("rayleigh")] == [8, 1]
    assert [hit.message for hit in store.search("look", reasoning=True)] == [15, 2]
    assert [hit.message for hit in store.search("zwei")] == [14, 1]
    assert store.find("half an") == [7]
    check(path)


def test_the_version_before_is_in_a_backup(path: Path) -> None:
    Store(path).close()
    (kept,) = backups(path)
    assert (kept.version, kept.chats) == (6, 6)
    for _ in range(2):  # back to it, and to the file set aside on that way
        restore_backup(path, backups(path)[-1].path)
        with contextlib.closing(Store(path)) as store:
            has_everything(store)
    with contextlib.closing(sqlite3.connect(kept.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (6,)
        (count,) = db.execute("SELECT count(*) FROM message WHERE parts != ''").fetchone()
    assert count == 16


def test_an_interrupted_migration_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(db: sqlite3.Connection) -> None:
        MIGRATIONS[-1](db)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(path, migrations=(*MIGRATIONS[:-1], killed))
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (6,)
    with contextlib.closing(Store(path)) as store:
        has_everything(store)


def test_what_is_erased_leaves_no_byte(path: Path) -> None:
    with contextlib.closing(Store(path)) as store:
        store.bin.erase([1, 8])
        store.upkeep.sweep()
        for file in path.parent.rglob("chats*"):
            if file.is_file():
                assert b"Rayleigh" not in file.read_bytes(), file
                assert b"rayleigh" not in file.read_bytes(), file
        assert [chat.id for chat in store.chats.listed()] == [2, 7, 5]


def test_it_is_recovered(path: Path) -> None:
    made = recover(path)
    assert (made.version, made.chats) == (len(MIGRATIONS), 6)
    restore_backup(path, made.path)
    with contextlib.closing(Store(path)) as store:
        has_everything(store)


@pytest.mark.parametrize("nonsense", ["nonsense", "[1]", '[{"text": "x"}]', "7", "[[]]"])
@pytest.mark.parametrize("recovered", [False, True])
def test_nonsense_in_it_is_kept(path: Path, nonsense: str, recovered: bool) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE message SET parts = ? WHERE id = 4", (nonsense,))
        db.execute("UPDATE draft SET parts = ?, queue = ? WHERE chat = 2", (nonsense, nonsense))
    if recovered:
        restore_backup(path, recover(path).path)
    kept = Part(nonsense, PartKind.UNKNOWN, "unreadable")
    with contextlib.closing(Store(path)) as store:
        assert store.messages.get(4).message.parts == (kept,)
        assert store.drafts.all() == {None: DRAFTS[None], 2: StoredDraft((kept, kept))}
    check(path)


def test_half_a_surrogate_pair_in_it_is_replaced(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        parts = r'[{"channel": "final", "text": "a\ud800", "name": "\udc00.txt"}]'
        queue = f'[{{"effort": "low", "parts": {parts}}}]'
        db.execute("UPDATE message SET parts = ? WHERE id = 4", (parts,))
        db.execute("UPDATE draft SET parts = ?, queue = ? WHERE chat = 2", (parts, queue))
    whole = Part("a\N{REPLACEMENT CHARACTER}", PartKind.FILE, "\N{REPLACEMENT CHARACTER}.txt")
    with contextlib.closing(Store(path)) as store:
        assert store.messages.get(4).message.parts == (whole,)
        assert store.drafts.all()[2] == StoredDraft((whole,), (Queued((whole,), Effort.LOW),))
    check(path)


def test_the_room_of_the_old_messages_is_given_back(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        parts = '[{"channel": "final", "text": "%s"}]' % ("x" * 10_000_000)
        db.execute("UPDATE message SET parts = ? WHERE id = 4", (parts,))
    with contextlib.closing(Store(path)) as store:
        store.upkeep.tidy()
        assert len(store.messages.get(4).message.text) == 10_000_000
    assert 20e6 < path.stat().st_size < 23e6  # the search index has the words again
    assert backups(path)[0].size < 23e6


def test_its_exported_chats(tmp_path: Path) -> None:
    with contextlib.closing(Store(tmp_path / "new.db")) as store:
        assert read(CASE / "export.json").into(store).chats == 3
        (sky,) = (chat for chat in store.chats.listed() if chat.title.startswith("Why"))
        question, answer, *_ = store.messages.conversation(sky.id)
        assert (question.message.parts, answer.message.parts) == (QUESTION, ANSWER)
        assert (answer.stats, len(store.trees.get(sky.id).messages)) == (STATS, 7)


def test_its_presets_in_a_file(tmp_path: Path) -> None:
    with contextlib.closing(Store(tmp_path / "new.db")) as store:
        assert len(import_presets(store, CASE / "presets.json").added) == 2
        assert store.presets.all()[0].sampling == SAMPLING


def test_its_settings_and_its_queue(path: Path) -> None:
    assert settings.load(path.with_name("settings.json")) == settings.Settings(
        theme=settings.ThemeChoice.DARK,
        language="de",
        instructions="Be kind.",
        context=8192,
        models=("/models/a.gguf", "/models/b.gguf"),
        chat=1,
        offline=True,
    )
    with contextlib.closing(QueueStore(path.with_name("downloads.json"))) as queue:
        files = (HubFile("a-1.gguf", 5, "0" * 64), HubFile("a-2.gguf", 6))
        model = HubModel("someone/model", files, "c" * 40)
        source = HubModel("other/model", (HubFile("b.gguf", 9),))
        assert queue.downloaded == {Path("/cache/x.gguf")}
        assert queue.entries == (
            QueuedModel(
                *(model, Path("/cache"), False, 7, ("a-1.gguf",), "/mnt", source),
                earlier=("c.gguf",),
                looked_at=True,
            ),
        )
