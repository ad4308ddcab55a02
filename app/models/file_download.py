"""A file of the hub into the hub's own cache: ranged, resumable, verified.

Threads of a `FileDownload` while it runs::

    run()        the caller's: reports, and notices that it is to stop
    leader       asks the hub, makes room, starts the others, repairs, publishes
    lines        a few connections, each of which takes some blocks and fetches them
    checker      hashes behind them, from the disk

What has arrived is in `blob`; what goes wrong on the way, in `fetch`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from huggingface_hub import constants
from huggingface_hub.utils._validators import validate_repo_id

from app.base.errors import Cancelled, Offline
from app.models.download_progress import (
    DownloadPhase,
    DownloadProgress,
    DownloadWait,
    Timeouts,
    WaitReason,
)
from app.models.hub_requests import FileChanged, WantedFile
from app.models.partial_file import CachePath, forget
from app.models.transfer import Transfer
from app.network.client import Network

__all__ = [
    "DownloadPhase",
    "DownloadProgress",
    "DownloadWait",
    "FileDownload",
    "Timeouts",
    "WaitReason",
    "WantedFile",
]

_LINES = 4
_TICK = 0.05  # seconds between two looks at what is going on
_REPORTS = 0.2  # seconds between two reports of the same


class FileDownload:
    """One file, fetched through ``network``, which is installed, into ``cache`` (by default
    huggingface_hub's).

    ``limit`` is the most bytes a second, or None; it may be changed while it runs. There has to be
    room for ``room`` bytes where that is more than the file, which is one of several then. Raises
    ValueError for what cannot be the name of a repository or a file.
    """

    def __init__(
        self,
        wanted: WantedFile,
        *,
        network: Network,
        cache: Path | None = None,
        limit: float | None = None,
        patience: Timeouts = Timeouts(),  # noqa: B008
        lines: int = _LINES,
        room: int = 0,
    ) -> None:
        validate_repo_id(wanted.repository)
        path = PurePosixPath(wanted.file)
        if path.is_absolute() or ".." in path.parts or "\\" in wanted.file or not path.parts:
            raise ValueError(f"no name of a file: {wanted.file!r}")
        self.wanted = wanted
        self.network = network
        self.cache = cache or Path(constants.HF_HUB_CACHE)
        self.limit = limit
        self.patience = patience
        self.lines = lines
        self.room = room
        self.fetched = False
        """Whether the last `run` that returned has fetched something."""
        self.anew = False
        """Whether what had arrived was of another file, and it was begun anew."""

    def run(self, stop: threading.Event, report: Callable[[DownloadProgress], None]) -> Path:
        """Fetches what is missing, and returns the path of the file in its snapshot.

        Faults that may pass are waited for, without end; ``report``, which is called on this
        thread, tells for what. Once ``stop`` is set, raises Cancelled within 0.2 s, and what has
        arrived stays for the next `run`. So it does where the network is switched off, which raises
        Offline, and after a HubError.
        """
        while True:
            session = Transfer(
                self.wanted,
                self.network,
                self.cache,
                self.patience,
                self.lines,
                lambda: self.limit,
                self.room,
            )
            try:
                return self._watch(session, stop, report)
            except FileChanged:
                continue  # the new one, from the beginning

    def _watch(
        self, session: Transfer, stop: threading.Event, report: Callable[[DownloadProgress], None]
    ) -> Path:
        session.start()
        told, when = None, 0.0
        try:
            while not session.over.wait(_TICK):
                if stop.is_set():
                    raise Cancelled
                if self.network.offline:
                    raise Offline
                now = session.progress()
                if now.phase is not told or time.monotonic() - when >= _REPORTS:
                    told, when = now.phase, time.monotonic()
                    self.anew = self.anew or session.anew
                    report(now)
        finally:
            session.end()
            self.anew = self.anew or session.anew
        if session.error:
            raise session.error
        assert session.result
        self.fetched = session.fetched
        report(session.progress())
        return session.result

    def discard(self) -> None:
        """Removes what has arrived of it, of any version, from the cache. Raises OSError."""
        place = CachePath(self.cache, self.wanted.repository, self.wanted.file, "", "", "")
        forget(place.folder, {place.file})
