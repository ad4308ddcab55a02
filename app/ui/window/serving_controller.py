"""Controller of the local server in the window: its sign, and what becomes of it at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QDialog, QSystemTrayIcon, QWidget

from app.ui.dialogs import offer
from app.ui.preferences.preferences_controller import PreferencesController
from app.ui.sidebar.sidebar import Sidebar
from app.ui.state.local_serving import LocalServing
from app.ui.theme import Theme
from app.wording.language import tr

if TYPE_CHECKING:
    from app.ui.window.serving_sign import ServingSign
    from app.ui.window.tray import Tray


class ServingController(QObject):
    """A controller that shows that the server is on, and asks when the window is to be closed.

    ``show`` brings the window to the front.
    """

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        serving: LocalServing,
        sidebar: Sidebar,
        preferences: PreferencesController,
        show: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._window, self._theme, self._serving = window, theme, serving
        self._sidebar, self._preferences, self._show_window = sidebar, preferences, show
        self._sign: ServingSign | None = None
        self._tray: Tray | None = None
        self._ending = False
        self._in_tray = False
        self.has_tray: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable
        """Whether there is a system tray now."""
        serving.changed.connect(self._show)

    def quit(self) -> None:
        """Close the window without a question, and end Fireside."""
        in_tray = self._in_tray
        self.end()
        if in_tray:
            QApplication.quit()  # which the end of a hidden window does not
        else:
            self._window.close()

    def end(self) -> None:
        """Ask nothing, since the system ends Fireside."""
        self._ending = True
        if self._in_tray:  # the system closes only windows that can be seen
            self._leave_tray()
            self._window.close()

    def keeps(self, event: QCloseEvent) -> bool:
        """Return whether the window stays for now, since the user is asked about the server."""
        if self._ending or not self._serving.status.on:
            self._serving.close()
            return False
        event.ignore()
        self._ask()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the tray when the window is shown again, by whatever way."""
        if event.type() == QEvent.Type.Show and watched is self._window:
            self._leave_tray()
        return False

    # --- The sign ------------------------------------------------------------------------------

    def _show(self) -> None:
        serving = self._serving
        shown = serving.status.on or (serving.wanted and serving.error is not None)
        if shown and self._sign is None:
            from app.ui.window.serving_sign import ServingSign

            self._sign = ServingSign(self._theme, lambda: self._preferences.open("localServerPage"))
            self._sidebar.add_foot(self._sign)
        if self._sign:
            self._sign.setVisible(shown)
            self._sign.show_status(serving.status)
        if self._tray:
            self._tray.show_status(serving.status)

    # --- The end -------------------------------------------------------------------------------

    def _ask(self) -> None:
        from app.wording.serving_words import stopped_by_quitting

        if self._window.isMinimized():
            self._show_window()  # else the question would not be seen
        if self._window.findChild(QDialog, "closeServing"):
            return
        tray = self.has_tray()
        stays = (
            tr("Fireside can stay in the system tray, so other apps can keep using the model.")
            if tray
            else tr("Fireside can stay minimised, so other apps can keep using the model.")
        )
        told = " ".join(filter(None, (stays, stopped_by_quitting(self._serving.status))))
        offer(
            self._window,
            self._theme,
            "closeServing",
            tr("Keep the local server on?"),
            told,
            (
                ("keepServing", tr("Keep serving"), self._enter_tray if tray else self._minimize),
                ("quitServing", tr("Quit"), self.quit),
            ),
        )

    def _minimize(self) -> None:
        self._window.showMinimized()

    def _enter_tray(self) -> None:
        from app.ui.window.tray import Tray

        if self._tray is None:
            self._tray = Tray(self._show_window, self.quit, self)
        self._tray.show_status(self._serving.status)
        self._tray.show()
        self._in_tray = True
        QApplication.setQuitOnLastWindowClosed(False)
        self._window.installEventFilter(self)
        self._window.hide()

    def _leave_tray(self) -> None:
        self._in_tray = False
        self._window.removeEventFilter(self)
        QApplication.setQuitOnLastWindowClosed(True)
        if self._tray:
            self._tray.hide()
