"""Fixtures with the real engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.engine.supervisor import LocalBackend
from tests.fakes import engine_processes


@pytest.fixture(scope="session", autouse=True)
def cores_of_its_own() -> None:
    """Give each of pytest's processes cores of its own.

    llama.cpp's threads wait for each other in loops: two engines on the same two cores took five
    times as long as one after the other.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if worker and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if own := cores[int(worker.removeprefix("gw")) :: workers]:
            os.sched_setaffinity(0, own)


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
