"""The dialog with the details of a folder or encyclopaedia, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.tools.browser.source_status import IndexState, SourceKind, SourceStatus
from app.tools.visible import one_line
from app.ui.controls import Button, ProgressLine, column, tell
from app.ui.form_fields import heading, named, note
from app.ui.screen import FittingDialog
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.source_words import (
    has_trouble,
    is_reading,
    share_of,
    size_on_disk,
    skipped_sentences,
    source_state,
)

_WIDTH = 560


class SourceDialog(FittingDialog):
    """Where a source is, its status, what was left out, and buttons."""

    paused = Signal(bool)
    """Whether reading is to pause."""
    look_wanted = Signal()
    """Its files are to be looked at now, for changes."""
    shown_in_folder = Signal()
    removal_wanted = Signal()

    def __init__(self, theme: Theme, status: SourceStatus, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("sourceDialog")
        entry = status.entry
        self.key = entry.key
        title = one_line(entry.name)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setMinimumWidth(min(_WIDTH, 420))
        self.resize(_WIDTH, 0)
        self._theme, self._is_folder = theme, entry.kind is SourceKind.FOLDER
        layout = column(self, (24, 20, 24, 18), gap=8)
        layout.addWidget(heading(title, 18, 640))
        self._path = QLineEdit(one_line(str(entry.path)))
        place = tr("Folder") if self._is_folder else tr("File")
        named(self._path, "sourcePlace", place, place)
        self._path.setReadOnly(True)
        self._path.setCursorPosition(0)
        layout.addWidget(self._path)
        self._state = note("", "sourceState")
        layout.addWidget(self._state)
        self._bar = ProgressLine("sourceProgress", title, title, 4)
        layout.addWidget(self._bar)
        self._size = note("", "sourceSize")
        layout.addWidget(self._size)
        self._skipped_title = heading(tr("Left out"), 14, 550)
        layout.addWidget(self._skipped_title)
        self._skipped = note("", "sourceSkipped")
        self._skipped.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self._skipped)
        layout.addStretch(1)
        layout.addSpacing(6)
        layout.addLayout(self._buttons())
        self.show_status(status)

    def show_status(self, status: SourceStatus) -> None:
        """Show its status."""
        reading, paused = is_reading(status), status.state is IndexState.PAUSED
        ready = status.state is IndexState.READY  # which the size says, too
        tone = "danger" if has_trouble(status) else "muted"
        tell(self._state, "" if ready else source_state(status), tone)
        self._bar.setVisible(reading)
        self._bar.set_share(share_of(status))
        tell(self._size, size_on_disk(status))
        sentences = list(skipped_sentences(status.skipped))
        tell(self._skipped, "\n".join(sentences))
        self._skipped_title.setVisible(bool(sentences))
        self._pause.setVisible(reading and not paused)
        self._resume.setVisible(paused)
        self._look.setVisible(self._is_folder and not reading)
        if self.isVisible():
            self.grow()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        found = []
        for name, text, work in (
            ("pauseSource", tr("Pause"), lambda: self.paused.emit(True)),
            ("resumeSource", tr("Resume"), lambda: self.paused.emit(False)),
            ("lookSource", tr("Look for changes"), self.look_wanted.emit),
            ("showSource", tr("Show in folder"), self.shown_in_folder.emit),
            ("removeSource", tr("Remove…"), self.removal_wanted.emit),
        ):
            button = Button(self._theme, name, text, text=text, kind="small", clicked=work)
            found.append(button)
            row.addWidget(button)
        row.addStretch(1)
        self._pause, self._resume, self._look, self._door, _ = found
        return row

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.grow()
        self._door.setFocus()  # rather than the path
