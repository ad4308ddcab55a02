"""Starts the window, and ends it."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCryptographicHash, QEvent, QLockFile, QObject, QTimer
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QMessageBox

from app import __version__
from app.base.errors import StoreError, StoreLocked, StoreReadOnly
from app.base.settings import Folders
from app.host import Host
from app.ui.bridge import Bridge
from app.ui.errors import explain
from app.ui.garbage import GarbageCollector
from app.ui.theme import Look, application_icon, load_fonts
from app.ui.window import Window

_SHA256 = QCryptographicHash.Algorithm.Sha256
_PATIENCE_S = 10.0  # for a first that is starting, or ending


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
        _say(explain(error).sentence, smoke)
        return 1
    garbage = GarbageCollector()
    try:
        look.choose(host.settings.theme)
        window = Window(host, bridge, look)
        first.on_second(window.called)
        FileOpener(application, window.called)
        window.show()
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
    load_fonts()
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


class SingleInstance(QObject):
    """One window for each data folder; a second start shows the first one's."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        place = QCryptographicHash.hash(str(folder.resolve()).encode(), _SHA256)
        self._name = f"fireside-{place.toHex().data().decode()[:24]}"
        self._chats = folder / "chats.db"
        self._lock = QLockFile(str(folder / "fireside.lock"))
        self._lock.setStaleLockTime(0)  # stale only when its process is gone
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)

    def acquire(self, model: Path | None = None) -> bool:
        """True for the first. Any other has the first come to the front, and use ``model``.

        Raises StoreReadOnly where the folder takes no lock, StoreLocked where the first does
        not listen.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while not self._lock.tryLock(0):
            if self._lock.error() is not QLockFile.LockError.LockFailedError:
                raise StoreReadOnly(self._chats)
            if self._call_first(model):
                return False
            if time.monotonic() > deadline:
                raise StoreLocked(self._chats)
            time.sleep(0.1)
        QLocalServer.removeServer(self._name)  # left by one that was killed
        self._server.listen(self._name)
        return True

    def on_second(self, called: Callable[[Path | None], None]) -> None:
        """Calls ``called`` whenever Fireside is started again, with the model that it was
        started with."""

        def hear(connection: QLocalSocket) -> None:
            if connection.canReadLine():
                path = os.fsdecode(bytes(connection.readLine().data()).removesuffix(b"\n"))
                connection.disconnectFromServer()
                called(Path(path) if path else None)

        def arrived() -> None:
            while connection := self._server.nextPendingConnection():
                connection.disconnected.connect(connection.deleteLater)
                connection.readyRead.connect(partial(hear, connection))
                hear(connection)

        self._server.newConnection.connect(arrived)

    def close(self) -> None:
        """Another may be the first."""
        self._server.close()
        self._lock.unlock()

    def _call_first(self, model: Path | None) -> bool:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        reached = socket.waitForConnected(500)
        if reached:
            socket.write(os.fsencode(model.absolute() if model else "") + b"\n")
            socket.waitForDisconnected(2000)
        return reached
