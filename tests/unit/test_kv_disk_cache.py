"""The disk cache returns what was saved, or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.engine import kv_disk_cache
from app.engine.kv_disk_cache import CachedState, DiskCache, identity

BUDGET = 1 << 20
STATE = bytes(range(256)) * 4


@pytest.fixture(autouse=True)
def any_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore the free space of the real disk."""
    monkeypatch.setattr(kv_disk_cache, "_SPARE", 0)


def save(path: Path) -> bool:
    path.write_bytes(STATE)
    return True


def disk_cache(root: Path, name: str = "id", budget: int = BUDGET) -> DiskCache:
    return DiskCache(root, name, budget)


def put(disk_cache: DiskCache, tokens: list[int], chat: int | None = 1) -> bool:
    done = disk_cache.put(tokens, {2: b"two", len(tokens): b"all"}, save, chat)
    disk_cache.wait()
    return done


def tokens_on(disk_cache: DiskCache) -> list[list[int]]:
    return sorted(list(entry.tokens) for entry in disk_cache.entries)


def is_empty(root: Path) -> bool:
    return not list(root.glob("*/*"))


def renamed(entry: CachedState, header: str) -> Path:
    """Write an entry with another header and a valid checksum."""
    (entry.folder / "entry.json").write_text(header, encoding="ascii")
    where = entry.folder.parent
    return entry.folder.rename(where / kv_disk_cache._name(where, header))


def test_what_was_put_is_there_after_a_restart(tmp_path: Path) -> None:
    assert put(disk_cache(tmp_path), [1, 2, 3])
    again = disk_cache(tmp_path)
    (entry,) = again.entries
    assert again.take(entry)
    assert (entry.tokens, entry.windows) == ([1, 2, 3], (2, 3))
    assert (entry.window(2), entry.window(3)) == (b"two", b"all")
    assert entry.state.read_bytes() == STATE


def test_only_the_newest_windows_are_kept(tmp_path: Path) -> None:
    one = disk_cache(tmp_path)
    one.put([1] * 9, dict.fromkeys(range(1, 10), b"x"), save, None)
    one.wait()
    assert one.entries[0].windows == (6, 7, 8, 9)


def test_a_window_of_the_first_token_is_kept(tmp_path: Path) -> None:
    one = disk_cache(tmp_path)
    one.put([7, 8], {1: b"one", 2: b"two"}, save, 1)
    one.wait()
    assert [entry.windows for entry in disk_cache(tmp_path).entries] == [(1, 2)]


# --- What is not as it was written ----------------------------------------------------------

FILES = ("state", "tokens", "window-2", "window-3", "entry.json")


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("spoil", ["cut", "altered", "longer", "empty", "gone", "folder", "link"])
def test_what_was_altered_is_thrown_away(
    tmp_path: Path, name: str, spoil: str, restarted: bool
) -> None:
    one = disk_cache(tmp_path)
    put(one, [1, 2, 3])
    (entry,) = one.entries
    path = entry.folder / name
    data = path.read_bytes()
    path.unlink()
    match spoil:
        case "cut":
            path.write_bytes(data[:-1])
        case "altered":
            path.write_bytes(data[:2] + bytes([data[2] ^ 1]) + data[3:])
        case "longer":
            path.write_bytes(data + b"x")
        case "empty":
            path.write_bytes(b"")
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(tmp_path / "nowhere")
    if restarted:
        one = disk_cache(tmp_path)
        assert all(not one.take(found) for found in one.entries)
    else:
        assert not one.take(entry)
    assert one.entries == []
    assert not entry.folder.exists() or not (entry.folder / "entry.json").exists()


def test_a_file_that_was_added_is_not_trusted(tmp_path: Path) -> None:
    one = disk_cache(tmp_path)
    put(one, [1, 2, 3])
    (entry,) = one.entries
    (entry.folder / "window-1").write_bytes(b"one")
    assert not one.take(entry)
    assert is_empty(tmp_path)


def test_an_entry_of_another_identity_is_not_looked_at(tmp_path: Path) -> None:
    put(disk_cache(tmp_path, "one"), [1, 2, 3])
    assert disk_cache(tmp_path, "two").entries == []
    assert tokens_on(disk_cache(tmp_path, "one")) == [[1, 2, 3]]
    shutil.copytree(tmp_path / "one", tmp_path / "two")  # moved by somebody
    assert disk_cache(tmp_path, "two").entries == []


