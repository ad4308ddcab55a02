"""Chats out of Fireside and into it: asks for files, has it done, and tells what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.errors import explain
from app.ui.language import tr

if TYPE_CHECKING:
    from app.exchange import Import, Report

_LEFT = {
    "image": lambda n: tr("%Ln image(s)", "", n),
    "audio": lambda n: tr("%Ln recording(s)", "", n),
    "file": lambda n: tr("%Ln file(s)", "", n),
    "tool": lambda n: tr("%Ln call(s) to tools", "", n),
    "citation": lambda n: tr("%Ln mark(s) of sources", "", n),
    "instructions": lambda n: tr("%Ln instruction(s)", "", n),
    "hidden": lambda n: tr("%Ln hidden message(s)", "", n),
    "unknown": lambda n: tr("%Ln part(s) of an unknown kind", "", n),
    "lost": lambda n: tr("%Ln message(s) out of place", "", n),
    "chat": lambda n: tr("%Ln chat(s) without a message", "", n),
}


def _forms() -> dict[str, str]:
    """What a file dialog calls each form, and the ending of its files."""
    return {
        tr("Markdown (*.md)"): ".md",
        tr("Web page (*.html)"): ".html",
        tr("Everything, as JSON (*.json)"): ".json",
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
            self._do(
                self._host.export(path, [chat]),
                tr("“{title}” is in {path}.").format(title=title, path=path),
            )

        self._ask_target(tr("Export this chat"), _safe(title), chosen)

    def export_several(self, chats: Sequence[int]) -> None:
        """Asks where some chats are to go: as one JSON file."""

        def chosen(path: Path) -> None:
            said = tr("%Ln chat(s) are in {path}.", "", len(chats)).format(path=path)
            self._do(self._host.export(path, chats), said)

        self._ask_target(tr("Export these chats"), "fireside-chats", chosen, only=".json")

    def export_all(self) -> None:
        """Asks where all chats are to go: as one JSON file."""

        def chosen(path: Path) -> None:
            self._do(
                self._host.export(path, None), tr("All chats are in {path}.").format(path=path)
            )

        self._ask_target(tr("Export all chats"), "fireside-chats", chosen, only=".json")

    def import_chats(self) -> None:
        """Asks for a file of chats."""
        dialog = QFileDialog(
            self._window, tr("Import chats"), "", tr("Chats (*.json *.zip);;All files (*)")
        )
        dialog.setObjectName("importDialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.bring(Path(path)))
        dialog.open()

    def bring(self, path: Path) -> None:
        """Takes in what a file has."""
        self.told.emit(tr("Reading {name}…").format(name=path.name))
        self._bridge.when_done(self._host.bring(path), self._brought, self._failed)

    def _brought(self, done: tuple[Import, Report]) -> None:
        found, report = done
        said = [
            tr("{chats} with {messages} came from {source}.").format(
                chats=tr("%Ln chat(s)", "", report.chats),
                messages=tr("%Ln message(s)", "", report.messages),
                source=found.source,
            )
        ]
        if report.known:
            said.append(tr("Here already: %Ln chat(s).", "", report.known))
        if found.left:
            counts = ", ".join(_LEFT[why](count) for why, count in found.left.items())
            said.append(tr("Left out: {counts}.").format(counts=counts))
        self.told.emit(" ".join(said))
        self.imported.emit()

    def _ask_target(
        self, words: str, name: str, chosen: Callable[[Path], None], *, only: str = ""
    ) -> None:
        forms = _forms()
        filters = [f for f, form in forms.items() if only in ("", form)]
        dialog = QFileDialog(self._window, words, name, ";;".join(filters))
        dialog.setObjectName("exportDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def selected(text: str) -> None:
            path = Path(text)
            if path.suffix not in [forms[each] for each in filters]:
                path = path.with_name(path.name + forms[dialog.selectedNameFilter()])
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
