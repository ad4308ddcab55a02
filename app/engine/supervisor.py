"""Owner of the worker process that runs llama.cpp: spawn, load, stream, cancel, crash report.

The calling thread supervises: it waits on the pipe and on the process together, so a process that
died, hangs or was killed becomes an error here, and the next request starts another.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base import gguf, log
from app.base.errors import (
    CacheUnsupported,
    Cancelled,
    EngineDied,
    EngineHung,
    FiresideError,
    GpuLost,
    ModelError,
    ModelLoadFailed,
    ModelTooLarge,
    NoRemoteEngine,
    OutOfMemory,
)
from app.base.gguf import GgufHeader
from app.base.processes import ChildEnded
from app.base.types import (
    Delta,
    Done,
    Event,
    FileLocation,
    Loading,
    ModelRef,
    Prompt,
    Request,
)
from app.engine import load_failure, speed_meter
from app.engine.backend import GpuFault, GpuTrouble, Planned
from app.engine.delta_wire import unpack
from app.engine.engine_process import OFFLOAD, WITHOUT_GPUS, EngineProcess, Target, run_child
from app.engine.engine_protocol import NeedsContext
from app.formats import Abilities, abilities_of

if TYPE_CHECKING:  # saves the window's start time and memory
    from app.engine.answer_watch import AnswerWatch
    from app.engine.gpu_library import GpuLibrary
    from app.engine.plan import Overrides, Plan
    from app.engine.probe import Devices, Gpu, Machine, Speeds, UnusedBackend
    from app.engine.recovery import Answer, GpuLosses
    from app.engine.speed_file import SpeedFile

_POLL_S = 0.02  # how often cancellation is checked
_LOG_TAIL = 2000  # bytes of the log that go into a report
_LOAD_LOG = 16_000  # bytes that explain a failed load: a crash leaves a long stack


def _file_of(model: ModelRef) -> Path:
    """Return the file of a model. Raises NoRemoteEngine if it is behind an endpoint."""
    if isinstance(model.location, FileLocation):
        return model.location.path
    raise NoRemoteEngine(model.location.url)


def _gpu_libraries() -> tuple[GpuLibrary, ...]:
    """Return the GPU libraries that are there now."""
    from app.engine import gpu_library

    return gpu_library.found(gpu_library.root())


def _no_overrides() -> Overrides:
    from app.engine.plan import Overrides

    return Overrides()


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The user's overrides of the plan, and how many bytes of disk the KV cache may use.

    ``renewed`` is another number once the model is to be loaded again, in a new process and by a
    new plan.
    """

    overrides: Overrides = field(default_factory=_no_overrides)
    budget: int = 0
    renewed: int = 0


