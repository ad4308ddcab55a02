"""Chats out of Fireside and into it: asks for files, has it done, and tells what was done."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Signal

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.errors import explain
from app.ui.frame import Frame
from app.ui.language import tr
from app.ui.questions import ask_file
from app.ui.theme import Look

if TYPE_CHECKING:
    from app.exchange import Import, Report, Words
    from app.ui.exchange.dialog import ExportDialog

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


class ExchangeDesk(QObject):
    """Between the dialogs and the host."""

    told = Signal(str)
    """What was done."""
    failed = Signal(object)
    """The error because of which something was not done."""
    imported = Signal()

    def __init__(self, frame: Frame, look: Look, host: Host, bridge: Bridge) -> None:
        super().__init__(frame)
        self._frame, self._look, self._host, self._bridge = frame, look, host, bridge

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
        from app.ui.exchange.dialog import ExportDialog

        several = chats is None or len(chats) > 1
        dialog = ExportDialog(self._look, asked, name, self._host.settings, several, self._frame)
        dialog.wanted.connect(lambda: self._begin(dialog, chats, what))
        dialog.show()

    def _begin(self, dialog: ExportDialog, chats: Sequence[int] | None, what: str) -> None:
        """Does what was chosen, and remembers it."""
        from app.exchange import Form, Manner
        from app.ui.exchange.printer import Printer

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

        printer = Printer(self._bridge, stop, printed)
        manner = Manner(Form(dialog.form.value), reasoning, branches, _words(), printer)

        def done(path: Path) -> None:
            self.told.emit(tr("Exported to {path}: {what}").format(what=what, path=path))
            if not stop.is_set():  # else the dialog was closed when all was done
                dialog.accept()

        def failed(error: BaseException) -> None:
            if not stop.is_set():
                dialog.fail(explain(error).sentence)

        dialog.begin()
        self._bridge.when_done(
            self._host.export(
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
        """Asks for a file of chats."""
        kinds = tr("Chats (*.json *.zip);;All files (*)")
        ask_file(self._frame, "importDialog", tr("Import chats"), self.bring, kinds)

    def bring(self, path: Path) -> None:
        """Takes in what a file has."""
        self.told.emit(tr("Reading {name}…").format(name=path.name))
        self._bridge.when_done(self._host.bring(path), self._brought, self.failed.emit)

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


def _words() -> Words:
    """What an export says by itself."""
    from app.exchange import Words

    return Words(
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
