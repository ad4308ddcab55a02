"""Secrets, in the keyring or in a file, and nowhere else."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import pytest

from app.base.errors import SecretUnreadable, SecretUnwritable
from app.base.secrets import HUB_TOKEN, SecretPlace, Secrets
from tests.fakes import keyrings

TOKEN = "hf_aVerySecretWord"


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the file of a keyring that works."""
    file = tmp_path / "keyring.json"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.fakes.keyrings.FileKeyring")
    monkeypatch.setenv(keyrings.FILE, str(file))
    return file


def files_with(folder: Path, text: str) -> list[str]:
    """Return the names of the files below a folder that contain a text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if text.encode() in path.read_bytes()]


def test_the_keyring_keeps_it_where_there_is_one(keyring: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    secrets = Secrets(folder)
    assert secrets.set(HUB_TOKEN, TOKEN) is SecretPlace.KEYRING
    assert files_with(tmp_path, TOKEN) == [keyring.name]
    assert next(iter(json.loads(keyring.read_text("utf-8")))).startswith("Fireside/hub_token-")
    again = Secrets(folder)
    assert (again.names(), again.place(HUB_TOKEN)) == ((HUB_TOKEN,), SecretPlace.KEYRING)
    assert again.get(HUB_TOKEN) == TOKEN
    again.delete(HUB_TOKEN)
    assert files_with(tmp_path, TOKEN) == []
    assert (again.names(), again.place(HUB_TOKEN), again.get(HUB_TOKEN)) == ((), None, None)


def test_else_a_file_keeps_it_that_others_cannot_read(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    assert secrets.set(HUB_TOKEN, TOKEN) is SecretPlace.FILE
    assert files_with(tmp_path, TOKEN) == ["secrets.json"]
    if sys.platform != "win32":
        assert secrets.path.stat().st_mode & 0o777 == 0o600
    assert Secrets(tmp_path).get(HUB_TOKEN) == TOKEN
    assert Secrets(tmp_path).place(HUB_TOKEN) is SecretPlace.FILE
    secrets.delete(HUB_TOKEN)
    assert not secrets.path.exists()


def test_a_keyring_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.fakes.keyrings.HangingKeyring")
    assert Secrets(tmp_path, patience=0.1).set(HUB_TOKEN, TOKEN) is SecretPlace.FILE
    ending = Secrets(tmp_path, patience=600)
    threading.Timer(0.1, ending.close).start()
    assert ending.set(HUB_TOKEN, TOKEN) is SecretPlace.FILE


def test_a_keyring_that_is_gone_says_so(
    keyring: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = Secrets(tmp_path)
    secrets.set(HUB_TOKEN, TOKEN)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with pytest.raises(SecretUnreadable):
        secrets.get(HUB_TOKEN)
    with pytest.raises(SecretUnwritable):
        secrets.delete(HUB_TOKEN)
    assert secrets.names() == (HUB_TOKEN,)


def test_what_is_no_text_is_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.fakes.keyrings.GarbageKeyring")
    secrets = Secrets(tmp_path)
    secrets.path.write_text('{"hub_token": {"keyring": "hub_token-1"}}', "utf-8")
    with pytest.raises(SecretUnreadable):
        secrets.get(HUB_TOKEN)


@pytest.mark.parametrize("text", ["", "[]", '{"hub_token": 1}', '{"hub_token": {"value": 1}}'])
def test_a_damaged_file_has_no_secrets(text: str, tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.path.write_text(text, "utf-8")
    assert (secrets.names(), secrets.get(HUB_TOKEN)) == ((), None)


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    (secrets.path / "folder").mkdir(parents=True)
    with pytest.raises(SecretUnwritable):
        secrets.set(HUB_TOKEN, TOKEN)
