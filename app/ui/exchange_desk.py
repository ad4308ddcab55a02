"""Chats out of Fireside and into it: asks for files, has it done, and tells what was done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.errors import explain

if TYPE_CHECKING:
    from app.exchange import Import, Report

_FORMS = {
    "Markdown (*.md)": ".md",
    "Web page (*.html)": ".html",
    "Everything, as JSON (*.json)": ".json",
}
_LEFT = {
    "image": "images",
    "audio": "recordings",
    "file": "files",
    "tool": "calls to tools",
    "citation": "marks of sources",
    "instructions": "instructions",
    "hidden": "hidden messages",
    "unknown": "parts of an unknown kind",
    "lost": "messages that belong nowhere",
    "chat": "entries without a message",
}


class ExchangeDesk(QObject):
    """Between the file dialogs and the host."""

    told = Signal(str)
    """What was done, or why not."""
    imported = Signal()

    def __init__(self, host: Host, bridge: Bridge, window: QWidget) -> None:
        super().__init__(window)
        self._host, self._bridge, self._window = host, bridge, window

    def export_chat(self, chat: int, title: str) -> None:
        """Asks where one chat is to go, and in which form."""

        def chosen(path: Path) -> None:
            self._do(self._host.export(path, [chat]), f"“{title}” is in {path}.")

        self._ask_target("Export this chat", _safe(title), chosen)

    def export_all(self) -> None:
        """Asks where all chats are to go: as one JSON file."""

        def chosen(path: Path) -> None:
            self._do(self._host.export(path, None), f"All chats are in {path}.")

        self._ask_target("Export all chats", "fireside-chats", chosen, only=".json")

    def import_chats(self) -> None:
        """Asks for a file of chats."""
        dialog = QFileDialog(
            self._window, "Import chats", "", "Chats (*.json *.zip);;All files (*)"
        )
        dialog.setObjectName("importDialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.bring(Path(path)))
        dialog.open()

    def bring(self, path: Path) -> None:
        """Takes in what a file has."""
        self.told.emit(f"Reading {path.name}…")
        self._bridge.when_done(self._host.bring(path), self._brought, self._failed)

    def _brought(self, done: tuple[Import, Report]) -> None:
        found, report = done
        said = f"{report.chats:,} chats with {report.messages:,} messages came from {found.source}."
        if report.known:
            said += f" {report.known:,} were here already."
        if found.left:
            counts = [f"{count:,} {_LEFT[why]}" for why, count in found.left.items()]
            said += f" Left out: {', '.join(counts)}."
        self.told.emit(said)
        self.imported.emit()

    def _ask_target(
        self, words: str, name: str, chosen: Callable[[Path], None], *, only: str = ""
    ) -> None:
        filters = [f for f, form in _FORMS.items() if only in ("", form)]
        dialog = QFileDialog(self._window, words, name, ";;".join(filters))
        dialog.setObjectName("exportDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def selected(text: str) -> None:
            path = Path(text)
            if path.suffix not in [_FORMS[each] for each in filters]:
                path = path.with_name(path.name + _FORMS[dialog.selectedNameFilter()])
            chosen(path)

        dialog.fileSelected.connect(selected)
        dialog.open()

    def _do(self, work: Future[None], said: str) -> None:
        self._bridge.when_done(work, lambda _: self.told.emit(said), self._failed)

    def _failed(self, error: BaseException) -> None:
        self.told.emit(explain(error).sentence)


def _safe(title: str) -> str:
    """A title as the name of a file that all systems take."""
    kept = "".join(c if c.isalnum() or c in " -_()" else " " for c in title)
    return " ".join(kept.split())[:60].rstrip() or "chat"
