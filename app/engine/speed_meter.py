"""Measurement of this computer's speeds, in the background and in a process of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from app.base import log
from app.base.errors import Cancelled, EngineError, EngineFailed, FiresideError
from app.base.jobs import Jobs
from app.base.processes import ChildEnded

if TYPE_CHECKING:  # a window need not wait for them
    from collections.abc import Callable

    from app.base.processes import ChildProcess
    from app.engine.backend import Backend
    from app.engine.probe import Devices, Speeds
    from app.engine.speed_file import SpeedFile

_SETTLED_S, _LONGEST_S = 10.0, 600.0  # after the start, and between attempts, which get rarer
_POLL_S = 0.05
_BUSY = 0.3  # of the processor's time, used by other programs: what is measured then is wrong
_LOOK_S = 0.5
_START_S, _PATIENCE_S = 60.0, 30.0
"""Seconds for the start of the process, and for a device, whose driver may compile its programs."""
_DRIVER_S = 3.0  # for a driver to tell its version: the end of the program waits for this


class SpeedMeter:
    """A service that has ``backend`` measure this computer's speeds."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._jobs = Jobs("speeds")

    def begin(self) -> None:
        """Measure in the background what is not known yet, once the start is over."""

        def work() -> None:
            if not self._jobs.ending.wait(_SETTLED_S):
                with suppress(Cancelled, EngineError):
                    self._measured(again=False)

        self._jobs.submit(work)

    def measure(self) -> Future[Speeds]:
        """Measure again, once nothing is being answered. The future fails with EngineError."""
        return self._jobs.submit(lambda: self._measured(again=True))

    def close(self) -> None:
        """End whatever is under way."""
        self._jobs.close()

    def _measured(self, *, again: bool) -> Speeds:
        """Measure as often as something comes in between. Raises Cancelled at the end."""
        pause = _SETTLED_S
        while True:
            cancel = threading.Event()
            try:
                with self._jobs.stopping(cancel):
                    if cancel.is_set() or (not again and self._is_busy()):
                        raise Cancelled
                    return self._backend.measure(cancel, again=again)
            except Cancelled:
                if self._jobs.ending.wait(pause):
                    raise
                pause = min(2 * pause, _LONGEST_S)

    def _is_busy(self) -> bool:
        """Return whether other programs use the processor, or the engine does."""
        from app.engine.processor_time import ProcessorTime

        before = ProcessorTime(os.getpid())
        self._jobs.ending.wait(_LOOK_S)
        return ProcessorTime(os.getpid()).by_others_since(before) > _BUSY


def measure(
    start: Callable[[], ChildProcess],
    file: SpeedFile,
    devices: Devices | None,
    cancel: threading.Event,
    *,
    again: bool,
) -> Speeds:
    """Measure in a process that ``start`` starts, and keep the speeds in ``file``.

    See `Backend.measure`. ``devices`` are those that are known already. What has not been measured
    when the process dies, or when a device takes too long, stays unknown. If other
    programs kept the processor busy, the new speeds are dropped unless it is done ``again``; it
    raises Cancelled, too, if none are known.
    """
    from app.engine import probe
    from app.engine.processor_time import ProcessorTime

    good = not probe.on_battery()
    if devices and not again and (kept := _kept(file, devices, good=good)):
        return kept
    devices, speeds, others = None, probe.Speeds(), 0.0
    with _ended(start()) as child:
        begun = ProcessorTime(child.pid)
        for payload in _payloads(child, cancel):
            if isinstance(payload, probe.Speeds):
                speeds = payload
                others = ProcessorTime(child.pid).by_others_since(begun)
                continue
            devices = payload
            if not again and (kept := _kept(file, devices, good=good)):
                return kept
    if devices is None:
        raise EngineFailed("llama.cpp listed no devices")
    if speeds == probe.Speeds():  # what is known already stays
        raise EngineFailed("llama.cpp measured nothing")
    log.note(f"measure: {speeds}; other programs used {others:.0%} of the CPU")
    if others > _BUSY and not again:
        if known := file.speeds(devices):
            return known
        raise Cancelled
    file.keep(devices, _software(devices), speeds, good=good and others <= _BUSY)
    return file.speeds(devices) or speeds


def _kept(file: SpeedFile, devices: Devices, *, good: bool) -> Speeds | None:
    """Return the speeds that are known, unless they should be measured again."""
    found = file.speeds(devices)
    due = found is None or file.is_due(devices, _software(devices), good=good)
    return None if due else found


def _software(devices: Devices) -> str:
    """Return the versions of ggml, and of the drivers of this computer's GPUs."""
    if not devices.gpus:
        return devices.version
    from app.base import graphics_probe

    found = graphics_probe.look(patience=_DRIVER_S)
    cards = (f"{card.name}: {card.driver}" for card in found.vulkan.cards)
    return "\n".join((devices.version, found.nvidia_driver, str(found.cuda.version), *cards))


@contextmanager
def _ended(child: ChildProcess) -> Generator[ChildProcess, None, None]:
    """End the process in the end."""
    try:
        yield child
    finally:
        child.kill()


def _payloads(
    child: ChildProcess, cancel: threading.Event
) -> Generator[Devices | Speeds, None, None]:
    """Yield the devices, and then the speeds known so far, as often as there are more.

    Raises Cancelled, and EngineError.
    """
    child.send(("measure", 1))
    patience = _START_S
    try:
        while child.silence < patience:
            if cancel.is_set():
                raise Cancelled
            message = child.receive(_POLL_S)
            if message is None:
                continue
            (_, payload), patience = message, _PATIENCE_S
            if payload is None:
                return
            if isinstance(payload, FiresideError):
                raise payload
            yield payload
        log.note(f"measure: silent for {patience:.0f} s")
    except ChildEnded:
        log.note("measure: the process has died")
