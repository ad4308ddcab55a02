"""The local server under connections that send anything and go at any time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.base import log
from app.serving import ServerParts
from tests.fakes.api import MODEL, served_at_socket
from tests.fakes.http_noise import HttpNoise
from tests.fakes.served_engine import ServedEngine

CONNECTIONS, AT_ONCE = 20_000, 8


def test_nothing_is_left_of_20_000_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[BaseException] = []
    monkeypatch.setattr(log, "report", lambda error, where="": faults.append(error))
    parts = ServerParts(engine := ServedEngine(), lambda: MODEL, tmp_path / "connections.log")
    with served_at_socket(parts) as (api, server):
        noises = [HttpNoise(api.port, seed) for seed in range(AT_ONCE)]

        def make(noise: HttpNoise) -> None:
            for _ in range(CONNECTIONS // AT_ONCE):
                noise.connect()

        threads = [threading.Thread(target=make, args=(noise,)) for noise in noises]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            assert api.get("/v1/models").status == 200, "who may ask is answered meanwhile"
            threads[0].join(0.1)
        assert engine.wait_until(0)
        while server.status().requests:
            threads[0].join(0.1)
    statuses = set().union(*(noise.statuses for noise in noises))
    print(sorted(statuses))
    assert statuses <= {100, 200, 400, 401, 403, 404, 405, 408, 413, 415, 429, 431, 501}
    assert faults == []
