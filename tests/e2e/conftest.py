"""Fixtures with the real engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.engine.supervisor import LocalBackend
from tests.fakes import engine_processes


@pytest.fixture(scope="session", autouse=True)
def one_thread_each() -> None:
    """Let llama.cpp compute with one thread where several processes run tests.

    Its threads wait for each other at each of 400 nodes: two engines on the same two cores took
    five times as long as one after the other. One thread can go to whichever core is idle.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ["OMP_THREAD_LIMIT"] = "1"


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
