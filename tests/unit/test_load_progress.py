"""Progress of loading a model, by llama.cpp's reports and by the memory that is taken."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import psutil
import pytest

from app.engine import load_progress
from app.engine.load_progress import LoadProgress


def test_it_grows_in_steps_and_never_shrinks() -> None:
    sent: list[float] = []
    progress = LoadProgress(sent.append)
    for fraction in (0.0, 0.2, 0.205, 0.1, 0.5, 0.995, 1.0, 1.0):
        progress.report(fraction)
    assert sent == [0.2, 0.5, 0.995, 1.0]


def test_a_mapped_file_is_followed_by_the_memory_that_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """llama.cpp says nothing while the system reads the file."""
    taken = iter([1000, 1000, 1250, 1500, 1400])
    seen = threading.Event()

    def memory_info() -> SimpleNamespace:
        size = next(taken, None)
        if size is None:
            seen.set()
        return SimpleNamespace(rss=size or 9000)  # more than the file: the caches

    process = SimpleNamespace(memory_info=memory_info)
    fake = SimpleNamespace(Process=lambda: process, Error=psutil.Error)
    monkeypatch.setattr(load_progress, "psutil", fake)
    monkeypatch.setattr(load_progress, "_WATCH_S", 0.001)
    sent: list[float] = []
    progress = LoadProgress(sent.append)
    with progress.watching(1000):
        assert seen.wait(60)
    progress.report(0.6)
    progress.report(1.0)
    assert sent == [0.25, 0.5, 0.99, 1.0]
