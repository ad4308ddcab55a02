"""The progress of ``fireside pull``: a bar in a terminal, else a line now and then."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Protocol

from tqdm import tqdm

from app.cli.output import printable
from app.models.download_progress import (
    DownloadNote,
    DownloadPhase,
    DownloadProgress,
    DownloadWait,
    WaitReason,
)
from app.wording.language import number, tr
from app.wording.quantities import duration, gigabytes

_LINE_S, _LINE_SHARE = 10.0, 0.05  # between two lines, whichever comes first
_WAITS: dict[WaitReason, Callable[[], str]] = {
    WaitReason.CONNECTION: lambda: tr("No connection to Hugging Face."),
    WaitReason.STALLED: lambda: tr("The download has stalled."),
    WaitReason.BUSY: lambda: tr("Hugging Face is busy."),
    WaitReason.SERVER: lambda: tr("Hugging Face returned an error."),
    WaitReason.ADDRESS: lambda: tr("The address of the file has changed."),
    WaitReason.OTHER: lambda: tr("Waiting: another app is downloading this file."),
    WaitReason.QUEUED: lambda: "",
}


class ProgressView(Protocol):
    """A view of the progress, on stderr."""

    def show(self, now: DownloadProgress) -> None:
        """Show how far the download is, if it is time for that."""

    def tell(self, sentence: str) -> None:
        """Print a line that stays."""

    def close(self) -> None:
        """End the view; the last state stays."""


def view() -> ProgressView:
    """Return the view that suits stderr. A terminal that does not know its width gets lines."""
    try:
        return _Bar() if os.get_terminal_size(sys.stderr.fileno()).columns else _Lines()
    except (OSError, ValueError):  # no terminal
        return _Lines()


class _Bar:
    """A line that is drawn again and again."""

    def __init__(self) -> None:
        tqdm.monitor_interval = 0  # no thread
        self._bar = tqdm(
            bar_format="{desc}",
            file=sys.stderr,
            dynamic_ncols=True,
            ascii=None if printable("█", sys.stderr) == "█" else True,
        )

    def show(self, now: DownloadProgress) -> None:
        told = _sentence(now)
        if now.size:
            self._bar.total, self._bar.n = now.size, _reached(now)
            self._bar.bar_format = "{percentage:3.0f}% |{bar:24}| {desc}"
        else:
            self._bar.bar_format = "{desc}"
        self._bar.set_description_str(printable(told, sys.stderr))

    def tell(self, sentence: str) -> None:
        self._bar.write(printable(sentence, sys.stderr), file=sys.stderr)

    def close(self) -> None:
        self._bar.close()


class _Lines:
    """About a line every ten seconds, for a log file."""

    def __init__(self) -> None:
        self._told_at, self._share, self._kind = 0.0, -1.0, ""

    def show(self, now: DownloadProgress) -> None:
        share = _reached(now) / now.size if now.size else 0.0
        kind = str(now.waiting.reason if now.waiting else now.phase)
        late = time.monotonic() - self._told_at >= _LINE_S
        if late or share - self._share >= _LINE_SHARE or kind != self._kind:
            self._told_at, self._share, self._kind = time.monotonic(), share, kind
            percent = f"{number(int(100 * share)):>3}%  " if now.size else ""
            self.tell(f"{percent}{_sentence(now)}")

    def tell(self, sentence: str) -> None:
        print(printable(sentence, sys.stderr), file=sys.stderr, flush=True)

    def close(self) -> None:
        pass


def note(kind: DownloadNote) -> str:
    """Return the sentence of a remark on a download."""
    if kind is DownloadNote.NEWER:
        return tr(
            "The usual file is no longer on Hugging Face, so a newer conversion is downloaded."
        )
    return tr("The file has changed, so the download starts over.")


def _reached(now: DownloadProgress) -> int:
    """Return the bytes that are done: hashed ones, while everything is here and being checked."""
    return now.checked if now.phase is DownloadPhase.CHECKING else now.done


def _sentence(now: DownloadProgress) -> str:
    if now.waiting:
        return _waiting(now.waiting)
    match now.phase:
        case DownloadPhase.ASKING:
            return tr("Connecting to Hugging Face…")
        case DownloadPhase.CHECKING:
            return tr("Verifying…")
        case DownloadPhase.REPAIRING:
            return tr("Repairing a damaged part…")
    facts = [tr("{done} of {size}").format(done=gigabytes(now.done), size=gigabytes(now.size))]
    if now.speed:
        facts.append(f"{gigabytes(round(now.speed))}/s")
    if now.left is not None:
        facts.append(tr("{left} left").format(left=duration(now.left)))
    return " · ".join(facts)


def _waiting(waiting: DownloadWait) -> str:
    told = _WAITS[waiting.reason]()
    if waiting.reason in (WaitReason.OTHER, WaitReason.QUEUED) or waiting.seconds < 1:
        return told
    retry = tr("Retrying in {seconds} s.").format(seconds=number(waiting.seconds))
    return f"{told} {retry}"
