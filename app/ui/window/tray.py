"""The icon in the system tray, while the window is hidden and the local server is on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from app.serving import ServerStatus
from app.ui.theme import application_icon
from app.wording.language import tr
from app.wording.serving_words import sign_text


class Tray(QSystemTrayIcon):
    """The icon, with a menu to open the window and to quit. A click opens the window."""

    def __init__(
        self, opened: Callable[[], object], ended: Callable[[], object], parent: QObject
    ) -> None:
        super().__init__(application_icon(), parent)
        self._opened = opened
        self._menu = QMenu()
        self._menu.setObjectName("trayMenu")
        self._state = self._menu.addAction("-")
        self._state.setEnabled(False)
        self._menu.addSeparator()
        self._menu.addAction(tr("Open Fireside")).triggered.connect(lambda: opened())
        self._menu.addAction(tr("Quit Fireside")).triggered.connect(lambda: ended())
        self.setContextMenu(self._menu)
        self.activated.connect(self._activated)

    def show_status(self, status: ServerStatus) -> None:
        """Show whether the server is on, and how many requests it answers."""
        text = sign_text(status)
        self._state.setText(text)
        self.setToolTip(f"Fireside: {text}")

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (self.ActivationReason.Trigger, self.ActivationReason.DoubleClick):
            self._opened()
