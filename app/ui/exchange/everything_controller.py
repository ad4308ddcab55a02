"""Controller of everything in one file, to move to another computer."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.base.errors import Cancelled
from app.host import Host
from app.ui.bridge import Bridge
from app.ui.dialogs import ask_file, ask_target
from app.ui.exchange.throttle import throttled
from app.ui.file_manager import reveal
from app.ui.restart import Again, Restart
from app.ui.theme import Theme
from app.wording.errors import explain
from app.wording.language import tr

if TYPE_CHECKING:
    from app.exchange.everything import Everything, EverythingReport
    from app.ui.exchange.everything_dialog import EverythingDialog


class EverythingController(QObject):
    """A controller that asks for the file, starts the work, and reports the result."""

    imported = Signal()

    def __init__(
        self, window: QWidget, theme: Theme, host: Host, bridge: Bridge, again: Again
    ) -> None:
        super().__init__(window)
        self._window, self._theme, self._host, self._bridge = window, theme, host, bridge
        self._again = again

    def export_all(self) -> None:
        """Ask for a file, and write everything to it."""
        name = f"Fireside {datetime.date.today().isoformat()}.zip"
        title = tr("Export everything")
        at = str(self._folder() / name)
        ask_target(self._window, "everythingTarget", title, self._export, _kinds(), at, "zip")

    def import_all(self) -> None:
        """Ask for a file, show what is in it, and import it on confirmation."""
        title = tr("Import everything")
        at = str(self._folder())
        ask_file(self._window, "everythingSource", title, self._read, _kinds(), at)

    def _folder(self) -> Path:
        """Return the folder in which files are looked for first."""
        settings = self._host.settings
        return Path(settings.exports or settings.export_folder or Path.home())

    def _export(self, path: Path) -> None:
        dialog, stop = self._dialog(tr("Export everything"))
        dialog.busy(tr("Exporting…"), tr("Doesn’t include the bin, access tokens or models."))

        def done(path: Path) -> None:
            if not stop.is_set():  # else the dialog was closed at the last moment
                dialog.finish(
                    tr("Exported to {name}").format(name=path.name),
                    tr("On the other computer, choose Import everything in Settings."),
                    tr("Show in folder"),
                    lambda: reveal(path),
                )

        def seen(share: float) -> None:
            self._bridge.call(lambda: None if stop.is_set() else dialog.bar.set_share(share))

        work = self._host.exchange.export_everything(
            self._host.settings, path, stop, throttled(seen)
        )
        self._bridge.when_done(work, done, self._failed(dialog, stop, tr("Export failed")))

    def _read(self, path: Path) -> None:
        dialog, stop = self._dialog(tr("Import everything"))
        dialog.busy(tr("Reading {name}…").format(name=path.name), "", counted=False)

        def found(found: Everything) -> None:
            if not stop.is_set():
                dialog.preview(found, lambda: self._import(dialog, stop, found))

        work = self._host.exchange.read_everything(
            self._host.settings, path, stop, lambda chats: None
        )
        self._bridge.when_done(work, found, self._failed(dialog, stop, tr("Import failed")))

    def _import(self, dialog: EverythingDialog, stop: threading.Event, found: Everything) -> None:
        with_settings = bool(found.settings) and dialog.settings.isChecked()
        total = max(1, found.chats.chats)
        dialog.busy(tr("Importing…"), "")

        def seen(chats: float) -> None:
            share = chats / total
            self._bridge.call(lambda: None if stop.is_set() else dialog.bar.set_share(share))

        def done(report: EverythingReport) -> None:
            if with_settings:
                self._host.change(**found.settings)
            self.imported.emit()
            if not stop.is_set():
                self._finish(dialog, report, with_settings)

        def failed(error: BaseException) -> None:
            self.imported.emit()  # what came before that stays
            self._failed(dialog, stop, tr("Import failed"))(error)

        work = self._host.exchange.take_everything(found, stop, throttled(seen))
        self._bridge.when_done(work, done, failed)

    def _finish(
        self, dialog: EverythingDialog, report: EverythingReport, with_settings: bool
    ) -> None:
        lines = []
        if report.chats.chats:
            lines.append(tr("%Ln chat(s)", "", report.chats.chats))
        if report.presets:
            lines.append(tr("%Ln preset(s)", "", report.presets))
        if with_settings:
            lines.append(tr("Restart Fireside to apply the new settings."))
        dialog.finish(
            tr("Import complete"),
            "\n".join(lines),
            tr("Restart") if with_settings else "",
            lambda: self._again(Restart()),
        )

    def _dialog(self, title: str) -> tuple[EverythingDialog, threading.Event]:
        """Return a dialog that is shown, and what is set when it is closed."""
        from app.ui.exchange.everything_dialog import EverythingDialog

        dialog = EverythingDialog(self._theme, title, self._window)
        stop = threading.Event()
        dialog.given_up.connect(stop.set)
        dialog.open()
        return dialog, stop

    def _failed(
        self, dialog: EverythingDialog, stop: threading.Event, head: str
    ) -> Callable[[BaseException], None]:
        def failed(error: BaseException) -> None:
            if not stop.is_set() and not isinstance(error, Cancelled):
                dialog.fail(head, explain(error).sentence)

        return failed


def _kinds() -> str:
    return tr("Fireside export (*.zip)")
