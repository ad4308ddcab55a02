"""The object graph of a running Fireside."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base import settings as settings_file
from app.base import system_policy
from app.base.errors import FiresideError, LocalServerForbidden, StoreError
from app.base.jobs import Jobs
from app.base.resources import resource
from app.base.secrets import HUB_TOKEN, SecretPlace, Secrets
from app.base.settings import Folders, Settings
from app.base.system_files import ENDPOINTS
from app.base.threads import report_errors
from app.base.types import DEMO_NAME, Endpoint, ModelRef, Sampling
from app.chat import Chats
from app.documents import DocumentProgress, DocumentReader
from app.engine.backend import Backend
from app.engine.demo_filter import DemoFilter
from app.engine.examiner import Examiner
from app.engine.idle_unloading import IdleUnloader
from app.engine.planned_context import planned_context
from app.engine.remote.endpoint_jobs import EndpointJobs
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_backend import RemoteBackend
from app.engine.router import Router
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.shared.shared_engine import SharedEngine
from app.engine.speed_file import SpeedFile
from app.engine.speed_meter import SpeedMeter
from app.engine.supervisor import EngineOptions, LocalBackend
from app.models.hub import Hub
from app.models.model_library import ModelLibrary, MoveProgress
from app.network.access import NetworkAccess
from app.reruns import RerunEvent, Reruns
from app.serving import LocalServer, OpenServer, ServerParts, ServingChanged
from app.store import Store, typed_errors
from app.store.background import ChatBackups, ChatSearches, DiskThread
from app.tools.departure_gate import DepartureGate
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool_parts import ToolParts
from app.turn import ChatEvent, ModelUnloaded, NotSaved

if TYPE_CHECKING:
    from app.engine.gpu_library import GpuBuild
    from app.engine.overrides import Overrides
    from app.engine.remote.local_vocabulary import LocalVocabulary
    from app.exchange.service import ChatExchange
    from app.models.download_events import DownloadEvent
    from app.models.downloads import Downloads
    from app.network.endpoint_client import EndpointClient
    from app.tools.browser.source_status import SourcesChanged
    from app.tools.mcp.server_status import McpServersChanged


def demo_model() -> ModelRef:
    """Return the small model that is bundled with Fireside.

    Its sampling temperature is low since it knows little for certain: at gpt-oss's own temperature,
    most of its answers about France are about another country.
    """
    path = resource("models", "demo-gpt-oss.gguf")  # its path may change with an update
    return ModelRef.of_file(path, DEMO_NAME, Sampling(temperature=0.3), "demo")


class Host:
    """The owner of the parts of a running Fireside: it builds, hands out, and closes them.

    ``publish`` is called with the parts' events, on their threads. Raises StoreError if the chats
    cannot be opened.
    """

    def __init__(
        self,
        folders: Folders,
        publish: Callable[
            [
                ChatEvent
                | RerunEvent
                | DownloadEvent
                | MoveProgress
                | DocumentProgress
                | McpServersChanged
                | SourcesChanged
                | ServingChanged
            ],
            None,
        ],
        *,
        backend: Backend | None = None,
        open_server: OpenServer | None = None,
    ) -> None:
        self.folders = folders
        self._publish = publish
        self._store = Store(folders.chats)
        self.policy, self.policy_damage = system_policy.read(folders.system)
        """What an administrator has decided, and the error if that could not be read, else None."""
        self._chosen, self.settings_damage = settings_file.open_(folders.settings)
        """The user's settings, and the error if some were lost at this start, else None."""
        self.settings = self.policy.applied(self._chosen)
        """The settings as they hold under the policy."""
        self.disk = DiskThread(self._store)
        self.jobs = Jobs("library")
        """The pool for work that may take long."""
        self._quick = Jobs("examine")
        # Two threads: a newer search ends the one that runs.
        self._searching = Jobs("search")
        self._opening = threading.Lock()
        self._downloads: Downloads | None = None
        self._renewed = 0
        own = self._scheduled = ScheduledBackend(backend or self._local_engine())
        self._shared = None if backend else SharedEngine(own, folders.data)
        self._idle = IdleUnloader(own, lambda: self.settings.unload_minutes, self._unloaded)
        self._idle.look()
        self.engine: Backend = self._shared or own
        """The engine on this computer, which runs no tools."""
        self._open_server = open_server
        self._server: LocalServer | None = None
        self.secrets = Secrets(folders.data)
        self.network = NetworkAccess(
            folders.connections,
            self._quick,
            offline=self.settings.offline,
            hub=self.settings.hub_address,
            hub_token=lambda: self.secrets.get_or_empty(HUB_TOKEN),
        )
        self.endpoints = EndpointList(folders.endpoints, self.secrets, folders.system / ENDPOINTS)
        """The models on other computers, or of other programs on this one."""
        self.tool_parts = ToolParts(
            folders,
            self.network.bare,
            self.secrets,
            lambda: self.settings,
            publish,
            allowed=self.policy.tools,
        )
        """What the tools of a model are made of."""
        self.tools = Registry(self.tool_parts.tools, allowed=self.policy.tools)
        """The tools that a model may call."""
        self.backend = ToolLoop(self._router(), self.tools, self._store.consents)
        self.chats = Chats(
            self._store,
            self.backend,
            publish,
            self.disk,
            self._may_prepare,
            lambda: self.settings.name_chats,
            lambda: self.settings.instructions,
            self.tools.declared,
        )
        self.reruns = Reruns(self._store, self.tools, publish)
        self.documents = DocumentReader(publish=publish)
        self.hub = Hub(self.network.open, self._quick)
        self.library = ModelLibrary(
            self._store.chats,
            lambda: self.downloads,
            lambda: _model_folders(self.settings),
            self._add_folder,
            publish,
            self.jobs,
            self._quick,
            self.policy.model_folders,
        )
        self.speeds = SpeedMeter(self.backend)

    def damages(self) -> list[FiresideError]:
        """Return what is wrong with the policy, the settings and the lists, the worst first."""
        found = (
            self.policy_damage,
            self.settings_damage,
            *self.endpoints.take_faults(),
        )
        return [damage for damage in found if damage]

    @cached_property
    def endpoint_client(self) -> EndpointClient:
        """The client for models behind endpoints, loaded on first use."""
        from app.network.endpoint_client import EndpointClient

        return EndpointClient(self.network.bare)

    @cached_property
    def endpoint_jobs(self) -> EndpointJobs:
        """The tests of endpoints, and changes of their list."""
        forget = self._store.departures.forget
        return EndpointJobs(lambda: self.endpoint_client, self.endpoints, forget)

    @cached_property
    def searches(self) -> ChatSearches:
        """The service that searches chats."""
        return ChatSearches(self._store, self._searching)

    @cached_property
    def backups(self) -> ChatBackups:
        """The service that makes and restores backups of chats."""
        return ChatBackups(self._store, self.jobs)

    @cached_property
    def examiner(self) -> Examiner:
        """What examines this computer and its models."""
        return Examiner(self.backend, self._quick)

    @cached_property
    def exchange(self) -> ChatExchange:
        """The service that exports and imports chats."""
        from app.exchange.service import ChatExchange

        return ChatExchange(self._store, self.jobs)

    @property
    def server(self) -> LocalServer | None:
        """The local server, made on first use, from any thread.

        None if this process has none. Raises LocalServerForbidden if the policy forbids it.
        """
        if not self.policy.server:
            raise LocalServerForbidden()
        with self._opening:
            if self._server is None and self._open_server:
                self._server = self._open_server(
                    ServerParts(
                        self.engine,
                        self.chosen_model,
                        self.folders.connections,
                        self._publish,
                        planned=lambda model: planned_context(self.engine, model, self.overrides),
                    )
                )
            return self._server

    def chosen_model(self) -> ModelRef:
        """Return the model that is loaded, else the one that was chosen last."""
        if loaded := self.engine.loaded():
            return loaded
        file = last_model(self.settings)
        return ModelRef.of_file(file, file.stem) if file else demo_model()

    @property
    def downloads(self) -> Downloads:
        """The download queue, created on first use, from any thread."""
        from app.models.downloads import Downloads

        with self._opening:
            if self._downloads is None:
                self._downloads = Downloads(
                    self._publish,
                    self.network.open,
                    self.folders.downloads,
                    cache=_download_folder(self.settings),
                    limit=_download_limit(self.settings),
                )
                self._downloads.mount = self.settings.download_mount
            return self._downloads

    def change(self, **changes: Any) -> Settings:
        """Change settings, apply them to the parts that they concern, and save them.

        Returns those that hold then: the policy may forbid what was chosen.
        """
        self._chosen = dataclasses.replace(self._chosen, **changes)
        self.settings = self.policy.applied(self._chosen)
        self._idle.look()
        self.network.set_offline(self.settings.offline)
        self.tool_parts.set_offline(self.settings.offline)
        self.network.set_hub(address=self.settings.hub_address)
        if self._downloads:
            self._downloads.limit = _download_limit(self.settings)
            self._downloads.cache = _download_folder(self.settings)
            self._downloads.mount = self.settings.download_mount
        self.disk.submit(report_errors, self._save, self._chosen)
        return self.settings

    @property
    def overrides(self) -> Overrides:
        """The user's settings for the memory of models."""
        from app.engine.overrides import Overrides

        return Overrides.of(self.settings)

    def override(self, overrides: Overrides) -> None:
        """Change the settings for the memory of models."""
        o = overrides
        self.change(
            context=o.context,
            gpu_layers=o.gpu_layers,
            cpu_experts=o.cpu_experts,
            cache_type=o.cache or "",
            map_weights=o.mapped,
            unused_gpus=o.unused_gpus,
            answers_at_once=o.places,
        )

    def clients(self) -> frozenset[str]:
        """Return the other programs that are answered now by the engine of this process."""
        return self._scheduled.clients

    def tool_costs(self, model: ModelRef, keys: Sequence[str]) -> Future[Mapping[str, int]]:
        """Count the tokens that each of some tools takes of a prompt, when there is time.

        None are counted if the model is not loaded. Fails with EngineError.
        """
        declared = {key: self.tools.declared([key]) for key in keys}
        stop = threading.Event()

        def work() -> Mapping[str, int]:
            from app.tools.costs import count_tools

            return count_tools(self.backend, model, declared, stop)

        return self.jobs.submit_until(stop, work)

    def renew_engine(self) -> None:
        """Have the model loaded again, in a new process and by a new plan, when it is used next."""
        self._renewed += 1

    def gpu_build(self) -> Future[GpuBuild | None]:
        """Read how far the GPU library is that the set-up compiles; None if it compiles none."""

        def work() -> GpuBuild | None:
            from app.engine import gpu_library

            return gpu_library.progress(gpu_library.root())

        return self._quick.submit(work)

    def gpu_backends(self) -> Future[tuple[str, ...]]:
        """Find for which backends there are GPU libraries beside llama.cpp."""

        def work() -> tuple[str, ...]:
            from app.engine import gpu_library

            return tuple(library.backend for library in gpu_library.found(gpu_library.root()))

        return self._quick.submit(work)

    @property
    def gpu_build_log(self) -> Path:
        """What the compiler of the GPU library has said."""
        from app.engine import gpu_library

        return gpu_library.log_file(gpu_library.root())

    def keep_hub_token(self, token: str) -> Future[SecretPlace | None]:
        """Keep the token for the hub and use it; an empty one is removed.

        Returns where it is kept. Fails with SecretUnwritable.
        """

        def work() -> SecretPlace | None:
            if token:
                self.secrets.set(HUB_TOKEN, token)
            else:
                self.secrets.delete(HUB_TOKEN)
            self.network.set_hub(token=token)
            return self.secrets.place(HUB_TOKEN)

        return self.jobs.submit(work)

    def tidy(self) -> Future[None]:
        """Do the store's upkeep after a start, in the background.

        That is: index an older file, delete traces of erased chats, and make the daily backup.
        Fails with StoreError.
        """

        def work() -> None:
            self._store.upkeep.tidy()
            from app.engine import kv_disk_cache

            for chat in kv_disk_cache.chats(self.folders.kept) - self._store.chats.live():
                self.chats.forget(chat)  # an earlier attempt was interrupted

        return self.jobs.submit(work)

    def close(self) -> None:
        """Close everything; every word on screen is on disk afterwards."""
        self._store.upkeep.hurry()
        if self._server:
            self._server.stop()
        self.jobs.stop()
        self.secrets.close()
        with self._opening:
            downloads = self._downloads
        if downloads:
            downloads.close()
        self.documents.close()
        self.speeds.close()
        pools = (self._quick, self.jobs, self._searching, self.endpoint_jobs.jobs)
        for pool in pools:
            pool.stop()
        self.reruns.close()
        self._idle.close()
        self.chats.close()
        self.tool_parts.close()
        for pool in pools:
            pool.close()
        self.network.close()
        self.disk.shutdown()
        self._store.close()

    def _save(self, settings: Settings) -> None:
        try:
            with typed_errors(self.folders.settings):
                settings_file.save(settings, self.folders.settings)
        except StoreError as fault:
            self._publish(NotSaved(fault))

    def _unloaded(self) -> None:
        """Note that the model was unloaded because nobody asked it."""
        if self._shared:
            self._shared.leave()
        self._publish(ModelUnloaded())

    def _local_engine(self) -> Backend:
        folders = self.folders
        local = LocalBackend(
            folders.engine_log, folders.kept, self._engine_options, SpeedFile(folders.speeds)
        )
        return DemoFilter(local, demo_model())

    def _router(self) -> Router:
        remote = RemoteBackend(
            lambda: self.endpoint_client, self.endpoints, lambda: self._vocabulary.at_hand()
        )
        return Router(self.engine, DepartureGate(remote, self._store.departures))

    @cached_property
    def _vocabulary(self) -> LocalVocabulary:
        from app.engine.remote.local_vocabulary import LocalVocabulary

        return LocalVocabulary(self.jobs, self._model_files)

    def _model_files(self) -> Iterator[Path]:
        """Yield the files of models on this disk that can be run."""
        from app.models import disk_scan

        places = disk_scan.places(_model_folders(self.settings), self.policy.model_folders)
        for model in disk_scan.scan(places, self.jobs.ending):
            if model.problem is None:
                yield model.path

    def _may_prepare(self) -> bool:
        """Return whether to read ahead: as set in the settings, but never on battery power."""
        from app.engine import probe

        return self.settings.prepare and not probe.on_battery()

    def _engine_options(self) -> EngineOptions:
        return EngineOptions(self.overrides, self.settings.kept_gb * 10**9, self._renewed)

    def _add_folder(self, folder: Path) -> None:
        if str(folder) not in self.settings.folders:
            self.change(folders=(*self.settings.folders, str(folder)))


def last_model(settings: Settings) -> Path | None:
    """Return the file of the model that was chosen last; None for none, or the demo.

    Where that was a model of another computer, it is the last one before.
    """
    demo = demo_model()
    chosen = settings.model
    if Endpoint.of_key(chosen):
        chosen = next(iter(settings.models), "")
    return None if chosen in ("", demo.key, demo.place) else Path(chosen)


def _model_folders(settings: Settings) -> list[Path]:
    """Return the user's own folders for models."""
    chosen = [*settings.folders, *filter(None, [settings.download_folder])]
    return [Path(folder) for folder in chosen]


def _download_limit(settings: Settings) -> float | None:
    """Return the download limit in bytes per second; None for no limit."""
    return settings.download_limit * 1e6 or None


def _download_folder(settings: Settings) -> Path | None:
    return Path(settings.download_folder) if settings.download_folder else None
