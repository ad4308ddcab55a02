"""The engine's options by the settings on the disk, for commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.base import settings as settings_file
from app.base.settings import Folders, Settings
from app.cli import this_computer
from app.cli.this_computer import StoredOptions
from app.engine.overrides import Overrides
from app.engine.supervisor import EngineOptions


def test_who_asks_while_they_are_read_gets_them_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders.find(tmp_path)
    settings_file.save(Settings(context=4096), Settings(), folders.settings)
    stored = StoredOptions(folders)
    meanwhile: list[EngineOptions] = []

    class Slow(Overrides):
        @classmethod
        def of(cls, settings: Settings) -> Overrides:
            if not meanwhile:
                meanwhile.append(EngineOptions())
                meanwhile.append(stored())
            return Overrides.of(settings)

    monkeypatch.setattr(this_computer, "Overrides", Slow)
    assert stored().overrides.context == 4096
    assert meanwhile[-1].overrides.context == 4096
