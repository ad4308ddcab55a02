"""The real engine, as many as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.engine.local import LocalBackend


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., LocalBackend]]:
    made: list[LocalBackend] = []

    def backend(**options: object) -> LocalBackend:
        made.append(LocalBackend(tmp_path / "engine.log", **options))  # type: ignore[arg-type]
        return made[-1]

    yield backend
    for one in made:
        one.close()


@pytest.fixture
def backend(make: Callable[..., LocalBackend]) -> LocalBackend:
    return make()
