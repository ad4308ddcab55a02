"""Models on their way from the hub, on a thread of their own, one after the other."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from app.base.errors import Cancelled, HubError, LibraryError, ModelError, Offline
from app.base.threads import report_errors
from app.models.catalog import HubModel
from app.models.download_events import (
    Downloaded,
    DownloadEnded,
    DownloadEvent,
    DownloadHeld,
    Downloading,
)
from app.models.download_progress import (
    DownloadNote,
    DownloadPhase,
    DownloadProgress,
    DownloadWait,
    Timeouts,
    WaitReason,
)
from app.models.queue_store import QueuedModel, QueueStore

__all__ = [
    "DownloadEnded",
    "DownloadEvent",
    "DownloadHeld",
    "Downloaded",
    "Downloading",
    "Downloads",
    "Unfinished",
]

if TYPE_CHECKING:  # loaded when the first download begins: a window need not wait for them
    from app.models.file_download import FileDownload
    from app.network.client import Network


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A model of which ``have`` bytes have come. It is, or was when Fireside ended, ``running``
    unless it was paused or had failed."""

    model: HubModel
    have: int
    running: bool
    notes: tuple[DownloadNote, ...] = ()


@dataclass(eq=False, slots=True)
class _Run:
    """One go at a model, which is to end when ``stop`` is set, and to discard what has come by an
    order then."""

    model: HubModel
    begun: bool = False
    discard: QueuedModel | None = None
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
        patience: Timeouts = Timeouts(),  # noqa: B008
    ) -> None:
        self.cache = cache
        self.mount = ""
        """Where the drive of ``cache`` was mounted when that was chosen, where it is known."""
        self._publish = publish
        self._network = network
        self._ledger = QueueStore(ledger)
        self._limit = limit
        self._recheck = recheck
        self._patience = patience
        self._lock = threading.Lock()
        self._runs: dict[HubModel, _Run] = {}
        self._download: FileDownload | None = None
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
                self._ledger.put(QueuedModel(model, self.cache or _hub_cache(), mount=mount))
            order = self._ledger.order(model)
        if order:  # told at once: finding the file takes seconds where the line is slow
            queued = DownloadWait(WaitReason.QUEUED, 0.0) if waits else None
            now = DownloadProgress(DownloadPhase.ASKING, order.have, model.size, waiting=queued)
            self._publish(Downloading(model, now, order.notes))
        self._thread.submit(report_errors, self._run, run)

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
            self._tidying.submit(report_errors, self._tidy, order)

    def unfinished(self) -> tuple[Unfinished, ...]:
        """What was ordered and is not here, the oldest first."""
        return tuple(
            Unfinished(order.model, order.have, order.running, order.notes)
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

    def _stop(self, model: HubModel, discard: QueuedModel | None = None) -> _Run | None:
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
        from app.models.model_download import ModelDownload

        model = run.model
        errand = ModelDownload(
            model,
            run.stop,
            ledger=self._ledger,
            network=self._network(),
            patience=self._patience,
            recheck=self._recheck,
            publish=self._publish,
            watch=self._watch,
        )
        ended: DownloadEvent = DownloadEnded(model)
        try:
            path = errand.run()
            ended = Downloaded(model, path, errand.notes)
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
                brought = {*run.discard.brought, *errand.brought}
                self._discard(dataclasses.replace(run.discard, brought=tuple(brought)))
            else:
                if isinstance(ended, Downloaded):
                    self._note(ended, errand.brought)
                self._publish(ended)

    def _watch(self, download: FileDownload | None) -> None:
        with self._lock:
            self._download = download
            if download:
                download.limit = self._limit

    def _note(self, ended: Downloaded, brought: Iterable[str]) -> None:
        order = self._ledger.order(ended.model)
        names = {PurePosixPath(name).name for name in (*brought, *(order.brought if order else ()))}
        if ended.path.name in names:
            self._ledger.change_downloaded(new=ended.path)
        self._ledger.drop(ended.model)

    def _tidy(self, order: QueuedModel) -> None:
        with self._lock:
            again = order.model in self._runs
        if not again:
            self._discard(order)

    def _discard(self, order: QueuedModel) -> None:
        """Removes what has come by an order, which nobody fetches now."""
        from app.models import partial_file
        from app.models.model_download import remove

        error: LibraryError | None = None
        begun = {*order.earlier, *(file.name for file in order.fetched.files)}
        partial_file.forget(partial_file.folder_of(order.cache, order.model.repository), begun)
        try:
            remove(order, order.brought)
        except LibraryError as refused:
            error = refused
        self._publish(DownloadEnded(order.model, error))


def _hub_cache() -> Path:
    from app.models import library

    return library.hub_cache()
