"""Models on their way from the hub, on a thread of their own, one after the other."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from app.base.errors import (
    Cancelled,
    DriveMissing,
    FiresideError,
    HubChanged,
    HubError,
    HubNotFound,
    LibraryError,
    ModelError,
    NoRoom,
    Offline,
)
from app.base.threads import loud
from app.models import catalog
from app.models.catalog import HubFile, HubModel
from app.models.ledger import Ledger, Order
from app.models.progress import Note, Patience, Phase, Progress, Reason, Waiting

if TYPE_CHECKING:  # loaded when the first download begins: a window need not wait for them
    from app.models.download import Download
    from app.models.locate import Locator
    from app.models.network import Network

_MOVES = 3  # that a model may make while it is asked for
_NOTED = 5.0  # seconds between two entries in the ledger of how far it is


@dataclass(frozen=True, slots=True)
class Downloading:
    """How far all parts of a model together are, and what else is to be said of it."""

    model: HubModel
    progress: Progress
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class DownloadHeld:
    """The disk is full, or its drive is not there. What has arrived is kept, and it goes on as
    soon as that has changed."""

    model: HubModel
    error: NoRoom | DriveMissing


@dataclass(frozen=True, slots=True)
class Downloaded:
    """It is here, whole and verified; ``path`` is that of its first part."""

    model: HubModel
    path: Path
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class DownloadEnded:
    """It is not here: a person paused or cancelled it, or there is an ``error``."""

    model: HubModel
    error: FiresideError | None = None


DownloadEvent = Downloading | DownloadHeld | Downloaded | DownloadEnded


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A model of which ``have`` bytes have come. It is, or was when Fireside ended, ``running``
    unless it was paused or had failed."""

    model: HubModel
    have: int
    running: bool
    notes: tuple[Note, ...] = ()


@dataclass(eq=False, slots=True)
class _Run:
    """One go at a model, which is to end when ``stop`` is set, and to discard what has come by an
    order then. Its thread alone changes what is ``brought``."""

    model: HubModel
    begun: bool = False
    anew: bool = False  # what had arrived was of other files
    discard: Order | None = None
    brought: list[str] = dataclasses.field(default_factory=list)
    stop: threading.Event = dataclasses.field(default_factory=threading.Event)


