"""Clients of the local server that leave; `tests/long/test_gone_clients.py` has 500 of them.

That no thread is left is seen by `conftest`, which waits for the last ones.
"""

from __future__ import annotations

import random
from pathlib import Path

from tests.fakes.leaving_clients import Leaving, Moment


def test_clients_leave_at_all_moments(tmp_path: Path) -> None:
    with Leaving(tmp_path, random.Random(21)) as server:
        for moment in Moment:
            server.leave(moment)
