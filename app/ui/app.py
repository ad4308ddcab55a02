"""Starts the window, and ends it."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from app import __version__
from app.base.errors import StoreError
from app.base.settings import Folders
from app.host import Host
from app.ui import language
from app.ui.bridge import Bridge
from app.ui.errors import explain
from app.ui.garbage import GarbageCollector
from app.ui.instance import SingleInstance
from app.ui.theme import Look, application_icon
from app.ui.window import Window


def run(data_dir: Path | None, model: Path | None, smoke: bool) -> int:
    """Shows the window until it is closed; returns the exit code.

    ``data_dir`` is where the person wishes the data, ``model`` a file to use at once. ``smoke``
    asks the demo model one question and returns 0 only where its answer is on screen.
    """
    application = _application()
    try:
        folders = Folders.find(data_dir)
        first = SingleInstance(folders.data)
        if not first.acquire(model):
            return 1 if smoke else 0
        look = Look(application)
        bridge = Bridge()
        host = Host(folders, bridge.publish)
    except StoreError as error:
        language.install(application, "")
        _say(explain(error).sentence, smoke)
        return 1
    garbage = GarbageCollector()
    try:
        language.install(application, host.settings.language)
        look.choose(host.settings.theme)
        window = Window(host, bridge, look)
        FileOpener(application, window.called)
        window.show()
        QTimer.singleShot(100, lambda: first.on_second(window.called))
        _choose_model(window, host, model)
        QTimer.singleShot(400, lambda: window.transcript)  # before the first question needs it
        QTimer.singleShot(1000, gc.freeze)  # what is there now lives as long as the window
        if smoke:
            from app.ui.smoke import Smoke

            return Smoke(window).run(application)
        return application.exec()
    finally:
        host.close()
        bridge.close()
        first.close()
        garbage.close()


def _application() -> QApplication:
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Fireside")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("fireside")
    application.setStyle("Fusion")
    application.setWindowIcon(application_icon())
    # Qt's loop never returns to Python for a Ctrl+C; the store survives an end at any moment.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return application


def _choose_model(window: Window, host: Host, model: Path | None) -> None:
    if model is not None:
        window.desk.use(model)
    elif window.models.current is not None:
        window.models.load()
    else:
        window.desk.show_page()


def _say(sentence: str, smoke: bool) -> None:
    if smoke:  # nobody is there to close a box
        print(sentence, file=sys.stderr)
        return
    from PySide6.QtWidgets import QMessageBox

    box = QMessageBox(QMessageBox.Icon.Warning, "Fireside", sentence)
    box.setObjectName("startProblem")
    box.exec()


class FileOpener(QObject):
    """A Mac's way to tell a program which file was double-clicked."""

    def __init__(self, application: QApplication, opened: Callable[[Path], None]) -> None:
        super().__init__(application)
        self._opened = opened
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self._opened(Path(event.file()))
            return True
        return False
