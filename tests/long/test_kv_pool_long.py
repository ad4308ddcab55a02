"""What takes minutes: conversations that share the cache, in many more orders than in the suite.

To be run by itself: ``pytest -p no:pytest-qt tests/long/test_kv_pool_long.py -n0``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.e2e.test_several_conversations import ROUNDING, compare
from tests.unit.test_kv_pool import AnyOrder, small

assert small  # the limits of that module


class Longer(AnyOrder):
    """The same, more often."""


Longer.TestCase.settings = settings(max_examples=1500, stateful_step_count=40, deadline=None)
TestLonger = Longer.TestCase


@pytest.mark.parametrize("seed", range(100, 130))
def test_what_was_shared_and_brought_back_is_as_read_anew(seed: int, tmp_path: Path) -> None:
    assert compare(tmp_path, seed, 200)["worst"] < ROUNDING
