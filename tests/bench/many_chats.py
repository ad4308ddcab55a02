"""Measure the window on 100,000 messages in 2,000 chats against an empty database.

usage: python -m tests.bench.many_chats [--database FILE] [--chats N] [--messages N]

The real window on the real store, without a model. Milliseconds are wall-clock time; "stall" is the
longest time that Qt's event loop was blocked during the step.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListView

from app.base.settings import Folders, ThemeChoice
from app.exchange import ExportFormat, ExportOptions
from app.host import Host
from app.store import Store
from app.ui.bridge import Bridge
from app.ui.garbage import GarbageCollector
from app.ui.theme import Theme
from app.ui.window import Window
from tests.fakes.many_chats import fill
from tests.ui.qt import child

TYPED = "wort would people dampfwetter"
_PATIENCE_S = 60.0


class Watch:
    """Runs Qt's event loop until a condition holds, and records the longest stall."""

    def __init__(self) -> None:
        self._last = 0.0
        self._longest = 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def _beat(self) -> None:
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now

    def until(self, work: Callable[[], object], so: Callable[[], object]) -> tuple[float, float]:
        """Return the milliseconds until the condition held, and those of the longest stall."""
        began = self._last = time.perf_counter()
        self._longest = 0.0
        work()
        while not so():
            QCoreApplication.processEvents()
            assert time.perf_counter() - began < _PATIENCE_S
        QCoreApplication.processEvents()
        self._beat()
        return (time.perf_counter() - began) * 1000, self._longest * 1000


def measure(application: QApplication, folder: Path) -> dict[str, tuple[float, float]]:
    """Return the duration and the longest stall of each step, in milliseconds."""
    watch = Watch()
    theme = Theme(application, ThemeChoice.LIGHT)
    bridge = Bridge()
    made: list[Window] = []
    hosts: list[Host] = []

    def start() -> None:
        hosts.append(Host(Folders(folder), bridge.publish))
        made.append(Window(hosts[0], bridge, theme))
        made[0].resize(1180, 860)
        made[0].show()

    costs = {"start, with its list": watch.until(start, lambda: made[0].state.index.rows)}
    window, host = made[0], hosts[0]
    chats = list(window.state.index.rows)
    costs["the conversation's view"] = watch.until(lambda: window.transcript, lambda: True)

    def shown(chat: int) -> bool:
        return window.chat == chat and bool(window.transcript.messages.records)

    opened = [
        watch.until(partial(window.open_chat, chat), partial(shown, chat)) for chat in chats[:20]
    ]
    costs["open a chat (median; worst stall)"] = _middle(opened)
    window.library.palette_controller.toggle()
    field = child(window, QLineEdit, "paletteField")
    found = child(window, QListView, "paletteList")
    typed = []
    palette = window.library.palette_controller.palette
    assert palette is not None
    for letter in TYPED:
        typed.append(
            watch.until(
                partial(QTest.keyClicks, field, letter),
                lambda: palette._newest is None,
            )
        )
    assert found.model() is not None
    costs["a letter in Ctrl+K (median; worst stall)"] = _middle(typed)
    costs["a letter in Ctrl+K (p95)"] = sorted(typed)[len(typed) * 95 // 100]
    palette.close_again()
    for form in (ExportFormat.JSON, ExportFormat.MARKDOWN, ExportFormat.HTML):
        futures = [
            host.exchange.export(
                folder, "all", ExportOptions(form), None, threading.Event(), lambda share: None
            )
        ]
        costs[f"export all as {form.name}"] = watch.until(lambda: None, futures[0].done)
        written = futures[0].result()
        shutil.rmtree(written) if written.is_dir() else written.unlink()
    print(f"  memory at the end: {psutil.Process().memory_info().rss / 1e6:.0f} MB")
    window.close()
    host.close()
    bridge.close()
    window.deleteLater()
    QCoreApplication.processEvents()
    return costs


def _middle(costs: list[tuple[float, float]]) -> tuple[float, float]:
    if not costs:
        return 0.0, 0.0
    return sorted(cost for cost, _ in costs)[len(costs) // 2], max(stall for _, stall in costs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=2000)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--database", type=Path, help="made by tests.bench.store --keep")
    options = parser.parse_args()
    application = QApplication([])
    application.setStyle("Fusion")
    garbage = GarbageCollector()
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for name, chats, messages in (
            ("small", 1, 2),
            ("large", options.chats, options.messages),
        ):
            data = Path(folder, name)
            data.mkdir()
            if name == "large" and options.database:
                shutil.copyfile(options.database, data / "chats.db")
            else:
                store = Store(data / "chats.db")
                fill(store, chats=chats, messages=messages)
                store.close()
            found.append(measure(application, data))
            gc.collect()
    garbage.close()
    small, large = found
    print(f"{'':42} {'1 chat':>18} {'all':>18} {'ratio':>7}")
    for name, (cost, stall) in large.items():
        one, still = small.get(name, (0.0, 0.0))
        print(
            f"{name:42} {one:8.1f} ({still:6.1f}) {cost:9.1f} ({stall:6.1f}) "
            f"{cost / one if one else 0:7.1f}"
        )


if __name__ == "__main__":
    main()
