"""The one object graph: what a running Fireside is made of."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.base import settings as settings_file
from app.base.errors import Cancelled, NoRemoteEngine, StoreError
from app.base.resources import resource
from app.base.settings import Folders, Settings
from app.base.threads import report_errors
from app.base.types import FileLocation, ModelRef, Part, Sampling
from app.chat import Chats
from app.documents import Document, DocumentReader
from app.engine.backend import Backend
from app.engine.router import Router
from app.engine.scheduler import ScheduledBackend
from app.engine.supervisor import EngineOptions, LocalBackend
from app.store import Backup, SearchHit, Store, backups, typed_errors
from app.turn import ChatEvent, NotSaved

if TYPE_CHECKING:  # what is loaded when it is used: a window need not wait for it
    from app.engine.plan import Overrides
    from app.engine.probe import Examined
    from app.exchange import ExportOptions, ImportedFiles, ImportReport
    from app.models.catalog import Repository, Variant
    from app.models.download_events import DownloadEvent
    from app.models.downloads import Downloads
    from app.models.library import InstalledModel
    from app.network.client import Network
    from app.network.connection_log import Connection
    from app.network.updates import LatestRelease

T = TypeVar("T")


def demo_model() -> ModelRef:
    """The small model that comes with Fireside. It knows little for certain: at gpt-oss's own
    temperature, most of its answers about France are about another country."""
    path = resource("models", "demo-gpt-oss.gguf")  # another one after an update
    return ModelRef.of_file(path, "Demo model", Sampling(temperature=0.3), "demo")


@dataclass(frozen=True, slots=True)
class InstalledModels:
    """The models on this disk, the paths of those that Fireside downloaded, and when each was
    asked last, by its key, in POSIX seconds."""

    models: tuple[InstalledModel, ...] = ()
    ours: frozenset[Path] = frozenset()
    uses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileReading:
    """How far a file that is to be attached has been read, in pages. ``stop`` is what ends it."""

    stop: threading.Event
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ModelMoving:
    """How far a model is on its way to another folder, in bytes."""

    model: InstalledModel
    done: int
    total: int


class Host:
    """Start it with its folders and a place to publish events to; close it at the end.

    Raises StoreError where the chats cannot be opened.
    """

    def __init__(
        self,
        folders: Folders,
        publish: Callable[[ChatEvent | DownloadEvent | ModelMoving | FileReading], None],
        *,
        backend: Backend | None = None,
    ) -> None:
        self.folders = folders
        self._publish = publish
        self._store = Store(folders.chats)
        self.settings, self.settings_damage = settings_file.open_(folders.settings)
        """What was lost of the settings at this start; None where nothing was."""
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="disk")
        self._examiner = ThreadPoolExecutor(max_workers=2, thread_name_prefix="examine")
        # Two: a newer search ends the one that runs.
        self._seeker = ThreadPoolExecutor(max_workers=2, thread_name_prefix="search")
        self._librarian = ThreadPoolExecutor(max_workers=2, thread_name_prefix="library")
        self._reader = DocumentReader()
        self._ending = threading.Event()
        self._stops: set[threading.Event] = set()
        self._network: Network | None = None
        self._opening = threading.Lock()
        self._downloads: Downloads | None = None
        engine = backend or LocalBackend(folders.engine_log, folders.kept, self._options)
        self.backend = Router(ScheduledBackend(engine))
        self.chats = Chats(
            self._store,
            self.backend,
            publish,
            self._disk,
            self._may_prepare,
            lambda: self.settings.name_chats,
            lambda: self.settings.instructions,
        )

    def change(self, **changes: Any) -> Settings:
        """Changes settings, and saves them on the disk thread."""
        self.settings = dataclasses.replace(self.settings, **changes)
        if self._network:
            self._network.offline = self.settings.offline
        if self._downloads:
            self._downloads.limit = _limit(self.settings)
            self._downloads.cache = _download_folder(self.settings)
            self._downloads.mount = self.settings.download_mount
        self._disk.submit(report_errors, self._save, self.settings)
        return self.settings

    def _save(self, settings: Settings) -> None:
        try:
            with typed_errors(self.folders.settings):
                settings_file.save(settings, self.folders.settings)
        except StoreError as fault:
            self._publish(NotSaved(fault))

    def _may_prepare(self) -> bool:
        """Reading ahead is the person's wish, and not worth a battery's charge."""
        from app.engine import probe

        return self.settings.prepare and not probe.on_battery()

    def disk(self, work: Callable[[Store], T]) -> Future[T]:
        """Runs ``work`` on the thread that owns the disk."""
        return self._disk.submit(work, self._store)

    def tidy(self) -> Future[None]:
        """What the store wants done in the background after a start: the index of an older
        file, traces of what was deleted, the backup of the day. Fails with StoreError."""

        def work() -> None:
            self._store.upkeep.tidy()
            from app.engine import kv_disk_cache

            for chat in kv_disk_cache.chats(self.folders.kept) - self._store.chats.live():
                self.chats.forget(chat)  # which something has prevented before

        return self._librarian.submit(work)

    def erase(self, chats: Collection[int]) -> Future[None]:
        """Removes chats for good, and all traces of them, of what the engine has read of them,
        too. They are gone at once, also where everything ends now; the traces take seconds, and
        wait for the answer that the engine is at. Fails with StoreError."""
        forgotten = [self.chats.forget(chat) for chat in chats]
        erased = self.disk(lambda store: store.chats.erase(chats))

        def work() -> None:
            erased.result()
            self._store.upkeep.sweep()
            wait(future for future in forgotten if future)

        return self._librarian.submit(work)

    def look_for(self, text: str, reasoning: bool) -> Future[list[SearchHit]]:
        """Searches all chats, as `Store.search` does, beside whatever else is done. Fails with
        Cancelled once there is a newer search."""
        return self._seeker.submit(lambda: self._store.search(text, reasoning=reasoning))

    def backups(self, *, make: bool = False) -> Future[list[Backup]]:
        """The backups of the chats, the newest first, after another one was made with
        ``make``. Fails with StoreError."""

        def work() -> list[Backup]:
            if make:
                self._store.upkeep.backup()
            return backups(self.folders.chats)

        return self._librarian.submit(work)

    @property
    def wishes(self) -> Overrides:
        """What the person has fixed of the plan."""
        return wishes(self.settings)

    def _options(self) -> EngineOptions:
        return EngineOptions(self.wishes, self.settings.kept_gb * 10**9)

    def examine(self, models: Sequence[ModelRef]) -> Future[Examined]:
        """Looks at this machine and at files of models; nobody else waits for it. Fails with
        EngineError where llama.cpp does not say what it finds."""

        def work() -> Examined:
            from app.engine import probe

            return probe.examine(self.backend.devices(), models)

        return self._examiner.submit(work)

    # --- Models -----------------------------------------------------------------------------

    @property
    def downloads(self) -> Downloads:
        """What fetches models."""
        from app.models.downloads import Downloads

        with self._opening:
            if self._downloads is None:
                self._downloads = Downloads(
                    self._publish,
                    self._open_network,
                    self.folders.downloads,
                    cache=_download_folder(self.settings),
                    limit=_limit(self.settings),
                )
                self._downloads.mount = self.settings.download_mount
            return self._downloads

    def find_models(self) -> Future[InstalledModels]:
        """Looks for models that are on this disk already."""
        chosen = [Path(folder) for folder in self.settings.folders]
        if self.settings.download_folder:
            chosen.append(Path(self.settings.download_folder))

        def look() -> InstalledModels:
            from app.models import library

            models = tuple(library.scan(library.places(chosen), self._ending))
            return InstalledModels(
                models, self.downloads.downloaded(), self._store.chats.model_uses()
            )

        return self._librarian.submit(look)

    def look_at(self, path: Path) -> Future[InstalledModel]:
        """What a file is that a person opens, whichever of its parts it is."""

        def work() -> InstalledModel:
            from app.models import library

            return library.inspect(path)

        return self._examiner.submit(work)

    def remove(self, model: InstalledModel) -> Future[None]:
        """Takes a model off the disk. Fails with LibraryError."""

        def work() -> None:
            from app.models import file_operations

            file_operations.remove(model)
            self.downloads.forget(model.path)

        return self._librarian.submit(work)

    def move(self, model: InstalledModel, folder: Path, stop: threading.Event) -> Future[Path]:
        """Brings a model to another folder, where it is looked for from now on; publishes
        Moving. Fails with LibraryError, or with Cancelled once ``stop`` is set."""
        if str(folder) not in self.settings.folders:
            self.change(folders=(*self.settings.folders, str(folder)))

        def work() -> Path:
            from app.models import file_operations

            path = file_operations.move(
                model, folder, stop, lambda *now: self._publish(ModelMoving(model, *now))
            )
            self.downloads.moved(model.path, path)
            self._store.chats.rename_model(str(model.path), str(path))
            return path

        return self._until(stop, work)

    def mount_of(self, folder: Path) -> Future[str]:
        """Where the drive of a folder is mounted, which a busy disk may take a while to say."""

        def work() -> str:
            from app.models import mount_point

            return mount_point.mount_of(folder)

        return self._examiner.submit(work)

    def search(self, text: str) -> Future[tuple[Repository, ...]]:
        """Asks the hub. Fails with HubError or Offline."""

        def work() -> tuple[Repository, ...]:
            self._open_network()
            from app.models import hub_search

            return hub_search.search(text)

        return self._examiner.submit(work)

    def variants(self, repository: str) -> Future[tuple[Variant, ...]]:
        """Asks the hub what a repository has. Fails with HubError or Offline."""

        def work() -> tuple[Variant, ...]:
            self._open_network()
            from app.models import hub_search

            return hub_search.variants(repository)

        return self._examiner.submit(work)

    # --- Files that are attached ------------------------------------------------------------

    def read(self, path: Path, stop: threading.Event, encoding: str = "") -> Future[Document]:
        """Takes the text out of a file, in an ``encoding`` that a person has chosen, where there
        is one; publishes Reading. Fails with DocumentError, or with Cancelled once ``stop`` is
        set."""

        def seen(done: int, total: int) -> None:
            self._publish(FileReading(stop, done, total))

        return self._reader.read(path, stop, seen, encoding)

    def count(self, model: ModelRef, part: Part, pieces: Sequence[str] = ()) -> Future[list[int]]:
        """How many tokens a part takes in a prompt, and each piece of text by itself. Fails with
        ModelError or EngineError."""
        if isinstance(model.location, FileLocation):
            return self._reader.count(model.location.path, part, pieces)
        unknown: Future[list[int]] = Future()  # only its server knows its vocabulary
        unknown.set_exception(NoRemoteEngine(model.location.url))
        return unknown

    # --- Chats as files ---------------------------------------------------------------------

    def export(
        self,
        folder: Path,
        name: str,
        manner: ExportOptions,
        chats: Sequence[int] | None,
        stop: threading.Event,
        seen: Callable[[float], None],
    ) -> Future[Path]:
        """Writes chats as `app.exchange.export` does; ``seen`` is told the share that is done, on
        another thread. Fails with ExchangeError or StoreError, or with Cancelled once ``stop`` is
        set."""

        def work() -> Path:
            from app import exchange

            told = _stoppable(stop, seen)
            return exchange.export(self._store, folder, name, manner, chats, told)

        return self._until(stop, work)

    def read_chats(
        self, paths: Sequence[Path], stop: threading.Event, seen: Callable[[int], None]
    ) -> Future[ImportedFiles]:
        """Finds out what chats files and folders have, of ours or of other programs; ``seen`` is
        told how many there are so far, on another thread. Fails with ExchangeError or StoreError,
        or with Cancelled once ``stop`` is set."""

        def work() -> ImportedFiles:
            from app import exchange

            return exchange.read(paths, _stoppable(stop, seen), self._store)

        return self._until(stop, work)

    def take_chats(
        self, found: ImportedFiles, stop: threading.Event, seen: Callable[[int], None]
    ) -> Future[ImportReport]:
        """Puts them into the store. Fails as `read_chats` does."""
        return self._until(stop, lambda: found.into(self._store, _stoppable(stop, seen)))

    # --- The network ------------------------------------------------------------------------

    def connections(self) -> Future[list[Connection]]:
        """Every request that was made, the oldest first. Fails with OSError."""
        from app.network.connection_log import ConnectionLog

        return self._examiner.submit(ConnectionLog(self.folders.connections).read)

    def latest_release(self) -> Future[LatestRelease]:
        """Ask which Fireside is the newest. Fails with UpdatesUnknown or Offline."""

        def work() -> LatestRelease:
            network = self._open_network()
            from app.network import updates

            return updates.latest_release(network)

        return self._examiner.submit(work)

    def _open_network(self) -> Network:
        """Return the network, loaded and opened when it is first used."""
        from app.network import hub_client
        from app.network.client import Network

        with self._opening:
            if self._network is None:
                self._network = Network(self.folders.connections)
                hub_client.install(self._network)
            self._network.offline = self.settings.offline
            return self._network

    def _until(self, stop: threading.Event, work: Callable[[], T]) -> Future[T]:
        """Has a librarian do ``work``, which ends by ``stop``: when everything ends, too."""
        self._stops.add(stop)
        future = self._librarian.submit(work)
        future.add_done_callback(lambda _: self._stops.discard(stop))
        return future

    def close(self) -> None:
        """Stops everything; every word on screen is on disk afterwards."""
        self._ending.set()
        self._store.upkeep.hurry()
        for stop in list(self._stops):
            stop.set()
        with self._opening:
            downloads = self._downloads
        if downloads:
            downloads.close()
        self._reader.close()
        for pool in (self._examiner, self._librarian, self._seeker):
            pool.shutdown(wait=False, cancel_futures=True)
        self.chats.close()
        self._examiner.shutdown()
        self._librarian.shutdown()
        self._seeker.shutdown()
        if self._network:
            from app.network import hub_client

            hub_client.uninstall()
        self._disk.shutdown()
        self._store.close()


def _stoppable(stop: threading.Event, seen: Callable[[T], None]) -> Callable[[T], None]:
    """Tells ``seen``, or raises Cancelled once ``stop`` is set."""

    def told(done: T) -> None:
        if stop.is_set():
            raise Cancelled
        seen(done)

    return told


def _limit(settings: Settings) -> float | None:
    return settings.download_limit * 1e6 or None


def _download_folder(settings: Settings) -> Path | None:
    return Path(settings.download_folder) if settings.download_folder else None


def wishes(settings: Settings) -> Overrides:
    """What the person has fixed of the plan."""
    from app.engine.plan import CacheType, Overrides

    s = settings
    cache = CacheType(s.cache_type) if s.cache_type in list(CacheType) else None
    return Overrides(s.context, s.gpu_layers, s.cpu_experts, cache)
