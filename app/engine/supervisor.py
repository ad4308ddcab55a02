"""The backend that runs llama.cpp in a process of its own, by `app.engine.loader`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from app.base import gguf
from app.base.answer_events import Delta, Done, Event, Loading, Prompt, Waiting
from app.base.errors import (
    EngineDied,
    EngineFailed,
    GpuLost,
    ModelError,
    ModelTooLarge,
    OutOfMemory,
)
from app.base.types import ModelRef, Request
from app.engine import load_failure, speed_meter
from app.engine.backend import Planned
from app.engine.engine_process import EngineOptions as EngineOptions
from app.engine.engine_process import EngineProcess, run_child
from app.engine.engine_process import Target as Target
from app.engine.engine_protocol import NeedsContext
from app.engine.failed_loads import FailedLoads
from app.engine.lease import Lease, Use
from app.engine.loader import Loader, file_of
from app.engine.resumable_answer import ResumableAnswer
from app.formats import Abilities, abilities_of

if TYPE_CHECKING:  # saves the window's start time and memory
    from app.engine.probe import Devices, Speeds
    from app.engine.speed_file import SpeedFile


class LocalBackend:
    """gpt-oss by llama.cpp, in a process of its own, for requests from any threads at a time.

    ``cache_folder``: where the KV cache is saved (see `app.engine.kv_disk_cache`), or None.
    ``options`` is called before every command; the model is loaded again if they changed.

    ``speeds``: where the measured speeds of this computer are kept, or None.

    ``silence``: seconds without a message from a busy process after which it counts as hung; one
    batch of a prompt can take tens of seconds on a slow machine. ``grace``: seconds that a process
    gets to obey a stop.
    """

    def __init__(
        self,
        log: Path,
        cache_folder: Path | None = None,
        options: Callable[[], EngineOptions] = EngineOptions,
        speeds: SpeedFile | None = None,
        *,
        target: Target = run_child,
        silence: float = 180.0,
        grace: float = 3.0,
    ) -> None:
        self._loader = Loader(
            log, cache_folder, options, speeds, target, silence=silence, grace=grace
        )
        self._channel = self._loader.channel
        self._abilities: dict[Path, tuple[tuple[int, int] | None, Abilities]] = {}
        self._lease = Lease()
        self._growing: list[int] = []
        """The contexts, in tokens, that requests wait for."""
        self._failed = FailedLoads()

    @property
    def pid(self) -> int | None:
        """The id of the worker process; None while there is none."""
        child = self._channel.child
        return child.pid if child else None

    def load(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Waiting | Loading | Planned, None, None]:
        use = yield from self._ready(model, cancel, first=True)
        use.end()

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        answer, needed, again = ResumableAnswer(request), 0, False
        background = request.background
        first = not request.client and not background
        while True:
            use = yield from self._ready(
                request.model, cancel, needed, first=first, background=background
            )
            child = self._channel.child
            if child is None:  # it has just ended, during another answer
                use.end()
                continue
            try:
                more = yield from self._ask(
                    answer, child, use, cancel, answer_now, may_grow=not needed
                )
            except EngineDied as error:
                # It goes on in another process if a GPU was lost, or if the process was killed for
                # another answer's sake.
                can = isinstance(error, GpuLost) or child.stuck
                if again or not can or not answer.can_go_on:
                    raise
                again = True
                continue
            finally:
                use.end()
            if not more:
                return
            needed = more

    def _ready(
        self,
        model: ModelRef,
        cancel: threading.Event,
        least: int = 0,
        *,
        first: bool = False,
        background: bool = False,
    ) -> Generator[Waiting | Loading | Planned, None, Use]:
        """Return a use of the model, which is loaded if it has to be: once for all who wait.

        If it cannot be loaded, it fails for all of them. ``least``: tokens of context.
        """
        since = self._failed.now()
        if least:
            self._growing.append(least)
        try:
            use = yield from self._lease.take(
                lambda: self._loader.runs(model, least), cancel, first=first, background=background
            )
            if use.exclusive:
                try:
                    self._failed.check(model, since)
                    yield from self._loaded(model, cancel, grows=bool(least))
                    use.share()
                except BaseException:
                    use.end()
                    raise
            return use
        finally:
            if least:
                self._growing.remove(least)

    def _loaded(
        self, model: ModelRef, cancel: threading.Event, *, grows: bool
    ) -> Generator[Loading | Planned, None, None]:
        """Load the model.

        If it ``grows``, that is with a longer context, which it keeps until it is unloaded. The KV
        cache goes over by way of the disk, if it may be kept there. If the memory is not there any
        more, the old context has to do.
        """
        least = max(self._growing) if grows else 0
        try:
            try:
                yield from self._told(self._loader.ready(model, cancel, least))
            except (OutOfMemory, ModelTooLarge):
                if not grows:
                    raise
                yield from self._told(self._loader.ready(model, cancel))
            if not self._loader.runs(model, least):
                self._loader.stays()
        except (ModelError, EngineFailed) as error:
            self._failed.add(model, error)
            raise

    def _told(
        self, steps: Generator[Loading | Planned, None, None]
    ) -> Generator[Loading | Planned, None, None]:
        """Yield the steps of loading, and tell them to those who wait for the model, too."""
        for step in steps:
            if isinstance(step, Loading):
                self._lease.tell(step)
            yield step

    def _ask(
        self,
        answer: ResumableAnswer,
        child: EngineProcess,
        use: Use,
        cancel: threading.Event,
        hurry: threading.Event | None,
        *,
        may_grow: bool,
    ) -> Generator[Event, None, int]:
        """Have a question answered. Return the context that it needs, 0 if it has been answered."""
        request, needed = answer.request, 0
        self._set_budget()
        events = self._channel.exchange(cancel, "ask", request, may_grow, hurry=hurry, child=child)
        watch = None if request.background else child.watch
        try:
            with closing(watch.watched(events, lambda: use.alone) if watch else events) as told:
                for event in told:
                    if isinstance(event, NeedsContext):
                        needed = event.tokens
                        continue
                    if isinstance(event, Delta):
                        answer.add(event)
                    elif isinstance(event, Done):
                        self._loader.answered()
                    yield event
        except EngineDied as error:
            if not load_failure.could_not_read(error.exit_code):
                raise
            path = file_of(request.model)
            self._loader.check_header(path)
            raise load_failure.not_read(path) from error
        return needed

    def prepare(self, request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        use = yield from self._lease.take(lambda: True, cancel, background=True)
        try:
            if self._loader.runs(request.model):
                self._set_budget()
                yield from self._channel.exchange(cancel, "prepare", request)
        finally:
            use.end()

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        with self._lease.visit(cancel):
            if not self._loader.runs(request.model):
                return None
            found = list(self._channel.exchange(cancel, "count", request))
        return found[0] if found else None

    def abilities(self, model: ModelRef) -> Abilities:
        path = file_of(model)
        try:
            status = path.stat()
            state = status.st_size, status.st_mtime_ns
        except OSError:
            state = None  # `probe.model` raises the reason
        known = self._abilities.get(path)
        if known is None or state is None or known[0] != state:
            from app.engine import probe

            probe.model(path)  # raises the error for a file that cannot be run
            found = abilities_of(gguf.read(path, arrays=True))
            known = self._abilities[path] = state, found
        return known[1]

    def devices(self) -> Devices:
        return self._loader.devices()

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        from app.engine.probe import Speeds

        engine = self._loader
        if engine.speeds is None:
            return Speeds()
        if again:
            with self._lease.exclusive(cancel):
                engine.leave_gpus()
        return speed_meter.measure(
            engine.measuring, engine.speeds, engine.found, cancel, again=again
        )

    def forget(self, chat: int) -> None:
        with self._lease.visit(threading.Event()):
            try:
                self._channel.command("forget", chat)
            finally:  # even if the child is gone
                if folder := self._loader.cache_folder:
                    from app.engine import kv_disk_cache

                    kv_disk_cache.forget(folder, chat)

    def unload(self, cancel: threading.Event | None = None) -> None:
        with self._lease.exclusive(cancel or threading.Event()):
            self._channel.shut_down()

    def loaded(self) -> ModelRef | None:
        child = self._channel.child
        return child.model if child and child.runs and child.alive else None

    def close(self) -> None:
        self._lease.close()
        self._channel.close()

    def _set_budget(self) -> None:
        """Send the worker its disk budget if that has changed."""
        budget, child = self._loader.options().budget, self._channel.child
        if self._loader.cache_folder and child and child.budget != budget:
            self._channel.command("budget", budget)
            child.budget = budget
