"""A row for a model on the hub: whether it fits, its progress, and its buttons."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.models.catalog import HubModel
from app.models.download_progress import DownloadNote
from app.ui.controls import Button, ProgressLine, column, muted, set_kind, set_tone, tip
from app.ui.form_fields import heading
from app.ui.models.cancel_menu import ask_what_to_keep
from app.ui.theme import Theme
from app.wording.download_status import DownloadStatus, note_sentence
from app.wording.language import tr
from app.wording.quantities import gigabytes


class DownloadRow(QWidget):
    """The state of one download."""

    started = Signal()
    paused = Signal()
    cancelled = Signal(bool)
    """The user has cancelled; whether to keep the partial download."""
    used = Signal()
    """The model is on this computer and is to be used."""

    def __init__(
        self, theme: Theme, model: HubModel, name: str, title: str = "", *, main: bool = False
    ) -> None:
        """Create the row; ``title`` is above the rest, with the buttons to its right.

        ``main``: whether its button is the primary one of its page, and has the size in it.
        """
        super().__init__()
        self.model = model
        self._name, self._main = name, main
        self._status: DownloadStatus | None = None
        self._here, self._offline = "", False
        self._fits = True
        self.fit = muted("", "fit", pixels=13)
        self._slow = muted("", "slow", pixels=13)
        set_tone(self._slow, "plain")
        self._bar = ProgressLine(
            "downloadProgress",
            tr("Downloading {name}").format(name=name),
            tr("Download progress"),
            4,
        )
        self._text = muted("", "downloadStatus", pixels=13)
        self._notes = muted("", "downloadNotes", pixels=13)
        words = QVBoxLayout()
        words.setSpacing(4)
        if title:
            words.addWidget(heading(title, 14, 550))
        self._bar_place = QWidget()
        column(self._bar_place, (0, 5, 0, 2)).addWidget(self._bar)
        for widget in (self.fit, self._slow, self._bar_place, self._text, self._notes):
            words.addWidget(widget)
            widget.hide()
        for label in (self.fit, self._slow, self._text, self._notes):
            label.setWordWrap(True)
        self._add_buttons(theme, name)
        across = QBoxLayout.Direction.LeftToRight if title else QBoxLayout.Direction.TopToBottom
        layout = QBoxLayout(across, self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addLayout(words, 1)
        layout.addLayout(self.buttons)
        self._show()

    def _add_buttons(self, theme: Theme, name: str) -> None:
        self.button = Button(theme, "download", name, text=" ", clicked=self._clicked)
        self.cancel = Button(
            theme,
            "cancelDownload",
            tr("Cancel download of {name}").format(name=name),
            text=tr("Cancel"),
            clicked=self._ask_what_to_keep,
        )
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        self.buttons.addWidget(self.button)
        self.buttons.addWidget(self.cancel)
        self.buttons.addStretch(1)

    def set_fit(self, text: str, slow: str = "", *, fits: bool = True) -> None:
        """Show whether it fits this computer; if not, its button is not the primary one.

        ``slow`` warns of slow answers.
        """
        self._fits = fits
        for label, words in ((self.fit, text), (self._slow, slow)):
            label.setText(words)
            label.setVisible(bool(words))
        self._show()

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self._offline = offline
        self._show()

    def set_here(self, place: str) -> None:
        """Set whose folder on this computer the model is in; empty if it is not here."""
        self._here = place
        self._show()

    def set_notes(self, notes: tuple[DownloadNote, ...]) -> None:
        """Show remarks, which stay until the next download."""
        self._notes.setText(" ".join(map(note_sentence, notes)))
        self._notes.setVisible(bool(notes))

    def set_status(self, status: DownloadStatus | None) -> None:
        """Show the state of the download; None if there is none."""
        self._status = status
        self._show()

    def _show(self) -> None:
        status = self._status
        if self._here and status and not status.moving:
            status = None  # another program has brought it meanwhile
        self._bar_place.setVisible(status is not None)
        self.cancel.setVisible(status is not None)
        if status:
            self._bar.set_share(status.share)
        text = status.text if status else ""
        if self._here and not status:
            here = tr("On this computer")
            text = f"{here} · {self._here}"
        self._text.setText(text)
        self._text.setVisible(bool(text))
        set_tone(self._text, "danger" if status and status.wrong else "muted")
        self._show_button(status)

    def _show_button(self, status: DownloadStatus | None) -> None:
        text, primary, able = tr("Download"), self._main and self._fits, not self._offline
        if status and status.moving:
            text, primary, able = tr("Pause"), False, True
        elif status:
            text = tr("Try again") if status.failed else tr("Resume")
        elif self._here:
            text, primary, able = tr("Use now"), self._main, True
        elif self._main:
            text = tr("Download {size}").format(size=gigabytes(self.model.size))
        self.button.setText(text)
        self.button.setAccessibleName(f"{text}: {self._name}")
        self.button.setToolTip(tip(f"{text}: {self._name}"))
        self.button.setEnabled(able)
        set_kind(self.button, "primary" if primary else "outlined")

    def _clicked(self) -> None:
        if self._status and self._status.moving:
            self.paused.emit()
        elif self._here:
            self.used.emit()
        else:
            self.started.emit()

    def _ask_what_to_keep(self) -> None:
        share = self._status.share if self._status else 0.0
        ask_what_to_keep(self.cancel, share, self.cancelled.emit)
