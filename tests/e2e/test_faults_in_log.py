"""Faults in a slot, a thread, the worker and in C: traced in the log, shown in the window.

Each fault is planted in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.program import command

WENT_WRONG = "Something went wrong."
ZEBRA = "zebra"


def run(folder: Path, fault: str) -> tuple[dict[str, Any], str]:
    """Return the banner's contents and the text of the log."""
    done = subprocess.run(
        command("tests.e2e.faulty_driver", str(folder), fault),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "FIRESIDE_TEST_SCRIPT": "x"},
    )
    said = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    return said, (folder / "fireside.log").read_text("utf-8")


@pytest.mark.parametrize(
    ("fault", "traces"),
    [
        ("thread", ["in thread a thread", "in fail\nValueError"]),
        ("executor", ["app/base/threads.py:", "in fail\nValueError"]),
        (
            "warning",
            [
                "Qt, default: QFont: no “…” here",
                "tests/e2e/faulty_driver.py:",
                "in fail\nValueError",
            ],
        ),
        ("engine", ["engine\nTraceback", "in raises", "ValueError", "has ended with 1"]),
        ("engine-abort", ["engine\nFatal Python error: Aborted", "in aborts_in_c", "with -6"]),
    ],
)
def test_a_fault_leaves_its_trace_and_is_told(
    tmp_path: Path, fault: str, traces: list[str]
) -> None:
    if sys.platform == "win32" and fault == "engine-abort":
        traces = traces[:2]
    said, text = run(tmp_path, fault)
    assert said["banner"].startswith(WENT_WRONG)
    assert said["buttons"] == {
        "bannerCopyDetails": ["Copy details"] * 2,
        "bannerOpenLog": ["Open log"] * 2,
        "dismissBanner": ["", "Dismiss"],
    }
    for trace in traces:
        assert trace in text
        assert (
            trace in said["copied"] or "has ended" in trace or "with -6" in trace or "Qt" in trace
        )
    assert "engine: process" in text
    assert "the window has ended" in text
    assert ZEBRA not in text + said["copied"]
    assert not (tmp_path / "fireside-crash.log").exists()


def test_a_crash_of_the_window_is_told_by_the_next(tmp_path: Path) -> None:
    said, text = run(tmp_path, "abort")
    assert not said
    assert "Fatal Python error" not in text
    said, text = run(tmp_path, "none")
    assert said["banner"].startswith("Fireside quit unexpectedly last time.")
    assert "Fatal Python error: Aborted" in text
    assert "tests/e2e/faulty_driver.py:" in text
    assert "faulty_driver.py:" in said["copied"]
    said, text = run(tmp_path, "slot")  # and by no other
    assert said["banner"].startswith(WENT_WRONG)
