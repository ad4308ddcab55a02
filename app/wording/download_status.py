"""The state of a download in words, for the models page, the sidebar and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from app.models.catalog import HubModel
from app.models.download_events import DownloadEnded, DownloadHeld, Downloading
from app.models.download_progress import (
    DownloadNote,
    DownloadPhase,
    DownloadProgress,
    DownloadWait,
    WaitReason,
)
from app.wording.errors import explain
from app.wording.language import number, tr
from app.wording.quantities import duration, gigabytes, percent

_WAITS = {
    WaitReason.CONNECTION: lambda: tr("Can’t reach Hugging Face."),
    WaitReason.STALLED: lambda: tr("The download has stalled."),
    WaitReason.BUSY: lambda: tr("Hugging Face is busy."),
    WaitReason.SERVER: lambda: tr("Hugging Face returned an error."),
    WaitReason.ADDRESS: lambda: tr("The download link has expired."),
    WaitReason.OTHER: lambda: tr("Another app is downloading this file."),
    WaitReason.QUEUED: lambda: tr("Waiting for the current download."),
}


_NOTES = {
    DownloadNote.NEWER: lambda: tr(
        "The original file is no longer on Hugging Face. This is a newer version."
    ),
    DownloadNote.RESTARTED: lambda: tr("The file has changed, so the download started over."),
}


class DownloadStage(Enum):
    """What a download is doing."""

    RUNNING = auto()
    HELD = auto()  # for want of space or of its drive; it continues by itself
    PAUSED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class DownloadStatus:
    """The state of a download.

    ``share`` is the fraction that has arrived, 0 to 1. ``text`` says all, ``brief`` what fits into
    the sidebar. ``waiting``: whether it waits to try again.
    """

    model: HubModel
    stage: DownloadStage
    share: float = 0.0
    text: str = ""
    brief: str = ""
    waiting: bool = False

    @property
    def moving(self) -> bool:
        """Whether it runs or will run by itself."""
        return self.stage in (DownloadStage.RUNNING, DownloadStage.HELD)

    @property
    def failed(self) -> bool:
        """Whether it has stopped because of an error."""
        return self.stage is DownloadStage.FAILED

    @property
    def wrong(self) -> bool:
        """Whether it needs the user's attention."""
        return self.stage in (DownloadStage.HELD, DownloadStage.FAILED)


@dataclass(frozen=True, slots=True)
class ReadyModel:
    """A model that was downloaded and has not been used yet."""

    path: Path
    name: str


def note_sentence(note: DownloadNote) -> str:
    """Return the sentence of a remark on a download."""
    return _NOTES[note]()


def running(event: Downloading) -> DownloadStatus:
    """Return the status of a download in progress."""
    now = event.progress
    text, brief = _sentences(now)
    share = now.done / now.size if now.size else 0.0
    waiting = now.waiting is not None
    return DownloadStatus(event.model, DownloadStage.RUNNING, share, text, brief, waiting)


def held(event: DownloadHeld, share: float) -> DownloadStatus:
    """Return the status of a download that waits for space or for its drive."""
    sentence = explain(event.error).sentence
    then = tr("The download will then resume automatically.")
    text = f"{sentence} {then}"
    return DownloadStatus(event.model, DownloadStage.HELD, share, text, sentence)


def stopped(event: DownloadEnded, share: float) -> DownloadStatus:
    """Return the status of a download that was paused or has failed."""
    if event.error:
        sentence = explain(event.error).sentence
        return DownloadStatus(event.model, DownloadStage.FAILED, share, sentence, sentence)
    return paused(event.model, share)


def paused(model: HubModel, share: float) -> DownloadStatus:
    """Return the status of a download that was paused, perhaps in an earlier run."""
    text = tr("Paused at {percent}").format(percent=percent(share))
    return DownloadStatus(model, DownloadStage.PAUSED, share, text, text)


def _sentences(now: DownloadProgress) -> tuple[str, str]:
    """Return the long and the short sentence about a progress."""
    if now.waiting:
        sentence = _waiting(now.waiting)
        return sentence, sentence
    match now.phase:
        case DownloadPhase.ASKING:
            return tr("Connecting to Hugging Face…"), tr("Connecting…")
        case DownloadPhase.CHECKING:
            sentence = tr("Verifying…")
        case DownloadPhase.REPAIRING:
            sentence = tr("Repairing a damaged part…")
        case DownloadPhase.DONE:
            sentence = tr("{done} of {size}").format(
                done=gigabytes(now.done), size=gigabytes(now.size)
            )
        case _:
            if not now.speed:
                return tr("Waiting for data…"), tr("Waiting for data…")
            facts = [f"{gigabytes(round(now.speed))}/s"]
            if now.left is not None:
                facts.append(tr("{left} left").format(left=duration(now.left)))
            done = tr("{done} of {size}").format(done=gigabytes(now.done), size=gigabytes(now.size))
            return " · ".join([done, *facts]), facts[-1]
    return sentence, sentence


def _waiting(waiting: DownloadWait) -> str:
    why = _WAITS[waiting.reason]()
    if waiting.reason is WaitReason.QUEUED:
        return why
    if waiting.seconds >= 1:
        retry = tr("Retrying in {seconds} s.").format(seconds=number(waiting.seconds))
        return f"{why} {retry}"
    retry = tr("Retrying.")
    return f"{why} {retry}"
