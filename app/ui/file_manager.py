"""Files and folders in the system's own programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices


def open_file(path: Path) -> None:
    """Open a file in the program that is set for its kind, or a folder in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def open_address(address: str) -> None:
    """Open a web page in the user's browser; anything else than one is not opened."""
    url = QUrl(address)
    if url.scheme() in ("https", "http"):
        QDesktopServices.openUrl(url)


def reveal(path: Path) -> None:
    """Show a file in the system's file manager, or its folder if that is not possible."""
    if sys.platform == "win32":
        QProcess.startDetached("explorer", ["/select,", str(path)])
    elif sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", str(path)])
    elif not _has_bus() or not _select(path):
        open_file(path.parent)


def _has_bus() -> bool:
    """Return whether there is a session bus; asking for one may start one."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    there = runtime and Path(runtime, "bus").exists()
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS") or there)


def _select(path: Path) -> bool:
    """Ask the file manager of a Linux desktop to select a file; return whether it was asked.

    If it does not answer, the folder is opened.
    """
    from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return False
    name = "org.freedesktop.FileManager1"
    message = QDBusMessage.createMethodCall(
        name, "/org/freedesktop/FileManager1", name, "ShowItems"
    )
    address = bytes(QUrl.fromLocalFile(str(path)).toEncoded().data()).decode("ascii")
    message.setArguments([[address], ""])
    watcher = QDBusPendingCallWatcher(bus.asyncCall(message))

    def answered(_: object) -> None:
        if watcher.isError():
            open_file(path.parent)
        watcher.deleteLater()

    watcher.finished.connect(answered)
    return True
