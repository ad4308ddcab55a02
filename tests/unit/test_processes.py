"""Child processes, from any thread."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.base.processes import ChildEnded, ChildProcess
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


def test_what_a_process_says_between_two_looks_before_it_ends_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its pipe is empty, then it speaks and ends, and then it is seen to be gone."""
    child = ChildProcess(document_processes.speaks_and_ends, name="child")
    child._process.join()
    monkeypatch.setattr(child, "_ready", lambda timeout: [])
    try:
        assert child.receive(0.0) == "the last words"
        with pytest.raises(ChildEnded):
            child.receive(0.0)
    finally:
        child.kill()
