"""What keeps the tests without Qt quick."""

from __future__ import annotations

import gc
import itertools

_ended = itertools.count(1)


def pytest_runtest_logfinish() -> None:
    """Leave out of each collection of garbage what the tests have loaded so far.

    Towards the end of them all, a collection took longer than most tests.
    """
    if next(_ended) % 200 == 0:
        gc.collect()
        gc.freeze()
