"""Chats out of Fireside and into it: asks for files, has it done, and tells what was done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Signal

from app.base.errors import Cancelled
from app.host import Host
from app.ui.bridge import Bridge
from app.ui.dialogs import ask_files, ask_folder
from app.ui.theme import Theme
from app.ui.window_layout import WindowLayout
from app.wording.errors import explain
from app.wording.language import tr

if TYPE_CHECKING:
    from app.exchange import ExportWords, ImportedFiles, ImportReport
    from app.ui.exchange.export_dialog import ExportDialog
    from app.ui.exchange.import_dialog import ImportDialog

_TOLD_S = 0.1


class ExchangeController(QObject):
    """Between the dialogs and the host."""

    told = Signal(str)
    """What was done."""
    failed = Signal(object)
    """The error because of which something was not done."""
    imported = Signal()

    def __init__(self, frame: WindowLayout, theme: Theme, host: Host, bridge: Bridge) -> None:
        super().__init__(frame)
        self._frame, self._theme, self._host, self._bridge = frame, theme, host, bridge

    def export_chat(self, chat: int, title: str) -> None:
        """Asks how one chat is to be exported, and does it."""
        asked = tr("Export “{title}”").format(title=title)
        self._export([chat], asked, title, tr("“{title}”").format(title=title))

    def export_several(self, chats: Sequence[int]) -> None:
        """The same for some chats."""
        count = tr("%Ln chat(s)", "", len(chats))
        self._export(chats, tr("Export {count}").format(count=count), tr("Fireside chats"), count)

    def export_all(self) -> None:
        """The same for all chats."""
        name, what = tr("Fireside chats"), tr("All chats")
        self._export(None, tr("Export all chats"), name, what)

    def _export(self, chats: Sequence[int] | None, asked: str, name: str, what: str) -> None:
        """``what`` is said to be where it is then."""
        # Imported here: a window need not wait for it.
        from app.ui.exchange.export_dialog import ExportDialog

        several = chats is None or len(chats) > 1
        dialog = ExportDialog(self._theme, asked, name, self._host.settings, several, self._frame)
        dialog.wanted.connect(lambda: self._begin(dialog, chats, what))
        dialog.show()

    def _begin(self, dialog: ExportDialog, chats: Sequence[int] | None, what: str) -> None:
        """Does what was chosen, and remembers it."""
        from app.exchange import ExportFormat, ExportOptions
        from app.ui.exchange.printer import PdfPrinter

        reasoning, branches = dialog.reasoning.value == "with", dialog.branches.value == "all"
        self._host.change(
            export_form=dialog.form.value,
            export_reasoning=reasoning,
            export_branches=branches,
            export_folder=str(dialog.place),
        )
        stop = threading.Event()
        dialog.given_up.connect(stop.set)

        def seen(share: float) -> None:
            if not stop.is_set():
                dialog.bar.set_share(share)

        def printed(share: float) -> None:
            if chats is not None and len(chats) == 1:  # of several, whole ones are counted
                seen(share)

        printer = PdfPrinter(self._bridge, stop, printed)
        manner = ExportOptions(
            ExportFormat(dialog.form.value), reasoning, branches, _words(), printer
        )

        def done(path: Path) -> None:
            self.told.emit(tr("Exported to {path}: {what}").format(what=what, path=path))
            if not stop.is_set():  # else the dialog was closed when all was done
                dialog.accept()

        def failed(error: BaseException) -> None:
            if not stop.is_set():
                dialog.fail(explain(error).sentence)

        dialog.begin()
        self._bridge.when_done(
            self._host.exchange.export(
                dialog.place,
                dialog.file,
                manner,
                chats,
                stop,
                lambda share: self._bridge.call(lambda: seen(share)),
            ),
            done,
            failed,
        )

    def import_chats(self) -> None:
        """Asks for files of chats."""
        kinds = tr("Chats (*.json *.jsonl *.zip);;All files (*)")
        ask_files(self._frame, "importDialog", tr("Import chats"), self.bring, kinds)

    def import_folder(self) -> None:
        """Asks for a folder of them."""
        ask_folder(self._frame, tr("Import a folder of chats"), lambda path: self.bring([path]))

    def bring(self, paths: Sequence[Path]) -> None:
        """Shows what files and folders have, and takes it in when that is wanted."""
        from app.ui.exchange.import_dialog import ImportDialog

        count = tr("%Ln file(s)", "", len(paths))
        name = tr("“{name}”").format(name=paths[0].name) if len(paths) == 1 else count
        dialog = ImportDialog(self._theme, name, self._frame)
        stop = threading.Event()
        dialog.given_up.connect(stop.set)

        def seen(chats: int) -> None:
            if not stop.is_set():
                dialog.seen(chats)

        def failed(error: BaseException) -> None:
            if not stop.is_set():
                dialog.fail(explain(error).sentence)
            elif not isinstance(error, Cancelled):
                self.failed.emit(error)

        def found(found: ImportedFiles) -> None:
            if not stop.is_set():
                dialog.wanted.connect(lambda: self._take_in(dialog, found, stop, seen, failed))
                dialog.preview(found)

        dialog.show()
        work = self._host.exchange.read(tuple(paths), stop, self._now_and_then(seen))
        self._bridge.when_done(work, found, failed)

    def _take_in(
        self,
        dialog: ImportDialog,
        found: ImportedFiles,
        stop: threading.Event,
        seen: Callable[[int], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Does what was shown. What has come before it was given up stays."""
        dialog.begin()

        def done(report: ImportReport) -> None:
            self.told.emit(_told(found, report))
            self.imported.emit()
            if not stop.is_set():
                dialog.accept()

        def ended(error: BaseException) -> None:
            failed(error)
            if isinstance(error, Cancelled):
                self.told.emit(tr("The import was stopped. The chats that came before that stay."))
            self.imported.emit()

        work = self._host.exchange.take(found, stop, self._now_and_then(seen))
        self._bridge.when_done(work, done, ended)

    def _now_and_then(self, seen: Callable[[int], None]) -> Callable[[int], None]:
        """Says how far it is some times a second; chats come by the thousand."""
        last = 0.0

        def tell(chats: int) -> None:
            nonlocal last
            if time.monotonic() - last > _TOLD_S:
                last = time.monotonic()
                self._bridge.call(lambda: seen(chats))

        return tell


def _told(found: ImportedFiles, report: ImportReport) -> str:
    """What an import has done."""
    from app.ui.exchange.import_dialog import counted, sources

    said = [
        tr("Imported {chats} with {messages} from {source}.").format(
            chats=tr("%Ln chat(s)", "", report.chats),
            messages=tr("%Ln message(s)", "", report.messages),
            source=sources(found),
        )
    ]
    if report.known:
        said.append(tr("Skipped, as they were here already: %Ln chat(s).", "", report.known))
    left = counted(found)
    said.append(
        tr("Left out: {counts}.").format(counts=", ".join(left))
        if left
        else tr("Nothing was left out.")
    )
    if found.faults:
        said.append(tr("Not readable: %Ln file(s).", "", len(found.faults)))
    return " ".join(said)


def _words() -> ExportWords:
    """What an export says by itself."""
    from app.exchange import ExportWords

    return ExportWords(
        you=tr("You"),
        model=tr("Answer"),
        untitled=tr("Untitled"),
        reasoning=tr("Reasoning"),
        thought=tr("Thought for {seconds} s"),
        version=tr("{number} of {count}"),
        stopped=tr("You stopped this answer."),
        cut_off=tr("This answer was cut off."),
        language=QLocale().bcp47Name(),
    )
