"""Widgets are destroyed on their own thread, whichever thread collects garbage."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.garbage import GarbageCollector


def test_garbage_is_collected_on_the_guis_thread_only(qtbot: QtBot) -> None:
    collector = GarbageCollector()
    threads: list[threading.Thread] = []

    class Cyclic(QWidget):
        def __init__(self) -> None:
            super().__init__()
            self.me = self

    def make_garbage() -> None:
        for _ in range(200):
            cycles: list[list[object]] = [[] for _ in range(1000)]
            for cycle in cycles:
                cycle.append(cycle)

    try:
        weakref.finalize(Cyclic(), lambda: threads.append(threading.current_thread()))
        worker = threading.Thread(target=make_garbage)
        worker.start()
        worker.join()
        assert threads == []
        qtbot.waitUntil(lambda: bool(threads))
        assert threads == [threading.main_thread()]
    finally:
        collector.close()
    assert gc.isenabled()
