"""The card of a model that can be fetched: what it is, whether it fits, and how far it is."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.models.catalog import Offer
from app.models.download import Phase, Progress, Reason, Waiting
from app.ui.controls import Bar, Button, column, muted, set_tone
from app.ui.errors import gigabytes
from app.ui.theme import Look

_HUB = "https://huggingface.co/"
_WAITS = {
    Reason.CONNECTION: "No connection to Hugging Face",
    Reason.STALLED: "Nothing has come for a while",
    Reason.BUSY: "Hugging Face is busy",
    Reason.SERVER: "Hugging Face has a fault",
    Reason.ADDRESS: "The address of the file has changed",
    Reason.OTHER: "Another program is downloading this file",
}


class OfferCard(QWidget):
    """What stands below the words of its card."""

    wanted = Signal(bool)
    """Whether the person wants it now, or a pause."""

    def __init__(self, look: Look, offer: Offer) -> None:
        super().__init__()
        self._running = False
        page = _HUB + offer.model.repository
        self._fit = muted("", "gptOssFit", pixels=13)
        about = muted(
            f"{offer.model.files[0]}, {gigabytes(offer.model.size)}, {offer.licence}, from "
            f"{offer.model.repository} on Hugging Face. "
            "Nothing is sent there but the request for the file.",
            pixels=13,
        )
        self._bar = Bar("downloadProgress", f"Download of {offer.name}", "How much has arrived", 4)
        self._status = muted("", "downloadStatus", pixels=13)
        self._button = Button(
            look, "download", f"Download {offer.name}", text="Download", kind="primary",
            clicked=lambda: self.wanted.emit(not self._running),
        )  # fmt: skip
        hub = Button(
            look, "openHub", f"Open {page} in the browser", text="Show in browser",
            clicked=lambda: QDesktopServices.openUrl(QUrl(page)),
        )  # fmt: skip
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._button)
        buttons.addWidget(hub)
        buttons.addStretch(1)
        layout = column(self, gap=6)
        for label in (self._fit, about, self._status):
            label.setWordWrap(True)
        for widget in (self._fit, about, self._bar, self._status):
            layout.addWidget(widget)
        layout.addSpacing(2)
        layout.addLayout(buttons)
        for widget in (self._fit, self._bar, self._status):
            widget.hide()

    def set_fit(self, text: str) -> None:
        """What it takes of this computer."""
        self._fit.setText(text)
        self._fit.setVisible(bool(text))

    def set_progress(self, now: Progress) -> None:
        """It is on its way."""
        self._running = True
        self._name_button("Pause")
        self._bar.set_share(now.done / now.size if now.size else 0)
        self._bar.show()
        self._say(_sentence(now))

    def set_ended(self, sentence: str = "", *, paused: bool = False) -> None:
        """It is not on its way any more; ``sentence`` says why, where that is a fault."""
        self._running = False
        self._name_button("Try again" if sentence else "Continue" if paused else "Download")
        self._bar.setVisible(paused)
        said = "Paused. What has arrived is kept." if paused and not sentence else sentence
        self._say(said, "danger" if sentence else "muted")

    def _name_button(self, text: str) -> None:
        self._button.setText(text)
        self._button.setAccessibleName(text)
        self._button.setToolTip(text)

    def _say(self, text: str, tone: str = "muted") -> None:
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
            said += f" · {_duration(now.left)} left" if now.left is not None else ""
    return f"{_waiting(now.waiting)} {said}" if now.waiting else said


def _waiting(waiting: Waiting) -> str:
    again = f"Trying again in {waiting.seconds:.0f} s" if waiting.seconds >= 1 else "Trying again"
    return f"{_WAITS[waiting.reason]}. {again}; what has arrived is kept."


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
