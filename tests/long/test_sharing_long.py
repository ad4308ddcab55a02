"""The window and `fireside ask` on one engine, killed 30 times, at moments that differ."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.e2e.sharing import round_of_kills

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")


@pytest.mark.parametrize("seed", range(100, 130))
def test_whoever_is_killed_the_other_answers(seed: int, tmp_path: Path) -> None:
    round_of_kills(random.Random(seed), tmp_path)
