"""Controller of export and import: asks for files, starts the work, and reports the result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Signal
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import isValid

from app.base.errors import Cancelled
from app.base.types import Part
from app.host import Host
from app.ui.bridge import Bridge
from app.ui.dialogs import ask_files, ask_folder
from app.ui.exchange.throttle import throttled
from app.ui.file_manager import open_file, reveal
from app.ui.state.chat_index import ChatIndex
from app.ui.theme import Theme
from app.ui.toast import Toast, ToastAction
from app.wording.citation_words import footnote_words
from app.wording.errors import explain
from app.wording.language import tr
from app.wording.tool_words import CallPhase, call_label

if TYPE_CHECKING:
    from app.exchange import ExportWords, ImportedFiles, ImportReport
    from app.ui.exchange.export_dialog import ExportDialog
    from app.ui.exchange.import_dialog import ImportDialog

_LONGEST_NAME = 50  # characters of a file's name in a message


class ExchangeController(QObject):
    """A controller that connects the dialogs of export and import with the host."""

    failed = Signal(object)
    """The error that made an import fail whose dialog was closed."""
    shown = Signal(tuple)
    """The ids of chats that were imported, which the user wants to see."""

    def __init__(
        self,
        window: QWidget,
        toast: Toast,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        index: ChatIndex,
    ) -> None:
        super().__init__(window)
        self._window, self._theme, self._host, self._bridge = window, theme, host, bridge
        self._toast, self._index = toast, index

    def export_chats(self, chats: Sequence[int]) -> None:
        """Ask how to export these chats, and export them."""
        if len(chats) == 1:
            chat = self._index.rows.get(chats[0])
            self.export_chat(chats[0], chat.title if chat else "")
        else:
            self.export_several(chats)

    def export_chat(self, chat: int, title: str) -> None:
        """Ask how to export one chat, and export it."""
        self._export([chat], tr("Export “{title}”").format(title=title), title)

    def export_several(self, chats: Sequence[int]) -> None:
        """Ask how to export several chats, and export them."""
        count = tr("%Ln chat(s)", "", len(chats))
        self._export(chats, tr("Export {count}").format(count=count), tr("Fireside chats"))

    def export_all(self) -> None:
        """Ask how to export all chats, and export them."""
        self._export(None, tr("Export all chats"), tr("Fireside chats"))

    def _export(self, chats: Sequence[int] | None, asked: str, name: str) -> None:
        """Ask for the options, then export."""
        # Imported late: the window need not wait for it.
        from app.ui.exchange.export_dialog import ExportDialog

        several = chats is None or len(chats) > 1
        dialog = ExportDialog(self._theme, asked, name, self._host.settings, several, self._window)
        origin = self._origin()
        dialog.wanted.connect(lambda: self._begin(dialog, chats, origin))
        dialog.show()

    def _begin(self, dialog: ExportDialog, chats: Sequence[int] | None, origin: QWidget) -> None:
        """Export with the chosen options, and remember them."""
        from app.exchange import ExportFormat, ExportOptions
        from app.ui.exchange.printer import PdfPrinter

        reasoning, branches = dialog.reasoning.isChecked(), dialog.branches.value == "all"
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
            if chats is not None and len(chats) == 1:  # of several, finished chats are counted
                seen(share)

        printer = PdfPrinter(self._bridge, stop, printed)
        options = ExportOptions(
            ExportFormat(dialog.form.value), reasoning, branches, _words(), printer
        )

        def done(path: Path) -> None:
            if not stop.is_set():  # else the dialog was closed at the last moment
                dialog.accept()
            self._toast_over(origin).tell(
                tr("Exported to {file}").format(file=_shortened(path.name)),
                "check",
                [
                    ToastAction("openExport", tr("Open"), lambda: open_file(path)),
                    ToastAction("showExport", tr("Show in folder"), lambda: reveal(path)),
                ],
            )

        def failed(error: BaseException) -> None:
            if not stop.is_set():
                dialog.fail(explain(error).sentence)

        dialog.begin()
        self._bridge.when_done(
            self._host.exchange.export(
                dialog.place,
                dialog.file,
                options,
                chats,
                stop,
                lambda share: self._bridge.call(lambda: seen(share)),
            ),
            done,
            failed,
        )

    def import_chats(self) -> None:
        """Ask for files of chats, and import them."""
        kinds, origin = tr("Chats (*.json *.jsonl *.zip);;All files (*)"), self._origin()
        ask_files(
            self._window,
            "importDialog",
            tr("Import chats"),
            lambda paths: self.bring(paths, origin),
            kinds,
        )

    def import_folder(self) -> None:
        """Ask for a folder of chats, and import them."""
        origin = self._origin()
        ask_folder(self._window, tr("Import folder"), lambda path: self.bring([path], origin))

    def bring(self, paths: Sequence[Path], origin: QWidget | None = None) -> None:
        """Show what files and folders contain, and import it on confirmation.

        ``origin`` is the window in which that was started; None for the main one.
        """
        from app.ui.exchange.import_dialog import ImportDialog

        count = tr("%Ln file(s)", "", len(paths))
        name = tr("“{name}”").format(name=paths[0].name) if len(paths) == 1 else count
        dialog = ImportDialog(self._theme, name, self._window)
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
                dialog.wanted.connect(
                    lambda: self._import(dialog, origin or self._window, found, stop, seen, failed)
                )
                dialog.preview(found)

        dialog.show()
        dialog.activateWindow()
        work = self._host.exchange.read(tuple(paths), stop, self._throttled(seen))
        self._bridge.when_done(work, found, failed)

    def _import(
        self,
        dialog: ImportDialog,
        origin: QWidget,
        found: ImportedFiles,
        stop: threading.Event,
        seen: Callable[[int], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Import what was shown. Chats imported before a cancellation stay."""
        dialog.begin()

        def done(report: ImportReport) -> None:
            self._index.refresh()
            result, about = _result(found, report), _summary(found, report)
            if not stop.is_set():
                dialog.shown.connect(lambda: self.shown.emit(report.ids))
                dialog.finish(result, about)
                return
            show = ToastAction("showImported", tr("Show"), lambda: self.shown.emit(report.ids))
            self._toast_over(origin).tell(result, "check", [show] if report.ids else [])

        def ended(error: BaseException) -> None:
            failed(error)
            if isinstance(error, Cancelled):
                stopped = tr("Import cancelled. Chats already imported are kept.")
                self._toast_over(origin).tell(stopped, "alert")
            self._index.refresh()

        work = self._host.exchange.take(found, stop, self._throttled(seen))
        self._bridge.when_done(work, done, ended)

    def _origin(self) -> QWidget:
        """Return the window from which something is started: the main one, or a dialog."""
        active = QApplication.activeWindow()
        return active if isinstance(active, QDialog) else self._window

    def _toast_over(self, origin: QWidget) -> Toast:
        """Return the toast of the window in which something was started, if that is still open."""
        if origin is self._window or not isValid(origin) or not origin.isVisible():
            return self._toast
        return origin.findChild(Toast) or Toast(self._theme, origin)

    def _throttled(self, seen: Callable[[int], None]) -> Callable[[int], None]:
        """Pass progress on to the GUI thread, but not for each of thousands of chats."""
        return throttled(lambda chats: self._bridge.call(lambda: seen(chats)))


