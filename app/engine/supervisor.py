"""Owns the child process that runs llama.cpp: spawn, load, stream, cancel, crash report.

The thread that asks is the supervisor: it waits on the pipe and on the process together, so a
child that died, hangs or was killed becomes an error here, and the next request starts another.
"""

from __future__ import annotations

import faulthandler
import itertools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base import log
from app.base.errors import (
    Cancelled,
    EngineDied,
    EngineFailed,
    EngineHung,
    FiresideError,
    ModelError,
    ModelLoadFailed,
    OutOfMemory,
)
from app.base.gguf import GgufHeader
from app.base.processes import (
    ChildEnded,
    ChildProcess,
    end_first_without_memory,
    write_output_to,
)
from app.base.types import Event, Loading, ModelRef, Request
from app.engine import load_failure
from app.engine.backend import Planned

if TYPE_CHECKING:  # a window need not wait for it, nor have room for it
    from multiprocessing.connection import Connection

    from app.engine.plan import Overrides, Plan
    from app.engine.probe import Devices

_POLL_S = 0.02  # how often a stop is looked for
_LOG_TAIL = 2000  # bytes of the log that go into a report
_LOAD_LOG = 16_000  # those that a failed load is judged by: a crash leaves a stack behind

Target = Callable[["Connection", Path], None]


def _run_child(connection: Connection, log: Path) -> None:
    """Serve the pipe with llama.cpp, which is imported only once all output goes to the log."""
    write_output_to(log)
    faulthandler.enable()
    end_first_without_memory()
    # OpenMP's threads would spin for each other. Where another program has a core, llama.cpp then
    # loses most of its speed (measured: 231 tokens/s instead of 946 on the demo model).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from app.engine import llama

    llama.main(connection)


class _EngineProcess(ChildProcess):
    """The engine's process, and what it is known to hold."""

    def __init__(self, target: Target, log: Path) -> None:
        try:
            super().__init__(target, (log,), name="engine", log=log)
        except OSError as error:
            raise EngineFailed(str(error)) from error
        self.runs: tuple[Path, Overrides] | None = None
        """The file that is loaded, and what was fixed of its plan."""
        self.held = 0
        """Bytes of memory that cannot be paged out."""
        self.budget: int | None = None
        """Bytes of disk that it has been told it may use."""


