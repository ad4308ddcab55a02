"""The program with its window, from start to end."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QMessageBox

from app import __version__
from app.base.errors import StoreError
from app.base.types import Part
from app.host import Host
from app.serving import OpenServer
from app.store import Backup, StoredDraft
from app.ui import qt_language
from app.ui.bridge import Bridge
from app.ui.fault_reporter import FaultReporter
from app.ui.garbage import GarbageCollector
from app.ui.restart import Removal, Restart
from app.ui.startup.data_folder import DataFolder
from app.ui.theme import Theme, application_icon
from app.ui.window import Window
from app.wording.errors import explain
from app.wording.language import tr


def run(
    data_dir: Path | None, model: Path | None, smoke: bool, open_server: OpenServer | None = None
) -> int:
    """Show the window until it is closed; return the exit code.

    ``data_dir`` is the data folder to use, None for the default; ``model`` a file to load at once.
    ``smoke`` asks the demo model one question and returns 0 only if its answer is shown.
    ``open_server`` makes the local server.
    """
    application = _application()
    data_folder = DataFolder(data_dir, open_server)
    trouble: StoreError | None = None
    try:
        if not data_folder.take(model):
            return 1 if smoke else 0
    except StoreError as error:
        trouble = error
    program = Program(application, data_folder, model, smoke)
    try:
        return program.run(trouble)
    finally:
        program.close()


class Program:
    """The program from an open data folder to its end.

    Restoring a backup closes the window and opens another.
    """

    def __init__(
        self, application: QApplication, data_folder: DataFolder, model: Path | None, smoke: bool
    ) -> None:
        self._application, self._data_folder = application, data_folder
        self._model, self._smoke = model, smoke
        self._theme = Theme(application)
        self._garbage = GarbageCollector()
        self._faults = FaultReporter()
        self._again: StoreError | Backup | Restart | None = None  # why a window opens again
        self._removal: Removal | None = None  # what is to be removed at the end
        self._typed: tuple[Part, ...] = ()  # the draft in the previous window

    def run(self, trouble: StoreError | None) -> int:
        """Show windows until one is closed for good; return the exit code."""
        self._again = trouble
        if self._data_folder.folders and trouble is None:
            self._faults.start(self._data_folder.folders.data)
        while True:
            bridge = Bridge()
            host = self._open(bridge)
            if isinstance(host, int):
                return host
            try:
                code = self._show(host, bridge)
            finally:
                host.close()
                bridge.close()
            if self._again is None:
                return code

    def close(self) -> None:
        """Remove what the user wants removed, and release the data folder."""
        self._faults.close()
        folders = self._data_folder.folders
        left: tuple[str, ...] = ()
        if self._removal and folders:
            from app import removal

            left = removal.remove(folders, self._removal.kinds)
            self._data_folder.close()
            removal.remove_folder(folders)
        self._data_folder.close()
        if left:
            _tell_left(left)
        self._garbage.close()

    def _open(self, bridge: Bridge) -> Host | int:
        """Return the host, after recovery dialogs if needed, or the exit code."""
        why, self._again = self._again, None
        if why is None or isinstance(why, Restart):
            try:
                return self._data_folder.host(bridge.publish)
            except StoreError as error:
                why = error
        settings = self._data_folder.settings
        qt_language.install(self._application, settings.language)
        if self._smoke and isinstance(why, StoreError):  # nobody could answer a dialog
            print(explain(why).sentence, file=sys.stderr)
            return 1
        from app.ui.startup.recovery_dialogs import RecoveryDialogs

        self._theme.choose(settings.theme)
        return RecoveryDialogs(self._theme, bridge, self._data_folder).ask(why)

    def _show(self, host: Host, bridge: Bridge) -> int:
        host.tool_parts.language = qt_language.install(self._application, host.settings.language)
        self._theme.choose(host.settings.theme)
        self._faults.start(host.folders.data)
        if not self._smoke:
            host.tool_parts.prepare_python()
        window = Window(host, bridge, self._theme)
        window.banner.acted.connect(self._faults.act)
        self._faults.attach(window.banner.show_fault)
        self._give_back(window)
        window.again.connect(lambda why: self._restart(window, why))
        opener = SystemEvents(self._application, window.called, window.serving.end)
        window.show()
        QTimer.singleShot(100, window, lambda: self._data_folder.on_second(window.called))
        _choose_model(window, self._model)
        QTimer.singleShot(400, window, lambda: window.transcript)  # before a question needs it
        QTimer.singleShot(1000, gc.freeze)  # the objects so far live as long as the window
        if self._smoke:
            from app.ui.startup.smoke_test import SmokeTest

            return SmokeTest(window).run(self._application)
        code = self._application.exec()
        if self._again:
            self._forget(window, opener)
        return code

    def _give_back(self, window: Window) -> None:
        """Restore the draft of the previous window if these chats do not have it."""
        typed, self._typed = self._typed, ()

        def found(drafts: dict[int | None, StoredDraft]) -> None:
            if typed not in [unsent.parts for unsent in drafts.values()]:
                window.new_chat()
                window.chat_area.drafts.give_back(None, typed)

        if typed:
            window.state.store.ask(lambda store: store.drafts.all(), found, lambda _: None)

    def _restart(self, window: Window, why: StoreError | Backup | Restart | Removal) -> None:
        if isinstance(why, Removal):
            self._removal = why
        else:
            self._again, self._typed = why, window.composer.parts()
        window.serving.quit()

    def _forget(self, window: Window, opener: SystemEvents) -> None:
        """Delete a window that is being replaced."""
        self._faults.detach()
        gc.unfreeze()
        self._model = None
        self._application.removeEventFilter(opener)
        opener.deleteLater()
        window.deleteLater()


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
    # Qt's event loop never returns to Python for a Ctrl+C; the store survives a kill at any time.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return application


def _tell_left(left: tuple[str, ...]) -> None:
    """Say what could not be removed."""
    # All in one text, since the format of an informative text cannot be set.
    text = "\n".join((tr("Some data couldn’t be removed."), "", *left))
    box = QMessageBox(QMessageBox.Icon.Warning, "Fireside", text)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.exec()


def _choose_model(window: Window, model: Path | None) -> None:
    if model is not None:
        window.model_area.model_picker.use(model)
    elif window.state.models.current is not None:
        window.state.models.begin()
    else:
        window.model_area.model_picker.show_page()


class SystemEvents(QObject):
    """A receiver of what the system wants: files that were double-clicked on macOS, and the end."""

    def __init__(
        self,
        application: QApplication,
        opened: Callable[[Path], None],
        ended: Callable[[], object],
    ) -> None:
        super().__init__(application)
        self._application, self._opened, self._ended = application, opened, ended
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self._opened(Path(event.file()))
            return True
        if watched is self._application and event.type() == QEvent.Type.Quit:
            self._ended()  # the windows are closed next, and must not ask
        return False
