"""A pytest plugin that runs the tests for one mutant, or learns which lines they reach.

FIRESIDE_MUTANT is a JSON file. If it exists, it is read: ``{"tests": [id, …]}``, the tests to run,
in this order. Otherwise it is written: ``{"seconds": {id: s}, "lines": {"file:line": [id, …]}}``
for the files in FIRESIDE_MUTANT_FILES.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

_ASKED = Path(os.environ["FIRESIDE_MUTANT"])
_LEARNS = not _ASKED.exists()
_FILES = {str(Path(name).resolve()): name for name in os.environ["FIRESIDE_MUTANT_FILES"].split()}
_seconds: dict[str, float] = {}
_lines: dict[str, set[str]] = {}
_now = ""


def _limit() -> None:
    """Limit memory and file sizes, since a mutant may use any amount."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 30, 2 << 30))


_limit()


def _trace(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
    name = _FILES.get(frame.f_code.co_filename)
    if name is None:
        return None

    def line(inner: FrameType, event: str, _: object) -> Callable[..., Any]:
        _lines.setdefault(f"{name}:{inner.f_lineno}", set()).add(_now)
        return line

    return line(frame, event, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Select the given tests, in their order."""
    if not _LEARNS:
        wanted = {test: at for at, test in enumerate(json.loads(_ASKED.read_text())["tests"])}
        items[:] = sorted(
            (item for item in items if item.nodeid in wanted), key=lambda i: wanted[i.nodeid]
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Record the lines that a test reaches, including its fixtures."""
    global _now
    _now = item.nodeid
    began = time.perf_counter()
    if _LEARNS:
        threading.settrace(_trace)
        sys.settrace(_trace)
    try:
        return (yield)
    finally:
        sys.settrace(None)
        threading.settrace(None)
        _seconds[item.nodeid] = time.perf_counter() - began


def pytest_sessionfinish() -> None:
    """Write the results."""
    if _LEARNS:
        lines = {place: sorted(tests) for place, tests in _lines.items()}
        _ASKED.write_text(json.dumps({"seconds": _seconds, "lines": lines}))