def _no_wishes() -> Overrides:
    from app.engine.plan import Overrides

    return Overrides()


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a person has chosen: what is fixed of the plan, and how many bytes of disk what was
    read may take."""

    wishes: Overrides = field(default_factory=_no_wishes)
    budget: int = 0


class LocalBackend:
    """gpt-oss by llama.cpp, in a process of its own.

    ``kept``: the folder for what was read (see `app.engine.kv_disk_cache`), none where that
    is not to be kept. ``options`` is asked before every command; a model is loaded anew where
    they changed.

    ``silence``: seconds without a word from a busy child after which it counts as hung; one
    batch of a prompt on a slow machine takes tens of them. ``grace``: seconds that a child gets
    to obey a stop.
    """

    def __init__(
        self,
        log: Path,
        kept: Path | None = None,
        options: Callable[[], EngineOptions] = EngineOptions,
        *,
        target: Target = _run_child,
        silence: float = 180.0,
        grace: float = 3.0,
    ) -> None:
        self._log = log
        self._kept = kept
        self._options = options
        self._target = target
        self._devices: Devices | None = None
        self._silence = silence
        self._grace = grace
        self._asking = threading.Lock()
        self._ending = threading.Lock()
        self._child: _EngineProcess | None = None
        self._numbers = itertools.count(1)
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
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
                yield from self._exchange(cancel, "ask", request, hurry=answer_now)
            except EngineDied as error:
                if not load_failure.could_not_read(error.exit_code):
                    raise
                self._look_again(request.model.path)
                raise load_failure.not_read(request.model.path) from error

    def prepare(
        self, request: Request, cancel: threading.Event, *, read: bool = True
    ) -> Generator[Event, None, None]:
        with self._asking:
            if self._runs(request.model):
                self._set_budget()
                yield from self._exchange(cancel, "prepare", request, read)

    def devices(self) -> Devices:
        found = self._devices
        if found is None:
            asked = _EngineProcess(self._target, self._log)
            try:
                found = self._devices = self._ask_devices(asked)
            finally:
                asked.kill()
        child = self._child
        return replace(found, held=child.held if child else 0)

    def forget(self, chat: int) -> None:
        with self._asking:
            try:
                self._tell("forget", chat)
            finally:  # also where there is no child any more
                if self._kept:
                    from app.engine import kv_disk_cache

                    kv_disk_cache.forget(self._kept, chat)

    def close(self) -> None:
        self._closed = True
        self._leave()

    def _ready(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Loading | Planned, None, None]:
        """Sees to a living child with ``model`` loaded. A file that cannot be run is refused
        before the model that is loaded now is given up."""
        if self._closed or cancel.is_set():
            raise Cancelled
        if self._runs(model):
            return
        from app.engine import plan, probe

        wishes = self._options().wishes
        header = probe.model(model.path)
        # Refuses what this machine is too small for.
        plan.make(
            header, probe.machine(self.devices() if self._devices else probe.Devices()), wishes
        )
        self._leave()
        tried: Plan | None = None
        while True:
            self._child = child = _EngineProcess(self._target, self._log)
            try:
                self._devices = self._ask_devices(child)
                machine = probe.machine(self._devices)
                less = plan.smaller(tried, header, machine) if tried else None
                settings = less or plan.make(header, machine, wishes)
                yield Planned(settings, reduced=less is not None)
                yield from self._load(child, header, settings, cancel)
                child.runs = model.path, wishes
                child.held = settings.host.total - settings.mmap * settings.host.weights
                return
            except OutOfMemory:
                self._end()
                if tried or not plan.smaller(settings, header, machine):
                    raise
                tried = settings
            except FiresideError:
                self._end()
                raise

    def _load(
        self,
        child: _EngineProcess,
        header: GgufHeader,
        settings: Plan,
        cancel: threading.Event,
    ) -> Generator[Loading, None, None]:
        yield Loading(0.0)
        try:
            for event in self._exchange(cancel, "load", header.path, settings, self._kept):
                if isinstance(event, Loading):
                    yield event
        except OutOfMemory:
            raise
        except ModelError:
            self._look_again(header.path)
            raise
        except EngineDied as error:
            found = load_failure.ended(header.path, error.exit_code, child.log_tail(_LOAD_LOG))
            if not isinstance(found, OutOfMemory):
                self._look_again(header.path)
            raise found from error
        except EngineHung as error:
            raise ModelLoadFailed(
                header.path, f"llama.cpp said nothing for {error.seconds:.0f} s"
            ) from error

    @staticmethod
    def _look_again(path: Path) -> None:
        """Raises what is wrong with a file by its header, which may have changed meanwhile."""
        from app.engine import probe

        probe.model(path)

    def _ask_devices(self, child: _EngineProcess) -> Devices:
        (found,) = self._exchange(threading.Event(), "devices", child=child)
        from app.engine.probe import Devices

        assert isinstance(found, Devices)
        log.note(f"engine: {found.version}, {' '.join(found.backends)}")
        return found

    def _runs(self, model: ModelRef) -> bool:
        child = self._child
        wanted = (model.path, self._options().wishes)
        return child is not None and child.runs == wanted and child.alive

    def _set_budget(self) -> None:
        """Tells the child how much of the disk it may use, where it does not know yet."""
        budget = self._options().budget
        if self._kept and self._child and self._child.budget != budget:
            self._tell("budget", budget)
            self._child.budget = budget

    def _tell(self, name: str, *arguments: Any) -> None:
        """A command that is answered at once, and by nothing."""
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
        """Sends a command and yields its payloads. Raises what the child answers with, or
        EngineDied, EngineHung, Cancelled."""
        child = child or self._child
        if child is None or self._closed:
            raise Cancelled
        number = next(self._numbers)
        child.send((name, number, *arguments))
        asked_to_stop: float | None = None
        while True:
            if cancel.is_set() and asked_to_stop is None:
                asked_to_stop = time.monotonic()
                child.send(("cancel", number))
            if hurry and hurry.is_set():
                child.send(("hurry", number))
                hurry = None
            try:
                message = child.receive(_POLL_S)
            except ChildEnded:
                raise self._died(child) from None
            if message is not None:
                answered, payload = message
                if answered != number:
                    continue  # the rest of an answer that was abandoned
                if payload is None:
                    return
                if isinstance(payload, FiresideError):
                    raise payload
                try:
                    yield payload
                except GeneratorExit:  # nobody listens any more
                    child.send(("cancel", number))
                    raise
            elif asked_to_stop is not None and time.monotonic() - asked_to_stop > self._grace:
                self._end()
                raise Cancelled
            elif child.silence > self._silence:
                self._end()
                raise EngineHung(self._silence)

    def _died(self, child: _EngineProcess) -> FiresideError:
        """The report on a child that is gone."""
        if self._closed:
            return Cancelled()
        child.join(1.0)
        error = EngineDied(child.exit_code, child.log_tail(_LOG_TAIL))
        # What may be the file's fault, or the disk's, is told otherwise.
        unforeseen = child.runs is not None and not load_failure.could_not_read(child.exit_code)
        log.report_child("engine", child.log_tail(_LOAD_LOG), tell=unforeseen)
        if child is self._child:
            self._end()
        return error

    def _leave(self) -> None:
        """Ends a child that is well, when it has kept what it has read."""
        with self._ending:
            child, self._child = self._child, None
        if child:
            child.send(("cancel", sys.maxsize))
            child.send(("close", 0))
            child.close(self._grace)

    def _end(self) -> None:
        with self._ending:
            child, self._child = self._child, None
        if child:
            child.kill()
