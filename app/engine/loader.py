"""The worker process with its model: started, loaded by a plan, spoken to, and ended.

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
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base import log as fault_log
from app.base.errors import (
    CacheUnsupported,
    Cancelled,
    EngineDied,
    EngineError,
    EngineHung,
    FiresideError,
    GpuLost,
    ModelError,
    ModelLoadFailed,
    NoRemoteEngine,
    OutOfMemory,
)
from app.base.gguf import GgufHeader
from app.base.processes import ChildEnded
from app.base.types import FileLocation, Loading, ModelRef
from app.engine import load_failure, speed_meter
from app.engine.backend import GpuFault, GpuTrouble, Planned
from app.engine.delta_wire import unpack
from app.engine.engine_process import (
    OFFLOAD,
    WITHOUT_GPUS,
    EngineOptions,
    EngineProcess,
    Target,
)

if TYPE_CHECKING:  # saves the window's start time and memory
    from app.engine.answer_watch import AnswerWatch
    from app.engine.gpu_library import GpuLibrary
    from app.engine.gpu_recovery import GpuLosses
    from app.engine.overrides import Overrides
    from app.engine.plan import Plan
    from app.engine.probe import Devices, Gpu, Machine, Speeds, UnusedBackend
    from app.engine.speed_file import SpeedFile

_POLL_S = 0.02  # how often cancellation is checked
_LOG_TAIL = 2000  # bytes of the log that go into a report
_LARGE = 1 << 30  # bytes of weights of a model that can fill a GPU
_LOAD_LOG = 16_000  # bytes that explain a failed load: a crash leaves a long stack


def file_of(model: ModelRef) -> Path:
    """Return the file of a model. Raises NoRemoteEngine if it is behind an endpoint."""
    if isinstance(model.location, FileLocation):
        return model.location.path
    raise NoRemoteEngine(model.location.url)


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
        self.silence = silence
        self.child: EngineProcess | None = None
        self.found: Devices | None = None
        """What the last process found; None before the first."""
        self._grace = grace
        self._crash: UnusedBackend | None = None
        """A driver that ended the process. Drivers are not asked again until the program ends."""
        self._trouble: GpuTrouble | None = None
        """What the next `Planned` tells."""
        self._losses: GpuLosses | None = None
        self._ending = threading.Lock()
        self._streams = itertools.count(1)
        self._renewed = 0
        self._libraries: tuple[GpuLibrary, ...] = ()
        """The GPU libraries that were there when the devices were asked for."""
        self._closed = False

    def devices(self) -> Devices:
        """Return what llama.cpp finds; a process of its own is asked unless that is known."""
        if self.found is None or self._libraries != _gpu_libraries():
            self._started().kill()
        found = self.found
        assert found
        child = self.child
        return replace(self._with_speeds(found), held=child.held if child else 0)

    def close(self) -> None:
        """End the process, from any thread. Nothing may be called afterwards."""
        self._closed = True
        self._close_child()

    def answered(self) -> None:
        """Record that the loaded model has completed an answer."""
        if self._losses and self.child and self.child.plan:
            self._losses.worked(self.child.plan)

    def ready(
        self, model: ModelRef, cancel: threading.Event, least: int = 0
    ) -> Generator[Loading | Planned, None, None]:
        """Make sure that a process is alive and has loaded ``model``.

        A file that cannot be run is refused before the current model is unloaded. ``least``: tokens
        of context for which even a loaded one is loaded again.
        """
        if self._closed or cancel.is_set():
            raise Cancelled
        if self.runs(model) and not least:
            return
        from app.engine import plan, probe

        overrides = self.options().overrides
        header = probe.model(file_of(model))
        if self.child:  # raises ModelTooLarge if this machine is too small
            plan.make(header, self._machine(header), overrides, least)
        self._close_child()
        yield from self._loaded(header, overrides, least, cancel)

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
        loading the model of ``header`` has failed. One that was killed is started again as it was,
        once: that was no driver.
        """
        self._libraries = _gpu_libraries()
        killed = False
        while True:
            child = EngineProcess(self.target, self.log, self._environment(header))
            if header:
                self.child = child
            try:
                self.found = self.ask_devices(child)
                return child
            except (EngineDied, EngineHung) as error:
                log_end = child.log_tail(_LOAD_LOG)
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
                self._kill(child)
                raise

    def _environment(self, header: GgufHeader | None) -> dict[str, str]:
        """Return the environment variables for a process that is to load a model."""
        if self._crash:
            return WITHOUT_GPUS
        if header is None or OFFLOAD in os.environ:
            return {}
        from app.engine import speed_model
        from app.engine.memory_model import ModelSizes

        speeds = self._with_speeds(self.found).speeds if self.found else None
        return {OFFLOAD: str(speed_model.offload_batch(ModelSizes(header), speeds))}

    def _machine(self, header: GgufHeader) -> Machine:
        """Return this machine with the GPUs that can be used for a model, as far as known now."""
        from app.engine import gpu_recovery, probe

        if self.found is None:
            return probe.machine()
        devices = replace(self._with_speeds(self.found), held=self.child.held if self.child else 0)
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
            for event in self.exchange(cancel, "load", header.path, settings, self.cache_folder):
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
            found = load_failure.ended(header.path, error.exit_code, child.log_tail(_LOAD_LOG))
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
        (found,) = self.exchange(threading.Event(), "devices", child=child)
        from app.engine.probe import Devices

        assert isinstance(found, Devices)
        fault_log.note(f"engine: {found.version}, {' '.join(found.backends)}")
        return replace(found, unused=(*found.unused, self._crash)) if self._crash else found

    def leave_gpus(self) -> None:
        """Unload a model that may fill GPUs; it is loaded again when it is needed."""
        if self.child and self.child.plan and self.child.plan.shares:
            self._close_child()

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
        (found,) = self.exchange(threading.Event(), "devices", child=child)
        gpus: tuple[Gpu, ...] = found.gpus
        return gpus

    def _with_speeds(self, found: Devices) -> Devices:
        return replace(found, speeds=self.speeds.speeds(found)) if self.speeds else found

    def runs(self, model: ModelRef) -> bool:
        child, options = self.child, self.options()
        if child and options.renewed != self._renewed:
            child.runs = None
        self._renewed = options.renewed
        wanted = (file_of(model), options.overrides)
        return child is not None and child.runs == wanted and child.alive

    def command(self, name: str, *arguments: Any) -> None:
        """Send a command that has no result, and wait for its end."""
        if self.child:
            deque(self.exchange(threading.Event(), name, *arguments), maxlen=0)

    def exchange(
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
        child = child or self.child
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
            elif child.silence > self.silence:
                self._kill(child)
                raise EngineHung(self.silence)

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
        fault_log.report_child("engine", child.log_tail(_LOAD_LOG), tell=unforeseen)
        self._kill(child)
        return error

    def _gpu_lost(self, child: EngineProcess, exit_code: int | None) -> GpuLost | None:
        """Return the error for a GPU that ended the process, or its loading; None if none did."""
        if not (child.plan and child.plan.shares):
            return None
        failure = load_failure.gpu_failure(child.log_tail(_LOAD_LOG))
        if failure is None:
            return None
        from app.engine.gpu_recovery import GpuLosses

        self._losses = self._losses or GpuLosses()
        gpu = self._losses.add(child.plan, failure)
        self._trouble = GpuTrouble(GpuFault.FULL if failure.full else GpuFault.LOST, gpu)
        log_end = child.log_tail(_LOG_TAIL)
        return GpuLost(exit_code, log_end, gpu, failure.device, failure.full)

    def _close_child(self) -> None:
        """End a healthy process after it has saved its KV cache."""
        with self._ending:
            child, self.child = self.child, None
        if child:
            child.send(("close", 0))
            child.close(self._grace)

    def _kill(self, child: EngineProcess) -> None:
        """End a process: the engine's, or one that was only asked for the devices."""
        if child is self.child:
            self._kill_child()
        else:
            child.kill()

    def _kill_child(self) -> None:
        with self._ending:
            child, self.child = self.child, None
        if child:
            child.kill()
