"""A graphics card that is being set up while the window is used."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QProgressBar, QWidget

from app.base.types import ModelRef
from app.engine import gpu_library
from app.ui.models import gpu_build_controller
from tests.ui.driver import Fireside, Start


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that writes the state of a build, or ends it with a library."""
    root = tmp_path / "environment"
    folder = root / gpu_library.FOLDER
    (folder / "cuda").mkdir(parents=True)
    monkeypatch.setattr(gpu_library, "root", lambda: root)
    monkeypatch.setattr(gpu_build_controller, "_BUSY_MS", 20)
    monkeypatch.setattr(gpu_build_controller, "_IDLE_MS", 20)

    def write(*, complete: bool = False, **state: Any) -> None:
        told = {"backend": "cuda", "percent": 0, "seconds_left": None, "pid": os.getpid()}
        file = folder / gpu_library.BUILD
        if complete:
            (folder / "cuda" / gpu_library.file_name("cuda")).touch()
            manifest = {"backend": "cuda", "ggml": "1 a", "architectures": ["86"], "weights": [],
                "preload": []}  # fmt: skip
            (folder / "cuda" / gpu_library.MANIFEST).write_text(json.dumps(manifest))
        if complete or not state:
            file.unlink()
        else:
            new = file.with_suffix(".new")
            new.write_text(json.dumps(told | state))
            os.utime(new, (time.time(),) * 2)  # tests.anywhere shifts the clock, but not the disk's
            new.replace(file)

    return write


def text(fireside: Fireside, name: str) -> str:
    return fireside.find(QLabel, name).text()


def test_nothing_is_shown_while_nothing_is_compiled(
    built: Callable[..., None], fireside: Fireside
) -> None:
    fireside.qtbot.wait(100)
    assert not fireside.window.model_area.gpu_build.card.isVisible()
    built(percent=43, seconds_left=360)  # it has begun after the window
    fireside.until(fireside.window.model_area.gpu_build.card.isVisible)
    built()
    fireside.until(lambda: not fireside.window.model_area.gpu_build.card.isVisible())
    assert not fireside.window.toast.isVisible()  # since there is no library


def test_a_library_that_is_complete_is_offered(
    built: Callable[..., None], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(percent=43, seconds_left=360)  # it has begun before the window
    fireside = start()
    card = fireside.find(QWidget, "gpuBuild")
    assert text(fireside, "gpuBuildTitle") == "Setting up your graphics card"
    assert text(fireside, "gpuBuildPercent") == "43%"
    assert text(fireside, "gpuBuildText") == "6 min left"
    assert card.accessibleName() == "Setting up your graphics card, 43%, 6 min left"
    assert fireside.find(QProgressBar, "gpuBuildProgress").value() == 430
    built(percent=99, seconds_left=None)
    fireside.until(lambda: text(fireside, "gpuBuildPercent") == "99%")
    assert text(fireside, "gpuBuildText") == "Fireside uses the CPU until then."
    built(complete=True)
    fireside.until(fireside.window.toast.isVisible)
    assert not card.isVisible()
    said = "Your graphics card is ready. Load the model again to use it."
    assert text(fireside, "toastText") == said
    loaded: list[ModelRef] = []
    load = fireside.backend.load

    def counted(model: ModelRef, cancel: Any) -> Any:
        loaded.append(model)
        return load(model, cancel)

    monkeypatch.setattr(fireside.backend, "load", counted)
    fireside.find(QAbstractButton, "useGpuNow").click()
    fireside.until(lambda: loaded == [fireside.window.state.models.demo])
    assert not fireside.window.toast.isVisible()


def test_without_a_model_there_is_nothing_to_load_again(
    built: Callable[..., None], start: Start
) -> None:
    built(percent=43)
    fireside = start(model=False)
    fireside.find(QWidget, "gpuBuild")
    built(complete=True)
    fireside.until(fireside.window.toast.isVisible)
    assert text(fireside, "toastText") == "Your graphics card is ready."


def test_a_failure_is_explained_until_it_is_dismissed(
    built: Callable[..., None], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(gpu_build_controller, "open_file", opened.append)
    built(percent=43, fault="disk", detail="No space left on device")
    fireside = start()
    card = fireside.find(QWidget, "gpuBuild")
    assert text(fireside, "gpuBuildTitle") == "Couldn’t set up your graphics card"
    assert text(fireside, "gpuBuildText").startswith("The disk is full.")
    assert "No space left" in card.toolTip()
    fireside.find(QAbstractButton, "gpuBuildLog").click()
    assert opened == [gpu_library.log_file(gpu_library.root())]
    fireside.find(QAbstractButton, "dismissGpuBuild").click()
    fireside.qtbot.wait(100)
    assert not card.isVisible()
    built(percent=50, pid=2**22 + 1)  # another try, whose process has ended
    fireside.until(card.isVisible)
    assert text(fireside, "gpuBuildTitle") == "Graphics card setup was interrupted"
