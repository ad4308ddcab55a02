"""The remote backend against Fireside's own server; `tests.clients.servers` has others."""

from __future__ import annotations

from pathlib import Path

from app.base.settings import Folders
from tests.clients.servers.bench import Bench
from tests.clients.servers.checks import check
from tests.clients.servers.kinds import FiresideServe
from tests.fakes.engine_processes import HOLD

CHECKS = ("detected", "plain", "effort", "reasoning", "tools", "by Responses")
WHILE_IT_ANSWERS = ("stop in the answer", "killed")


def test_firesides_own_server_answers_the_remote_backend(tmp_path: Path) -> None:
    server = FiresideServe("tests.e2e.held_serve")
    with server.serve(tmp_path) as running:
        bench = Bench(server, running, tmp_path, stop_s=60)
        found = list(check(bench, CHECKS))
        Folders(tmp_path / "data").engine_log.with_name(HOLD).touch()
        found += check(bench, WHILE_IT_ANSWERS)
    assert tuple(each.name for each in found) == (*CHECKS, *WHILE_IT_ANSWERS)
    assert [each for each in found if not each.good] == []
