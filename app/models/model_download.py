"""One model on its way: where its bytes are on the hub, part after part, over full disks, drives
that are not there, and files that change meanwhile."""

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
from app.models import catalog, file_operations, library, mount_point, partial_file, transfer
from app.models.catalog import HubFile, HubModel
from app.models.download_events import DownloadEvent, DownloadHeld, Downloading
from app.models.download_progress import (
    DownloadNote,
    DownloadPhase,
    DownloadProgress,
    DownloadWait,
    Timeouts,
)
from app.models.file_download import FileDownload
from app.models.locate import Locator, wish
from app.models.queue_store import QueuedModel, QueueStore
from app.network.client import Network

_MOVES = 3  # that a model may make while it is asked for
_NOTED = 5.0  # seconds between two entries in the ledger of how far it is


class ModelDownload:
    """Carries out the order of ``model`` in the ``ledger``, once, on the caller's thread, until
    ``stop`` is set. ``publish`` is told how it goes, and ``watch`` which download runs now, None
    for none. A disk that is full, or not there, is looked at every ``recheck`` seconds."""

    def __init__(
        self,
        model: HubModel,
        stop: threading.Event,
        *,
        ledger: QueueStore,
        network: Network,
        patience: Timeouts,
        recheck: float,
        publish: Callable[[DownloadEvent], None],
        watch: Callable[[FileDownload | None], None],
    ) -> None:
        self.model = model
        self.brought: list[str] = []
        """The files that it has fetched, whole or not."""
        self._stop = stop
        self._ledger = ledger
        self._network = network
        self._patience = patience
        self._recheck = recheck
        self._publish = publish
        self._watch = watch
        self._anew = False  # what had arrived was of other files

    def run(self) -> Path:
        """Fetches what is missing, however long the disk is full or not there; the path of the
        first part. Raises HubError, ModelError, Offline, Cancelled."""
        while True:
            try:
                self._check_drive()
                return self._model()
            except (NoRoom, DriveMissing) as error:
                if isinstance(error, NoRoom) and self._order().earlier:
                    self._drop_earlier()  # then there may be room
                    continue
                self._publish(DownloadHeld(self.model, error))
                self._wait_for(error)

    def _check_drive(self) -> None:
        order = self._order()
        mount_point.check(order.cache, order.mount, chosen=order.cache != library.hub_cache())
        if not order.mount:
            self._ledger.update(self.model, mount=mount_point.mount_of(order.cache))

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

    def _order(self) -> QueuedModel:
        if order := self._ledger.order(self.model):
            return order
        raise Cancelled

    def _model(self) -> Path:
        """All parts, from wherever the hub has them now."""
        offer = catalog.ordered(self.model)
        if offer and (here := self._earlier(offer.name)):
            return here
        locator = self._locator()
        for _ in range(_MOVES):
            try:
                if not offer:  # which is known by its hash
                    self._look(locator)
                return self._parts()
            except (HubNotFound, HubChanged):
                if not offer and None in self.model.hashes:
                    raise  # nothing says what the same one would be
                found = locator.find(self.model, offer)
                if found == self._order().fetched:
                    raise  # the hub lists it, and gives another
                self._renew(found)
        raise HubChanged(self.model.repository, self.model.files[0].name)

    def _look(self, locator: Locator) -> None:
        """Raises ModelError where Fireside cannot run it: a name says nothing of what it is."""
        order = self._order()
        if order.looked_at:
            return
        if problem := locator.problem(order.fetched):
            raise problem
        self._ledger.update(self.model, looked_at=True)

    def _locator(self) -> Locator:
        def waits(why: DownloadWait) -> None:
            have, size = self._order().have, self.model.size
            self._tell(DownloadProgress(DownloadPhase.ASKING, have, size, waiting=why))

        return Locator(self._network, self._patience, self._stop, waits)

    def _earlier(self, offer: str) -> Path | None:
        """The model where all of an earlier conversion has arrived already."""
        order = self._order()
        for path in _snapshots(order.cache, order.model.repository, order.earlier):
            model = library.look(path)
            if model.problem is None and model.offer == offer:
                return model.path
        return None

    def _renew(self, found: HubModel) -> None:
        """Fetches this from now on. What has come of other files is of no use any more."""
        order = self._order()
        earlier = tuple(file.name for file in order.fetched.files)
        self._ledger.update(self.model, source=found, earlier=(*order.earlier, *earlier))

    def _parts(self) -> Path:
        order = self._order()
        paths: list[Path] = []
        before = 0
        for file in order.fetched.files:
            paths.append(self._part(order, file, before))
            before += paths[-1].stat().st_size
        return paths[0]

    def _part(self, order: QueuedModel, file: HubFile, before: int) -> Path:
        """One file, ``before`` which so many bytes are here."""

        source = order.fetched
        have, noted = max(before, order.have), time.monotonic()

        def report(now: DownloadProgress) -> None:
            nonlocal have, noted
            if now.size:
                have = before + now.done
            if now.phase not in (DownloadPhase.ASKING, DownloadPhase.DONE):
                self._anew = self._anew or download.anew
                if order.earlier:
                    self._drop_earlier()
                self._brings(file.name)
                if time.monotonic() - noted >= _NOTED:
                    noted = time.monotonic()
                    self._ledger.update(self.model, have=have)
            last = file == source.files[-1]
            if last or now.phase is not DownloadPhase.DONE:
                self._tell(_of_all(source, now, have, before, last))

        download = FileDownload(
            wish(source, file),
            network=self._network,
            cache=order.cache,
            patience=self._patience,
            room=source.size - before,
        )
        self._watch(download)
        try:
            path = download.run(self._stop, report)
            self._anew = self._anew or download.anew
            if order.earlier:
                self._drop_earlier()
            if download.fetched:
                self._brings(file.name)
            return path
        finally:
            self._watch(None)
            self._ledger.update(self.model, have=have)

    def _tell(self, now: DownloadProgress) -> None:
        self._publish(Downloading(self.model, now, self.notes))

    @property
    def notes(self) -> tuple[DownloadNote, ...]:
        """What is to be said of it, so far."""
        order = self._ledger.order(self.model)
        return (*(order.notes if order else ()), *([DownloadNote.ANEW] if self._anew else []))

    def _drop_earlier(self) -> None:
        """Removes what had arrived of files that are not those which are fetched now."""
        order = self._order()
        if not order.earlier:
            return
        hashes = [hashed for hashed in order.fetched.hashes if hashed]
        folder = partial_file.folder_of(order.cache, order.model.repository)
        names = {file.name for file in order.fetched.files}
        # Where no hash is known, whoever fetches it sees to what has its name.
        own = {file.name for file in order.fetched.files if not file.sha256}
        left = partial_file.forget(folder, set(order.earlier) - own, keep=hashes)
        whole = [name for name in order.earlier if name in order.brought and name not in names]
        # Not what can be used, nor what is refused: neither is in the way.
        with contextlib.suppress(LibraryError):
            paths = _snapshots(order.cache, order.model.repository, whole)
            if any(library.look(path).problem for path in paths):
                left = remove(order, whole, keep=hashes) or left
        self._anew = self._anew or left
        brought = tuple(name for name in order.brought if name not in whole)
        self._ledger.update(self.model, earlier=(), brought=brought)

    def _brings(self, file: str) -> None:
        if file in self.brought:
            return
        self.brought.append(file)
        if order := self._ledger.order(self.model):
            brought = dict.fromkeys((*order.brought, *self.brought))
            self._ledger.update(self.model, brought=tuple(brought))


