"""Run the real window against a hub on loopback, to test how models are downloaded.

usage: hub_driver.py FOLDER CATALOGUE [QUESTION]

FOLDER is the data folder, CATALOGUE a JSON file with offers as the register has them; HF_ENDPOINT
names the hub. The driver opens the models page, starts the download of gpt-oss-20b unless it was
started before, searches for its repository, lists the models that can be chosen, and asks the model
the QUESTION once it is downloaded. At each station it prints a JSON line with what is on screen,
and continues when it reads a line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from app.models import catalog
from app.ui import app as ui
from app.ui.models.download_row import DownloadRow
from app.ui.window import Window
from tests.ui.qt import child

Step = Callable[[], object]


def window() -> Window:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, Window))


def row() -> DownloadRow:
    """Return the row of the offer."""
    wanted = catalog.offers()[0].model
    return next(r for r in window().findChildren(DownloadRow) if r.model == wanted)


def label(name: str) -> str:
    found = child(row(), QLabel, name)
    return found.text() if found.isVisibleTo(row()) else ""


def page() -> list[str]:
    """Return all texts on the models page."""
    here = window().model_area.models_controller.page
    found: list[QLabel | QPushButton] = [
        *here.findChildren(QLabel),
        *here.findChildren(QPushButton),
    ]
    texts = [widget.text() for widget in found if widget.isVisibleTo(here)]
    return [text for text in texts if text]


def say(station: str) -> None:
    current = window().state.models.current
    seen: dict[str, Any] = {
        "station": station,
        "button": row().button.text(),
        "status": label("downloadStatus"),
        "notes": label("downloadNotes"),
        "model": current.place if current else "",
        "page": page(),
        "choices": [action.text() for action in menu()],
        "shown": window().transcript.plainText(),
    }
    print(json.dumps(seen), flush=True)


def menu() -> list[Any]:
    """Return the entries of the model menu."""
    from PySide6.QtWidgets import QMenu

    found = QMenu(window())
    window().model_area.model_picker.fill(found)
    return [action for action in found.actions() if action.text()]


def steps(question: str) -> Iterator[Step]:
    """Yield a condition to wait for before each step, or the name of a station."""
    picker = window().model_area.model_picker
    picker.show_page()
    yield lambda: not window().state.installed.looking
    if row().button.text().startswith("Download"):
        row().button.click()
    yield lambda: row().button.text() in ("Pause", "Use now")
    yield station("begun")
    yield lambda: row().button.text() != "Pause"
    yield station("ended")
    yield lambda: window().state.models.current and not window().state.models.loading
    picker.show_page()
    yield lambda: row().button.text() == "Use now"
    field = child(window(), QLineEdit, "hubSearch")
    field.setText("gpt-oss")
    field.returnPressed.emit()
    yield lambda: window().findChildren(QWidget, "result") and "Loading…" not in page()
    yield station("searched")
    picker._close_page()
    child(window(), QPlainTextEdit, "composer").insertPlainText(question)
    child(window(), QPushButton, "send").click()
    # It may have answered before anybody looks.
    yield lambda: question in window().transcript.plainText() and window().state.turns.idle
    yield station("answered")


_reached: list[bool] = []


def _read_line() -> None:
    sys.stdin.readline()
    _reached.append(True)


def station(name: str) -> Step:
    """Report a station and wait for the test."""
    said: list[str] = []

    def arrived() -> bool:
        if not said:
            said.append(name)
            _reached.clear()
            say(name)
        return bool(_reached)

    return arrived


class Driver:
    """Runs the steps one after another."""

    def __init__(self, question: str) -> None:
        self._question = question
        self._steps: Iterator[Step] | None = None
        self._wanted: Step = lambda: True

    def step(self) -> None:
        if self._steps is None:
            self._steps = steps(self._question)
        while self._wanted():
            following = next(self._steps, None)
            if following is None:
                window().close()
                return
            self._wanted = following


def main() -> int:
    folder, file = map(Path, sys.argv[1:3])
    entries = json.loads(file.read_text(encoding="utf-8"))
    offers = tuple(catalog._offer(**entry) for entry in entries)
    catalog.offers = lambda: offers
    application = ui._application()  # must exist before any timer
    driver, timer = Driver(sys.argv[3]), QTimer(application)
    timer.timeout.connect(driver.step)
    QTimer.singleShot(300, lambda: timer.start(50))
    lines = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, application)
    lines.activated.connect(_read_line)
    return ui.run(folder, None, smoke=False)


if __name__ == "__main__":
    sys.exit(main())
