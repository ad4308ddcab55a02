"""Removal of everything that Fireside has stored."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.base.secrets import HUB_TOKEN, Secrets
from app.base.settings import Folders
from app.models.catalog import HubFile, HubModel
from app.models.queue_store import QueuedModel, QueueStore
from app.removal import DataKind, find, remove, remove_folder

KEPT = "0123456789abcdef01234567"
INDEX = "0123456789abcdef"
OURS = {
    DataKind.CHATS: ("chats.db", "chats.db-wal", "chats.db.2026-1.old", "backups/chats-1-v2.db"),
    DataKind.SETTINGS: (
        "settings.json",
        "settings.json.1.old",
        "endpoints.json",
        "endpoints.json.1.old",
    ),
    DataKind.CACHE: (f"kept/{KEPT}/0a/state",),
    DataKind.LOGS: ("fireside.log", "fireside.log.1", "engine.log", "connections.log"),
    DataKind.SOURCES: ("sources.json", f"indexes/{INDEX}.db", f"indexes/{INDEX}.skipped.json"),
}
FOREIGN = ("notes.txt", "chats.sqlite", "backups/mine.db", "kept/readme.txt", "my.log")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Return a data folder with everything of Fireside's in it, 10 bytes each."""
    data = tmp_path / "data"
    for names in OURS.values():
        fill(data, names)
    return Folders(data)


def fill(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"0123456789")


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def downloads(folders: Folders, cache: Path) -> Path:
    """Add a model that was downloaded, and one that has begun; return the first one's file."""
    repository = cache / "models--a--b"
    blob = repository / "blobs" / "e"
    snapshot = repository / "snapshots" / "c" / "b.gguf"
    for folder in (blob.parent, snapshot.parent):
        folder.mkdir(parents=True)
    blob.write_bytes(b"GGUF" + bytes(96))
    if sys.platform == "win32":  # as huggingface_hub does without symlinks
        blob.replace(snapshot)
    else:
        snapshot.symlink_to(blob)
    begun = HubModel("a/c", (HubFile("c.gguf", 1000, "0" * 64),))
    with closing(QueueStore(folders.downloads)) as queue:
        queue.change_downloaded(new=snapshot)
        queue.put(QueuedModel(begun, cache, running=False, have=50))
    return snapshot


def test_all_is_listed_with_its_size_and_removed(folders: Folders, tmp_path: Path) -> None:
    cache = tmp_path / "hub"
    downloads(folders, cache)
    fill(cache, ("models--x--y/blobs/other",))
    Secrets(folders.data).set(HUB_TOKEN, "hf_secret")
    found = {data.kind: (data.size, data.count) for data in find(folders)}
    assert found == {
        DataKind.CHATS: (40, 4),
        DataKind.SETTINGS: (40, 4),
        DataKind.CACHE: (10, 1),
        DataKind.LOGS: (40, 5),
        DataKind.SECRETS: (0, 1),
        DataKind.SOURCES: (30, 3),
        DataKind.MODELS: (150, 2),
    }
    assert remove(folders, frozenset(DataKind)) == ()
    remove_folder(folders)
    assert not folders.data.exists()
    assert files(cache) == {"models--x--y/blobs/other"}


@pytest.mark.parametrize("kind", OURS)
def test_only_what_was_chosen_goes(folders: Folders, kind: DataKind) -> None:
    fill(folders.data, FOREIGN)
    before = files(folders.data)
    assert remove(folders, {kind}) == ()
    remove_folder(folders)
    assert before - files(folders.data) == set(OURS[kind])


def test_a_list_of_no_downloads_goes_with_the_settings(folders: Folders) -> None:
    folders.downloads.write_text('{"orders": [], "downloaded": [], "unused": []}', "utf-8")
    kinds = {data.kind for data in find(folders)}
    assert DataKind.MODELS not in kinds, "there is nothing to choose"
    remove(folders, kinds)
    remove_folder(folders)
    assert not folders.data.exists()


def test_secrets_that_cannot_be_read_go(folders: Folders) -> None:
    secrets = Secrets(folders.data)
    secrets.path.write_text('{"hub_token": {"value": "hf_word"}', "utf-8")
    assert [each.count for each in find(folders) if each.kind is DataKind.SECRETS] == [1]
    assert remove(folders, [DataKind.SECRETS]) == ()
    assert not secrets.path.exists()


def test_files_of_others_stay(folders: Folders) -> None:
    fill(folders.data, FOREIGN)
    remove(folders, frozenset(DataKind))
    remove_folder(folders)
    assert files(folders.data) == set(FOREIGN)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_go_and_what_they_lead_to_stays(folders: Folders, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folders.data)
    elsewhere = tmp_path / "elsewhere"
    fill(elsewhere, ("precious",))
    (folders.data / "kept" / ("f" * 24)).symlink_to(elsewhere)
    (folders.data / "chats.db-shm").symlink_to(elsewhere / "precious")
    linked = Folders(link)
    assert remove(linked, frozenset(DataKind)) == ()
    remove_folder(linked)
    assert not folders.data.exists()
    assert not link.is_symlink()
    assert files(elsewhere) == {"precious"}


def test_what_cannot_be_removed_is_named(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    log = folders.data / "engine.log"
    real = Path.unlink

    def refused(self: Path, missing_ok: bool = False) -> None:
        if self == log:
            raise PermissionError
        real(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    folders.data.joinpath("secrets.json").write_text(
        json.dumps({"hub_token": {"keyring": "hub_token-1"}}), "utf-8"
    )
    assert set(remove(folders, frozenset(DataKind))) == {str(log), "hub_token"}
    remove_folder(folders)
    assert files(folders.data) == {"engine.log", "secrets.json"}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "none")
    assert find(folders) == ()
    assert remove(folders, frozenset(DataKind)) == ()
