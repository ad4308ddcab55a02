"""A few of the fault plans; ``python -m tests.faults`` runs 300."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLANS = os.environ.get("FIRESIDE_FAULT_PLANS", "5")


@pytest.mark.skipif(sys.platform == "win32", reason="locks, kills and mounts of POSIX")
def test_nothing_that_was_confirmed_is_lost() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--plans", PLANS, "--jobs", "12"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("0 of ")
