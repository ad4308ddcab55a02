"""Everything in one file, out and in."""

from __future__ import annotations

import io
import json
import os
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.errors import (
    Cancelled,
    ExchangeDamaged,
    ExchangeError,
    ExchangeNewer,
    ExchangeNoPresets,
    ExchangeNotEverything,
    ExchangeUnreadable,
)
from app.base.settings import Settings, ThemeChoice, changes, portable
from app.base.types import Effort, Message, Part, PartKind, Role
from app.exchange import import_files
from app.exchange.everything import export_everything, read_everything
from app.store import Preset, Store

MINE = Settings(
    theme=ThemeChoice.DARK,
    effort=Effort.HIGH,
    instructions="Be brief.",
    model="/home/me/models/a.gguf",
    models=("/home/me/models/a.gguf",),
    folders=("/home/me/models",),
    download_folder="/home/me/hub",
    hub_address="https://mirror.example",
    gpu_layers=7,
    export_folder="/home/me/Documents",
    window="AdnQ",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield a store with two chats, one of them archived, a chat in the bin, and a preset."""
    with closing(Store(tmp_path / "chats.db")) as store:
        for title in ("apples", "pears"):
            chat = store.chats.create(Effort.LOW).id
            words = (Part("a\nb", PartKind.FILE, "notes.txt"), Part(title))
            first = store.messages.add(chat, None, Message(Role.USER, words)).id
            for answer in ("one", "two"):
                store.messages.add(chat, first, Message(Role.ASSISTANT, (Part(answer),)))
        store.chats.arrange([chat], archived=True)
        gone = store.chats.create(Effort.LOW).id
        store.messages.add(gone, None, Message(Role.USER, (Part("gone"),)))
        store.bin.put(gone)
        store.presets.add([Preset(0, "Brief", Effort.HIGH, "/home/me/a.gguf", "Be brief.", None)])
        yield store


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "other.db")) as store:
        yield store


def test_another_computer_gets_it_all_once(store: Store, other: Store, tmp_path: Path) -> None:
    shares: list[float] = []
    path = export_everything(store, MINE, tmp_path / "all.zip", shares.append)
    assert shares == [0.0, 0.5, 1.0]
    found = read_everything(other, Settings(), path)
    assert (found.chats.chats, found.chats.duplicates, len(found.presets)) == (2, 0, 1)
    assert found.settings == {
        "theme": ThemeChoice.DARK, "effort": Effort.HIGH, "instructions": "Be brief.",
    }  # fmt: skip
    report = found.into(other)
    assert (report.chats.chats, report.chats.messages, report.presets) == (2, 6, 1)
    trees = [other.trees.get(chat) for chat in sorted(other.chats.live())]
    mine = [store.trees.get(chat) for chat in sorted(store.chats.live())]
    assert [t.chat.archived for t in trees] == [False, True]
    assert [[m.message for m in t.messages] for t in trees] == [
        [m.message for m in t.messages] for t in mine
    ]
    (preset,) = other.presets.all()
    assert (preset.name, preset.model) == ("Brief", "a.gguf")
    again = read_everything(other, replace(Settings(), **found.settings), path)
    assert (again.chats.duplicates, again.presets, again.settings) == (2, (), {})
    done = again.into(other)
    assert (done.chats.chats, done.presets) == (0, 0)


def test_what_belongs_to_this_computer_stays(store: Store, tmp_path: Path) -> None:
    path = export_everything(store, MINE, tmp_path / "all.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        content = b"".join(archive.read(name) for name in archive.namelist())
    for word in (b"/home/me", b"mirror.example", b"AdnQ", b"gone"):
        assert word not in content
    assert set(portable(MINE)) & {"window", "models", "hub_address", "kept_gb", "offline"} == set()


def test_settings_from_elsewhere_are_checked() -> None:
    raw = {"text_size": 10**9, "theme": "pink", "hub_address": "https://evil", "prepare": False}
    assert changes(Settings(), raw) == {"text_size": 26, "prepare": False}


def test_nothing_is_left_where_it_is_ended(store: Store, tmp_path: Path) -> None:
    def stop(share: float) -> None:
        if share:
            raise Cancelled

    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(Cancelled):
        export_everything(store, MINE, folder / "all.zip", stop)
    assert list(folder.iterdir()) == []


Files = dict[str, bytes]


def _changed(path: Path, change: Callable[[Files], object]) -> None:
    """Write the files of an archive again, changed."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def _with(name: str, content: bytes) -> Callable[[Files], object]:
    return lambda files: files.update({name: content})


def test_a_file_with_a_fault_says_so(store: Store, other: Store, tmp_path: Path) -> None:
    path = export_everything(store, MINE, tmp_path / "all.zip")
    sound = path.read_bytes()
    newer = b'{"format": "fireside-everything", "version": 2}'
    cases: list[tuple[Callable[[Files], object], type[ExchangeError]]] = [
        (lambda files: files.pop("fireside.json"), ExchangeNotEverything),
        (_with("fireside.json", b'{"format": "x"}'), ExchangeNotEverything),
        (_with("fireside.json", b"[" * 10**6), ExchangeDamaged),
        (_with("fireside.json", b"{}" + b" " * 17_000_000), ExchangeDamaged),
        (_with("fireside.json", newer), ExchangeNewer),
        (lambda files: files.pop("presets.json"), ExchangeDamaged),
        (lambda files: files.pop("chats.json"), ExchangeDamaged),
        (_with("settings.json", b"[]"), ExchangeDamaged),
        (_with("presets.json", b"{}"), ExchangeNoPresets),
        (_with("chats.json", b'{"format": "fireside-chats", "version": 2, '), ExchangeDamaged),
    ]
    for change, error in cases:
        path.write_bytes(sound)
        _changed(path, change)
        with pytest.raises(error):
            read_everything(other, Settings(), path)
    for keep, error in ((0, ExchangeNotEverything), (200, ExchangeDamaged)):
        path.write_bytes(sound[:keep])
        with pytest.raises(error):
            read_everything(other, Settings(), path)
    data = bytearray(sound)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1  # it has a password
    path.write_bytes(data)
    with pytest.raises(ExchangeUnreadable):
        read_everything(other, Settings(), path)
    if sys.platform != "win32":
        os.mkfifo(pipe := tmp_path / "pipe.zip")  # opening it would block
        with pytest.raises(ExchangeUnreadable):
            read_everything(other, Settings(), pipe)
    assert other.chats.live() == set()


def test_a_hostile_file_writes_nothing_and_stays_small(
    store: Store, other: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names lead out of the folder, and the chats unpack to far more than the file has."""
    monkeypatch.setattr(import_files, "_FLOOR", 1_000_000)
    path = export_everything(store, MINE, tmp_path / "all.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.json", b"{}")
        archive.writestr("/evil.json", b"{}")
    before = sorted(tmp_path.rglob("*"))
    assert read_everything(other, Settings(), path).chats.chats == 2
    assert sorted(tmp_path.rglob("*")) == before
    bomb = b'{"format": "fireside-chats", "version": 2, "chats": [' + b" " * 20_000_000
    _changed(path, _with("chats.json", bomb))
    del bomb
    tracemalloc.start()
    with pytest.raises(ExchangeDamaged):
        read_everything(other, Settings(), path)
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()


def test_no_chats_at_all(other: Store, tmp_path: Path) -> None:
    path = export_everything(other, Settings(), tmp_path / "all.zip")
    found = read_everything(other, Settings(), path)
    assert (found.chats.chats, found.presets, found.settings) == (0, (), {})
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        assert json.loads(archive.read("chats.json"))["chats"] == []
