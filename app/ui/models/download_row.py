"""A row for a model on the hub: whether it fits, its progress, and its buttons."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.models.catalog import HubModel
from app.models.download_progress import (
    DownloadNote,
    DownloadPhase,
    DownloadProgress,
    DownloadWait,
    WaitReason,
)
from app.ui.controls import Button, ProgressLine, menu_of, muted, set_kind, set_tone
from app.ui.form_fields import heading
from app.ui.theme import Theme
from app.wording.language import number, tr
from app.wording.quantities import duration, gigabytes

_WAITS = {
    WaitReason.CONNECTION: lambda: tr("No connection to Hugging Face."),
    WaitReason.STALLED: lambda: tr("Nothing has come for a while."),
    WaitReason.BUSY: lambda: tr("Hugging Face is busy."),
    WaitReason.SERVER: lambda: tr("Hugging Face has a fault."),
    WaitReason.ADDRESS: lambda: tr("The address of the file has changed."),
    WaitReason.OTHER: lambda: tr("Another program is downloading this file."),
    WaitReason.QUEUED: lambda: tr("It waits for the download before it."),
}

_NOTES = {
    DownloadNote.NEWER: lambda: tr(
        "This is a newer conversion of the model. The one that Fireside knows is no longer on "
        "Hugging Face."
    ),
    DownloadNote.RESTARTED: lambda: tr(
        "The partial download was of another file, so it began again from the start."
    ),
}


class DownloadRow(QWidget):
    """The state of one download."""

    started = Signal()
    paused = Signal()
    cancelled = Signal(bool)
    """The user has cancelled; whether to keep the data so far."""
    used = Signal()
    """The model is on this computer and is to be used."""

    def __init__(self, theme: Theme, model: HubModel, name: str, title: str = "") -> None:
        """Create the row; ``title`` is above the rest, with the buttons to its right."""
        super().__init__()
        self.model = model
        self._running = False
        self._here = False
        self.fit = muted("", "fit", pixels=13)
        self._bar = ProgressLine(
            "downloadProgress",
            tr("Download of {name}").format(name=name),
            tr("How much has arrived"),
            4,
        )
        self._status = muted("", "downloadStatus", pixels=13)
        self._notes = muted("", "downloadNotes", pixels=13)
        for label in (self.fit, self._status, self._notes):
            label.setWordWrap(True)
        self._add_buttons(theme, name)
        words = QVBoxLayout()
        words.setSpacing(4)
        if title:
            words.addWidget(heading(title, 13, 550))
        for widget in (self.fit, self._bar, self._status, self._notes):
            words.addWidget(widget)
            widget.hide()
        across = QBoxLayout.Direction.LeftToRight if title else QBoxLayout.Direction.TopToBottom
        layout = QBoxLayout(across, self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(words, 1)
        layout.addLayout(self.buttons)
        self._cancel.hide()

    def _add_buttons(self, theme: Theme, name: str) -> None:
        self.button = Button(
            theme,
            "download",
            tr("Download {name}").format(name=name),
            text=tr("Download"),
            kind="primary",
            clicked=self._clicked,
        )
        self._cancel = Button(
            theme,
            "cancelDownload",
            tr("Cancel the download of {name}").format(name=name),
            text=tr("Cancel"),
            clicked=self._ask_what_to_keep,
        )
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        self.buttons.addWidget(self.button)
        self.buttons.addWidget(self._cancel)
        self.buttons.addStretch(1)

    def set_fit(self, text: str, fits: bool) -> None:
        """Show whether it fits this computer; if not, its button is not the primary one."""
        self.fit.setText(text)
        self.fit.setVisible(bool(text))
        set_kind(self.button, "primary" if fits else "outlined")

    def set_offline(self, offline: bool) -> None:
        """Set whether the network is switched off."""
        self.button.setEnabled(self._here or not offline)

    def set_here(self, place: str) -> None:
        """Show that the model is on this computer."""
        if self._running or self._here:
            return
        self._here = True
        self._set_action(tr("Use it now"))
        self._show_status(tr("On this computer ({place}).").format(place=place))
        self.button.setEnabled(True)

    def set_missing(self) -> None:
        """Show that the model is not on this computer."""
        if self._here:
            self._here = False
            self.set_ended()

    def set_notes(self, notes: tuple[DownloadNote, ...]) -> None:
        """Show remarks, which stay until the next download."""
        self._notes.setText(" ".join(_NOTES[note]() for note in notes))
        self._notes.setVisible(bool(notes))

    def set_progress(self, now: DownloadProgress) -> None:
        """Show the progress."""
        self._begin(now.done / now.size if now.size else 0)
        self._show_status(_sentence(now))

    def set_held(self, sentence: str) -> None:
        """Show why it waits for the user; it continues by itself afterwards."""
        self._begin()
        then = tr("The download goes on by itself then.")
        self._show_status(f"{sentence} {then}", "danger")

    def set_ended(self, sentence: str = "", *, share: float | None = None) -> None:
        """Show that it has stopped.

        ``sentence`` is the error, if that is why; ``share`` is the fraction downloaded.
        """
        self._running = self._here = False
        kept = share is not None
        self._set_action(
            tr("Try again") if sentence else tr("Continue") if kept else tr("Download")
        )
        self._bar.setVisible(kept)
        self._cancel.setVisible(kept)
        paused = ""
        if share is not None:
            self._bar.set_share(share)
            paused = tr("Paused at {percent} %. What has arrived is kept.").format(
                percent=number(100 * share)
            )
        self._show_status(sentence or paused, "danger" if sentence else "muted")

    def _begin(self, share: float | None = None) -> None:
        self._running, self._here = True, False
        self._set_action(tr("Pause"))
        if share is not None:
            self._bar.set_share(share)
        self._bar.show()
        self._cancel.show()

    def _clicked(self) -> None:
        if self._here:
            self.used.emit()
        elif self._running:
            self.paused.emit()
        else:
            self.started.emit()

    def _ask_what_to_keep(self) -> None:
        menu = menu_of(self, "cancelMenu")
        menu.addAction(tr("Keep what has arrived"), lambda: self.cancelled.emit(True))
        menu.addAction(tr("Delete what has arrived"), lambda: self.cancelled.emit(False))
        menu.popup(self._cancel.mapToGlobal(self._cancel.rect().bottomLeft()))

    def _set_action(self, text: str) -> None:
        self.button.setText(text)
        self.button.setAccessibleName(text)
        self.button.setToolTip(text)

    def _show_status(self, text: str, tone: str = "muted") -> None:
        self._status.setText(text)
        self._status.setVisible(bool(text))
        set_tone(self._status, tone)


def _sentence(now: DownloadProgress) -> str:
    """Return the amount downloaded, the speed, and what it is waiting for."""
    match now.phase:
        case DownloadPhase.ASKING:
            text = tr("Asking Hugging Face for the file…")
        case DownloadPhase.CHECKING:
            text = tr("Checking what has arrived…")
        case DownloadPhase.REPAIRING:
            text = tr("A part was damaged on the way. It is looked for and fetched again…")
        case _:
            facts = [
                tr("{done} of {size}").format(done=gigabytes(now.done), size=gigabytes(now.size)),
                f"{gigabytes(round(now.speed))}/s",
            ]
            if now.left is not None:
                facts.append(tr("{left} left").format(left=duration(now.left)))
            text = " · ".join(facts)
    return f"{_waiting(now.waiting)} {text}" if now.waiting else text


def _waiting(waiting: DownloadWait) -> str:
    if waiting.reason is WaitReason.QUEUED:
        return _WAITS[waiting.reason]()
    if waiting.seconds >= 1:
        retry = tr("Trying again in {seconds} s; what has arrived is kept.").format(
            seconds=number(waiting.seconds)
        )
    else:
        retry = tr("Trying again; what has arrived is kept.")
    return f"{_WAITS[waiting.reason]()} {retry}"
