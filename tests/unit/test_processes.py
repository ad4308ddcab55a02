"""Child processes, from any thread."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.base.processes import ChildProcess
from tests.fakes import document_processes


def test_two_threads_that_kill_a_process_close_its_pipe_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    child = ChildProcess(document_processes.hangs, name="child")
    connection = child._connection
    close, closed, both = connection._close, list[object](), threading.Barrier(2)

    def slow() -> None:
        closed.append(connection._handle)
        time.sleep(0.05)
        close()

    def kill() -> None:
        both.wait()
        child.kill()

    monkeypatch.setattr(connection, "_close", slow)
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(kill) for _ in range(2)]:
            done.result()
    assert len(closed) == 1
