"""Owner of the worker process that runs llama.cpp: spawn, load, stream, cancel, crash report.

The calling thread supervises: it waits on the pipe and on the process together, so a process that
died, hangs or was killed becomes an error here, and the next request starts another.
"""

from __future__ import annotations

import faulthandler
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
    Cancelled,
    EngineDied,
    EngineFailed,
    EngineHung,
    FiresideError,
    ModelError,
    ModelLoadFailed,
    NoRemoteEngine,
    OutOfMemory,
)
from app.base.gguf import GgufHeader
from app.base.processes import (
    ChildEnded,
    ChildProcess,
    end_first_without_memory,
    write_output_to,
)
from app.base.types import (
    Event,
    FileLocation,
    Loading,
    ModelRef,
    Prompt,
    Request,
)
from app.engine import load_failure, speed_meter
from app.engine.backend import Planned
from app.formats import Abilities, abilities_of

if TYPE_CHECKING:  # saves the window's start time and memory
    from multiprocessing.connection import Connection

    from app.engine.answer_watch import AnswerWatch
    from app.engine.plan import Overrides, Plan
    from app.engine.probe import Devices, Gpu, Speeds
    from app.engine.speed_file import SpeedFile

_POLL_S = 0.02  # how often cancellation is checked
_LOG_TAIL = 2000  # bytes of the log that go into a report
_LOAD_LOG = 16_000  # bytes that explain a failed load: a crash leaves a long stack

Target = Callable[["Connection", Path], None]


def _run_child(connection: Connection, log: Path) -> None:
    """Serve the pipe with llama.cpp, which is imported only once all output goes to the log."""
    write_output_to(log)
    faulthandler.enable()
    end_first_without_memory()
    # OpenMP's threads would spin while waiting for each other. If another program uses a core,
    # llama.cpp then loses most of its speed (measured: 231 tokens/s instead of 946 on the demo
    # model).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from app.engine import llama

    llama.main(connection)


class _EngineProcess(ChildProcess):
    """The worker process, and what the supervisor knows of its state."""

    def __init__(self, target: Target, log: Path) -> None:
        try:
            super().__init__(target, (log,), name="engine", log=log)
        except OSError as error:
            raise EngineFailed(str(error)) from error
        self.runs: tuple[Path, Overrides] | None = None
        """The loaded file, and the overrides its plan was made with."""
        self.held = 0
        """Bytes of the computer's memory that the model holds and that cannot be paged out."""
        self.watch: AnswerWatch | None = None
        """What compares the speed of answers to the predicted one; None if none is predicted."""
        self.budget: int | None = None
        """The last disk budget sent to it, in bytes."""


