"""The dialog of an import: the files' contents, and progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.ui.controls import ProgressLine, Scroll, column, muted, set_tone
from app.ui.form_fields import DialogButtons, heading, note
from app.ui.screen import FittingDialog
from app.ui.theme import Theme, font
from app.wording.errors import explain
from app.wording.language import number, tr

if TYPE_CHECKING:
    from app.base.errors import ExchangeError
    from app.exchange import ImportedFiles

_FAULTS = 5  # files that are named one by one
_ROOM = 260  # pixels of the lists at most
_LEFT = {
    "image": lambda n: tr("%Ln image(s)", "", n),
    "audio": lambda n: tr("%Ln recording(s)", "", n),
    "file": lambda n: tr("%Ln file(s)", "", n),
    "tool": lambda n: tr("%Ln tool call(s)", "", n),
    "citation": lambda n: tr("%Ln citation(s)", "", n),
    "memory": lambda n: tr("%Ln memory item(s)", "", n),
    "note": lambda n: tr("%Ln note(s)", "", n),
    "tag": lambda n: tr("%Ln tag(s)", "", n),
    "folder": lambda n: tr("%Ln folder name(s)", "", n),
    "hidden": lambda n: tr("%Ln hidden message(s)", "", n),
    "unknown": lambda n: tr("%Ln unsupported item(s)", "", n),
    "chat": lambda n: tr("%Ln empty chat(s)", "", n),
}


def counted(found: ImportedFiles) -> list[str]:
    """Return what is left out, a line with the number for each reason."""
    return [_LEFT[why](count) for why, count in found.left_out.items()]


def sources(found: ImportedFiles) -> str:
    """Return which programs wrote the chats, with numbers if there are several."""
    if len(found.sources) == 1:
        return str(found.source)
    return ", ".join(f"{source} ({number(count)})" for source, count in found.sources.items())


class ImportDialog(FittingDialog):
    """A preview of an import. It opens while files are read, and changes nothing itself."""

    wanted = Signal()
    """The user has confirmed the import."""
    shown = Signal()
    """The user wants to see the chats that were imported."""
    given_up = Signal()
    """The dialog was closed, whether something was running or not."""

    def __init__(self, theme: Theme, name: str, parent: QWidget) -> None:
        """Create the dialog; ``name`` is what is being read."""
        super().__init__(parent)
        self.setObjectName("importPreview")
        self.setWindowTitle(tr("Import chats"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        self._total = 0
        self._finished = False
        layout = column(self, (28, 22, 28, 22), gap=10)
        self.head = heading(tr("Reading {name}…").format(name=name), 18, 640)
        self.head.setObjectName("importHead")
        self.head.setWordWrap(True)
        layout.addWidget(self.head)
        self.about = note(tr("Nothing has been imported yet."), "importAbout")
        layout.addWidget(self.about)
        self._lists = Scroll()
        self._lists.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._lists.hide()
        layout.addWidget(self._lists)
        layout.addStretch(1)
        self.bar = ProgressLine("importProgress", tr("Import"), tr("Import progress"), 4)
        self.bar.setRange(0, 0)  # busy: the total is unknown
        layout.addWidget(self.bar)
        buttons = DialogButtons(
            theme, self, tr("Import"), self._go_on, name="startImport",
            cancel_name="cancelImport",
        )  # fmt: skip
        self.cancel, self.start = buttons.cancel, buttons.primary
        self.start.setEnabled(False)
        layout.addLayout(buttons)
        self.cancel.setFocus()

    def done(self, result: int) -> None:
        """Close, and emit `given_up`."""
        self.given_up.emit()
        super().done(result)

    # --- Display ------------------------------------------------------------------------------

    def seen(self, chats: int) -> None:
        """Show how many chats have been read, or imported."""
        if self._total:
            self.bar.set_share(chats / self._total)
        elif chats:
            self.about.setText(tr("Found %Ln chat(s) so far", "", chats))

    def preview(self, found: ImportedFiles) -> None:
        """Show what was found, once everything has been read."""
        self.bar.hide()
        self.bar.setRange(0, 1000)
        self._total = found.chats
        chats = tr("%Ln chat(s)", "", found.chats)
        messages = tr("%Ln message(s)", "", found.messages)
        self.head.setText(tr("{chats} ({messages})").format(chats=chats, messages=messages))
        self.about.setText(tr("From {sources}").format(sources=sources(found)))
        self._list(self._found(found), found.faults)
        new = found.chats - found.duplicates
        self.start.setText(tr("Import %Ln chat(s)", "", new))
        if not new:
            self._only_close()
        self.start.setEnabled(new > 0)
        (self.start if new else self.cancel).setFocus()
        self.grow()

    def begin(self) -> None:
        """Show that the import is running."""
        self.start.setEnabled(False)
        self.bar.set_share(0)
        self.bar.show()
        self.cancel.setFocus()

    def fail(self, sentence: str) -> None:
        """Show an error."""
        self.bar.hide()
        self._lists.hide()
        self.head.setText(tr("Nothing to import"))
        self.about.setText(sentence)
        set_tone(self.about, "danger")
        self._only_close()
        self.grow()

    def finish(self, result: str, about: str) -> None:
        """Show what was imported, and offer to show the chats."""
        self._finished = True
        self.bar.hide()
        self._lists.hide()
        self.head.setText(result.removesuffix("."))
        self.about.setText(about)
        self.start.setText(tr("Show"))
        self.start.setEnabled(True)
        self.start.setFocus()
        self.cancel.setText(tr("Close"))
        self.adjustSize()  # the lists are gone
        self.grow()

    def _go_on(self) -> None:
        """Import, or show what was imported."""
        if not self._finished:
            self.wanted.emit()
            return
        self.accept()
        self.shown.emit()

    def _only_close(self) -> None:
        """Hide all buttons but the one that closes the dialog."""
        self.start.hide()
        self.cancel.setText(tr("Close"))

    # --- Parts --------------------------------------------------------------------------------

    def _found(self, found: ImportedFiles) -> list[tuple[str, list[str]]]:
        """Return the preview, as headings with lines."""
        facts = []
        if found.duplicates:
            facts.append((tr("Already imported"), [tr("%Ln chat(s)", "", found.duplicates)]))
        if left := counted(found):
            facts.append((tr("Won’t be imported"), left))
        if found.without_chats:
            others = tr("%Ln file(s) without chats", "", found.without_chats)
            facts.append((tr("Ignored"), [others]))
        return facts

    def _list(
        self, facts: Sequence[tuple[str, list[str]]], faults: Sequence[ExchangeError]
    ) -> None:
        inside = QWidget()
        inside.setObjectName("importLists")
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(1, 1)
        for title, lines in facts:
            self._row(grid, title, "\n".join(lines))
        if faults:
            lines = [explain(fault).sentence for fault in faults[:_FAULTS]]
            if len(faults) > _FAULTS:
                lines.append(tr("and %Ln more file(s)", "", len(faults) - _FAULTS))
            set_tone(self._row(grid, tr("Couldn’t be read"), "\n".join(lines)), "danger")
        grid.setRowStretch(grid.rowCount(), 1)
        self._lists.setWidget(inside)
        self._lists.show()
        width = self.width() - 56
        high = inside.heightForWidth(width) if inside.hasHeightForWidth() else 0
        self._lists.setFixedHeight(min(max(high, inside.sizeHint().height()), _ROOM))

    def _row(self, grid: QGridLayout, title: str, text: str) -> QLabel:
        label = muted(title, pixels=13)
        label.setFont(font(13, 500))
        label.setMinimumWidth(96)
        words = note(text, "importTold")
        words.setProperty("tone", "")
        words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = grid.rowCount()
        grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(words, row, 1)
        return words
