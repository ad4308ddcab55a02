"""Resources are found from a clone and from an installed or frozen app."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.base import resources
from app.base.resources import resource


def test_in_the_clone() -> None:
    assert resource("models", "demo-gpt-oss.gguf").read_bytes()[:4] == b"GGUF"
    assert resource("fonts").is_dir()


def test_what_is_not_there() -> None:
    with pytest.raises(FileNotFoundError, match="resources/no/such"):
        resource("no", "such")


def test_beside_app_and_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_APP", tmp_path / "app")
    clone, wheel = tmp_path / "resources", tmp_path / "app" / "resources"
    for folder in (clone, wheel):
        folder.mkdir(parents=True)
    (clone / "only-clone").touch()
    (clone / "both").touch()
    (wheel / "both").touch()
    assert resource("only-clone") == clone / "only-clone"
    assert resource("both") == wheel / "both"
