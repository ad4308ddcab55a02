"""Download all parts of a model, despite full disks, missing drives and files that change."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

from app.base.errors import (
    Cancelled,
    DriveMissing,
    HubChanged,
    HubNotFound,
    LibraryError,
    NoRoom,
    Offline,
)
from app.models import catalog, disk_scan, file_operations, mount_point, partial_file, transfer
from app.models.cache_path import repository_folder
from app.models.catalog import HubFile, HubModel
from app.models.download_events import DownloadEvent, DownloadHeld, Downloading
from app.models.download_progress import DownloadNote, DownloadPhase, DownloadProgress, DownloadWait
from app.models.file_download import FileDownload
from app.models.hub_locator import Locator, wanted_file
from app.models.queue_store import QueuedModel, QueueStore
from app.models.timeouts import Timeouts
from app.network.client import Network

_MOST_MOVES = 3  # of the files on the hub, during one run
_SAVE_S = 5.0  # between two updates of the queue with the bytes that have arrived


class ModelDownload:
    """One run for ``model``, which is in ``queue``, on the caller's thread until ``stop`` is set.

    ``watch`` is called with the file's download while one runs, and with None after it. A disk that
    is full or missing is checked again every ``recheck`` seconds.
    """

    def __init__(
        self,
        model: HubModel,
        stop: threading.Event,
        *,
        queue: QueueStore,
        network: Network,
        timeouts: Timeouts,
        recheck: float,
        publish: Callable[[DownloadEvent], None],
        watch: Callable[[FileDownload | None], None],
    ) -> None:
        self.model = model
        self.brought: list[str] = []
        """The files that this run has fetched, complete or not."""
        self._stop = stop
        self._queue = queue
        self._network = network
        self._timeouts = timeouts
        self._recheck = recheck
        self._publish = publish
        self._watch = watch
        self._restarted = False  # whether earlier data was of other files

    def run(self) -> Path:
        """Fetch what is missing, and return the path of the first part.

        Waits while the disk is full or missing. Raises HubError, ModelError, Offline, Cancelled.
        """
        while True:
            try:
                self._check_drive()
                return self._fetch_model()
            except (NoRoom, DriveMissing) as error:
                if isinstance(error, NoRoom) and self._entry().earlier:
                    self._drop_earlier()  # which may make room
                    continue
                self._publish(DownloadHeld(self.model, error))
                self._wait_for(error)

    def _check_drive(self) -> None:
        entry = self._entry()
        mount_point.check(entry.cache, entry.mount, chosen=entry.cache != disk_scan.hub_cache())
        if not entry.mount:
            self._queue.update(self.model, mount=mount_point.mount_of(entry.cache))

    def _wait_for(self, error: NoRoom | DriveMissing) -> None:
        while not self._stop.wait(self._recheck):
            if self._network.offline:
                raise Offline
            if isinstance(error, NoRoom):
                if transfer.has_room(error):
                    return
                continue
            try:
                return self._check_drive()
            except DriveMissing:
                continue
        raise Cancelled

    def _entry(self) -> QueuedModel:
        """Return the model's entry in the queue. Raises Cancelled if it was taken out."""
        if entry := self._queue.entry(self.model):
            return entry
        raise Cancelled

    def _fetch_model(self) -> Path:
        """Fetch all parts, from where they are on the hub now."""
        offer = catalog.offer_for(self.model)
        if offer and (path := self._complete_earlier(offer.name)):
            return path
        locator = self._locator()
        for _ in range(_MOST_MOVES):
            try:
                if not offer:  # offers are known by their hashes
                    self._check_header(locator)
                return self._fetch_parts()
            except (HubNotFound, HubChanged):
                if not offer and None in self.model.hashes:
                    raise  # without a hash it cannot be found elsewhere
                found = locator.find(self.model, offer)
                if found == self._entry().fetched:
                    raise  # the hub lists one file and serves another
                self._switch_to(found)
        raise HubChanged(self.model.repository, self.model.files[0].name)

    def _check_header(self, locator: Locator) -> None:
        """Raise ModelError if Fireside cannot run the model, before it is fetched."""
        entry = self._entry()
        if entry.looked_at:
            return
        if problem := locator.problem(entry.fetched):
            raise problem
        self._queue.update(self.model, looked_at=True)

    def _locator(self) -> Locator:
        def waits(wait: DownloadWait) -> None:
            have, size = self._entry().have, self.model.size
            self._report(DownloadProgress(DownloadPhase.ASKING, have, size, waiting=wait))

        return Locator(self._network, self._timeouts, self._stop, waits)

    def _complete_earlier(self, offer: str) -> Path | None:
        """Return an earlier conversion of the offer that has arrived completely."""
        entry = self._entry()
        for path in _snapshots(entry.cache, entry.model.repository, entry.earlier):
            model = disk_scan.inspect(path)
            if model.problem is None and model.offer == offer:
                return model.path
        return None

    def _switch_to(self, found: HubModel) -> None:
        """Fetch other files from now on."""
        entry = self._entry()
        earlier = tuple(file.name for file in entry.fetched.files)
        self._queue.update(self.model, source=found, earlier=(*entry.earlier, *earlier))

    def _fetch_parts(self) -> Path:
        entry = self._entry()
        paths: list[Path] = []
        before = 0
        for file in entry.fetched.files:
            paths.append(self._fetch_part(entry, file, before))
            before += paths[-1].stat().st_size
        return paths[0]

    def _fetch_part(self, entry: QueuedModel, file: HubFile, before: int) -> Path:
        """Fetch one file; ``before`` is the size in bytes of the parts that precede it."""
        source = entry.fetched
        have, saved = max(before, entry.have), time.monotonic()

        def report(progress: DownloadProgress) -> None:
            nonlocal have, saved
            if progress.size:
                have = before + progress.done
            if progress.phase not in (DownloadPhase.ASKING, DownloadPhase.DONE):
                self._restarted = self._restarted or download.restarted
                if entry.earlier:
                    self._drop_earlier()
                self._add_brought(file.name)
                if time.monotonic() - saved >= _SAVE_S:
                    saved = time.monotonic()
                    self._queue.update(self.model, have=have)
            last = file == source.files[-1]
            if last or progress.phase is not DownloadPhase.DONE:
                self._report(_of_model(source, progress, have, before, last))

        download = FileDownload(
            wanted_file(source, file),
            network=self._network,
            cache=entry.cache,
            timeouts=self._timeouts,
            reserve=source.size - before,
        )
        self._watch(download)
        try:
            path = download.run(self._stop, report)
            self._restarted = self._restarted or download.restarted
            if entry.earlier:
                self._drop_earlier()
            return path
        finally:
            self._watch(None)
            if download.fetched:  # even if it was stopped before its first report
                self._add_brought(file.name)
            self._queue.update(self.model, have=have)

    def _report(self, progress: DownloadProgress) -> None:
        self._publish(Downloading(self.model, progress, self.notes))

    @property
    def notes(self) -> tuple[DownloadNote, ...]:
        """Remarks on the download so far for the user."""
        entry = self._queue.entry(self.model)
        restarted = (DownloadNote.RESTARTED,) if self._restarted else ()
        return (*(entry.notes if entry else ()), *restarted)

    def _drop_earlier(self) -> None:
        """Remove the data of earlier files that are no longer being fetched."""
        entry = self._entry()
        if not entry.earlier:
            return
        hashes = [sha256 for sha256 in entry.fetched.hashes if sha256]
        folder = repository_folder(entry.cache, entry.model.repository)
        names = {file.name for file in entry.fetched.files}
        # Without a hash, the transfer itself removes what has the same name.
        unhashed = {file.name for file in entry.fetched.files if not file.sha256}
        removed = partial_file.forget(folder, set(entry.earlier) - unhashed, keep=hashes)
        complete = [name for name in entry.earlier if name in entry.brought and name not in names]
        # A usable model stays, and so does a file that cannot be removed.
        with contextlib.suppress(LibraryError):
            paths = _snapshots(entry.cache, entry.model.repository, complete)
            if any(disk_scan.inspect(path).problem for path in paths):
                removed = remove(entry, complete, keep=hashes) or removed
        self._restarted = self._restarted or removed
        brought = tuple(name for name in entry.brought if name not in complete)
        self._queue.update(self.model, earlier=(), brought=brought)

    def _add_brought(self, file: str) -> None:
        """Record that Fireside itself fetched ``file``."""
        if file in self.brought:
            return
        self.brought.append(file)
        if entry := self._queue.entry(self.model):
            brought = dict.fromkeys((*entry.brought, *self.brought))
            self._queue.update(self.model, brought=tuple(brought))