HOSTILE: tuple[Callable[[dict[str, str]], object], ...] = (
    lambda hashes: {"chat": 1, "hashes": hashes | {"../x": "0" * 64}},
    lambda hashes: {"chat": 1, "hashes": hashes | {"/etc/passwd": "0" * 64}},
    lambda hashes: {"chat": 1, "hashes": hashes | {"window--1": "0" * 64}},
    lambda hashes: {"chat": 1, "hashes": hashes | {"window-0": "0" * 64}},
    lambda hashes: {"chat": 1, "hashes": hashes | {"window-4": "0" * 64}},
    lambda hashes: {"chat": 1, "hashes": hashes | {"window-" + "9" * 5000: "0" * 64}},
    lambda hashes: {"chat": 1, "hashes": hashes | {"window-x": "0" * 64}},
    lambda hashes: {"chat": 1, "hashes": hashes | {"window-\u0662": "0" * 64}},
    lambda hashes: {"chat": 1, "hashes": [*hashes]},
    lambda hashes: {"chat": 1, "hashes": None},
    lambda hashes: {"chat": 1},
    lambda hashes: [1, 2],
    lambda hashes: 7,
    lambda hashes: None,
)


@pytest.mark.parametrize("head", HOSTILE)
def test_a_header_that_makes_no_sense(
    tmp_path: Path, head: Callable[[dict[str, str]], object]
) -> None:
    put(disk_cache(tmp_path), [1, 2, 3])
    (entry,) = disk_cache(tmp_path).entries
    outside = tmp_path / "x"
    outside.write_text("mine")
    renamed(entry, json.dumps(head(entry.hashes)))
    one = disk_cache(tmp_path)
    assert all(not one.take(found) for found in one.entries)
    assert is_empty(tmp_path)
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "", "1" * 10_000, "Infinity", '"\\ud800"'])
def test_a_header_that_is_hardly_json(tmp_path: Path, text: str) -> None:
    put(disk_cache(tmp_path), [1, 2, 3])
    (entry,) = disk_cache(tmp_path).entries
    renamed(entry, text)
    assert kv_disk_cache.chats(tmp_path) == set()
    assert disk_cache(tmp_path).entries == []
    assert is_empty(tmp_path)


def test_half_a_token(tmp_path: Path) -> None:
    put(disk_cache(tmp_path), [1, 2, 3])
    (entry,) = disk_cache(tmp_path).entries
    tokens = (entry.folder / "tokens").read_bytes()[:-1]
    (entry.folder / "tokens").write_bytes(tokens)
    hashes = entry.hashes | {"tokens": hashlib.sha256(tokens).hexdigest()}
    renamed(entry, json.dumps({"chat": 1, "hashes": hashes}))
    assert disk_cache(tmp_path).entries == []


