"""Download a file of the hub into huggingface_hub's cache: in ranges, resumable, verified.

Threads during `FileDownload.run`::

    run()          the caller's: reports progress, and checks whether to stop
    leader         asks the hub, checks the disk, starts the others, hashes what arrives,
                   repairs, and moves the finished file into place
    connections    a few, each of which fetches blocks

`partial_file` stores what has arrived, `hub_requests` makes the requests and classifies their
failures, and `transfer` has the threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from huggingface_hub import constants

from app.base.errors import Cancelled, Offline
from app.models.cache_path import repository_folder
from app.models.download_progress import DownloadProgress
from app.models.hub_requests import FileChanged, WantedFile
from app.models.partial_file import forget
from app.models.timeouts import Timeouts
from app.models.transfer import Transfer
from app.network.client import Network
from app.network.hub_client import validate_repo_id

_CONNECTIONS = 4
_POLL_S = 0.05  # how often ``stop`` is checked
_REPORT_S = 0.2  # between two reports of the same phase


class FileDownload:
    """A download of one file through ``network``, which huggingface_hub has to use, too.

    ``cache`` is huggingface_hub's by default. ``limit``, in bytes per second, may be changed while
    it runs. ``reserve`` is the free disk space to require if that is more than the file's size, as
    for the first of several parts. Raises ValueError for an impossible name of a repository or a
    file.
    """

    def __init__(
        self,
        wanted: WantedFile,
        *,
        network: Network,
        cache: Path | None = None,
        limit: float | None = None,
        timeouts: Timeouts = Timeouts(),  # noqa: B008
        connections: int = _CONNECTIONS,
        reserve: int = 0,
    ) -> None:
        validate_repo_id(wanted.repository)
        path = PurePosixPath(wanted.file)
        if path.is_absolute() or ".." in path.parts or "\\" in wanted.file or not path.parts:
            raise ValueError(f"not a file name: {wanted.file!r}")
        self.wanted = wanted
        self.network = network
        self.cache = cache or Path(constants.HF_HUB_CACHE)
        self.limit = limit
        self.timeouts = timeouts
        self.connections = connections
        self.reserve = reserve
        self.fetched = False
        """Whether anything had to be fetched, complete or not."""
        self.restarted = False
        """Whether earlier data was of another file, so that it started from the beginning."""

    def run(self, stop: threading.Event, report: Callable[[DownloadProgress], None]) -> Path:
        """Fetch what is missing, and return the path of the file in its snapshot.

        Transient failures are retried indefinitely; ``report``, called on this thread, gets what is
        being waited for. Raises Cancelled within 0.2 s once ``stop`` is set, Offline when the
        network is switched off, and HubError; what has arrived stays for the next `run`.
        """
        while True:
            transfer = Transfer(
                self.wanted,
                self.network,
                self.cache,
                timeouts=self.timeouts,
                connections=self.connections,
                limit=lambda: self.limit,
                reserve=self.reserve,
            )
            try:
                return self._watch(transfer, stop, report)
            except FileChanged:
                continue  # with the new version, from the beginning

    def _watch(
        self, transfer: Transfer, stop: threading.Event, report: Callable[[DownloadProgress], None]
    ) -> Path:
        """Run ``transfer`` to its end, unless it should stop earlier."""
        transfer.start()
        phase, reported = None, 0.0
        try:
            while not transfer.over.wait(_POLL_S):
                if stop.is_set():
                    raise Cancelled
                if self.network.offline:
                    raise Offline
                progress = transfer.progress()
                if progress.phase is not phase or time.monotonic() - reported >= _REPORT_S:
                    phase, reported = progress.phase, time.monotonic()
                    self.restarted = self.restarted or transfer.restarted
                    report(progress)
        finally:
            transfer.end()
            self.restarted = self.restarted or transfer.restarted
            self.fetched = self.fetched or transfer.fetched
        if transfer.error:
            raise transfer.error
        assert transfer.result
        report(transfer.progress())
        return transfer.result

    def discard(self) -> None:
        """Remove partial data of any version from the cache. Raises OSError."""
        forget(repository_folder(self.cache, self.wanted.repository), {self.wanted.file})
