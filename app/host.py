"""The one object graph: what a running Fireside is made of."""

from __future__ import annotations

import dataclasses
import errno
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from app.base import settings as settings_file
from app.base.errors import ModelError, StoreError, StoreFull, StoreReadOnly
from app.base.gguf import Header
from app.base.resources import resource
from app.base.settings import Folders, Settings
from app.base.threads import loud
from app.base.types import ModelRef, Sampling
from app.chat import ChatEvent, Chats
from app.engine import probe
from app.engine.backend import Backend
from app.engine.local import LocalBackend, Options
from app.engine.plan import CacheType, Wishes
from app.engine.probe import Machine
from app.models import library
from app.models.downloads import DownloadEvent, Downloads
from app.models.library import Model
from app.store import Store

T = TypeVar("T")


def demo_model() -> ModelRef:
    """The small model that comes with Fireside. It knows little for certain: at gpt-oss's own
    temperature, most of its answers about France are about another country."""
    path = resource("models", "demo-gpt-oss.gguf")  # another one after an update
    return ModelRef(path, "Demo model", Sampling(temperature=0.3), "demo")


@dataclass(frozen=True, slots=True)
class NotSaved:
    """The settings could not be written. They hold until the end of this session."""

    error: StoreError


@dataclass(frozen=True, slots=True)
class Examined:
    """This machine now, and what its models say of themselves, or why they cannot be run."""

    machine: Machine
    models: tuple[tuple[ModelRef, Header | ModelError], ...]


class Host:
    """Start it with its folders and a place to publish events to; close it at the end.

    Raises StoreError where the chats cannot be opened.
    """

    def __init__(
        self,
        folders: Folders,
        publish: Callable[[ChatEvent | NotSaved | DownloadEvent], None],
        *,
        backend: Backend | None = None,
    ) -> None:
        self.folders = folders
        self._publish = publish
        self.settings = settings_file.load(folders.settings)
        self._store = Store(folders.chats)
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="disk")
        self._examiner = ThreadPoolExecutor(max_workers=2, thread_name_prefix="examine")
        self._ending = threading.Event()
        self.downloads = Downloads(publish)
        self.backend = backend or LocalBackend(folders.engine_log, folders.kept, self._options)
        self.chats = Chats(self._store, self.backend, publish, self._disk, self._may_prepare)

    def change(self, **changes: Any) -> Settings:
        """Changes settings, and saves them on the disk thread."""
        self.settings = dataclasses.replace(self.settings, **changes)
        self._disk.submit(loud, self._save, self.settings)
        return self.settings

    def _save(self, settings: Settings) -> None:
        path = self.folders.settings
        try:
            settings_file.save(settings, path)
        except OSError as error:
            full = error.errno == errno.ENOSPC
            self._publish(NotSaved(StoreFull(path) if full else StoreReadOnly(path)))

    def _may_prepare(self) -> bool:
        """Reading ahead is the person's wish, and not worth a battery's charge."""
        return self.settings.prepare and not probe.on_battery()

    def disk(self, work: Callable[[Store], T]) -> Future[T]:
        """Runs ``work`` on the thread that owns the disk."""
        return self._disk.submit(work, self._store)

    @property
    def wishes(self) -> Wishes:
        """What the person has fixed of the plan."""
        return wishes(self.settings)

    def _options(self) -> Options:
        return Options(self.wishes, self.settings.kept_gb * 10**9)

    def examine(self, models: Sequence[ModelRef]) -> Future[Examined]:
        """Looks at this machine and at files of models; nobody else waits for it. Fails with
        EngineError where llama.cpp does not say what it finds."""
        return self._examiner.submit(examine, self.backend, models)

    def find_models(self) -> Future[tuple[Model, ...]]:
        """Looks for models that are on this disk already."""
        return self._examiner.submit(lambda: tuple(library.scan(library.places(), self._ending)))

    def close(self) -> None:
        """Stops everything; every word on screen is on disk afterwards."""
        self._ending.set()
        self.downloads.close()
        self._examiner.shutdown(wait=False, cancel_futures=True)
        self.chats.close()
        self._examiner.shutdown()
        self._disk.shutdown()
        self._store.close()


def wishes(settings: Settings) -> Wishes:
    """What the person has fixed of the plan."""
    s = settings
    cache = CacheType(s.cache_type) if s.cache_type in list(CacheType) else None
    return Wishes(s.context, s.gpu_layers, s.cpu_experts, cache)


def examine(backend: Backend, models: Sequence[ModelRef]) -> Examined:
    """This machine now, as llama.cpp sees it, too. Raises EngineError."""
    machine = probe.machine(backend.devices())
    return Examined(machine, tuple((model, _header(model)) for model in models))


def _header(model: ModelRef) -> Header | ModelError:
    try:
        return probe.model(model.path)
    except ModelError as error:
        return error