def test_links_lead_nowhere(tmp_path: Path) -> None:
    """Nothing outside of the folder is removed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "entry.json").write_text("mine")
    root = tmp_path / "kept"
    (root / "id").mkdir(parents=True)
    (root / "id" / "link").symlink_to(outside)
    (root / "id" / "link.part").symlink_to(outside)
    (root / "id" / "loop").symlink_to(root / "id" / "loop")
    one = disk_cache(root)
    assert one.entries == []
    one.set_budget(0)
    kv_disk_cache.forget(root, 1)
    assert (outside / "entry.json").read_text() == "mine"


def test_what_was_not_finished_is_removed(tmp_path: Path) -> None:
    one = disk_cache(tmp_path)
    put(one, [1, 2, 3])
    (whole,) = one.entries
    for name in ("id", "other"):
        shutil.copytree(whole.folder, tmp_path / name / "abc.part")
    assert tokens_on(disk_cache(tmp_path)) == [[1, 2, 3]]
    assert list(tmp_path.glob("*/*")) == [whole.folder]


# --- How much, and whose --------------------------------------------------------------------


def test_what_goes_on_from_another_replaces_it(tmp_path: Path) -> None:
    one = disk_cache(tmp_path)
    put(one, [1, 2, 3])
    put(one, [1, 2, 3, 4])
    assert tokens_on(one) == tokens_on(disk_cache(tmp_path)) == [[1, 2, 3, 4]]
    put(one, [1, 2, 3, 4])
    assert tokens_on(one) == tokens_on(disk_cache(tmp_path)) == [[1, 2, 3, 4]]


def test_chats_and_branches_live_side_by_side(tmp_path: Path) -> None:
    one = disk_cache(tmp_path)
    chats = [[1, 2, 3, 4], [1, 2, 3, 5], [9, 8, 7]]
    for number, tokens in enumerate(chats):
        put(one, tokens, number)
    put(one, [1, 2, 3], 7)  # a shorter one replaces none
    assert tokens_on(one) == tokens_on(disk_cache(tmp_path)) == sorted([*chats, [1, 2, 3]])


def size_of_one(root: Path) -> int:
    """Return the bytes that an entry of four tokens takes."""
    one = disk_cache(root)
    put(one, [1, 2, 3, 4])
    size = kv_disk_cache._size(one.entries[0].folder)
    one.set_budget(0)
    return size


def age(entry: CachedState, by: float) -> None:
    header = entry.folder / "entry.json"
    then = header.stat().st_mtime - by
    os.utime(header, (then, then))


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    one = disk_cache(tmp_path, budget=2 * size_of_one(tmp_path) + 20)
    put(one, [1, 1, 1, 1])
    put(one, [2, 2, 2, 2])
    for entry in one.entries:
        age(entry, by=100 + entry.tokens[0])  # now the first is the more recent one
    older = next(entry for entry in one.entries if entry.tokens[0] == 2)
    assert one.take(older)
    put(one, [3, 3, 3, 3])
    assert tokens_on(one) == tokens_on(disk_cache(tmp_path)) == [[2, 2, 2, 2], [3, 3, 3, 3]]


def test_a_lower_budget_makes_room(tmp_path: Path) -> None:
    size = size_of_one(tmp_path)
    one = disk_cache(tmp_path)
    for number in (1, 2, 3):
        put(one, [number] * 4)
    for entry in one.entries:
        age(entry, by=100 - entry.tokens[0])
    one.set_budget(2 * size + 20)
    assert tokens_on(one) == tokens_on(disk_cache(tmp_path)) == [[2] * 4, [3] * 4]
    one.set_budget(size - 1)
    assert one.entries == []
    assert is_empty(tmp_path)


def test_the_budget_is_for_all_identities(tmp_path: Path) -> None:
    size = size_of_one(tmp_path)
    other = disk_cache(tmp_path, "other")
    put(other, [1] * 4)
    age(other.entries[0], by=100)
    put(disk_cache(tmp_path, budget=size + 20), [2] * 4)
    assert disk_cache(tmp_path, "other").entries == []
    assert tokens_on(disk_cache(tmp_path)) == [[2] * 4]


def test_what_is_larger_than_the_budget_takes_nobodys_place(tmp_path: Path) -> None:
    one = disk_cache(tmp_path, budget=size_of_one(tmp_path) + 20)
    put(one, [1] * 4)
    assert not put(one, [2] * 1000)
    assert tokens_on(one) == [[1] * 4]
    assert [path.name for path in tmp_path.glob("*/*")] == [one.entries[0].folder.name]


def test_a_chat_is_forgotten_in_all_identities(tmp_path: Path) -> None:
    one, other = disk_cache(tmp_path), disk_cache(tmp_path, "other")
    for place in (one, other):
        put(place, [1, 2, 3], 1)
        put(place, [4, 5, 6], 2)
        put(place, [7, 8, 9], None)
    (tmp_path / "id" / "abc.part").mkdir()  # of an unknown chat
    kv_disk_cache.forget(tmp_path, 1)
    for name in ("id", "other"):
        assert tokens_on(disk_cache(tmp_path, name)) == [[4, 5, 6], [7, 8, 9]]
    assert len(list(tmp_path.glob("*/*"))) == 4
    gone = next(entry for entry in one.entries if entry.tokens[0] == 1)
    assert not one.take(gone)  # the worker notices at the next look


def test_the_chats_of_which_something_is_kept(tmp_path: Path) -> None:
    assert kv_disk_cache.chats(tmp_path / "nowhere") == set()
    for name, chat in (("id", 1), ("other", 7), ("other", None)):
        put(disk_cache(tmp_path, name), [chat or 0, 2, 3], chat)
    assert kv_disk_cache.chats(tmp_path) == {1, 7}
    kv_disk_cache.forget(tmp_path, 7)
    assert kv_disk_cache.chats(tmp_path) == {1}


def test_what_does_not_say_whose_it_is_is_forgotten_too(tmp_path: Path) -> None:
    one = disk_cache(tmp_path)
    put(one, [1, 2, 3], 1)
    header = one.entries[0].folder / "entry.json"
    header.write_text(header.read_text().replace('"chat": 1', '"chat": 2'))
    kv_disk_cache.forget(tmp_path, 1)
    assert is_empty(tmp_path)


# --- A disk that refuses --------------------------------------------------------------------


def refuses(path: Path) -> bool:
    path.write_bytes(STATE[:100])
    return False


def is_full(path: Path) -> bool:
    path.write_bytes(STATE[:100])
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("fails", [refuses, is_full])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, fails: Callable[[Path], bool]) -> None:
    one = disk_cache(tmp_path)
    assert not one.put([1, 2, 3], {}, fails, 1)
    one.wait()
    assert one.entries == []
    assert is_empty(tmp_path)


def test_some_of_the_disk_stays_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written when too little space is free, or kept if too little is left after it."""
    for free in ([99], [100, 99]):
        monkeypatch.setattr(kv_disk_cache, "_SPARE", 100)
        monkeypatch.setattr(kv_disk_cache, "_free", lambda _, left=free: left.pop(0))
        assert not put(disk_cache(tmp_path), [1, 2, 3])
        assert free == []
        assert is_empty(tmp_path)


