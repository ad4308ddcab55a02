"""Conversations that share llama.cpp's cells do not change one another's answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.engine import DEMO
from tests.fakes import pool_of_llama

# Of a logit, with exact weights: 0.033 was seen in 30 correct runs, 9 without a window.
ROUNDING = 0.04
SEED, STEPS = 8, 100


def compare(folder: Path, seed: int, steps: int) -> dict[str, float]:
    """Run conversations at random; return what was done, and how far off a logit was."""
    program = [sys.executable, pool_of_llama.__file__, str(DEMO.place), str(folder)]
    done = subprocess.run(
        [*program, str(seed), str(steps)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_what_was_shared_and_brought_back_is_as_read_anew(tmp_path: Path) -> None:
    found = compare(tmp_path, SEED, STEPS)
    assert found["worst"] < ROUNDING
    assert found["reused"] > 500
    for way in ("shared", "from memory", "from disk", "aborted", "no room"):
        assert found[way], way
