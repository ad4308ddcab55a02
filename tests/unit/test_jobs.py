"""Background work, while all of it is being stopped."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import pytest

from app.base.errors import Cancelled
from app.base.jobs import Jobs

_PATIENCE_S = 60.0  # of a test that fails


def test_what_is_begun_while_all_is_stopped_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, stop, begun = Jobs("job"), threading.Event(), threading.Event()
    shutdown = jobs._pool.shutdown
    done: list[Future[bool]] = []

    def work() -> bool:
        begun.set()
        return stop.wait(_PATIENCE_S)

    def late(**how: Any) -> None:
        if not done:  # after the stops were set, and before the pool takes nothing more
            done.append(jobs.submit_until(stop, work))
            assert begun.wait(_PATIENCE_S)
        shutdown(**how)

    monkeypatch.setattr(jobs._pool, "shutdown", late)
    jobs.close()
    assert done[0].result() is True


def test_one_stop_of_two_works_stops_the_second_after_the_first_has_ended() -> None:
    jobs, stop = Jobs("job"), threading.Event()
    begun, asked = threading.Event(), threading.Event()
    first = jobs.submit_until(stop, lambda: asked.wait(_PATIENCE_S))

    def work() -> bool:
        begun.set()
        return stop.wait(_PATIENCE_S)

    second = jobs.submit_until(stop, work)
    assert begun.wait(_PATIENCE_S)
    asked.set()
    first.result()
    jobs.close()
    assert second.result() is True
    assert not jobs.stops


def test_what_is_asked_for_after_the_end_is_cancelled() -> None:
    jobs = Jobs("job")
    jobs.stop()
    with pytest.raises(Cancelled):
        jobs.submit(lambda: None).result()
    with pytest.raises(Cancelled):
        jobs.submit_until(threading.Event(), lambda: None).result()
    jobs.close()
