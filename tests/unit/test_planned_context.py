"""The context that a model would have, before it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.base.errors import EngineFailed
from app.base.resources import resource
from app.base.types import Endpoint, FileLocation, ModelRef
from app.engine.backend import ScriptedBackend
from app.engine.overrides import Overrides
from app.engine.planned_context import planned_context
from app.engine.probe import Devices

DEMO = ModelRef.of_file(resource("models", "demo-gpt-oss.gguf"), "Demo")


def test_the_plan_says_it() -> None:
    engine = ScriptedBackend()
    assert planned_context(engine, DEMO, Overrides()) > 0
    assert planned_context(engine, DEMO, Overrides(context=2048)) == 2048
    assert not engine.loads


def test_of_a_model_that_cannot_be_loaded_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ScriptedBackend()
    nowhere = ModelRef(FileLocation(tmp_path / "missing.gguf"), "missing")
    elsewhere = ModelRef(Endpoint("https://gpu.example.org/v1", "x"), "x")
    assert planned_context(engine, nowhere, Overrides()) == 0
    assert planned_context(engine, elsewhere, Overrides()) == 0

    def broken() -> Devices:
        raise EngineFailed("no worker")

    monkeypatch.setattr(engine, "devices", broken)
    assert planned_context(engine, DEMO, Overrides()) == 0