def _shortened(name: str) -> str:
    """Return a file's name with its beginning and its end, if it is long."""
    if len(name) <= _LONGEST_NAME:
        return name
    half = _LONGEST_NAME // 2
    return f"{name[:half].rstrip()}…{name[-half + 1 :].lstrip()}"


def _result(found: ImportedFiles, report: ImportReport) -> str:
    """Return what was imported."""
    from app.ui.exchange.import_dialog import sources

    return tr("Imported {chats} ({messages}) from {source}.").format(
        chats=tr("%Ln chat(s)", "", report.chats),
        messages=tr("%Ln message(s)", "", report.messages),
        source=sources(found),
    )


def _summary(found: ImportedFiles, report: ImportReport) -> str:
    """Return what was not imported."""
    from app.ui.exchange.import_dialog import counted

    said = []
    if report.duplicates:
        said.append(tr("Skipped %Ln existing chat(s).", "", report.duplicates))
    left = counted(found)
    said.append(
        tr("Not imported: {counts}.").format(counts=", ".join(left))
        if left
        else tr("Everything was imported.")
    )
    if found.faults:
        said.append(tr("Couldn’t read %Ln file(s).", "", len(found.faults)))
    return " ".join(said)


def _call_heading(call: Part | None, result: Part | None, page: Part | None) -> str:
    """Return the heading of a call, as the window has it."""
    part = call or result
    assert part
    phase = CallPhase.ENDED if result else CallPhase.LEFT
    facts = result.facts if result else None
    return call_label(part.name, call.text if call else "", phase, facts=facts, page=page)


def _words() -> ExportWords:
    """Return the translated words that an export adds."""
    from app.exchange import ExportWords

    return ExportWords(
        you=tr("You"),
        model=tr("Answer"),
        elsewhere=tr("{model} on {host}"),
        untitled=tr("Untitled"),
        reasoning=tr("Reasoning"),
        thought=tr("Thought for {seconds} s"),
        version=tr("{number} of {count}"),
        stopped=tr("You stopped this answer."),
        cut_off=tr("This answer was cut off."),
        output=tr("Output"),
        call=_call_heading,
        footnotes=footnote_words(),
        language=QLocale().bcp47Name(),
    )
