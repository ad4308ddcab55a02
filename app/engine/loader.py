"""The worker process with its model: started, and loaded by a plan, or by the next if one fails.

A process that died, hung or was killed is gone from the channel; the next request starts another.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.base import log as fault_log
from app.base.answer_events import Loading
from app.base.errors import (
    CacheUnsupported,
    Cancelled,
    EndpointUnknown,
    EngineDied,
    EngineError,
    EngineHung,
    FiresideError,
    GpuLost,
    ModelError,
    ModelLoadFailed,
    OutOfMemory,
)
from app.base.gguf import GgufHeader
from app.base.types import FileLocation, ModelRef
from app.engine import load_failure, speed_meter
from app.engine.backend import GpuFault, GpuTrouble, Planned
from app.engine.engine_process import (
    LOAD_LOG,
    LOG_TAIL,
    OFFLOAD,
    WITHOUT_GPUS,
    EngineOptions,
    EngineProcess,
    Target,
)
from app.engine.worker_channel import WorkerChannel

if TYPE_CHECKING:  # saves the window's start time and memory
    from app.engine.answer_watch import AnswerWatch
    from app.engine.gpu_library import GpuLibrary
    from app.engine.gpu_recovery import GpuLosses
    from app.engine.overrides import Overrides
    from app.engine.plan import Plan
    from app.engine.probe import Devices, Gpu, Machine, Speeds, UnusedBackend
    from app.engine.speed_file import SpeedFile

_LARGE = 1 << 30  # bytes of weights of a model that can fill a GPU


def file_of(model: ModelRef) -> Path:
    """Return the file of a model. Raises EndpointUnknown if it is behind an endpoint."""
    if isinstance(model.location, FileLocation):
        return model.location.path
    raise EndpointUnknown(model.location.url)


def _gpu_libraries() -> tuple[GpuLibrary, ...]:
    """Return the GPU libraries that are there now."""
    from app.engine import gpu_library

    return gpu_library.found(gpu_library.root())


class Loader:
    """One worker process at most, with one model; see `app.engine.supervisor.LocalBackend`."""

    def __init__(
        self,
        log: Path,
        cache_folder: Path | None,
        options: Callable[[], EngineOptions],
        speeds: SpeedFile | None,
        target: Target,
        *,
        silence: float,
        grace: float,
    ) -> None:
        self.log = log
        self.cache_folder = cache_folder
        self.options = options
        self.speeds = speeds
        self.target = target
        self.channel = WorkerChannel(self._gpu_lost, silence=silence, grace=grace)
        self.found: Devices | None = None
        """What the last process found; None before the first."""
        self._crash: UnusedBackend | None = None
        """A driver that ended the process. Drivers are not asked again until the program ends."""
        self._trouble: GpuTrouble | None = None
        """What the next `Planned` tells."""
        self._losses: GpuLosses | None = None
        self._renewed = 0
        self._libraries: tuple[GpuLibrary, ...] = ()
        """The GPU libraries that were there when the devices were asked for."""

    def devices(self) -> Devices:
        """Return what llama.cpp finds; a process of its own is asked unless that is known."""
        if self.found is None or self._libraries != _gpu_libraries():
            self._started().kill()
        assert self.found
        return self._up_to_date(self.found)

    def answered(self) -> None:
        """Record that the loaded model has completed an answer."""
        child = self.channel.child
        if self._losses and child and child.plan:
            self._losses.worked(child.plan)

    def ready(
        self, model: ModelRef, cancel: threading.Event, least: int = 0
    ) -> Generator[Loading | Planned, None, None]:
        """Make sure that a process is alive and has loaded ``model``.

        A file that cannot be run is refused before the current model is unloaded. ``least``: tokens
        of context for which even a loaded one is loaded again. One caller at a time; nobody may use
        the current process.
        """
        if self.channel.closed or cancel.is_set():
            raise Cancelled
        if self.runs(model, least):
            return
        from app.engine import plan, probe

        overrides = self.options().overrides
        header = probe.model(file_of(model))
        if self.channel.child:  # raises ModelTooLarge if this machine is too small
            plan.make(header, self._machine(header), overrides, least)
        self.channel.shut_down()
        yield from self._loaded(header, overrides, least, cancel)
        if child := self.channel.child:
            child.model = model

    def stays(self) -> None:
        """Have the loaded model keep its context: there is no memory for a longer one."""
        if child := self.channel.child:
            child.grows = False

    def _loaded(
        self, header: GgufHeader, overrides: Overrides, least: int, cancel: threading.Event
    ) -> Generator[Loading | Planned, None, None]:
        """Load a model in a new process, by the next plan if one fails for a reason that it meets.

        Each reason is met once.
        """
        from app.engine import plan
        from app.engine.memory_model import CacheType

        wishes = overrides
        tried: Plan | None = None
        settings: Plan | None = None
        full, lost = "", False
        while True:
            child = self._started(header)
            try:
                machine = self._measured_machine(header, wishes, least, cancel)
                less = plan.smaller(tried, header, machine, wishes, full, least) if tried else None
                settings = less or plan.make(header, machine, wishes, least)
                if settings.copies and child.environment != self._environment(header):
                    self.channel.shut_down()  # the speeds were not known before the devices were
                    continue
                yield Planned(settings, less is not None, self._trouble)
                child.plan, self._trouble = settings, None
                yield from self._load(child, header, settings, cancel)
                child.runs = header.path, overrides
                child.held = settings.held
                child.watch = self._watch(child, settings, machine.speeds)
                return
            except OutOfMemory as error:
                self.channel.kill()
                if tried or not settings:
                    raise
                if not plan.smaller(settings, header, machine, wishes, error.device, least):
                    raise
                tried, full = settings, error.device
            except CacheUnsupported:
                self.channel.kill()
                if wishes.cache:
                    raise
                wishes = replace(wishes, cache=CacheType.F16)
            except GpuLost:
                self.channel.kill()
                if lost:
                    raise
                lost = True
            except FiresideError:
                self.channel.kill()
                raise

    def _started(self, header: GgufHeader | None = None) -> EngineProcess:
        """Return a new process, which has told its devices.

        If a driver ends it, it is started again without asking any. If it ends all the same,
        loading the model of ``header`` has failed. One that was killed is started again as it was,
        once: that was no driver.
        """
        self._libraries = _gpu_libraries()
        killed = False
        while True:
            child = EngineProcess(self.target, self.log, self._environment(header))
            if header:
                self.channel.child = child
            try:
                self.found = self.ask_devices(child)
                return child
            except (EngineDied, EngineHung) as error:
                log_end = child.log_tail(LOAD_LOG)
                child.kill()
                code = error.exit_code if isinstance(error, EngineDied) else None
                if load_failure.was_killed(code) and not killed:
                    killed = True
                elif not self._crash:
                    from app.engine.probe import BackendFault, UnusedBackend

                    detail = load_failure.last_message(log_end)
                    self._crash = UnusedBackend("", BackendFault.CRASHED, detail)
                    self._trouble = GpuTrouble(GpuFault.DRIVER)
                elif header and isinstance(error, EngineDied):
                    raise load_failure.ended(header.path, code, log_end) from error
                else:
                    raise
            except FiresideError:  # such as Cancelled, if it was started while this is closed
                self.channel.kill(child)
                raise

    def _environment(self, header: GgufHeader | None) -> dict[str, str]:
        """Return the environment variables for a process that is to load a model."""
        if self._crash:
            return WITHOUT_GPUS
        if header is None or OFFLOAD in os.environ:
            return {}
        from app.engine import speed_model
        from app.engine.memory_model import ModelSizes

        speeds = self._up_to_date(self.found).speeds if self.found else None
        return {OFFLOAD: str(speed_model.offload_batch(ModelSizes(header), speeds))}

    def _machine(self, header: GgufHeader) -> Machine:
        """Return this machine with the GPUs that can be used for a model, as far as known now."""
        from app.engine import gpu_recovery, probe

        if self.found is None:
            return probe.machine()
        devices = self._up_to_date(self.found)
        if self._losses:
            devices = self._losses.left(devices)
        devices, unable = gpu_recovery.able(header, devices, _gpu_libraries())
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
            arguments = header.path, settings, self.cache_folder
            for event in self.channel.exchange(cancel, "load", *arguments):
                if isinstance(event, Loading):
                    yield event
        except (OutOfMemory, CacheUnsupported):
            raise
        except ModelError as error:
            if lost := self._gpu_lost(child, None):  # its exception was caught by llama.cpp
                raise lost from error
            self.check_header(header.path)
            raise
        except GpuLost as error:
            if not error.full:
                raise
            self._trouble = None  # a smaller plan says enough
            raise OutOfMemory(header.path, "", device=error.device) from error
        except EngineDied as error:
            found = load_failure.ended(header.path, error.exit_code, child.log_tail(LOAD_LOG))
            if not isinstance(found, OutOfMemory):
                self.check_header(header.path)
            raise found from error
        except EngineHung as error:
            raise ModelLoadFailed(
                header.path, f"llama.cpp said nothing for {error.seconds:.0f} s"
            ) from error

    @staticmethod
    def check_header(path: Path) -> None:
        """Raise the error in a file's header, if any; the file may have changed meanwhile."""
        from app.engine import probe

        probe.model(path)

    def ask_devices(self, child: EngineProcess) -> Devices:
        (found,) = self.channel.exchange(threading.Event(), "devices", child=child)
        from app.engine.probe import Devices

        assert isinstance(found, Devices)
        fault_log.note(f"engine: {found.version}, {' '.join(found.backends)}")
        return replace(found, unused=(*found.unused, self._crash)) if self._crash else found

    def leave_gpus(self) -> None:
        """Unload a model that may fill GPUs; it is loaded again when it is needed."""
        child = self.channel.child
        if child and child.plan and child.plan.shares:
            self.channel.shut_down()

    def measuring(self) -> EngineProcess:
        """Return a new process that is to measure this computer's speeds."""
        return EngineProcess(self.target, self.log, self._environment(None))

    def _measured_machine(
        self, header: GgufHeader, wishes: Overrides, least: int, cancel: threading.Event
    ) -> Machine:
        """Return this machine; GPUs that a large model would fill are measured before, once."""
        from app.engine import plan

        machine = self._machine(header)
        known = self.speeds is None or self.found is None or self.speeds.speeds(self.found)
        if self.speeds is None or known or header.weights < _LARGE:
            return machine
        if not plan.propose(header, machine, wishes, least).shares:
            return machine
        with suppress(EngineError):
            speed_meter.measure(self.measuring, self.speeds, None, cancel, again=True)
        return self._machine(header)

    def _watch(
        self, child: EngineProcess, settings: Plan, speeds: Speeds | None
    ) -> AnswerWatch | None:
        if not self.speeds or not speeds or not settings.tokens_s:
            return None
        from app.engine.answer_watch import AnswerWatch

        return AnswerWatch(
            settings, speeds.correction, self.speeds, child.pid, lambda: self._gpus_now(child)
        )

    def _gpus_now(self, child: EngineProcess) -> tuple[Gpu, ...]:
        (found,) = self.channel.exchange(threading.Event(), "devices", child=child)
        gpus: tuple[Gpu, ...] = found.gpus
        return gpus

    def _up_to_date(self, found: Devices) -> Devices:
        """Return ``found`` with the speeds known now, and the memory that a loaded model holds."""
        child = self.channel.child
        speeds = self.speeds.speeds(found) if self.speeds else found.speeds
        return replace(found, speeds=speeds, held=child.held if child else 0)

    def runs(self, model: ModelRef, least: int = 0) -> bool:
        """Return whether a model is loaded, with ``least`` tokens of context if there can be."""
        child, options = self.channel.child, self.options()
        if child and options.renewed != self._renewed:
            child.runs = None
        self._renewed = options.renewed
        if child is None or child.runs != (file_of(model), options.overrides) or not child.alive:
            return False
        return not child.grows or (child.plan is not None and child.plan.context >= least)

    def _gpu_lost(self, child: EngineProcess, exit_code: int | None) -> GpuLost | None:
        """Return the error for a GPU that ended the process, or its loading; None if none did."""
        if not (child.plan and child.plan.shares):
            return None
        failure = load_failure.gpu_failure(child.log_tail(LOAD_LOG))
        if failure is None:
            return None
        from app.engine.gpu_recovery import GpuLosses

        self._losses = self._losses or GpuLosses()
        gpu = self._losses.add(child.plan, failure)
        self._trouble = GpuTrouble(GpuFault.FULL if failure.full else GpuFault.LOST, gpu)
        log_end = child.log_tail(LOG_TAIL)
        return GpuLost(exit_code, log_end, gpu, failure.device, failure.full)