def _file_of(model: ModelRef) -> Path:
    """Return the file of a model. Raises NoRemoteEngine if it is behind an endpoint."""
    if isinstance(model.location, FileLocation):
        return model.location.path
    raise NoRemoteEngine(model.location.url)


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
        target: Target = _run_child,
        silence: float = 180.0,
        grace: float = 3.0,
    ) -> None:
        self._log = log
        self._cache_folder = cache_folder
        self._options = options
        self._speeds = speeds
        self._target = target
        self._devices: Devices | None = None
        self._abilities: dict[Path, tuple[tuple[int, int] | None, Abilities]] = {}
        self._silence = silence
        self._grace = grace
        self._asking = threading.Lock()
        self._ending = threading.Lock()
        self._child: _EngineProcess | None = None
        self._streams = itertools.count(1)
        self._renewed = 0
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
            self._set_budget()
            try:
                events = self._exchange(cancel, "ask", request, hurry=answer_now)
                watch = self._child.watch if self._child else None
                yield from watch.watched(events) if watch else events
            except EngineDied as error:
                if not load_failure.could_not_read(error.exit_code):
                    raise
                path = _file_of(request.model)
                self._check_header(path)
                raise load_failure.not_read(path) from error

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
        found = self._devices
        if found is None:
            asked = _EngineProcess(self._target, self._log)
            try:
                found = self._devices = self._ask_devices(asked)
            finally:
                asked.kill()
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
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Loading | Planned, None, None]:
        """Make sure that a process is alive and has loaded ``model``.

        A file that cannot be run is refused before the current model is unloaded.
        """
        if self._closed or cancel.is_set():
            raise Cancelled
        if self._runs(model):
            return
        from app.engine import plan, probe

        overrides = self._options().overrides
        path = _file_of(model)
        header = probe.model(path)
        # Raises ModelTooLarge if this machine is too small.
        plan.make(
            header, probe.machine(self.devices() if self._devices else probe.Devices()), overrides
        )
        self._close_child()
        tried: Plan | None = None
        settings: Plan | None = None
        while True:
            self._child = child = _EngineProcess(self._target, self._log)
            try:
                self._devices = self._devices_for(child, path)
                machine = probe.machine(self._with_speeds(self._devices))
                less = plan.smaller(tried, header, machine) if tried else None
                settings = less or plan.make(header, machine, overrides)
                yield Planned(settings, reduced=less is not None)
                yield from self._load(child, header, settings, cancel)
                child.runs = path, overrides
                child.held = settings.held
                child.watch = self._watch(child, settings, machine.speeds)
                return
            except OutOfMemory:
                self._kill_child()
                if tried or not settings or not plan.smaller(settings, header, machine):
                    raise
                tried = settings
            except FiresideError:
                self._kill_child()
                raise

    def _devices_for(self, child: _EngineProcess, path: Path) -> Devices:
        """Return the devices; if the process ends over that, loading ``path`` has failed."""
        try:
            return self._ask_devices(child)
        except EngineDied as error:
            raise load_failure.ended(path, error.exit_code, child.log_tail(_LOAD_LOG)) from error

    def _load(
        self,
        child: _EngineProcess,
        header: GgufHeader,
        settings: Plan,
        cancel: threading.Event,
    ) -> Generator[Loading, None, None]:
        yield Loading(0.0)
        try:
            for event in self._exchange(cancel, "load", header.path, settings, self._cache_folder):
                if isinstance(event, Loading):
                    yield event
        except OutOfMemory:
            raise
        except ModelError:
            self._check_header(header.path)
            raise
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

    def _ask_devices(self, child: _EngineProcess) -> Devices:
        (found,) = self._exchange(threading.Event(), "devices", child=child)
        from app.engine.probe import Devices

        assert isinstance(found, Devices)
        log.note(f"engine: {found.version}, {' '.join(found.backends)}")
        return found

    def _watch(
        self, child: _EngineProcess, settings: Plan, speeds: Speeds | None
    ) -> AnswerWatch | None:
        if not self._speeds or not speeds or not settings.tokens_s:
            return None
        from app.engine.answer_watch import AnswerWatch

        return AnswerWatch(settings, speeds, self._speeds, child.pid, lambda: self._gpus_now(child))

    def _gpus_now(self, child: _EngineProcess) -> tuple[Gpu, ...]:
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
        child: _EngineProcess | None = None,
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
                    yield payload
                except GeneratorExit:  # the caller has stopped iterating
                    child.send(("cancel", stream))
                    raise
            elif asked_to_stop is not None and time.monotonic() - asked_to_stop > self._grace:
                self._kill_child()
                raise Cancelled
            elif child.silence > self._silence:
                self._kill_child()
                raise EngineHung(self._silence)

    def _died(self, child: _EngineProcess) -> FiresideError:
        """Return the error for a process that is gone."""
        if self._closed:
            return Cancelled()
        child.join(1.0)
        error = EngineDied(child.exit_code, child.log_tail(_LOG_TAIL))
        # A fault of the file or of the disk is reported as a ModelError instead.
        unforeseen = child.runs is not None and not load_failure.could_not_read(child.exit_code)
        log.report_child("engine", child.log_tail(_LOAD_LOG), tell=unforeseen)
        if child is self._child:
            self._kill_child()
        return error

    def _close_child(self) -> None:
        """End a healthy process after it has saved its KV cache."""
        with self._ending:
            child, self._child = self._child, None
        if child:
            child.send(("close", 0))
            child.close(self._grace)

    def _kill_child(self) -> None:
        with self._ending:
            child, self._child = self._child, None
        if child:
            child.kill()
