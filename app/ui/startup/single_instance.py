"""One window for each data folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCryptographicHash, QLockFile, QObject

from app.base import running
from app.base.errors import NotResponding, StoreFull, StoreLocked, StoreReadOnly

if TYPE_CHECKING:  # a window need not wait for it
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

PATIENCE_S = 10.0  # to wait for a first that is starting or ending
_SILENCE_MS = 5000  # of a first that listens, after which it counts as hanging


class _Reply(Enum):
    """What became of calling the first."""

    NONE = auto()
    """Nobody listens."""
    SILENCE = auto()
    """It listens, but does not read."""
    HEARD = auto()


class SingleInstance(QObject):
    """One window for each data folder; a second start shows the first one's."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        place = QCryptographicHash.hash(
            os.fsencode(folder.resolve()), QCryptographicHash.Algorithm.Sha256
        )
        self._name = f"fireside-{bytes(place.toHex().data()).decode()[:24]}"
        self._chats = folder / "chats.db"
        self._lock = QLockFile(str(folder / running.LOCK))
        self._lock.setStaleLockTime(0)  # stale only when its process is gone
        self._server: QLocalServer | None = None

    def acquire(self, model: Path | None = None, patience: float = PATIENCE_S) -> bool:
        """Return True for the first; any other has the first come to the front and use ``model``.

        Raises StoreReadOnly if the folder cannot be locked, StoreFull if there is no room for a
        lock and there are no chats to read, StoreLocked if there is another but none that listens
        within ``patience`` seconds, and NotResponding if the first hangs.
        """
        deadline = time.monotonic() + patience
        while not self._lock.tryLock(0):
            match self._lock.error():
                case QLockFile.LockError.LockFailedError:
                    match self._call_first(model):
                        case _Reply.HEARD:
                            return False
                        case _Reply.SILENCE:
                            raise NotResponding(self._chats)
                case QLockFile.LockError.UnknownError:
                    there = self._chats.parent.is_dir()
                    if there and self._chats.exists():  # the chats can be read without a lock
                        return self._call_first(model) is not _Reply.HEARD
                    raise (StoreFull if there else StoreReadOnly)(self._chats)
                case QLockFile.LockError.PermissionError:
                    raise StoreReadOnly(self._chats)
            if not os.access(self._chats.parent, os.W_OK):  # the lock of a killed one
                raise StoreReadOnly(self._chats)
            if time.monotonic() > deadline:
                hangs = running.holder(self._chats.parent) is not None
                raise (NotResponding if hangs else StoreLocked)(self._chats)
            time.sleep(0.1)
        return True

    def on_second(self, called: Callable[[Path | None], None]) -> None:
        """Call ``called`` whenever Fireside is started again, with the model given there.

        An earlier start waits for this.
        """
        from PySide6.QtNetwork import QLocalServer

        if self._server:
            self._server.close()
            self._server.deleteLater()
        server = self._server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)

        def hear(connection: QLocalSocket) -> None:
            if connection.canReadLine():
                path = os.fsdecode(bytes(connection.readLine().data()).removesuffix(b"\n"))
                connection.disconnectFromServer()
                called(Path(path) if path else None)

        def arrived() -> None:
            while connection := server.nextPendingConnection():
                connection.disconnected.connect(connection.deleteLater)
                connection.readyRead.connect(partial(hear, connection))
                hear(connection)

        server.newConnection.connect(arrived)
        QLocalServer.removeServer(self._name)  # left by one that was killed
        server.listen(self._name)

    def close(self) -> None:
        """Release the lock, so that another can be the first."""
        if self._server:
            self._server.close()
        self._lock.unlock()

    def _call_first(self, model: Path | None) -> _Reply:
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(500):
            return _Reply.NONE
        socket.write(os.fsencode(model.absolute() if model else "") + b"\n")
        # The system connects even for a process that is stopped; only a living one hangs up.
        heard = socket.waitForDisconnected(_SILENCE_MS)
        gone = socket.state() is QLocalSocket.LocalSocketState.UnconnectedState
        return _Reply.HEARD if heard or gone else _Reply.SILENCE
