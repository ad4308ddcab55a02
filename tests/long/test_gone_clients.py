"""Clients of the local server: 500 that leave at all moments, and 16 that come at once."""

from __future__ import annotations

import random
import statistics
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.serving import ServerParts
from tests.fakes.api import MODEL, NAME, Api, served_at_socket
from tests.fakes.leaving_clients import Leaving, Moment
from tests.fakes.served_engine import ServedEngine, asked, served_engine

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


def test_of_16_clients_at_once_those_beyond_the_queue_come_back_later(tmp_path: Path) -> None:
    for turn in range(20):
        engine = ServedEngine()
        engine.reading = 0.5
        backend = served_engine(engine, places=2)
        parts = ServerParts(backend, lambda: MODEL, tmp_path / "connections.log")
        with served_at_socket(parts) as (api, _), ThreadPoolExecutor(16) as pool:

            def ask(number: int, api: Api = api) -> tuple[int, bool]:
                body = {"model": NAME, "messages": [{"role": "user", "content": "Hello"}]}
                streamed = {"stream": number % 2 == 0}
                client = {"User-Agent": f"client/{number}"}
                answer = api.post("/v1/chat/completions", body | streamed, client)
                assert answer.body
                return answer.status, "retry-after" in answer.headers

            answers = [pool.submit(ask, number) for number in range(16)]
            assert engine.wait_until(2)
            window = backend.stream(asked("Hello", MODEL), threading.Event())
            assert len(list(window)) > 2
            found = Counter(answer.result() for answer in answers)
            assert found == {(200, False): 10, (429, True): 6}, turn
            assert [request.client for request in engine.requests].index("") == 2
