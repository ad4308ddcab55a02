"""Run the real window and ask it one question after another, for tests that kill it.

usage: app_driver.py FOLDER

Each event is printed at once as a JSON line: ``{"asked": TEXT}`` when a question stands in the
conversation, ``{"shown": [PARTS], "at": SECONDS}`` while its answer grows.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton

from app.base import settings
from app.base.settings import Folders
from app.host import demo_model
from app.ui import app as ui
from app.ui.window import Window
from tests.fakes import engine_processes
from tests.ui.qt import child


class Driver:
    """Types and sends questions, and reports what is on screen."""

    def __init__(self) -> None:
        self._question = ""
        self._seen = False

    def step(self) -> None:
        window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Window))
        shown = window.transcript.plainText()
        if self._question in shown and self._question and not self._seen:
            self._seen = True
            say(asked=self._question)
        if live := window.state.turns.running(window.chat):
            say(shown=[part.text for part in live.draft.parts], at=time.time())
            return
        if self._seen or not self._question:
            self._ask(window)

    def _ask(self, window: Window) -> None:
        self._question = f"Count to 100. This is {time.time_ns()}."
        self._seen = False
        child(window, QPlainTextEdit, "composer").insertPlainText(self._question)
        child(window, QPushButton, "send").click()


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> int:
    engine_processes.DEFAULTS["target"] = engine_processes.counts
    folders = Folders.find(Path(sys.argv[1]))
    # Each question goes into a new chat: the model's answers to a very long one do not matter here.
    # A copy of the demo model counts as any model: its answers are shown as they are drawn.
    copy = folders.data / "copy.gguf"
    copy.write_bytes(Path(demo_model().place).read_bytes())
    before = settings.load(folders.settings)
    settings.save(replace(before, model=str(copy), chat=None), before, folders.settings)
    application = ui._application()  # must exist before any timer
    driver, timer = Driver(), QTimer(application)
    timer.timeout.connect(driver.step)
    QTimer.singleShot(300, lambda: timer.start(50))
    return ui.run(folders.data, None, smoke=False)


if __name__ == "__main__":
    sys.exit(main())
