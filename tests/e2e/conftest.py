"""Fixtures with the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.engine.supervisor import LocalBackend
from tests.fakes import engine_processes


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., LocalBackend]]:
    made: list[LocalBackend] = []

    def backend(**options: object) -> LocalBackend:
        folder = tmp_path / f"engine{len(made)}"
        folder.mkdir()
        options = {"target": engine_processes.watched, **options}
        made.append(LocalBackend(folder / "engine.log", **options))  # type: ignore[arg-type]
        return made[-1]

    yield backend
    for one in made:
        one.close()


@pytest.fixture
def backend(make: Callable[..., LocalBackend]) -> LocalBackend:
    return make()