@pytest.mark.parametrize("name", ["write_bytes", "write_text", "rename", "mkdir"])
def test_a_disk_that_refuses_at_any_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    one = disk_cache(tmp_path)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, name, denied)
        one.put([1, 2, 3], {3: b"x"}, lambda path: path.write_bytes(b"") == 0, 1)
        one.wait()
    assert one.entries == []
    assert is_empty(tmp_path)
    assert put(one, [1, 2, 3])


@pytest.mark.parametrize("name", ["glob", "read_text", "read_bytes", "open", "iterdir", "stat"])
def test_a_disk_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    one = disk_cache(tmp_path)
    put(one, [1, 2, 3])
    (entry,) = one.entries

    def fails(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, name, fails)
        one.set_budget(BUDGET)
        kv_disk_cache.forget(tmp_path, 5)
        for found in disk_cache(tmp_path).entries:
            disk_cache(tmp_path).take(found)
        if name in ("open", "iterdir"):
            assert not one.take(entry)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do all")
def test_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    root = tmp_path / "kept"
    put(disk_cache(root), [1, 2, 3])
    for mode in (0o000, 0o400, 0o500):
        root.chmod(mode)
        one = disk_cache(root, "another")
        assert one.entries == []
        assert not put(one, [1, 2, 3])
        one.set_budget(0)
    root.chmod(0o700)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    root = tmp_path / "kept"
    root.write_text("mine")
    one = disk_cache(root)
    assert not put(one, [1, 2, 3])
    one.set_budget(0)
    kv_disk_cache.forget(root, 1)
    assert root.read_text() == "mine"


# --- Identity -------------------------------------------------------------------------------


def test_an_identity_is_of_the_models_bytes_and_all_that_matters(tmp_path: Path) -> None:
    model = tmp_path / "model.gguf"
    facts = ("1.0", 4096, "f16", 512)
    model.write_bytes(bytes(1 << 20))
    before = identity(model, *facts)
    copy = tmp_path / "copy.gguf"
    shutil.copy(model, copy)
    assert identity(copy, *facts) == before
    for at, other in enumerate(("1.1", 8192, "q8_0", 256)):
        assert identity(model, *facts[:at], other, *facts[at + 1 :]) != before
    for at in (0, 500_000, (1 << 20) - 1):
        with copy.open("r+b") as file:
            file.seek(at)
            file.write(b"\1")
        assert identity(copy, *facts) != before
        shutil.copy(model, copy)
    copy.write_bytes(bytes((1 << 20) + 1))
    assert identity(copy, *facts) != before
