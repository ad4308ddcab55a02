"""The download queue: models are fetched one after the other on a thread of its own."""

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
    Downloading,
)
from app.models.download_progress import (
    DownloadNote,
    DownloadPhase,
    DownloadProgress,
    DownloadWait,
    WaitReason,
)
from app.models.queue_store import QueuedModel, QueueStore
from app.models.timeouts import Timeouts

if TYPE_CHECKING:  # slow to load, so the first download does it
    from app.models.file_download import FileDownload
    from app.network.client import Network


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A model of which ``have`` bytes have arrived.

    ``running``: whether it is being fetched, or was when Fireside ended, rather than paused or
    failed.
    """

    model: HubModel
    have: int
    running: bool
    notes: tuple[DownloadNote, ...] = ()


@dataclass(eq=False, slots=True)
class _Run:
    """One run for a model, until ``stop`` is set."""

    model: HubModel
    begun: bool = False
    discard: QueuedModel | None = None
    """The entry whose files are to be removed at the end."""
    stop: threading.Event = dataclasses.field(default_factory=threading.Event)


class Downloads:
    """Downloads of models, remembered in the file ``queue`` even after a kill.

    ``network`` returns the network, which huggingface_hub has to use, too. ``cache`` is where
    models queued from now on go: huggingface_hub's cache by default. Events are published from any
    thread. A full disk is checked again every ``recheck`` seconds.
    """

    def __init__(
        self,
        publish: Callable[[DownloadEvent], None],
        network: Callable[[], Network],
        queue: Path,
        *,
        cache: Path | None = None,
        limit: float | None = None,
        recheck: float = 5.0,
        timeouts: Timeouts = Timeouts(),  # noqa: B008
    ) -> None:
        self.cache = cache
        self.mount = ""
        """Where the drive of ``cache`` was mounted when the user chose it, if known."""
        self._publish = publish
        self._network = network
        self._queue = QueueStore(queue)
        self._limit = limit
        self._recheck = recheck
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._runs: dict[HubModel, _Run] = {}
        self._download: FileDownload | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="download")
        self._cleanup = ThreadPoolExecutor(max_workers=1, thread_name_prefix="discard")

    @property
    def limit(self) -> float | None:
        """The limit in bytes per second, None for no limit; a change takes effect at once."""
        return self._limit

    @limit.setter
    def limit(self, limit: float | None) -> None:
        with self._lock:
            self._limit = limit
            if self._download:
                self._download.limit = limit

    def start(self, model: HubModel) -> None:
        """Queue a model. Publishes Downloaded or DownloadEnded at the end."""
        with self._lock:
            if model in self._runs:
                return
            run = self._runs[model] = _Run(model)
            must_wait = len(self._runs) > 1
            if self._queue.entry(model):
                self._queue.update(model, running=True)
            else:
                mount = self.mount if self.cache else ""
                self._queue.put(QueuedModel(model, self.cache or _hub_cache(), mount=mount))
            entry = self._queue.entry(model)
        if entry:  # shown at once, since asking the hub can take seconds
            wait = DownloadWait(WaitReason.QUEUED, 0.0) if must_wait else None
            progress = DownloadProgress(DownloadPhase.ASKING, entry.have, model.size, waiting=wait)
            self._publish(Downloading(model, progress, entry.notes))
        self._thread.submit(report_errors, self._run, run)

    def pause(self, model: HubModel) -> None:
        """Stop fetching a model, until `start`."""
        self._queue.update(model, running=False)
        self._stop(model)

    def cancel(self, model: HubModel, *, keep: bool = False) -> None:
        """Take a model out of the queue, and remove what Fireside has fetched, unless ``keep``."""
        entry = self._queue.entry(model)
        self._queue.drop(model)
        run = self._stop(model, discard=None if keep else entry)
        if entry and not keep and not (run and run.begun):
            self._cleanup.submit(report_errors, self._clean_up, entry)

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Return the models in the queue, oldest first."""
        return tuple(
            Unfinished(entry.model, entry.have, entry.running, entry.notes)
            for entry in self._queue.entries
        )

    def resume(self) -> None:
        """Start the downloads that were running when Fireside ended or was killed."""
        for entry in self._queue.entries:
            if entry.running:
                self.start(entry.model)

    def downloaded(self) -> frozenset[Path]:
        """Return the first files of the models that Fireside itself downloaded."""
        return self._queue.downloaded

    def ready(self) -> tuple[Path, ...]:
        """Return the first files of those that have not been used or dismissed, oldest first."""
        return self._queue.unused

    def seen(self, path: Path) -> None:
        """Record that a downloaded model has been used or dismissed."""
        self._queue.note_used(path)

    def forget(self, path: Path) -> None:
        """Record that the model whose first file was ``path`` has been removed."""
        self._queue.change_downloaded(without=path)

    def moved(self, old: Path, new: Path) -> None:
        """Record that a model's first file has moved from ``old`` to ``new``."""
        if old in self._queue.downloaded:
            self._queue.change_downloaded(without=old, new=new)

    def close(self) -> None:
        """Stop all downloads, to be continued by `resume`."""
        for model in list(self._runs):
            self._stop(model)
        self._thread.shutdown()
        self._cleanup.shutdown()
        self._queue.close()

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

    # --- On the download thread ---------------------------------------------------------------

    def _run(self, run: _Run) -> None:
        with self._lock:
            if run.stop.is_set():
                return
            run.begun = True
        from app.models.model_download import ModelDownload

        model = run.model
        download = ModelDownload(
            model,
            run.stop,
            queue=self._queue,
            network=self._network(),
            timeouts=self._timeouts,
            recheck=self._recheck,
            publish=self._publish,
            watch=self._watch,
        )
        ended: DownloadEvent = DownloadEnded(model)
        try:
            path = download.run()
            ended = Downloaded(model, path, download.notes)
        except Cancelled:
            pass
        except Offline as error:  # it stays in the queue as running
            ended = DownloadEnded(model, error)
        except (HubError, ModelError) as error:
            ended = DownloadEnded(model, error)
            self._queue.update(model, running=False)
        finally:
            with self._lock:
                if self._runs.get(model) is run:
                    del self._runs[model]
            if run.discard:
                brought = {*run.discard.brought, *download.brought}
                self._discard(dataclasses.replace(run.discard, brought=tuple(brought)))
            else:
                if isinstance(ended, Downloaded):
                    self._note_downloaded(ended, download.brought)
                self._publish(ended)

    def _watch(self, download: FileDownload | None) -> None:
        with self._lock:
            self._download = download
            if download:
                download.limit = self._limit

    def _note_downloaded(self, ended: Downloaded, brought: Iterable[str]) -> None:
        entry = self._queue.entry(ended.model)
        names = {PurePosixPath(name).name for name in (*brought, *(entry.brought if entry else ()))}
        if ended.path.name in names:
            self._queue.change_downloaded(new=ended.path)
        self._queue.note_unused(ended.path)
        self._queue.drop(ended.model)

    def _clean_up(self, entry: QueuedModel) -> None:
        with self._lock:
            restarted = entry.model in self._runs
        if not restarted:
            self._discard(entry)

    def _discard(self, entry: QueuedModel) -> None:
        """Remove the partial files of a model that is not being fetched."""
        from app.models import partial_file
        from app.models.cache_path import repository_folder
        from app.models.model_download import remove

        error: LibraryError | None = None
        begun = {*entry.earlier, *(file.name for file in entry.fetched.files)}
        folder = repository_folder(entry.cache, entry.model.repository)
        partial_file.forget(folder, begun)
        try:
            remove(entry, entry.brought)
        except LibraryError as refused:
            error = refused
        self._publish(DownloadEnded(entry.model, error))


def _hub_cache() -> Path:
    from app.models import disk_scan

    return disk_scan.hub_cache()
