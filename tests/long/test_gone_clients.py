"""500 clients of the local server that leave at all moments: no place and no thread is lost."""

from __future__ import annotations

import random
import statistics
import threading
from collections import defaultdict
from pathlib import Path

from tests.fakes.leaving_clients import Leaving, Moment

CLIENTS = 500


def test_500_clients_leave(tmp_path: Path) -> None:
    rng, before = random.Random(21), threading.active_count()
    taken: dict[Moment, list[float]] = defaultdict(list)
    with Leaving(tmp_path, rng) as server:
        for n in range(CLIENTS):
            moment = [*Moment][n % len(Moment)]
            taken[moment].append(server.leave(moment))
    for moment, seconds in taken.items():
        middle, most = statistics.median(seconds) * 1000, max(seconds) * 1000
        print(f"{moment}: {len(seconds)} clients, median {middle:.0f} ms, most {most:.0f} ms")
    assert threading.active_count() == before
    assert len((tmp_path / "connections.log").read_text().splitlines()) > CLIENTS
