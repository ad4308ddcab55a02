"""Settings on disk, and the folders."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.errors import StoreReadOnly
from app.base.settings import Folders, Settings, Theme, load, save

CHANGED = Settings(
    theme=Theme.DARK,
    instructions="Be brief.\n“Ünïcode” 😀\0",
    language="de",
    prepare=False,
    context=16384,
    gpu_layers=12,
    cpu_experts=3,
    cache_type="q8_0",
    kept_gb=9,
    model="/models/gpt-oss.gguf",
    models=("/models/gpt-oss.gguf", "C:\\models\\b.gguf", "/bytes/\udcff.gguf"),
    folders=("/big disk/models",),
    download_folder="/big disk/hub",
    download_mount="/big disk",
    download_limit=3,
    offline=True,
    text_size=17,
    copy_markdown=False,
    name_chats=False,
    chat=7,
    closed_folders=("Work",),
    export_form=".pdf",
    export_reasoning=False,
    export_branches=True,
    export_folder="/big disk/notes",
    window="AdnQ",
    splitter="AAAA",
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def test_every_setting_survives_a_round_trip(path: Path) -> None:
    for field in dataclasses.fields(Settings):
        assert getattr(CHANGED, field.name) != field.default, "give it another value above"
    save(CHANGED, path)
    assert load(path) == CHANGED
    save(Settings(), path)
    assert load(path) == Settings()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_no_file_is_the_defaults(path: Path) -> None:
    assert load(path) == Settings()
    assert not path.exists()


@pytest.mark.parametrize("content", [b"{broken", b"", b"[1, 2]", b"null", b"\xff\xfe", b"[" * 9999])
def test_a_broken_file_is_kept_aside(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert load(path) == Settings()
    assert (path.parent / "settings.json.broken").read_bytes() == content
    save(CHANGED, path)
    assert load(path) == CHANGED


def test_what_cannot_be_read_is_the_defaults(path: Path) -> None:
    path.mkdir()
    assert load(path) == Settings()
    with pytest.raises(OSError, match=r"."):
        save(CHANGED, path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_wrong_types_fall_back_field_by_field(path: Path) -> None:
    wrong = {
        "theme": "sepia",
        "instructions": 3,
        "model": None,
        "models": ["a", 1, "b"],
        "chat": True,
        "window": {},
        "splitter": "kept",
    }
    path.write_text(json.dumps(wrong), encoding="utf-8")
    assert load(path) == Settings(models=("a", "b"), splitter="kept")
    path.write_text('{"models": "a", "chat": 1.0, "theme": "dark"}', encoding="utf-8")
    assert load(path) == Settings(theme=Theme.DARK)


@given(st.fixed_dictionaries({}, optional={f.name: JSON for f in dataclasses.fields(Settings)}))
def test_any_json_gives_settings_that_can_be_saved(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    settings = load(path)
    save(settings, path)
    assert load(path) == settings


def test_what_a_later_version_wrote_is_kept(path: Path) -> None:
    path.write_text('{"chat": 3, "voice": {"speed": 2}}', encoding="utf-8")
    settings = load(path)
    assert settings == Settings(chat=3)
    save(dataclasses.replace(settings, chat=4), path)
    written = json.loads(path.read_text(encoding="utf-8"))
    assert (written["voice"], written["chat"]) == ({"speed": 2}, 4)


@pytest.mark.parametrize(("owner", "step"), [(os, "fsync"), (Path, "replace")])
def test_a_failed_save_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    save(Settings(chat=1), path)

    def fails(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(owner, step, fails)
    with pytest.raises(OSError, match="disk full"):
        save(CHANGED, path)
    monkeypatch.undo()
    assert load(path) == Settings(chat=1)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_folders(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Folders.find()
    assert usual.data.is_dir()
    assert home in usual.data.parents
    monkeypatch.setenv("FIRESIDE_DATA_DIR", str(tmp_path / "by" / "environment"))
    assert Folders.find().data == tmp_path / "by" / "environment"
    monkeypatch.setenv("FIRESIDE_DATA_DIR", "~/tilde")
    assert Folders.find().data == home / "tilde"
    asked = Folders.find(tmp_path / "by argument")
    assert asked.data.is_dir()
    monkeypatch.chdir(tmp_path)
    assert Folders.find(Path("relative")).data == tmp_path / "relative"
    assert {asked.settings, asked.chats, asked.engine_log} == {
        asked.data / name for name in ("settings.json", "chats.db", "engine.log")
    }


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for wish in (tmp_path / "file" / "data", Path("~nobody-of-this-name/data")):
        with pytest.raises(StoreReadOnly) as caught:
            Folders.find(wish)
        assert caught.value.path == wish / "chats.db"
