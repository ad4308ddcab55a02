"""The object graph of a running Fireside."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from app.base import settings as settings_file
from app.base import system_policy
from app.base.errors import FiresideError, LocalServerForbidden, StoreError
from app.base.jobs import Jobs
from app.base.resources import resource
from app.base.secrets import HUB_TOKEN, SecretPlace, Secrets
from app.base.settings import Folders, Settings
from app.base.threads import report_errors
from app.base.types import DEMO_NAME, Endpoint, ModelRef, Sampling
from app.chat import Chats
from app.documents import DocumentReader
from app.engine.backend import Backend
from app.engine.engine_parts import EngineParts
from app.engine.examiner import Examiner
from app.engine.gpu_setup import GpuSetup
from app.engine.planned_context import planned_context
from app.engine.remote.remote_parts import RemoteParts
from app.engine.router import Router
from app.engine.speed_meter import SpeedMeter
from app.model_loads import ModelLoads
from app.models.download_access import DownloadAccess
from app.models.hub import Hub
from app.models.model_library import ModelLibrary
from app.network.access import NetworkAccess
from app.reruns import Reruns
from app.serving import LocalServer, OpenServer, ServerParts
from app.store import Store, typed_errors
from app.store.background import ChatBackups, ChatSearches, DiskThread
from app.tools.costs import ToolCounter
from app.tools.departure_gate import DepartureGate
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool_parts import ToolParts
from app.turn import ModelUnloaded, NotSaved

if TYPE_CHECKING:
    from app.documents import DocumentProgress
    from app.engine.overrides import Overrides
    from app.exchange.service import ChatExchange
    from app.models.download_events import DownloadEvent
    from app.models.downloads import Downloads
    from app.models.model_library import MoveProgress
    from app.reruns import RerunEvent
    from app.serving import ServingChanged
    from app.tools.browser.source_status import SourcesChanged
    from app.tools.mcp.server_status import McpServersChanged
    from app.turn import ChatEvent

    HostEvent: TypeAlias = (
        ChatEvent
        | RerunEvent
        | DownloadEvent
        | MoveProgress
        | DocumentProgress
        | McpServersChanged
        | SourcesChanged
        | ServingChanged
    )
    """What the parts publish."""


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
        publish: Callable[[HostEvent], None],
        *,
        backend: Backend | None = None,
        open_server: OpenServer | None = None,
    ) -> None:
        self.folders = folders
        self._publish = publish
        self._store = Store(folders.chats)
        self.policy, self.policy_damage = system_policy.read(folders.system)
        """What an administrator has decided, and the error if that could not be read, else None."""
        self._saved, self.settings_damage = settings_file.open_(folders.settings)
        """The settings as they were saved last, and the error if some were lost at this start."""
        self._chosen = self._tried = self._saved
        """The user's settings, and those that were to be saved last."""
        self.settings = self.policy.applied(self._chosen)
        """The settings as they hold under the policy."""
        self.disk = DiskThread(self._store)
        self.jobs = Jobs("library")
        """The pool for work that may take long."""
        self._quick = Jobs("examine")
        # What was asked for last holds, so each of these has one thread.
        self.keeping = Jobs("secrets", 1)
        """The thread for secrets that the user gives or removes, in that order."""
        self.arranging = Jobs("source changes", 1)
        """The thread for changes of the sources, in the order in which they are made."""
        # Two threads: a newer search ends the one that runs.
        self._searching = Jobs("search")
        self._open_server = open_server
        self._opening = threading.Lock()
        self._server: LocalServer | None = None
        self.secrets = Secrets(folders.data)
        self.network = NetworkAccess(
            folders.connections,
            self._quick,
            offline=self.settings.offline,
            hub=self.settings.hub_address,
            hub_token=lambda: self.secrets.get_or_empty(HUB_TOKEN),
        )
        self.documents = DocumentReader(publish=publish)
        self._make_models(backend)
        self._make_tools()
        self._make_chats()

    def _make_models(self, engine: Backend | None) -> None:
        """Create what has to do with models, here and elsewhere."""
        folders, publish = self.folders, self._publish
        self.engine = EngineParts(
            folders,
            lambda: self.settings,
            demo_model(),
            lambda: publish(ModelUnloaded()),
            engine,
        )
        """The engine on this computer, which runs no tools."""
        self.gpu_setup = GpuSetup(self._quick)
        self.hub = Hub(self.network.open, self._quick)
        self._downloads = DownloadAccess(
            publish, self.network.open, folders.downloads, lambda: self.settings
        )
        self.library = ModelLibrary(
            self._store.chats,
            self._downloads.open,
            lambda: _model_folders(self.settings),
            self._add_folder,
            publish,
            self.jobs,
            self._quick,
            self.policy.model_folders,
        )
        self.remote = RemoteParts(
            folders,
            self.secrets,
            self.network.bare,
            self.jobs,
            self.library.usable_files,
            self._store.departures.forget,
        )
        """The models on other computers, or of other programs on this one."""

    def _make_tools(self) -> None:
        self.tool_parts = ToolParts(
            self.folders,
            self.network.bare,
            self.secrets,
            lambda: self.settings,
            self._publish,
            allowed=self.policy.tools,
        )
        """What the tools of a model are made of."""
        self.tools = Registry(self.tool_parts.tools, allowed=self.policy.tools)
        """The tools that a model may call."""

    def _make_chats(self) -> None:
        """Create what is asked: models wherever they are, with tools."""
        elsewhere = DepartureGate(self.remote.backend, self._store.departures)
        router = Router(self.engine.backend, elsewhere)
        self.backend = ToolLoop(router, self.tools, self._store.consents)
        self.tool_counter = ToolCounter(self.backend, self.tools, self.jobs)
        self.chats = Chats(
            self._store,
            self.backend,
            self._publish,
            self.disk,
            self._may_prepare,
            lambda: self.settings.name_chats,
            lambda: self.settings.instructions,
            self.tools.declared,
        )
        self.model_loads = ModelLoads(self.backend, self._publish, self.chats.running)
        self.reruns = Reruns(self._store, self.tools, self._publish)
        self.speeds = SpeedMeter(self.backend)

    def damages(self) -> list[FiresideError]:
        """Return what is wrong with the policy, the settings and the lists, the worst first."""
        found = (
            self.policy_damage,
            self.settings_damage,
            *self.remote.endpoints.take_faults(),
        )
        return [damage for damage in found if damage]

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
                engine = self.engine.backend
                self._server = self._open_server(
                    ServerParts(
                        engine,
                        self.chosen_model,
                        self.folders.connections,
                        self._publish,
                        planned=lambda model: planned_context(engine, model, self.overrides),
                    )
                )
            return self._server

    @property
    def downloads(self) -> Downloads:
        """The download queue, created on first use, from any thread."""
        return self._downloads.open()

    def chosen_model(self) -> ModelRef:
        """Return the model that is loaded, else the one that was chosen last."""
        if loaded := self.engine.backend.loaded():
            return loaded
        file = last_model(self.settings)
        return ModelRef.of_file(file, file.stem) if file else demo_model()

    def change(self, **changes: Any) -> Settings:
        """Change settings, apply them to the parts that they concern, and save them.

        Returns those that hold then: the policy may forbid what was chosen.
        """
        self._chosen = dataclasses.replace(self._chosen, **changes)
        self.settings = self.policy.applied(self._chosen)
        self.engine.settings_changed()
        self.network.set_offline(self.settings.offline)
        self.tool_parts.set_offline(self.settings.offline)
        self.network.set_hub(address=self.settings.hub_address)
        self._downloads.settings_changed()
        self.disk.submit(report_errors, self._save)
        return self.settings

    @property
    def overrides(self) -> Overrides:
        """The user's settings for the memory of models."""
        from app.engine.overrides import Overrides

        return Overrides.of(self.settings)

    def override(self, overrides: Overrides) -> None:
        """Change the settings for the memory of models."""
        self.change(**overrides.as_settings())

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

        return self.keeping.submit(work)

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
        self._downloads.close()
        self.documents.close()
        self.speeds.close()
        own = (self._quick, self.jobs, self._searching, self.keeping, self.arranging)
        pools = (*own, self.remote.endpoint_jobs)
        for pool in pools:
            pool.stop()
        self.reruns.close()
        self.engine.close()
        self.chats.close()
        self.tool_parts.close()
        for pool in pools:
            pool.close()
        self.network.close()
        self.disk.shutdown()
        self._store.close()

    def _save(self) -> None:
        """Save what has changed since that was done last."""
        chosen = self._chosen
        if chosen is self._tried:
            return  # the call before had them already
        self._tried = chosen
        try:
            with typed_errors(self.folders.settings):
                settings_file.save(chosen, self._saved, self.folders.settings)
                self._saved = chosen
        except StoreError as fault:
            self._publish(NotSaved(fault))

    def _may_prepare(self) -> bool:
        """Return whether to read ahead: as set in the settings, but never on battery power."""
        from app.engine import probe

        return self.settings.prepare and not probe.on_battery()

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
