"""Downloads on their way, on a thread of their own, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.base.errors import Cancelled, HubError
from app.base.threads import loud
from app.models.download import Download, Progress, Wanted


@dataclass(frozen=True, slots=True)
class Downloading:
    """How far a file is."""

    wanted: Wanted
    progress: Progress


@dataclass(frozen=True, slots=True)
class Downloaded:
    """It is here, whole and verified."""

    wanted: Wanted
    path: Path


@dataclass(frozen=True, slots=True)
class DownloadEnded:
    """It is not here: a person paused it, or there is an ``error``. What has arrived is kept."""

    wanted: Wanted
    error: HubError | None = None


DownloadEvent = Downloading | Downloaded | DownloadEnded


class Downloads:
    """Starts and pauses them; what happens is published from their thread."""

    def __init__(self, publish: Callable[[DownloadEvent], None]) -> None:
        self._publish = publish
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="download")
        self._stops: dict[Wanted, threading.Event] = {}

    def start(self, wanted: Wanted) -> None:
        """Fetches what is missing of a file. Ends in Downloaded or DownloadEnded."""
        self.pause(wanted)
        stop = self._stops[wanted] = threading.Event()
        self._thread.submit(loud, self._run, wanted, stop)

    def pause(self, wanted: Wanted) -> None:
        """Stops fetching; `start` goes on from there."""
        if stop := self._stops.pop(wanted, None):
            stop.set()

    def close(self) -> None:
        """Stops all; the next start of Fireside can go on with them."""
        for wanted in list(self._stops):
            self.pause(wanted)
        self._thread.shutdown()

    def _run(self, wanted: Wanted, stop: threading.Event) -> None:
        ended: DownloadEvent = DownloadEnded(wanted)
        try:
            download = Download(wanted)
            path = download.run(stop, lambda now: self._publish(Downloading(wanted, now)))
            ended = Downloaded(wanted, path)
        except Cancelled:
            pass
        except HubError as error:
            ended = DownloadEnded(wanted, error)
        finally:
            self._publish(ended)
