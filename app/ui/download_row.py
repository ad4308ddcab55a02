"""A model on the hub in one row: whether it fits, how far it is, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.models.catalog import HubModel
from app.models.progress import Phase, Progress, Reason, Waiting
from app.ui.controls import Bar, Button, muted, set_kind, set_tone
from app.ui.errors import gigabytes
from app.ui.fields import heading
from app.ui.theme import Look
from app.ui.words import duration

_WAITS = {
    Reason.CONNECTION: "No connection to Hugging Face",
    Reason.STALLED: "Nothing has come for a while",
    Reason.BUSY: "Hugging Face is busy",
    Reason.SERVER: "Hugging Face has a fault",
    Reason.ADDRESS: "The address of the file has changed",
    Reason.OTHER: "Another program is downloading this file",
    Reason.QUEUED: "It waits for the download before it",
}


class DownloadRow(QWidget):
    """What a person sees of one download."""

    started = Signal()
    paused = Signal()
    cancelled = Signal(bool)
    """Whether what has arrived is to be kept."""
    used = Signal()
    """It is on this computer, and is to be asked."""

    def __init__(self, look: Look, model: HubModel, name: str, title: str = "") -> None:
        """``title`` stands above the rest, with the buttons at its right."""
        super().__init__()
        self.model = model
        self._running = False
        self._here = False
        self.fit = muted("", "fit", pixels=13)
        self._bar = Bar("downloadProgress", f"Download of {name}", "How much has arrived", 4)
        self._status = muted("", "downloadStatus", pixels=13)
        for label in (self.fit, self._status):
            label.setWordWrap(True)
        self.button = Button(
            look, "download", f"Download {name}", text="Download", kind="primary",
            clicked=self._clicked,
        )  # fmt: skip
        self._cancel = Button(
            look, "cancelDownload", f"Cancel the download of {name}", text="Cancel",
            clicked=self._ask_what_to_keep,
        )  # fmt: skip
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        self.buttons.addWidget(self.button)
        self.buttons.addWidget(self._cancel)
        self.buttons.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(4)
        if title:
            words.addWidget(heading(title, 13, 550))
        for widget in (self.fit, self._bar, self._status):
            words.addWidget(widget)
            widget.hide()
        across = QBoxLayout.Direction.LeftToRight if title else QBoxLayout.Direction.TopToBottom
        layout = QBoxLayout(across, self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(words, 1)
        layout.addLayout(self.buttons)
        self._cancel.hide()

    def set_fit(self, text: str, fits: bool) -> None:
        """What it takes of this computer; what does not fit is offered less warmly."""
        self.fit.setText(text)
        self.fit.setVisible(bool(text))
        set_kind(self.button, "primary" if fits else "outlined")

    def set_offline(self, offline: bool) -> None:
        """Whether nothing can be fetched now."""
        self.button.setEnabled(self._here or not offline)

    def set_here(self, place: str) -> None:
        """It is on this computer already."""
        if self._running or self._here:
            return
        self._here = True
        self._name("Use it now")
        self._show(f"On this computer ({place}).")
        self.button.setEnabled(True)

    def set_missing(self) -> None:
        """It is not on this computer."""
        if self._here:
            self._here = False
            self.set_ended()

    def set_progress(self, now: Progress) -> None:
        """It is on its way."""
        self._begin(now.done / now.size if now.size else 0)
        self._show(_sentence(now))

    def set_held(self, sentence: str) -> None:
        """It waits for something that the person has to do, and goes on by itself then."""
        self._begin()
        self._show(f"{sentence} The download goes on by itself then.", "danger")

    def set_ended(self, sentence: str = "", *, share: float | None = None) -> None:
        """It is not on its way any more; ``sentence`` says why, where that is a fault, and
        ``share`` how much of it is here."""
        self._running = self._here = False
        kept = share is not None
        self._name("Try again" if sentence else "Continue" if kept else "Download")
        self._bar.setVisible(kept)
        self._cancel.setVisible(kept)
        if kept:
            self._bar.set_share(share)
        here = f"Paused at {100 * share:.0f} %. What has arrived is kept." if kept else ""
        self._show(sentence or here, "danger" if sentence else "muted")

    def _begin(self, share: float | None = None) -> None:
        self._running, self._here = True, False
        self._name("Pause")
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
        menu = QMenu(self)
        menu.setObjectName("cancelMenu")
        menu.addAction("Keep what has arrived", lambda: self.cancelled.emit(True))
        menu.addAction("Delete what has arrived", lambda: self.cancelled.emit(False))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._cancel.mapToGlobal(self._cancel.rect().bottomLeft()))

    def _name(self, text: str) -> None:
        self.button.setText(text)
        self.button.setAccessibleName(text)
        self.button.setToolTip(text)

    def _show(self, text: str, tone: str = "muted") -> None:
        self._status.setText(text)
        self._status.setVisible(bool(text))
        set_tone(self._status, tone)


def _sentence(now: Progress) -> str:
    """Where it stands: what has come, how fast, and what it waits for."""
    match now.phase:
        case Phase.ASKING:
            said = "Asking Hugging Face for the file…"
        case Phase.CHECKING:
            said = "Checking what has arrived…"
        case Phase.REPAIRING:
            said = "A part was damaged on the way. It is looked for and fetched again…"
        case _:
            said = f"{gigabytes(now.done)} of {gigabytes(now.size)}"
            said += f" · {gigabytes(round(now.speed))}/s"
            said += f" · {duration(now.left)} left" if now.left is not None else ""
    return f"{_waiting(now.waiting)} {said}" if now.waiting else said


def _waiting(waiting: Waiting) -> str:
    if waiting.reason is Reason.QUEUED:
        return f"{_WAITS[waiting.reason]}."
    again = f"Trying again in {waiting.seconds:.0f} s" if waiting.seconds >= 1 else "Trying again"
    return f"{_WAITS[waiting.reason]}. {again}; what has arrived is kept."
