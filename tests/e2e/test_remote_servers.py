"""The remote backend against Fireside's own server; `tests.clients.servers` has others."""

from __future__ import annotations

from pathlib import Path

from tests.clients.servers.bench import Bench
from tests.clients.servers.checks import check
from tests.clients.servers.kinds import FiresideServe

CHECKS = (
    "detected",
    "plain",
    "effort",
    "reasoning",
    "tools",
    "by Responses",
    "stop in the answer",
    "killed",
)


def test_firesides_own_server_answers_the_remote_backend(tmp_path: Path) -> None:
    server = FiresideServe()
    with server.serve(tmp_path) as running:
        bench = Bench(server, running, tmp_path, stop_s=60)
        found = {each.name: each for each in check(bench, CHECKS)}
    assert tuple(found) == CHECKS
    assert [each for each in found.values() if not each.good] == []
