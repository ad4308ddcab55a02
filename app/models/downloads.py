"""Models on their way from the hub, on a thread of their own, one after the other."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.errors import Cancelled, FiresideError, HubError, LibraryError, NoRoom, Offline
from app.base.threads import loud
from app.models.catalog import HubModel
from app.models.ledger import Ledger, Order
from app.models.progress import Patience, Phase, Progress, Reason, Waiting

if TYPE_CHECKING:  # loaded when the first download begins: a window need not wait for them
    from app.models.download import Download
    from app.models.network import Network

_NOTED = 5.0  # seconds between two entries in the ledger of how far it is


@dataclass(frozen=True, slots=True)
class Downloading:
    """How far all parts of a model together are."""

    model: HubModel
    progress: Progress


@dataclass(frozen=True, slots=True)
class DownloadHeld:
    """The disk is full. What has arrived is kept, and it goes on as soon as there is room."""

    model: HubModel
    error: NoRoom


@dataclass(frozen=True, slots=True)
class Downloaded:
    """It is here, whole and verified; ``path`` is that of its first part."""

    model: HubModel
    path: Path


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


@dataclass(eq=False, slots=True)
class _Run:
    """One go at a model, which is to end when ``stop`` is set, and to discard what has come by an
    order then. Its thread alone changes what is ``brought``."""

    model: HubModel
    begun: bool = False
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
                self._ledger.put(Order(model, self.cache or _hub_cache()))
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
        return tuple(Unfinished(o.model, o.have, o.running) for o in self._ledger.orders)

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
            ended = Downloaded(model, self._fetch(run))
        except Cancelled:
            pass
        except Offline as error:  # it is still wanted
            ended = DownloadEnded(model, error)
        except HubError as error:
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
        if ended.model.files[0] in brought:
            self._ledger.change_downloaded(new=ended.path)
        self._ledger.drop(ended.model)

    def _fetch(self, run: _Run) -> Path:
        """Until all parts are here, however long the disk is full."""
        while True:
            try:
                return self._parts(run)
            except NoRoom as error:
                self._publish(DownloadHeld(run.model, error))
                self._wait_for_room(run, error)

    def _wait_for_room(self, run: _Run, error: NoRoom) -> None:
        from app.models import session

        while not run.stop.wait(self._recheck):
            if self._network().offline:
                raise Offline
            if session.has_room(error):
                return
        raise Cancelled

    def _parts(self, run: _Run) -> Path:
        order = self._ledger.order(run.model)
        if order is None:
            raise Cancelled
        paths: list[Path] = []
        before = 0
        for file in run.model.files:
            paths.append(self._part(run, order, file, before))
            before += paths[-1].stat().st_size
        return paths[0]

    def _part(self, run: _Run, order: Order, file: str, before: int) -> Path:
        """One file, ``before`` which so many bytes are here."""
        from app.models.download import Download, Wanted

        model = run.model
        have, noted = max(before, order.have), time.monotonic()

        def report(now: Progress) -> None:
            nonlocal have, noted
            if now.size:
                have = before + now.done
            if now.phase not in (Phase.ASKING, Phase.DONE):
                self._brings(run, file)
                if time.monotonic() - noted >= _NOTED:
                    noted = time.monotonic()
                    self._ledger.update(model, have=have)
            last = file == model.files[-1]
            if last or now.phase is not Phase.DONE:
                self._publish(Downloading(model, _of_all(model, now, have, before, last)))

        download = Download(
            Wanted(model.repository, file),
            network=self._network(),
            cache=order.cache,
            patience=self._patience,
            room=model.size - before,
        )
        with self._lock:
            self._download = download
            download.limit = self._limit
        try:
            path = download.run(run.stop, report)
            if download.fetched:
                self._brings(run, file)
            return path
        finally:
            with self._lock:
                self._download = None
            self._ledger.update(model, have=have)

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
        from huggingface_hub import try_to_load_from_cache

        from app.models import library, shelf
        from app.models.download import Download, Wanted

        error: LibraryError | None = None
        for file in order.model.files:
            wanted = Wanted(order.model.repository, file)
            Download(wanted, network=self._network(), cache=order.cache).discard()
        found = [
            try_to_load_from_cache(order.model.repository, file, order.cache)
            for file in order.brought
        ]
        paths = tuple(Path(path) for path in found if isinstance(path, str))
        if paths:
            place = library.Place(library.Kind.HUGGING_FACE, order.cache)
            try:
                shelf.remove(library.Model(paths[0], order.model.repository, 0, place, paths))
            except LibraryError as refused:
                error = refused
        self._publish(DownloadEnded(order.model, error))


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