class Downloads:
    """Fetches models through what ``network`` gives, which is installed, into ``cache`` (by default
    huggingface_hub's), which holds for those that are begun from now on. What happens is
    published, from any thread. ``ledger`` is the file that remembers over a kill.

    While the disk is full it is looked at every ``recheck`` seconds.
    """

    def __init__(
        self,
        publish: Callable[[DownloadEvent], None],
        network: Callable[[], Network],
        ledger: Path,
        *,
        cache: Path | None = None,
        limit: float | None = None,
        recheck: float = 5.0,
        patience: Patience = Patience(),  # noqa: B008
    ) -> None:
        self.cache = cache
        self.mount = ""
        """Where the drive of ``cache`` was mounted when that was chosen, where it is known."""
        self._publish = publish
        self._network = network
        self._ledger = Ledger(ledger)
        self._limit = limit
        self._recheck = recheck
        self._patience = patience
        self._lock = threading.Lock()
        self._runs: dict[HubModel, _Run] = {}
        self._download: Download | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="download")
        self._tidying = ThreadPoolExecutor(max_workers=1, thread_name_prefix="discard")

    @property
    def limit(self) -> float | None:
        """The most bytes a second; it counts at once."""
        return self._limit

    @limit.setter
    def limit(self, limit: float | None) -> None:
        with self._lock:
            self._limit = limit
            if self._download:
                self._download.limit = limit

    def start(self, model: HubModel) -> None:
        """Fetches what is missing of a model, after those that were started before. Ends in
        Downloaded or DownloadEnded."""
        with self._lock:
            if model in self._runs:
                return
            run = self._runs[model] = _Run(model)
            waits = len(self._runs) > 1
            if self._ledger.order(model):
                self._ledger.update(model, running=True)
            else:
                mount = self.mount if self.cache else ""
                self._ledger.put(Order(model, self.cache or _hub_cache(), mount=mount))
            order = self._ledger.order(model)
        if waits and order:
            queued = Waiting(Reason.QUEUED, 0.0)
            now = Progress(Phase.ASKING, order.have, model.size, waiting=queued)
            self._publish(Downloading(model, now))
        self._thread.submit(loud, self._run, run)

    def pause(self, model: HubModel) -> None:
        """Stops fetching; `start` goes on from there."""
        self._ledger.update(model, running=False)
        self._stop(model)

    def cancel(self, model: HubModel, *, keep: bool = False) -> None:
        """Takes the order back. What Fireside has brought of the model goes, unless it is to be
        kept for another day."""
        order = self._ledger.order(model)
        self._ledger.drop(model)
        run = self._stop(model, discard=None if keep else order)
        if order and not keep and not (run and run.begun):
            self._tidying.submit(loud, self._tidy, order)

    def unfinished(self) -> tuple[Unfinished, ...]:
        """What was ordered and is not here, the oldest first."""
        return tuple(
            Unfinished(order.model, order.have, order.running, _notes(order))
            for order in self._ledger.orders
        )

    def resume(self) -> None:
        """Starts those that were running when Fireside ended or was killed."""
        for order in self._ledger.orders:
            if order.running:
                self.start(order.model)

    def downloaded(self) -> frozenset[Path]:
        """The first files of the models that Fireside itself brought."""
        return self._ledger.downloaded

    def forget(self, path: Path) -> None:
        """The model whose first file is ``path`` was removed."""
        self._ledger.change_downloaded(without=path)

    def moved(self, old: Path, new: Path) -> None:
        """The model whose first file is ``old`` has it at ``new`` now."""
        if old in self._ledger.downloaded:
            self._ledger.change_downloaded(without=old, new=new)

    def close(self) -> None:
        """Stops all, to be gone on with by `resume`."""
        for model in list(self._runs):
            self._stop(model)
        self._thread.shutdown()
        self._tidying.shutdown()
        self._ledger.close()

    def _stop(self, model: HubModel, discard: Order | None = None) -> _Run | None:
        with self._lock:
            run = self._runs.pop(model, None)
            if run is None:
                return None
            run.discard = discard
            run.stop.set()
        if not run.begun:
            self._publish(DownloadEnded(model))
        return run

    # --- On the thread ------------------------------------------------------------------------

    def _run(self, run: _Run) -> None:
        with self._lock:
            if run.stop.is_set():
                return
            run.begun = True
        model = run.model
        ended: DownloadEvent = DownloadEnded(model)
        try:
            path = self._fetch(run)
            ended = Downloaded(model, path, self._all_notes(run))
        except Cancelled:
            pass
        except Offline as error:  # it is still wanted
            ended = DownloadEnded(model, error)
        except (HubError, ModelError) as error:
            ended = DownloadEnded(model, error)
            self._ledger.update(model, running=False)
        finally:
            with self._lock:
                if self._runs.get(model) is run:
                    del self._runs[model]
            if run.discard:
                brought = {*run.discard.brought, *run.brought}
                self._discard(dataclasses.replace(run.discard, brought=tuple(brought)))
            else:
                if isinstance(ended, Downloaded):
                    self._note(ended, run)
                self._publish(ended)

    def _note(self, ended: Downloaded, run: _Run) -> None:
        order = self._ledger.order(ended.model)
        brought = {*run.brought, *(order.brought if order else ())}
        if ended.path.name in {PurePosixPath(name).name for name in brought}:
            self._ledger.change_downloaded(new=ended.path)
        self._ledger.drop(ended.model)

    def _fetch(self, run: _Run) -> Path:
        """Until all parts are here, however long the disk is full or not there."""
        while True:
            try:
                self._check_drive(run)
                return self._model(run)
            except (NoRoom, DriveMissing) as error:
                if isinstance(error, NoRoom) and self._order(run).earlier:
                    self._drop_earlier(run)  # then there may be room
                    continue
                self._publish(DownloadHeld(run.model, error))
                self._wait_for(run, error)

    def _check_drive(self, run: _Run) -> None:
        from app.models import drive

        order = self._order(run)
        drive.check(order.cache, order.mount, chosen=order.cache != _hub_cache())
        if not order.mount:
            self._ledger.update(run.model, mount=drive.mount_of(order.cache))

    def _wait_for(self, run: _Run, error: NoRoom | DriveMissing) -> None:
        from app.models import session

        while not run.stop.wait(self._recheck):
            if self._network().offline:
                raise Offline
            if isinstance(error, NoRoom):
                if session.has_room(error):
                    return
                continue
            try:
                return self._check_drive(run)
            except DriveMissing:
                continue
        raise Cancelled

    def _order(self, run: _Run) -> Order:
        if order := self._ledger.order(run.model):
            return order
        raise Cancelled

    def _model(self, run: _Run) -> Path:
        """All parts, from wherever the hub has them now."""
        offer = catalog.ordered(run.model)
        if offer and (here := self._earlier(run, offer.name)):
            return here
        locator = self._locator(run)
        for _ in range(_MOVES):
            try:
                if not offer:  # which is known by its hash
                    self._look(run, locator)
                return self._parts(run)
            except (HubNotFound, HubChanged):
                found = locator.find(run.model, offer)
                if found == self._order(run).fetched:
                    raise  # the hub lists it, and gives another
                self._renew(run, found)
        raise HubChanged(run.model.repository, run.model.files[0].name)

    def _look(self, run: _Run, locator: Locator) -> None:
        """Raises ModelError where Fireside cannot run it: a name says nothing of what it is."""
        order = self._order(run)
        if order.looked_at:
            return
        if problem := locator.problem(order.fetched):
            raise problem
        self._ledger.update(run.model, looked_at=True)

    def _locator(self, run: _Run) -> Locator:
        from app.models.locate import Locator

        def waits(why: Waiting) -> None:
            have, size = self._order(run).have, run.model.size
            self._tell(run, Progress(Phase.ASKING, have, size, waiting=why))

        return Locator(self._network(), self._patience, run.stop, waits)

    def _earlier(self, run: _Run, offer: str) -> Path | None:
        """The model where all of an earlier conversion has arrived already."""
        from app.models import library

        order = self._order(run)
        for path in _snapshots(order.cache, order.model.repository, order.earlier):
            model = library.look(path)
            if model.problem is None and model.offer == offer:
                return model.path
        return None

    def _renew(self, run: _Run, found: HubModel) -> None:
        """Fetches this from now on. What has come of other files is of no use any more."""
        order = self._order(run)
        earlier = tuple(file.name for file in order.fetched.files)
        self._ledger.update(run.model, source=found, earlier=(*order.earlier, *earlier))

    def _parts(self, run: _Run) -> Path:
        order = self._order(run)
        paths: list[Path] = []
        before = 0
        for file in order.fetched.files:
            paths.append(self._part(run, order, file, before))
            before += paths[-1].stat().st_size
        return paths[0]

    def _part(self, run: _Run, order: Order, file: HubFile, before: int) -> Path:
        """One file, ``before`` which so many bytes are here."""
        from app.models.download import Download
        from app.models.locate import wish

        source = order.fetched
        have, noted = max(before, order.have), time.monotonic()

        def report(now: Progress) -> None:
            nonlocal have, noted
            if now.size:
                have = before + now.done
            if now.phase not in (Phase.ASKING, Phase.DONE):
                run.anew = run.anew or download.anew
                if order.earlier:
                    self._drop_earlier(run)
                self._brings(run, file.name)
                if time.monotonic() - noted >= _NOTED:
                    noted = time.monotonic()
                    self._ledger.update(run.model, have=have)
            last = file == source.files[-1]
            if last or now.phase is not Phase.DONE:
                self._tell(run, _of_all(source, now, have, before, last))

        download = Download(
            wish(source, file),
            network=self._network(),
            cache=order.cache,
            patience=self._patience,
            room=source.size - before,
        )
        with self._lock:
            self._download = download
            download.limit = self._limit
        try:
            path = download.run(run.stop, report)
            run.anew = run.anew or download.anew
            if order.earlier:
                self._drop_earlier(run)
            if download.fetched:
                self._brings(run, file.name)
            return path
        finally:
            with self._lock:
                self._download = None
            self._ledger.update(run.model, have=have)

    def _tell(self, run: _Run, now: Progress) -> None:
        self._publish(Downloading(run.model, now, self._all_notes(run)))

    def _all_notes(self, run: _Run) -> tuple[Note, ...]:
        order = self._ledger.order(run.model)
        return (*(_notes(order) if order else ()), *([Note.ANEW] if run.anew else []))

    def _drop_earlier(self, run: _Run) -> None:
        """Removes what had arrived of files that are not those which are fetched now."""
        from app.models import blob

        order = self._order(run)
        if not order.earlier:
            return
        hashes = [hashed for hashed in order.fetched.hashes if hashed]
        folder = blob.folder_of(order.cache, order.model.repository)
        left = blob.forget(folder, order.earlier, keep=hashes)
        names = {file.name for file in order.fetched.files}
        whole = [name for name in order.earlier if name in order.brought and name not in names]
        left = self._remove(order, whole, keep=hashes) or left
        run.anew = run.anew or left
        brought = tuple(name for name in order.brought if name not in whole)
        self._ledger.update(run.model, earlier=(), brought=brought)

    def _remove(self, order: Order, names: Collection[str], keep: Collection[str] = ()) -> bool:
        """Takes whole files out of the cache, but for those of the hashes that are to be kept.
        Whether there were any. Raises LibraryError."""
        from app.models import library, shelf

        found = _snapshots(order.cache, order.model.repository, names)
        paths = tuple(path for path in found if path.resolve().name not in keep)
        if paths:
            place = library.Place(library.Kind.HUGGING_FACE, order.cache)
            shelf.remove(library.Model(paths[0], order.model.repository, 0, place, paths))
        return bool(paths)

    def _brings(self, run: _Run, file: str) -> None:
        if file in run.brought:
            return
        run.brought.append(file)
        if order := self._ledger.order(run.model):
            brought = dict.fromkeys((*order.brought, *run.brought))
            self._ledger.update(run.model, brought=tuple(brought))

    def _tidy(self, order: Order) -> None:
        with self._lock:
            again = order.model in self._runs
        if not again:
            self._discard(order)

    def _discard(self, order: Order) -> None:
        """Removes what has come by an order, which nobody fetches now."""
        from app.models import blob

        error: LibraryError | None = None
        begun = {*order.earlier, *(file.name for file in order.fetched.files)}
        blob.forget(blob.folder_of(order.cache, order.model.repository), begun)
        try:
            self._remove(order, order.brought)
        except LibraryError as refused:
            error = refused
        self._publish(DownloadEnded(order.model, error))


def _notes(order: Order) -> tuple[Note, ...]:
    newer = order.source and not order.source.is_same(order.model)
    return (Note.NEWER,) if newer else ()


def _snapshots(cache: Path, repository: str, names: Collection[str]) -> list[Path]:
    """The files of these names that are in the hub's cache, in whichever commit."""
    from app.models import blob

    commits = blob.folder_of(cache, repository).glob("snapshots/*")
    found = (commit / name for commit in commits for name in names)
    return [path for path in found if path.is_file()]


def _of_all(model: HubModel, now: Progress, have: int, before: int, last: bool) -> Progress:
    """How far a model is, whose part is as far as ``now`` says."""
    size = before + now.size
    if not (last and now.size):
        size = max(size, model.size)
    left = None if now.left is None or not now.speed else (size - have) / now.speed
    return dataclasses.replace(now, done=have, size=size, checked=before + now.checked, left=left)


def _hub_cache() -> Path:
    from app.models import library

    return library.hub_cache()
