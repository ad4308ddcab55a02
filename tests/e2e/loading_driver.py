"""Run the real window for a test of models that are killed while they load.

usage: loading_driver.py FOLDER

It asks a question in a new chat as soon as the window is there, while the model loads, and kills
the engine twice over that. It then has the model loaded with less memory, and ends when the
question is answered. Each line that it prints is a JSON object of what is on screen.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from app.base import settings
from app.base.settings import Folders
from app.ui import app as ui
from app.ui.conversation.thought_panel import ThoughtHeader
from tests.e2e.unsent_driver import Steps, press, send, window
from tests.fakes import engine_processes


def header() -> str:
    found = [h for h in window().findChildren(ThoughtHeader, "thought") if h.isVisible()]
    return found[-1].text() if found else ""


def say() -> None:
    """Print what is on screen."""
    notices = [n for n in window().findChildren(QWidget, "notice") if n.isVisible()]
    shown = [b for n in notices for b in n.findChildren(QAbstractButton) if b.isVisible()]
    seen = {
        "header": header(),
        "shown": window().transcript.plainText(),
        "status": [label.text() for label in window().findChildren(QLabel, "statusLine")],
        "chat": window().pages.chat_shown,
        "buttons": [button.text() for button in shown],
        "banner": window().banner.label.text() if window().banner.isVisible() else "",
    }
    print(json.dumps(seen), flush=True)


def kill_engine() -> None:
    """Kill the engine, as the system does if memory runs out."""
    for child in multiprocessing.active_children():
        if child.name == "fireside engine" and child.pid:
            os.kill(child.pid, signal.SIGKILL)


def steps() -> Iterator[Callable[[], bool]]:
    """Yield a condition to wait for before each step."""
    yield lambda: window().state.models.loading is not None
    send("What is the capital of France?")
    yield lambda: header() == "Loading Demo model… 50%"
    say()
    kill_engine()
    loads = window()._host.folders.engine_log.with_name("loads")
    yield lambda: loads.stat().st_size == 2
    kill_engine()
    yield lambda: window().state.models.loading is None and window().state.turns.idle
    say()
    press("useLessMemory")
    # It is said as the question is asked again, and stays.
    yield lambda: window().banner.isVisible() and window().state.turns.idle
    say()
    window().close()


def main() -> int:
    engine_processes.DEFAULTS["target"] = engine_processes.loads_for_ever_twice
    folders = Folders.find(Path(sys.argv[1]))
    before = settings.load(folders.settings)
    settings.save(replace(before, model="demo"), before, folders.settings)
    application = ui._application()  # must exist before any timer
    all_steps, timer = Steps(steps()), QTimer(application)
    timer.timeout.connect(all_steps.go_on)
    QTimer.singleShot(100, lambda: timer.start(20))
    return ui.run(folders.data, None, smoke=False)


if __name__ == "__main__":
    sys.exit(main())
