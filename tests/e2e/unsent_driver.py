"""Run the real window for a test of queued messages and drafts.

usage: unsent_driver.py write|send FOLDER

``write`` asks, queues two more messages while the answer grows, types half of a third, prints what
is on screen once that has to be on the disk, and goes on until it is killed. ``send`` prints what
it finds, sends the queued messages, and ends when all are answered. Each line is a JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton

from app.base import settings
from app.base.settings import Folders
from app.host import demo_model
from app.ui import app as ui
from app.ui.window import Window
from tests.fakes import engine_processes
from tests.ui.qt import child


def window() -> Window:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, Window))


def press(name: str) -> None:
    button = next(b for b in window().findChildren(QPushButton, name) if b.isVisible())
    button.click()


def send(text: str) -> None:
    child(window(), QPlainTextEdit, "composer").insertPlainText(text)
    press("send")


def say() -> None:
    """Print what is on screen."""
    rows = window().composer.queue
    waits = [label.accessibleName() for label in rows.findChildren(QLabel, "queued")]
    seen = {
        "typed": window().composer.editor.toPlainText(),
        "waits": waits if rows.isVisible() else [],
        "shown": window().transcript.plainText(),
    }
    print(json.dumps(seen), flush=True)


def write() -> Iterator[Callable[[], bool]]:
    """Yield a condition to wait for before each step."""
    yield lambda: window().state.models.loading is None
    send("Count to 100.")
    yield lambda: "1 2 3" in window().transcript.plainText()
    send("What is the capital of France?")
    send("What is the capital of Spain?")
    window().composer.editor.insertPlainText("What is the capital of")
    yield lambda: not window().chat_area.drafts._timer.isActive()
    written = window()._host.disk(lambda store: None)  # after what is being written
    yield written.done
    say()


def resume() -> Iterator[Callable[[], bool]]:
    yield lambda: window().state.models.loading is None
    yield lambda: "Count to 100." in window().transcript.plainText()
    say()
    press("sendWaiting")
    yield (
        lambda: (
            window().state.turns.idle and not window().chat_area.composer_controller.queue.waits()
        )
    )
    say()
    window().close()


class Steps:
    """Runs each step as soon as its condition holds."""

    def __init__(self, steps: Iterator[Callable[[], bool]]) -> None:
        self._steps = steps
        self._ready: Callable[[], bool] | None = next(steps)

    def go_on(self) -> None:
        while self._ready and self._ready():
            self._ready = next(self._steps, None)


def main() -> int:
    work, folder = sys.argv[1:]
    folders, model = Folders.find(Path(folder)), "demo"
    if work == "write":  # an answer that is still running when the process is killed
        engine_processes.DEFAULTS["target"] = engine_processes.counts
        # A copy of the demo model counts as any model: its answers are shown as they are drawn.
        model = str(folders.data / "copy.gguf")
        Path(model).write_bytes(Path(demo_model().place).read_bytes())
    before = settings.load(folders.settings)
    settings.save(replace(before, model=model), before, folders.settings)
    application = ui._application()  # must exist before any timer
    steps, timer = Steps(write() if work == "write" else resume()), QTimer(application)
    timer.timeout.connect(steps.go_on)
    QTimer.singleShot(300, lambda: timer.start(50))
    return ui.run(folders.data, None, smoke=False)


if __name__ == "__main__":
    sys.exit(main())
