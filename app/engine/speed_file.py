"""The measured speeds of this computer, on disk.

They hold for a processor and GPUs, and are measured again with other drivers or another ggml. The
speed that answers really reach corrects the predictions that are made from them.
"""

from __future__ import annotations

import functools
import json
import platform
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.base import codec, log
from app.base.files import replace_text

if TYPE_CHECKING:  # a window need not wait for it
    from app.engine.probe import Devices, Speeds

_ANSWERS = 9  # the last ones, whose median corrects the predictions
_FEW = 3  # answers, too few for that
_LEAST, _MOST = 0.5, 1.5  # limits of the correction
_CHANGE = 0.02  # of the correction: a smaller one is not worth a write
_LARGEST = 1 << 20  # bytes of a file
_SLOWEST, _FASTEST = 1e-3, 1e6  # GB/s of any device
_MOST_THREADS = 4096


@dataclass(frozen=True, slots=True)
class _GpuSpeed:
    name: str
    weights: float
    pageable: float
    pinned: float


@dataclass(frozen=True, slots=True)
class _ProcessorSpeed:
    threads: int
    weights: float


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the file holds. ``provisional``: it was not measured under good conditions."""

    fingerprint: str
    software: str
    measured: float
    provisional: bool
    gpus: tuple[_GpuSpeed, ...]
    processor: tuple[_ProcessorSpeed, ...]
    answers: tuple[float, ...] = ()
    """The speeds of the last answers, as shares of the predicted ones without correction."""


class SpeedFile:
    """The speeds in the file ``path``. A damaged one counts as none. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read = False
        self._kept: _Kept | None = None
        self._answers: deque[float] = deque(maxlen=_ANSWERS)

    def speeds(self, devices: Devices) -> Speeds | None:
        """Return the speeds that were measured with these devices, if there are any."""
        from app.engine.probe import DeviceSpeed, Speeds

        with self._lock:
            kept = self._known(fingerprint(devices))
            if kept is None:
                return None
            gpus = (
                (gpu.name, DeviceSpeed(gpu.weights, gpu.pageable, gpu.pinned)) for gpu in kept.gpus
            )
            processor = tuple((each.threads, each.weights) for each in kept.processor)
            return Speeds(tuple(gpus), processor, _correction(self._answers), kept.measured)

    @property
    def correction(self) -> float:
        """The speed that answers reach, as a share of the predicted one."""
        with self._lock:
            return _correction(self._answers)

    def is_due(self, devices: Devices, software: str, *, good: bool) -> bool:
        """Return whether to measure: for the first time, or with other ``software``.

        Speeds that were not measured under good conditions are worth another try under ``good``
        ones.
        """
        with self._lock:
            kept = self._known(fingerprint(devices))
            return kept is None or kept.software != software or (kept.provisional and good)

    def keep(self, devices: Devices, software: str, speeds: Speeds, *, good: bool) -> None:
        """Keep new speeds.

        If the same devices were measured before, the speeds of answers stay, and those that could
        not be measured now, for example since a model fills the GPU.
        """
        gpus = {
            name: _GpuSpeed(name, gpu.weights, gpu.pageable, gpu.pinned)
            for name, gpu in speeds.gpus
        }
        processor = tuple(_ProcessorSpeed(*each) for each in speeds.processor)
        with self._lock:
            mark = fingerprint(devices)
            before = self._known(mark)
            if before is None:
                self._answers.clear()
            else:
                gpus = {gpu.name: gpu for gpu in before.gpus} | gpus
                processor = processor or before.processor
            self._kept = _Kept(
                fingerprint=mark,
                software=software,
                measured=time.time(),
                provisional=not good,
                gpus=tuple(gpus.values()),
                processor=processor,
                answers=tuple(self._answers),
            )
            self._write()

    def learn(self, reached: float) -> None:
        """Correct predictions by an answer's speed, as a share of what was predicted uncorrected.

        Nothing is learned until speeds have been measured.
        """
        with self._lock:
            if self._kept is None:
                return
            self._answers.append(reached)
            now, kept = _correction(self._answers), _correction(self._kept.answers)
            if abs(now - kept) >= _CHANGE:
                self._kept = replace(self._kept, answers=tuple(self._answers))
                self._write()

    def _known(self, mark: str) -> _Kept | None:
        """Return what is kept if it has this fingerprint."""
        if not self._read:
            self._read = True
            self._kept = _read(self._path)
            self._answers.extend(self._kept.answers if self._kept else ())
        return self._kept if self._kept and self._kept.fingerprint == mark else None

    def _write(self) -> None:
        try:
            replace_text(self._path, json.dumps(codec.encode(self._kept), indent=2) + "\n")
        except OSError as error:  # they are known until the end of this session
            log.note(f"speeds: not saved ({error.strerror})")


def _correction(answers: Sequence[float]) -> float:
    """Return the median of the answers' speeds, within limits; 1 if they are few."""
    if len(answers) < _FEW:
        return 1.0
    return min(_MOST, max(_LEAST, sorted(answers)[len(answers) // 2]))


def fingerprint(devices: Devices) -> str:
    """Return a text that is another one when speeds may be others."""
    gpus = (
        f"{gpu.name} {gpu.description} {gpu.pci} {gpu.memory >> 20} MiB" for gpu in devices.gpus
    )
    return "\n".join((_processor(), *gpus))


@functools.cache
def _processor() -> str:
    """Return the processor's name, and how many cores this process may use."""
    lines: list[str] = []
    with suppress(OSError):  # on Linux `platform` starts a process, which names the architecture
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    name = next((line.partition(": ")[2] for line in lines if "model name" in line), "")
    from app.engine import probe

    there = probe.machine()
    return f"{name or platform.processor()} {there.cores} {there.performance_cores}"


def _read(path: Path) -> _Kept | None:
    """Return what a file holds; None if it is missing, damaged, or has impossible speeds."""
    try:
        with path.open("rb") as file:
            kept = codec.decode(_Kept, json.loads(file.read(_LARGEST)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        log.note(f"speeds: not read ({type(error).__name__})")
        return None
    speeds = [n for gpu in kept.gpus for n in (gpu.weights, gpu.pageable, gpu.pinned) if n]
    speeds += [each.weights for each in kept.processor]
    possible = (
        all(_SLOWEST <= speed <= _FASTEST for speed in speeds)
        and all(1 <= each.threads <= _MOST_THREADS for each in kept.processor)
        and all(answer >= 0 for answer in kept.answers)
    )
    return kept if possible else None
