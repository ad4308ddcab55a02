"""The engine on this computer, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.base.settings import Folders, Settings
from app.base.types import ModelRef
from app.engine.backend import Backend
from app.engine.demo_filter import DemoFilter
from app.engine.idle_unloading import IdleUnloader
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.shared.shared_engine import SharedEngine
from app.engine.speed_file import SpeedFile
from app.engine.supervisor import EngineOptions, LocalBackend


def own_engine(
    folders: Folders, log: Path, options: Callable[[], EngineOptions], demo: ModelRef
) -> ScheduledBackend:
    """Return the engine of this process, for the other processes of the data folder, too.

    ``options`` returns those that hold now. With a ``log`` elsewhere, since the folder cannot be
    written to, no KV cache is kept on the disk.
    """
    kept = folders.kept if log == folders.engine_log else None
    local = LocalBackend(log, kept, options, SpeedFile(folders.speeds))
    return ScheduledBackend(DemoFilter(local, demo))


class EngineParts:
    """The engine of this process, shared with the others, and unloaded when it is idle.

    ``settings`` returns those that hold now; ``demo`` is the demo model. ``unloaded`` is called
    when the model was unloaded because nobody asked it, on a thread of its own. An engine that is
    ``given`` takes the place of llama.cpp's, and is not shared.
    """

    def __init__(
        self,
        folders: Folders,
        settings: Callable[[], Settings],
        demo: ModelRef,
        unloaded: Callable[[], None],
        given: Backend | None = None,
    ) -> None:
        self._settings, self._told = settings, unloaded
        self._renewed = 0
        self._own = (
            ScheduledBackend(given)
            if given
            else own_engine(folders, folders.engine_log, self.options, demo)
        )
        self._shared = None if given else SharedEngine(self._own, folders.data)
        self._idle = IdleUnloader(self._own, lambda: settings().unload_minutes, self._unloaded)
        self._idle.look()
        self.backend: Backend = self._shared or self._own
        """What is asked; closed by who asks it."""

    def clients(self) -> frozenset[str]:
        """Return the other programs that are answered now by the engine of this process."""
        return self._own.clients

    def renew(self) -> None:
        """Have the model loaded again, in a new process and by a new plan, when it is used next."""
        self._renewed += 1

    def options(self) -> EngineOptions:
        """Return the options that hold when a model is loaded."""
        from app.engine.overrides import Overrides  # a window need not wait for it

        settings = self._settings()
        return EngineOptions(Overrides.of(settings), settings.kept_gb * 10**9, self._renewed)

    def settings_changed(self) -> None:
        """Take note that the model may be unloaded earlier or later."""
        self._idle.look()

    def close(self) -> None:
        """Unload nothing any more by itself."""
        self._idle.close()

    def _unloaded(self) -> None:
        self._told()  # before another can be loaded: leaving takes a while
        if self._shared:
            self._shared.leave()
