"""This computer, and the model in use on it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from app.base.errors import EngineError
from app.base.settings import Folders, Settings
from app.engine import probe
from app.engine.probe import Machine
from app.engine.speed_file import SpeedFile
from app.engine.supervisor import LocalBackend
from app.host import demo_model


def this_machine(folders: Folders, log: Path) -> Machine:
    """Return this computer, with its GPUs if llama.cpp can list them."""
    with closing(LocalBackend(log, speeds=SpeedFile(folders.speeds))) as backend:
        try:
            return probe.machine(backend.devices())
        except EngineError:
            return probe.machine()


def in_use(settings: Settings) -> Path | None:
    """Return the file of the model that was chosen last; None for none, or the demo."""
    demo = demo_model()
    return None if settings.model in ("", demo.key, demo.place) else Path(settings.model)
