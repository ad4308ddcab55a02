"""This computer, and the model in use on it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from app.base import settings as settings_file
from app.base.errors import EngineError
from app.base.settings import Folders
from app.base.types import ModelRef
from app.engine import probe
from app.engine.backend import Backend
from app.engine.overrides import Overrides
from app.engine.probe import Machine
from app.engine.speed_file import SpeedFile
from app.engine.supervisor import EngineOptions, LocalBackend
from app.host import demo_model, last_model


def this_machine(folders: Folders, log: Path) -> Machine:
    """Return this computer, with its GPUs if llama.cpp can list them."""
    with closing(LocalBackend(log, speeds=SpeedFile(folders.speeds))) as backend:
        try:
            return probe.machine(backend.devices())
        except EngineError:
            return probe.machine()


class StoredOptions:
    """The options of the engine, by the settings as they are stored now."""

    def __init__(self, folders: Folders) -> None:
        self._path = folders.settings
        self._read: int | None = None
        self._options = EngineOptions()

    def __call__(self) -> EngineOptions:
        try:
            changed = self._path.stat().st_mtime_ns
        except OSError:
            changed = 0
        if changed != self._read:
            settings = settings_file.load(self._path)
            self._options = EngineOptions(Overrides.of(settings), settings.kept_gb * 10**9)
            self._read = changed  # last: another thread that asks meanwhile reads them, too
        return self._options


def model_for(chosen: Path | None, engine: Backend, folders: Folders) -> ModelRef:
    """Return the chosen model, else the one that is loaded, or was last, else the demo model."""
    if chosen is None and (loaded := engine.loaded()):
        return loaded
    path = chosen or last_model(settings_file.load(folders.settings))
    return ModelRef.of_file(path.absolute(), path.stem) if path else demo_model()