def remove(entry: QueuedModel, names: Collection[str], keep: Collection[str] = ()) -> bool:
    """Remove complete files from the cache, except those with a hash in ``keep``.

    Returns whether there were any. Raises LibraryError.
    """
    found = _snapshots(entry.cache, entry.model.repository, names)
    paths = tuple(path for path in found if path.resolve().name not in keep)
    if paths:
        place = disk_scan.SearchFolder(disk_scan.ModelSource.HUGGING_FACE, entry.cache)
        file_operations.remove(
            disk_scan.InstalledModel(paths[0], entry.model.repository, 0, place, paths)
        )
    return bool(paths)


def _snapshots(cache: Path, repository: str, names: Collection[str]) -> list[Path]:
    """Return the files of these names in the hub's cache, of all commits."""
    commits = repository_folder(cache, repository).glob("snapshots/*")
    found = (commit / name for commit in commits for name in names)
    return [path for path in found if path.is_file()]


def _of_model(
    model: HubModel, part: DownloadProgress, have: int, before: int, last: bool
) -> DownloadProgress:
    """Return the progress of the whole model, given that of one part."""
    size = before + part.size
    if not (last and part.size):
        size = max(size, model.size)
    left = None if part.left is None or not part.speed else (size - have) / part.speed
    checked = before + part.checked
    return dataclasses.replace(part, done=have, size=size, checked=checked, left=left)
