"""Settings on disk, and the folders."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base import file_lock
from app.base.errors import StoreReadOnly
from app.base.settings import Folders, Settings, ThemeChoice, load, open_, read, save
from app.base.types import Effort

CHANGED = Settings(
    theme=ThemeChoice.DARK,
    instructions="Be brief.\n“Ünïcode” 😀\0",
    language="de",
    prepare=False,
    context=16384,
    gpu_layers=12,
    cpu_experts=3,
    cache_type="q8_0",
    map_weights=True,
    unused_gpus=("0000:01:00.0", "Vulkan1"),
    kept_gb=9,
    model="/models/gpt-oss.gguf",
    models=("/models/gpt-oss.gguf", "C:\\models\\b.gguf", "/bytes/\udcff.gguf"),
    folders=("/big disk/models",),
    download_folder="/big disk/hub",
    download_mount="/big disk",
    download_limit=3,
    hub_address="https://hub.example",
    offline=True,
    text_size=17,
    zoom=125,
    answers_at_once=4,
    unload_minutes=30,
    serve=True,
    serve_port=9000,
    send_with_ctrl=True,
    effort=Effort.HIGH,
    python=False,
    web_search="kagi",
    searxng_address="http://localhost:8888",
    web_by_proxy=True,
    notify=False,
    copy_markdown=False,
    name_chats=False,
    chat=7,
    open_folders=("Work",),
    export_form=".pdf",
    export_reasoning=False,
    export_branches=True,
    export_folder="/big disk/notes",
    exports="/big disk/exports",
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
    save(CHANGED, Settings(), path)
    assert load(path) == CHANGED
    save(Settings(), CHANGED, path)
    assert load(path) == Settings()
    assert {p.name for p in path.parent.iterdir()} == {path.name, file_lock.NAME}


def test_no_file_is_the_defaults(path: Path) -> None:
    assert load(path) == Settings()
    assert not path.exists()


@pytest.mark.parametrize("content", [b"{broken", b"", b"[1, 2]", b"null", b"\xff\xfe", b"[" * 9999])
def test_a_file_of_which_nothing_can_be_read(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert load(path) == Settings()
    assert path.read_bytes() == content
    settings, damage = open_(path)
    assert settings == Settings()
    assert damage is not None
    assert (damage.lost, damage.kept) == (("*",), path.with_name("settings.json.1.old"))
    assert damage.kept is not None
    assert damage.kept.read_bytes() == content
    assert open_(path) == (Settings(), None)  # it is reported once
    path.write_bytes(content)
    _, damage = open_(path)
    assert damage is not None
    assert damage.kept == path.with_name("settings.json.2.old")  # nothing is overwritten
    path.write_bytes(content)
    save(CHANGED, Settings(), path)  # damaged while Fireside runs
    assert load(path) == CHANGED
    assert path.with_name("settings.json.3.old").read_bytes() == content


def damaged(text: str) -> str:
    return text.replace('"theme": "dark"', '"theme": "dar')


@pytest.mark.parametrize(
    ("damage", "lost"),
    [
        (damaged, {"theme"}),
        (lambda text: text[: text.index('"splitter"')], set()),  # truncated within its name
        (lambda text: text.replace('"context": 16384', '"context": 16k'), {"context"}),
        (lambda text: text.replace('"prepare": false,', '"prepare": false'), set()),  # a comma
        (lambda text: text.rstrip().removesuffix("}") + ",}", set()),
        (lambda text: "// mine\n" + text, set()),
        (lambda text: text.replace("\\n", "\n"), set()),  # a line break within a text
        (lambda text: text.replace('"chat": 7', '"chat": ' + "9" * 5000), {"chat"}),
    ],
)
def test_what_can_be_read_is_kept(path: Path, damage: Callable[[str], str], lost: set[str]) -> None:
    save(CHANGED, Settings(), path)
    before = json.loads(path.read_text("utf-8")) | {"voice": {"speed": 2}}
    text = damage(json.dumps(before, indent=2))
    path.write_text(text, encoding="utf-8")
    settings, told = open_(path)
    assert told is not None
    assert told
    assert set(told.lost) == lost
    gone = lost | ({"splitter"} if "splitter" not in text else set())
    defaults = {name: getattr(Settings(), name) for name in gone}
    assert settings == dataclasses.replace(CHANGED, **defaults)
    assert told.kept is not None
    assert told.kept.read_text("utf-8") == text
    assert load(path) == settings
    assert ("voice" in text) is ("voice" in json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_that_an_editor_saved_in_another_encoding(path: Path, encoding: str) -> None:
    text = json.dumps({"instructions": "Größe 天", "theme": "dark"}, ensure_ascii=False)
    path.write_bytes(text.encode(encoding))
    assert open_(path) == (Settings(instructions="Größe 天", theme=ThemeChoice.DARK), None)
    path.write_bytes(text.encode("cp1252", "replace"))
    settings, told = open_(path)
    assert (settings.theme, told) == (ThemeChoice.DARK, None)


def test_what_may_not_be_read_is_put_aside(path: Path) -> None:
    path.mkdir()
    (path / "inside").touch()
    assert load(path) == Settings()
    settings, told = open_(path)
    assert told is not None
    assert settings == Settings()
    assert told.lost == ("*",)
    assert told.kept is not None
    assert (told.kept / "inside").exists()
    save(CHANGED, Settings(), path)
    assert open_(path) == (CHANGED, None)


def test_what_cannot_be_put_aside_is_not_written_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("{broken", encoding="utf-8")

    def fails(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", fails)
    settings, told = open_(path)
    assert told is not None
    assert (settings, told.kept) == (Settings(), None)
    with pytest.raises(PermissionError):
        save(CHANGED, Settings(), path)
    assert path.read_text("utf-8") == "{broken"


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
    settings, told = open_(path)
    assert told is not None
    assert settings == Settings(models=("a", "b"), splitter="kept")
    assert told.lost == ("theme", "instructions", "model", "models", "chat", "window")
    assert told.kept is not None
    assert json.loads(told.kept.read_text("utf-8")) == wrong
    path.write_text('{"models": "a", "chat": 1.0, "theme": "dark"}', encoding="utf-8")
    assert load(path) == Settings(theme=ThemeChoice.DARK)


@given(st.fixed_dictionaries({}, optional={f.name: JSON for f in dataclasses.fields(Settings)}))
def test_any_json_gives_settings_that_can_be_saved(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    settings = load(path)
    save(settings, settings, path)
    assert load(path) == settings


@pytest.mark.parametrize("wild", [-(2**40), 2**40])
def test_numbers_have_limits(path: Path, wild: int) -> None:
    names = [
        "text_size",
        "zoom",
        "context",
        "gpu_layers",
        "cpu_experts",
        "kept_gb",
        "download_limit",
    ]
    path.write_text(json.dumps(dict.fromkeys(names, wild)), "utf-8")
    loaded = read(path)
    assert set(loaded.lost) == set(names)
    assert all(0 <= getattr(loaded.settings, name) <= 2**30 for name in names)
    assert loaded.settings.text_size in (11, 26)
    assert loaded.settings.zoom in (80, 200), "else a window fills the memory"


def test_only_what_this_process_has_changed_is_written_over(path: Path) -> None:
    save(CHANGED, Settings(), path)
    save(dataclasses.replace(CHANGED, zoom=90, chat=None), CHANGED, path)  # another process
    save(dataclasses.replace(CHANGED, theme=ThemeChoice.LIGHT, chat=8), CHANGED, path)
    assert load(path) == dataclasses.replace(CHANGED, zoom=90, theme=ThemeChoice.LIGHT, chat=8)
    path.unlink()
    save(dataclasses.replace(CHANGED, chat=9), CHANGED, path)
    assert load(path) == dataclasses.replace(CHANGED, chat=9)  # nothing is forgotten
    text = path.read_text("utf-8").replace('"zoom": 125', '"zoom": 12O').replace("dark", "light")
    path.write_text(text, "utf-8")
    save(dataclasses.replace(CHANGED, chat=10), CHANGED, path)
    assert load(path) == dataclasses.replace(CHANGED, theme=ThemeChoice.LIGHT, chat=10)


def test_what_a_later_version_wrote_is_kept(path: Path) -> None:
    path.write_text('{"chat": 3, "voice": {"speed": 2}}', encoding="utf-8")
    settings = load(path)
    assert settings == Settings(chat=3)
    save(dataclasses.replace(settings, chat=4), settings, path)
    written = json.loads(path.read_text(encoding="utf-8"))
    assert (written["voice"], written["chat"]) == ({"speed": 2}, 4)


@pytest.mark.parametrize(("owner", "step"), [(os, "fsync"), (Path, "replace")])
def test_a_failed_save_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    save(Settings(chat=1), Settings(), path)

    def fails(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(owner, step, fails)
    with pytest.raises(OSError, match="disk full"):
        save(CHANGED, Settings(), path)
    monkeypatch.undo()
    assert load(path) == Settings(chat=1)
    assert {p.name for p in path.parent.iterdir()} == {path.name, file_lock.NAME}


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
