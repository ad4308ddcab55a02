"""Clients of the local server that leave; `tests/long/test_gone_clients.py` has 500 of them."""

from __future__ import annotations

import random
import threading
from pathlib import Path

from tests.fakes.leaving_clients import Leaving, Moment


def test_clients_leave_at_all_moments(tmp_path: Path) -> None:
    before = threading.active_count()
    with Leaving(tmp_path, random.Random(21)) as server:
        for moment in Moment:
            server.leave(moment)
    assert threading.active_count() == before
