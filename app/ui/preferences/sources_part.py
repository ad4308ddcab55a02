"""A section of the page about tools: the user's folders, or encyclopaedias."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.base import outside
from app.tools.browser.source import ENCYCLOPAEDIA, FOLDER
from app.tools.browser.source_status import SourceKind, SourceStatus
from app.tools.visible import one_line
from app.ui.controls import Button, Elided, ProgressLine, column, muted, plain_tip, set_tone
from app.ui.form_fields import heading, note
from app.ui.form_page import FormPart
from app.ui.theme import Theme, font
from app.wording.language import tr
from app.wording.quantities import gigabytes
from app.wording.source_words import has_trouble, is_reading, share_of, source_state
from app.wording.tool_settings import tools_heading


class SourcesPart(FormPart):
    """A row for each folder or encyclopaedia, and a button to add one."""

    add_wanted = Signal()
    opened = Signal(str)
    """The key of one whose details are to be shown."""

    def __init__(self, theme: Theme, kind: SourceKind, *, allowed: bool = True) -> None:
        """Create it; unless they are ``allowed``, an administrator leaves tools off."""
        super().__init__()
        self._theme, self._kind = theme, kind
        self._rows: dict[str, SourceRow] = {}
        is_folder = kind is SourceKind.FOLDER
        self.setObjectName("foldersPart" if is_folder else "encyclopaediasPart")
        layout = column(self, gap=8)
        layout.addWidget(heading(tools_heading(FOLDER if is_folder else ENCYCLOPAEDIA)))
        layout.addWidget(note(_about(kind)))
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        layout.addLayout(self._list)
        empty = tr("No folders yet") if is_folder else tr("No encyclopaedias yet")
        self._none = muted(empty, "noFolders" if is_folder else "noEncyclopaedias", 13)
        layout.addWidget(self._none)
        text = tr("Add folder…") if is_folder else tr("Add encyclopaedia…")
        name = "addFolder" if is_folder else "addEncyclopaedia"
        button = Button(theme, name, text, text=text, clicked=self.add_wanted.emit)
        button.setEnabled(allowed)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def show_sources(self, statuses: Sequence[SourceStatus]) -> None:
        """Show those of this kind, and their status."""
        own = [status for status in statuses if status.entry.kind is self._kind]
        keys = [status.entry.key for status in own]
        if keys != list(self._rows):
            for row in self._rows.values():
                row.hide()
                row.deleteLater()
            self._rows = {status.entry.key: self._row(status) for status in own}
        for status in own:
            self._rows[status.entry.key].show_status(status)
        self._none.setVisible(not own)

    def _row(self, status: SourceStatus) -> SourceRow:
        row = SourceRow(self._theme, status)
        row.opened.connect(lambda: self.opened.emit(status.entry.key))
        self._list.addWidget(row)
        return row


class SourceRow(FormPart):
    """The name, the path and the state of a folder or encyclopaedia, and a button for details."""

    opened = Signal()

    def __init__(self, theme: Theme, status: SourceStatus) -> None:
        super().__init__()
        entry = status.entry
        self.setObjectName(f"source:{entry.key}")
        name = one_line(entry.name)
        label = Elided("sourceName")
        label.setFont(font(14, 550))
        label.set_text(name)
        path = Elided("sourcePath")
        path.setProperty("tone", "muted")
        path.setFont(font(12))
        path.set_text(one_line(str(entry.path)))
        self._state = note("", "sourceState")
        self._bar = ProgressLine("sourceProgress", name, name, 4)
        details = Button(
            theme, f"sourceDetails:{entry.key}", tr("Details: {name}").format(name=name),
            text=tr("Details…"), kind="small", clicked=self.opened.emit,
        )  # fmt: skip
        words = QVBoxLayout()
        words.setSpacing(1)
        for widget in (label, path, self._state):
            words.addWidget(widget)
        words.addSpacing(3)
        words.addWidget(self._bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        row.addLayout(words, 1)
        row.addWidget(details, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_status(self, status: SourceStatus) -> None:
        """Show its status."""
        text = source_state(status)
        self._state.setText(text)
        self._state.setToolTip(plain_tip(text))
        set_tone(self._state, "danger" if has_trouble(status) else "muted")
        self._bar.setVisible(is_reading(status))
        self._bar.setAccessibleDescription(text)
        self._bar.set_share(share_of(status))


def _about(kind: SourceKind) -> str:
    if kind is SourceKind.FOLDER:
        return tr(
            "The model can search and cite the files in folders that you add. They stay on this "
            "computer, unless you allow a model on another one to read them. Switch them on in a "
            "chat with the tools menu."
        )
    files = outside.value("zim_files")
    return tr(
        "Wikipedia and other reference works as .zim files, searched offline. Download them from "
        "{site}. Without images, English Wikipedia takes {whole}, its most-read articles "
        "{popular}, Simple English Wikipedia {simple}."
    ).format(
        site=files["site"],
        **{name: gigabytes(files[name]) for name in ("whole", "popular", "simple")},
    )
