"""Many files, folders and archives at once, and hostile ones."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.base.errors import (
    Cancelled,
    ExchangeDamaged,
    ExchangeError,
    ExchangeUnknown,
    ExchangeUnreadable,
)
from app.exchange import ImportReport, ImportSource, import_files, read
from app.store import Store
from tests.fakes import chatgpt_export as chatgpt

CASES = Path(__file__).parents[1] / "cases" / "imports"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def archive(path: Path | io.BytesIO, **entries: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)


def packed(**entries: bytes) -> bytes:
    file = io.BytesIO()
    archive(file, **entries)
    return file.getvalue()


def chats(*raw: Any) -> bytes:
    return json.dumps(raw).encode()


def titles(store: Store) -> list[str]:
    return sorted(row.title for row in (*store.chats.listed(), *store.chats.archived()))


def timeless(question: str, title: str = "", answer: str = "Yes.") -> dict[str, Any]:
    """Return a chat without times."""
    nodes = [
        chatgpt.node("q", None, "user", question, ["a"]),
        chatgpt.node("a", "q", "assistant", answer),
    ]
    return chatgpt.conversation(title or question, nodes, "a", at=None)


# --- Archives -----------------------------------------------------------------------------


def test_the_archive_of_the_privacy_portal(store: Store, tmp_path: Path) -> None:
    """An archive of archives, each with several files, beside files without chats."""
    first = packed(
        **{
            "conversations-000.json": chats(chatgpt.branches()),
            "conversations-001.json": chats(chatgpt.tools()),
            "chat.html": b"<html></html>",
            "library_files.json": b"[]",
            "file_0000.dat": bytes(100),
        }
    )
    second = packed(**{"conversations.json": chats(chatgpt.pictures())})
    path = tmp_path / "OpenAI-export.zip"
    archive(
        path,
        **{
            "report.html": b"<html></html>",
            "User Online Activity/Conversations__ab-chatgpt-0001.zip": first,
            "User Online Activity/Conversations__ab-chatgpt-0002.zip": second,
            "User Online Activity/Files__ab-files-0001.zip": packed(**{"a.pdf": b"%PDF"}),
            "Financial/Payments.csv": b"a,b",
        },
    )
    found = read(path)
    assert (dict(found.sources), found.chats, found.without_chats) == (
        {ImportSource.CHATGPT: 3},
        3,
        1,
    )
    assert found.faults == ()
    assert found.into(store) == ImportReport(3, found.messages, 0, (1, 2, 3))
    assert titles(store) == ["Capitals", "Cats", "Sums"]
    assert found.into(store) == ImportReport(0, 0, 3)
    (tmp_path / "x").mkdir()
    archive(tmp_path / "x" / "again.zip", **{"deep.zip": path.read_bytes()})
    assert read(tmp_path / "x").into(store) == ImportReport(0, 0, 3)


def test_the_archives_of_claude(store: Store, tmp_path: Path) -> None:
    chat = (CASES / "claude.json").read_bytes()
    project = (CASES / "claude-project.json").read_bytes()
    memory = chats({"conversations_memory": "Likes pumps.", "project_memories": {"p1": "x"}})
    archive(tmp_path / "conversations-000.zip", **{"conversations.json": chat})
    archive(tmp_path / "projects-000.zip", **{"projects/p1.json": project})
    archive(tmp_path / "memories-000.zip", **{"memories.json": memory})
    archive(tmp_path / "light_metadata-000.zip", **{"users.json": chats({"uuid": "a"})})
    found = read(sorted(tmp_path.glob("*-000.zip")))
    assert (found.chats, found.without_chats, found.left_out["memory"]) == (2, 1, 2)  # type: ignore[index]
    found.into(store)
    assert {row.folder for row in store.chats.listed()} == {"", "Poems"}


def test_what_claude_remembers_in_files(tmp_path: Path) -> None:
    """A single object, as in archives of 2026; its text may be empty."""
    files = [{"path": "/a.md", "content": "Pumps.", "updated_at": "2026-08-01T00:00:00Z"}]
    told = {"account_uuid": "u", "conversations_memory": "", "memory_files": [*files, *files]}
    chat = (CASES / "claude.json").read_bytes()
    archive(tmp_path / "conversations-000.zip", **{"conversations.json": chat})
    memory = {"memories/u.json": json.dumps(told).encode()}
    archive(tmp_path / "memories-000.zip", **memory)
    found = read(sorted(tmp_path.glob("*-000.zip")))
    assert (found.without_chats, found.left_out["memory"]) == (0, 2)  # type: ignore[index]


def test_names_in_archives_lead_nowhere(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    entries = {
        "../../conversations.json": chats(chatgpt.branches()),
        "/etc/conversations.json": b"[{",
        "C:\\x\\con.json": b"[{",
        "\u202ea\x1b[31m\n.json": b"[{",
    }
    archive(folder / "a.zip", **entries)
    before = sorted(tmp_path.rglob("*"))
    found = read(folder / "a.zip")
    assert found.into(store).chats == 1
    assert sorted(p for p in tmp_path.rglob("*") if not p.name.startswith("chats.db")) == sorted(
        p for p in before if not p.name.startswith("chats.db")
    )
    shown = [fault.path.name for fault in found.faults]
    assert len(shown) == 3
    assert all(name.startswith("a.zip › ") for name in shown)
    assert all(c.isprintable() for name in shown for c in name)


def test_archives_that_unpack_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_files, "_FLOOR", 4_000_000)
    path = tmp_path / "bomb.zip"
    good = chats(chatgpt.branches())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.json", good)
        with file.open("b.json", "w", force_zip64=True) as entry:
            entry.write(b"[")
            for _ in range(60):
                entry.write(b" " * 1_000_000)
        file.writestr("c.json", good)  # the limit is used up by what comes before
    tracemalloc.start()
    try:
        found = read(path)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    assert found.chats == 1
    assert {fault.path.name for fault in found.faults} == {"bomb.zip › b.json", "bomb.zip › c.json"}
    assert all("unpacks to far more" in str(fault) for fault in found.faults)


def test_archives_in_archives_have_an_end(store: Store, tmp_path: Path) -> None:
    content = packed(**{"conversations.json": chats(chatgpt.branches())})
    for _ in range(9):
        content = packed(**{"next.zip": content, "other.json": chats(chatgpt.tools())})
    path = tmp_path / "deep.zip"
    path.write_bytes(content)
    found = read(path)
    assert "archives in archives" in str(found.faults[0])
    assert found.into(store).chats == 1  # each has the same chat
    assert titles(store) == ["Sums"]


def test_no_change_to_an_archive_does_harm(store: Store, tmp_path: Path) -> None:
    inner = packed(**{"conversations-000.json": chats(chatgpt.branches(), chatgpt.tools())})
    whole = packed(**{"in.zip": inner, "conversations.json": chats(chatgpt.pictures())})
    draw = random.Random(14)
    path = tmp_path / "changed.zip"
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(
            bytes(content[: draw.choice([len(content), draw.randrange(len(content))])])
        )
        with contextlib.suppress(ExchangeError):
            found = read(path)
            with contextlib.suppress(ExchangeError):
                found.into(store)


# --- Many at once -------------------------------------------------------------------------


def test_one_broken_file_does_not_lose_the_others(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "chats"
    (folder / "more").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "a.json").write_bytes(chats(chatgpt.branches()))
    (folder / "b.json").write_bytes(chats(chatgpt.tools())[:-9])  # truncated
    (folder / "more" / "c.json").write_bytes(chats(chatgpt.pictures()))
    (folder / "more" / "d.json").write_bytes(b'{"name": "package"}')
    (folder / "more" / "notes.txt").write_bytes(b"[]")
    (folder / ".hidden" / "e.json").write_bytes(chats(chatgpt.tools()))
    (folder / "f.zip").write_bytes(b"PK\x03\x04 and no more")
    found = read(folder)
    assert (found.chats, found.without_chats) == (2, 1)
    assert [(type(fault), fault.path.name) for fault in found.faults] == [
        (ExchangeDamaged, "b.json"),
        (ExchangeDamaged, "f.zip"),
    ]
    assert found.into(store).chats == 2
    assert titles(store) == ["Capitals", "Cats"]  # nothing of the broken files


def test_what_cannot_be_read_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"[{")
    with pytest.raises(ExchangeDamaged):
        read([tmp_path / "a.json"])
    with pytest.raises(ExchangeUnreadable):
        read([tmp_path / "none.json", tmp_path / "a.json"])
    (tmp_path / "users").mkdir()
    (tmp_path / "users" / "users.json").write_bytes(b"[{}]")
    with pytest.raises(ExchangeUnknown):
        read([tmp_path / "users"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    (tmp_path / "b.json").write_bytes(chats(chatgpt.branches()))
    found = read(tmp_path)
    assert found.chats == 1
    assert [fault.path.name for fault in found.faults] == ["a.json"]
    with pytest.raises(ExchangeUnreadable):
        read(tmp_path / "a.json")


def test_a_file_is_read_once(store: Store, tmp_path: Path) -> None:
    """A file chosen twice is read once, and one with known chats adds nothing."""
    path = tmp_path / "a.json"
    path.write_bytes(chats(chatgpt.branches(), chatgpt.branches()))
    (tmp_path / "b.json").write_bytes(chats(chatgpt.tools(), chatgpt.branches()))
    chosen = [path, tmp_path, tmp_path / ".." / tmp_path.name / "a.json"]
    found = read(chosen, store=store)
    assert (found.chats, found.duplicates) == (4, 1)
    assert found.into(store) == ImportReport(3, 16, 1, (1, 2, 3))
    assert found.into(store) == ImportReport(0, 0, 4)
    assert read(chosen, store=store).duplicates == 4


def test_an_import_can_be_given_up(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(chats(*[chatgpt.branches()] * 5))

    def seen(done: int) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        read(tmp_path, seen)


# --- Without times ------------------------------------------------------------------------


def test_a_chat_without_times_has_its_files(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(chats(timeless("Is it?")))
    os.utime(path, (1_500_000_000, 1_500_000_000.5))
    assert read(path).into(store).chats == 1
    (row,) = store.chats.listed()
    assert (row.created, row.updated) == (1_500_000_000.5, 1_500_000_000.5)
    assert {m.created for m in store.messages.conversation(row.id)} == {1_500_000_000.5}


def test_a_chat_without_times_in_an_archive_has_its_entrys(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(zipfile.ZipInfo("a.json", (2024, 2, 29, 12, 0, 2)), chats(timeless("Is it?")))
        file.writestr(zipfile.ZipInfo("b.json"), chats(timeless("And that?")))  # dated 1980
    os.utime(path, (1_500_000_000, 1_500_000_000))
    read(path).into(store)
    when = {row.title: row.created for row in store.chats.listed()}
    assert when["And that?"] == 1_500_000_000
    assert abs(when["Is it?"] - 1_709_208_002) < 15 * 3600  # noon local time


def test_chats_without_times_are_found_again(store: Store, tmp_path: Path) -> None:
    """Chats are matched by their content, whatever the file's time.

    Continued ones match, too; one that only begins alike is another chat.
    """
    path = tmp_path / "a.json"
    path.write_bytes(chats(timeless("Is it?"), timeless("Is it?"), timeless("Hello")))
    assert read(path).into(store) == ImportReport(3, 6, 0, (1, 2, 3))
    os.utime(path, (1_400_000_000, 1_400_000_000))
    assert read(path).into(store) == ImportReport(0, 0, 3)
    row = next(row for row in store.chats.listed() if row.title == "Hello")
    asked = store.messages.get(row.leaf or 0)
    store.messages.add(row.id, asked.id, asked.message)
    assert read(path).into(store) == ImportReport(0, 0, 3)
    path.write_bytes(chats(timeless("Hello", answer="No."), timeless("Is it?")))
    assert read(path).into(store) == ImportReport(1, 2, 1, (4,))


# --- Size ---------------------------------------------------------------------------------


def test_little_of_a_large_archive_is_in_memory(store: Store, tmp_path: Path) -> None:
    words = "word " * 4000
    path = tmp_path / "large.zip"
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(4):
            content = chats(*[timeless(f"{number} {n} {words}") for n in range(100)])
            file.writestr(f"conversations-{number:03}.json", content)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.write(inner, "Conversations.zip")
    tracemalloc.start()
    try:
        assert read(path).chats == 400
        assert tracemalloc.get_traced_memory()[1] < 6_000_000  # the text is 8 MB
    finally:
        tracemalloc.stop()
