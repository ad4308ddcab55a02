"""Events from many threads arrive on one, in order."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise

import pytest
from pytestqt.qtbot import QtBot

from app.ui.bridge import Bridge, Newest


def test_each_threads_events_keep_their_order(qtbot: QtBot) -> None:
    bridge = Bridge()
    got: list[tuple[int, int]] = []
    drains: list[float] = []
    gui = threading.current_thread()

    def receive(events: list[tuple[int, int]]) -> None:
        assert threading.current_thread() is gui
        got.extend(events)
        drains.append(bridge._last)

    bridge.delivered.connect(receive)

    def publish(thread: int) -> None:
        for number in range(500):
            bridge.publish((thread, number))
            if number % 50 == 0:
                time.sleep(0.005)

    threads = [threading.Thread(target=publish, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    qtbot.waitUntil(lambda: len(got) == 4000)
    for thread in threads:
        thread.join()
    for number in range(8):
        assert [n for thread, n in got if thread == number] == list(range(500))
    # No more than about 40 times a second, however late a delivery begins.
    assert all(after - before > 0.02 for before, after in pairwise(drains))
    bridge.close()


def test_results_come_in_order_with_the_events(qtbot: QtBot) -> None:
    bridge = Bridge()
    got: list[object] = []
    bridge.delivered.connect(got.extend)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(bridge.publish, "before")
        bridge.when_done(pool.submit(lambda: "result"), got.append, got.append)
        pool.submit(bridge.publish, "after")
    qtbot.waitUntil(lambda: len(got) == 3)
    assert got == ["before", "result", "after"]
    bridge.close()


def test_a_failed_question_says_why(qtbot: QtBot) -> None:
    bridge = Bridge()
    got: list[object] = []
    future: Future[int] = Future()
    bridge.when_done(future, lambda _: got.append("done"), got.append)
    error = ValueError("no")
    future.set_exception(error)
    qtbot.waitUntil(lambda: got == [error])
    bridge.close()


def test_one_that_raises_costs_the_others_nothing(qtbot: QtBot) -> None:
    bridge = Bridge()
    got: list[object] = []
    bridge.delivered.connect(got.extend)
    broken: Future[int] = Future()
    broken.set_result(1)

    def fail(_: object) -> None:
        raise RuntimeError("broken receiver")

    with qtbot.captureExceptions() as raised:
        bridge.when_done(broken, fail, fail)
        bridge.publish("still here")
        qtbot.waitUntil(lambda: got == ["still here"])
    assert [str(error) for _, error, _ in raised] == ["broken receiver"]
    bridge.close()


def test_a_closed_bridge_is_silent(qtbot: QtBot) -> None:
    bridge = Bridge()
    got: list[object] = []
    bridge.delivered.connect(got.extend)
    bridge.publish("early")
    bridge.close()
    bridge.publish("late")
    qtbot.wait(80)
    assert got == []


@pytest.mark.parametrize("count", [1, 10_000])
def test_one_signal_for_many_events(qtbot: QtBot, count: int) -> None:
    bridge = Bridge()
    calls: list[int] = []
    bridge.delivered.connect(lambda events: calls.append(len(events)))
    for number in range(count):
        bridge.publish(number)
    qtbot.waitUntil(lambda: sum(calls) == count)
    assert len(calls) == 1
    bridge.close()


def test_what_was_asked_for_before_never_comes_after_what_is_newer(qtbot: QtBot) -> None:
    bridge = Bridge()
    newest = Newest(bridge)
    got: list[object] = []
    older, newer, last = Future[str](), Future[str](), Future[str]()
    for future in (older, newer):
        newest.when_done(future, got.append, got.append)
    newer.set_result("newer")
    older.set_exception(ValueError("older"))
    bridge.when_done(last, got.append, got.append)
    last.set_result("last")
    qtbot.waitUntil(lambda: "last" in got)
    assert got == ["newer", "last"]
    bridge.close()
