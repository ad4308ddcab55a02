"""Run the real window with a planted fault, for `test_faults_in_log`.

usage: faulty_driver.py FOLDER FAULT

Prints a JSON line with the banner's text and buttons once it is shown, or after a timeout.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QTimer, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QPlainTextEdit, QWidget

from app.base import settings
from app.base.settings import Folders, Settings
from app.base.threads import report_errors
from app.ui import app as ui
from app.ui.window import Window
from tests.fakes import engine_processes

T = TypeVar("T", bound=QWidget)
WORDS = "purple zebra"
_PATIENCE_S = 120.0


def fail(*_: object) -> None:
    raise ValueError(f"about {WORDS}")


def plant(fault: str, window: Window) -> None:
    match fault:
        case "slot":
            find(window, "newChat", QAbstractButton).clicked.connect(fail)
            find(window, "newChat", QAbstractButton).click()
        case "thread":
            threading.Thread(target=fail, name="a thread").start()
        case "executor":
            window._host.chats._disk.submit(report_errors, fail)
        case "warning":
            qWarning(f'QFont: no "{WORDS}" here')
            find(window, "newChat", QAbstractButton).clicked.connect(fail)
            find(window, "newChat", QAbstractButton).click()
        case "abort":
            os.abort()
        case "engine" | "engine-abort":
            find(window, "composer", QPlainTextEdit).insertPlainText(WORDS)
            find(window, "send", QAbstractButton).click()


def find(window: Window, name: str, kind: type[T]) -> T:
    found = window.findChild(kind, name)
    assert found is not None, name
    return found


class Driver:
    def __init__(self, fault: str) -> None:
        self._fault = fault
        self._until = math.inf

    def step(self) -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, Window)]
        if not windows or windows[0].state.models.loading is not None:
            return
        (window,) = windows
        fault, self._fault = self._fault, ""
        if fault:
            plant(fault, window)
            self._until = time.monotonic() + _PATIENCE_S  # a busy computer may start for longer
        banner = window.banner
        if banner.isVisible() or time.monotonic() > self._until:
            buttons = [b for b in banner.findChildren(QAbstractButton) if b.isVisible()]
            copy = next((b for b in buttons if b.objectName() == "bannerCopyDetails"), None)
            if copy:
                copy.click()
            said = {
                "banner": banner.label.text() if banner.isVisible() else "",
                "buttons": {b.objectName(): [b.text(), b.accessibleName()] for b in buttons},
                "copied": QGuiApplication.clipboard().text() if copy else "",
            }
            print(json.dumps(said), flush=True)
            window.close()


def main() -> int:
    folder, fault = Path(sys.argv[1]), sys.argv[2]
    targets = {"engine": engine_processes.raises, "engine-abort": engine_processes.aborts_in_c}
    if target := targets.get(fault):
        engine_processes.DEFAULTS["target"] = target
    folders = Folders.find(folder)
    before = settings.load(folders.settings)
    settings.save(Settings(model="demo"), before, folders.settings)
    application = ui._application()  # must exist before any timer
    driver, timer = Driver(fault), QTimer(application)
    timer.timeout.connect(driver.step)
    QTimer.singleShot(300, lambda: timer.start(50))
    return ui.run(folders.data, None, smoke=False)


if __name__ == "__main__":
    sys.exit(main())