class LocalBackend:
    """gpt-oss by llama.cpp, in a process of its own, which answers one request at a time.

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
        self._log = log
        self._cache_folder = cache_folder
        self._options = options
        self._speeds = speeds
        self._target = target
        self._devices: Devices | None = None
        self._crash: UnusedBackend | None = None
        """A driver that ended the process. Drivers are not asked again until the program ends."""
        self._trouble: GpuTrouble | None = None
        """What the next `Planned` tells."""
        self._losses: GpuLosses | None = None
        self._abilities: dict[Path, tuple[tuple[int, int] | None, Abilities]] = {}
        self._silence = silence
        self._grace = grace
        self._asking = threading.Lock()
        self._ending = threading.Lock()
        self._child: EngineProcess | None = None
        self._streams = itertools.count(1)
        self._renewed = 0
        self._libraries: tuple[GpuLibrary, ...] = ()
        """The GPU libraries that were there when the devices were asked for."""
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The id of the worker process; None while there is none."""
        child = self._child
        return child.pid if child else None

    def load(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Loading | Planned, None, None]:
        with self._asking:
            yield from self._ready(model, cancel)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        with self._asking:
            yield from self._ready(request.model, cancel)
            from app.engine.recovery import Answer

            answer = Answer(request)
            try:
                needed = yield from self._ask(answer, cancel, answer_now)
            except GpuLost:
                if not answer.can_go_on:
                    raise
                yield from self._ready(request.model, cancel)
                needed = yield from self._ask(answer, cancel, answer_now)
            if needed:
                yield from self._grow(request.model, cancel, needed)
                yield from self._ask(answer, cancel, answer_now, may_grow=False)

    def _ask(
        self,
        answer: Answer,
        cancel: threading.Event,
        hurry: threading.Event | None,
        *,
        may_grow: bool = True,
    ) -> Generator[Event, None, int]:
        """Have a question answered. Return the context that it needs, 0 if it has been answered."""
        request, child, needed = answer.request, self._child, 0
        self._set_budget()
        try:
            events = self._exchange(cancel, "ask", request, may_grow, hurry=hurry)
            watch = child.watch if child else None
            for event in watch.watched(events) if watch else events:
                if isinstance(event, NeedsContext):
                    needed = event.tokens
                    continue
                if isinstance(event, Delta):
                    answer.add(event)
                elif isinstance(event, Done) and self._losses and child and child.plan:
                    self._losses.worked(child.plan)
                yield event
        except EngineDied as error:
            if not load_failure.could_not_read(error.exit_code):
                raise
            path = _file_of(request.model)
            self._check_header(path)
            raise load_failure.not_read(path) from error
        return needed

    def _grow(
        self, model: ModelRef, cancel: threading.Event, context: int
    ) -> Generator[Loading | Planned, None, None]:
        """Load the model with a longer context, which it keeps until it is unloaded.

        The KV cache goes over by way of the disk, if it may be kept there. If the memory is not
        there any more, the old context has to do.
        """
        try:
            yield from self._ready(model, cancel, least=context)
        except (OutOfMemory, ModelTooLarge):
            yield from self._ready(model, cancel)

    def prepare(self, request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        with self._asking:
            if self._runs(request.model):
                self._set_budget()
                yield from self._exchange(cancel, "prepare", request)

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        with self._asking:
            if not self._runs(request.model):
                return None
            found = list(self._exchange(cancel, "count", request))
        return found[0] if found else None

    def abilities(self, model: ModelRef) -> Abilities:
        path = _file_of(model)
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
        if self._devices is None or self._libraries != _gpu_libraries():
            self._started().kill()
        found = self._devices
        assert found
        child = self._child
        return replace(self._with_speeds(found), held=child.held if child else 0)

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        from app.engine.probe import Speeds

        if self._speeds is None:
            return Speeds()
        return speed_meter.measure(
            self._target, self._log, self._speeds, self._devices, cancel, again=again
        )

    def forget(self, chat: int) -> None:
        with self._asking:
            try:
                self._command("forget", chat)
            finally:  # even if the child is gone
                if self._cache_folder:
                    from app.engine import kv_disk_cache

                    kv_disk_cache.forget(self._cache_folder, chat)

    def close(self) -> None:
        self._closed = True
        self._close_child()

    def _ready(
        self, model: ModelRef, cancel: threading.Event, least: int = 0
    ) -> Generator[Loading | Planned, None, None]:
        """Make sure that a process is alive and has loaded ``model``.

        A file that cannot be run is refused before the current model is unloaded. ``least``: tokens
        of context for which even a loaded one is loaded again.
        """
        if self._closed or cancel.is_set():
            raise Cancelled
        if self._runs(model) and not least:
            return
        from app.engine import plan, probe
        from app.engine.memory_model import CacheType

        overrides = wishes = self._options().overrides
        header = probe.model(_file_of(model))
        # Raises ModelTooLarge if this machine is too small.
        plan.make(header, self._machine(header), wishes, least)
        self._close_child()
        tried: Plan | None = None
        settings: Plan | None = None
        full, lost = "", False
        while True:
            child = self._started(header)
            try:
                machine = self._machine(header)
                less = plan.smaller(tried, header, machine, wishes, full, least) if tried else None
                settings = less or plan.make(header, machine, wishes, least)
                if settings.copies and child.environment != self._environment(header):
                    self._close_child()  # the speeds were not known before the devices were
                    continue
                yield Planned(settings, less is not None, self._trouble)
                child.plan, self._trouble = settings, None
                yield from self._load(child, header, settings, cancel)
                child.runs = header.path, overrides
                child.held = settings.held
                child.watch = self._watch(child, settings, machine.speeds)
                return
            except OutOfMemory as error:
                self._kill_child()
                if tried or not settings:
                    raise
                if not plan.smaller(settings, header, machine, wishes, error.device, least):
                    raise
                tried, full = settings, error.device
            except CacheUnsupported:
                self._kill_child()
                if wishes.cache:
                    raise
                wishes = replace(wishes, cache=CacheType.F16)
            except GpuLost:
                self._kill_child()
                if lost:
                    raise
                lost = True
            except FiresideError:
                self._kill_child()
                raise

    def _started(self, header: GgufHeader | None = None) -> EngineProcess:
        """Return a new process, which has told its devices.

        If a driver ends it, it is started again without asking any. If it ends all the same,
        loading the model of ``header`` has failed.
        """
        self._libraries = _gpu_libraries()
        while True:
            child = EngineProcess(self._target, self._log, self._environment(header))
            if header:
                self._child = child
            try:
                self._devices = self._ask_devices(child)
                return child
            except (EngineDied, EngineHung) as error:
                log_end = child.log_tail(_LOAD_LOG)
                child.kill()
                if not self._crash:
                    from app.engine.probe import BackendFault, UnusedBackend

                    detail = load_failure.last_message(log_end)
                    self._crash = UnusedBackend("", BackendFault.CRASHED, detail)
                    self._trouble = GpuTrouble(GpuFault.DRIVER)
                elif header and isinstance(error, EngineDied):
                    raise load_failure.ended(header.path, error.exit_code, log_end) from error
                else:
                    raise

    def _environment(self, header: GgufHeader | None) -> dict[str, str]:
        """Return the environment variables for a process that is to load a model."""
        if self._crash:
            return WITHOUT_GPUS
        if header is None or OFFLOAD in os.environ:
            return {}
        from app.engine import speed_model
        from app.engine.memory_model import ModelSizes

        speeds = self._with_speeds(self._devices).speeds if self._devices else None
        return {OFFLOAD: str(speed_model.offload_batch(ModelSizes(header), speeds))}

    def _machine(self, header: GgufHeader) -> Machine:
        """Return this machine with the GPUs that can be used for a model, as far as known now."""
        from app.engine import probe, recovery

        if self._devices is None:
            return probe.machine()
        devices = replace(
            self._with_speeds(self._devices), held=self._child.held if self._child else 0
        )
        if self._losses:
            devices = self._losses.left(devices)
        devices, unable = recovery.able(header, devices, _gpu_libraries())
        if unable and not self._trouble:
            self._trouble = GpuTrouble(GpuFault.WEIGHTS, unable.description)
        return probe.machine(devices)

    def _load(
        self,
        child: EngineProcess,
        header: GgufHeader,
        settings: Plan,
        cancel: threading.Event,
    ) -> Generator[Loading, None, None]:
        yield Loading(0.0)
        try:
            for event in self._exchange(cancel, "load", header.path, settings, self._cache_folder):
                if isinstance(event, Loading):
                    yield event
        except (OutOfMemory, CacheUnsupported):
            raise
        except ModelError as error:
            if lost := self._gpu_lost(child, None):  # its exception was caught by llama.cpp
                raise lost from error
            self._check_header(header.path)
            raise
        except GpuLost as error:
            if not error.full:
                raise
            self._trouble = None  # a smaller plan says enough
            raise OutOfMemory(header.path, "", device=error.device) from error
        except EngineDied as error:
            found = load_failure.ended(header.path, error.exit_code, child.log_tail(_LOAD_LOG))
            if not isinstance(found, OutOfMemory):
                self._check_header(header.path)
            raise found from error
        except EngineHung as error:
            raise ModelLoadFailed(
                header.path, f"llama.cpp said nothing for {error.seconds:.0f} s"
            ) from error

    @staticmethod
    def _check_header(path: Path) -> None:
        """Raise the error in a file's header, if any; the file may have changed meanwhile."""
        from app.engine import probe

        probe.model(path)

    def _ask_devices(self, child: EngineProcess) -> Devices:
        (found,) = self._exchange(threading.Event(), "devices", child=child)
        from app.engine.probe import Devices

        assert isinstance(found, Devices)
        log.note(f"engine: {found.version}, {' '.join(found.backends)}")
        return replace(found, unused=(*found.unused, self._crash)) if self._crash else found

    def _watch(
        self, child: EngineProcess, settings: Plan, speeds: Speeds | None
    ) -> AnswerWatch | None:
        if not self._speeds or not speeds or not settings.tokens_s:
            return None
        from app.engine.answer_watch import AnswerWatch

        return AnswerWatch(
            settings, speeds.correction, self._speeds, child.pid, lambda: self._gpus_now(child)
        )

    def _gpus_now(self, child: EngineProcess) -> tuple[Gpu, ...]:
        (found,) = self._exchange(threading.Event(), "devices", child=child)
        gpus: tuple[Gpu, ...] = found.gpus
        return gpus

    def _with_speeds(self, found: Devices) -> Devices:
        return replace(found, speeds=self._speeds.speeds(found)) if self._speeds else found

    def _runs(self, model: ModelRef) -> bool:
        child, options = self._child, self._options()
        if child and options.renewed != self._renewed:
            child.runs = None
        self._renewed = options.renewed
        wanted = (_file_of(model), options.overrides)
        return child is not None and child.runs == wanted and child.alive

    def _set_budget(self) -> None:
        """Send the worker its disk budget if that has changed."""
        budget = self._options().budget
        if self._cache_folder and self._child and self._child.budget != budget:
            self._command("budget", budget)
            self._child.budget = budget

    def _command(self, name: str, *arguments: Any) -> None:
        """Send a command that has no result, and wait for its end."""
        if self._child:
            deque(self._exchange(threading.Event(), name, *arguments), maxlen=0)

    def _exchange(
        self,
        cancel: threading.Event,
        name: str,
        *arguments: Any,
        hurry: threading.Event | None = None,
        child: EngineProcess | None = None,
    ) -> Generator[Any, None, None]:
        """Send a command, and yield its payloads.

        Raises the error that the worker returns, or EngineDied, EngineHung, Cancelled.
        """
        child = child or self._child
        if child is None or self._closed:
            raise Cancelled
        stream = next(self._streams)
        child.send((name, stream, *arguments))
        asked_to_stop: float | None = None
        while True:
            if cancel.is_set() and asked_to_stop is None:
                asked_to_stop = time.monotonic()
                child.send(("cancel", stream))
            if hurry and hurry.is_set():
                child.send(("hurry", stream))
                hurry = None
            try:
                message = child.receive(_POLL_S)
            except ChildEnded:
                raise self._died(child) from None
            if message is not None:
                answered, payload = message
                if answered != stream:
                    continue  # the rest of an answer that was abandoned
                if payload is None:
                    return
                if isinstance(payload, FiresideError):
                    raise payload
                try:
                    yield unpack(payload)
                except GeneratorExit:  # the caller has stopped iterating
                    child.send(("cancel", stream))
                    raise
            elif asked_to_stop is not None and time.monotonic() - asked_to_stop > self._grace:
                self._kill(child)
                raise Cancelled
            elif child.silence > self._silence:
                self._kill(child)
                raise EngineHung(self._silence)

    def _died(self, child: EngineProcess) -> FiresideError:
        """Return the error for a process that is gone."""
        if self._closed:
            return Cancelled()
        child.join(1.0)
        lost = self._gpu_lost(child, child.exit_code)
        error = lost or EngineDied(child.exit_code, child.log_tail(_LOG_TAIL))
        # A fault of the file or of the disk is reported as a ModelError instead.
        foreseen = lost or load_failure.could_not_read(child.exit_code)
        unforeseen = child.runs is not None and not foreseen
        log.report_child("engine", child.log_tail(_LOAD_LOG), tell=unforeseen)
        self._kill(child)
        return error

    def _gpu_lost(self, child: EngineProcess, exit_code: int | None) -> GpuLost | None:
        """Return the error for a GPU that ended the process, or its loading; None if none did."""
        if not (child.plan and child.plan.shares):
            return None
        failure = load_failure.gpu_failure(child.log_tail(_LOAD_LOG))
        if failure is None:
            return None
        from app.engine.recovery import GpuLosses

        self._losses = self._losses or GpuLosses()
        gpu = self._losses.add(child.plan, failure)
        self._trouble = GpuTrouble(GpuFault.FULL if failure.full else GpuFault.LOST, gpu)
        log_end = child.log_tail(_LOG_TAIL)
        return GpuLost(exit_code, log_end, gpu, failure.device, failure.full)

    def _close_child(self) -> None:
        """End a healthy process after it has saved its KV cache."""
        with self._ending:
            child, self._child = self._child, None
        if child:
            child.send(("close", 0))
            child.close(self._grace)

    def _kill(self, child: EngineProcess) -> None:
        """End a process: the engine's, or one that was only asked for the devices."""
        if child is self._child:
            self._kill_child()
        else:
            child.kill()

    def _kill_child(self) -> None:
        with self._ending:
            child, self._child = self._child, None
        if child:
            child.kill()