def remove(order: QueuedModel, names: Collection[str], keep: Collection[str] = ()) -> bool:
    """Takes whole files out of the cache, but for those of the hashes that are to be kept.
    Whether there were any. Raises LibraryError."""
    found = _snapshots(order.cache, order.model.repository, names)
    paths = tuple(path for path in found if path.resolve().name not in keep)
    if paths:
        place = library.SearchFolder(library.ModelSource.HUGGING_FACE, order.cache)
        file_operations.remove(
            library.InstalledModel(paths[0], order.model.repository, 0, place, paths)
        )
    return bool(paths)


def _snapshots(cache: Path, repository: str, names: Collection[str]) -> list[Path]:
    """The files of these names that are in the hub's cache, in whichever commit."""
    commits = partial_file.folder_of(cache, repository).glob("snapshots/*")
    found = (commit / name for commit in commits for name in names)
    return [path for path in found if path.is_file()]


def _of_all(
    model: HubModel, now: DownloadProgress, have: int, before: int, last: bool
) -> DownloadProgress:
    """How far a model is, whose part is as far as ``now`` says."""
    size = before + now.size
    if not (last and now.size):
        size = max(size, model.size)
    left = None if now.left is None or not now.speed else (size - have) / now.speed
    return dataclasses.replace(now, done=have, size=size, checked=before + now.checked, left=left)
