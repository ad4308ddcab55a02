"""Facts about models and this machine; no decisions."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from app.base import gguf, gpt_oss
from app.base.errors import ModelError
from app.base.graphics import UNKNOWN, Graphics
from app.base.types import FileLocation, ModelRef
from app.engine import gpu_library
from app.engine.cores import performance_cores
from app.engine.gpu_library import GpuBuild

_TOOLS, _TOOLS_SHARE = 1 << 30, 32  # the most of the memory, and its share on small computers
_POWER_MODE = Path("/sys/firmware/acpi/platform_profile")


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics processor, as ggml's backend devices describe it; memory in bytes.

    ``name`` is ggml's own ("Vulkan0", "CUDA0", "MTL0"). ``unified``: its memory is the
    computer's own. ``pci``: its place on the bus ("0000:01:00.0"), empty if the backend does not
    tell; two backends name the same card by it.
    """

    name: str
    description: str
    memory: int
    available: int
    unified: bool = False
    pci: str = ""

    @property
    def key(self) -> str:
        """What stays the same when another card is gone, if possible; settings name it so."""
        return self.pci or self.name

    @property
    def api(self) -> str:
        """Its backend, by ggml's name for it: "CUDA", "Vulkan", "Metal"."""
        name = self.name.rstrip("0123456789")
        return "Metal" if name == "MTL" else name

    def is_among(self, keys: Collection[str]) -> bool:
        """Return whether it has one of these keys, or had one before its place was known."""
        return self.key in keys or self.name in keys


class BackendFault(StrEnum):
    """Why a GPU's backend that is there is not used."""

    OTHER_VERSION = "other version"
    """It was compiled for another version of ggml."""
    NOT_LOADED = "not loaded"
    """The system could not load it: something that it needs is missing."""
    OTHER_CARD = "other card"
    """It was compiled for other cards than this one."""
    CRASHED = "crashed"
    """The driver ended the process."""


@dataclass(frozen=True, slots=True)
class UnusedBackend:
    """A GPU's backend that is there and not used; ``detail`` is for developers.

    ``name`` is that of its folder ("cuda"), empty if it is not known which one it was. ``card``:
    the card for which it is not used, empty for all.
    """

    name: str
    fault: BackendFault
    detail: str = ""
    card: str = ""


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices that llama.cpp finds on this computer, from the worker process.

    GPUs, the processor's features ("AVX512", "AMX_INT8"), the backends that were built into it or
    loaded, and those that could not be.
    ``held``: bytes of the computer's memory that the loaded model uses; its bytes on a GPU are
    counted as free. ``speeds``: those that were measured on this computer; None until then.
    """

    gpus: tuple[Gpu, ...] = ()
    features: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    version: str = ""
    held: int = 0
    unused: tuple[UnusedBackend, ...] = ()
    speeds: Speeds | None = None


@dataclass(frozen=True, slots=True)
class DeviceSpeed:
    """Measured speeds of a GPU, in GB/s.

    ``weights``: at which it reads weights. ``pageable`` and ``pinned``: at which it is sent data
    from the computer's ordinary memory, and from memory that is locked for it; 0 if not measured.
    """

    weights: float
    pageable: float = 0.0
    pinned: float = 0.0


@dataclass(frozen=True, slots=True)
class Speeds:
    """Measured speeds of this computer.

    ``gpus`` by ggml's name; ``processor``: GB/s at which it reads weights, by the number of
    threads. ``correction``: the speed of answers that was reached, as a share of the predicted one.
    ``measured``: when, in POSIX seconds; 0 if unknown.
    """

    gpus: tuple[tuple[str, DeviceSpeed], ...] = ()
    processor: tuple[tuple[int, float], ...] = ()
    correction: float = 1.0
    measured: float = 0.0


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in bytes; ``cores`` are the physical ones that this process may use.

    ``performance_cores``: how many of them are fast ones, 0 if all are alike. ``speeds``: None
    until they are measured. ``headless``: GPUs without a display, by their place on the bus, where
    that is known. ``gpu_coming``: whether a GPU's library is being compiled. ``reserved``: bytes
    that a tool's process may take beside the model.
    """

    memory: int
    available: int
    cores: int
    devices: Devices = Devices()
    performance_cores: int = 0
    speeds: Speeds | None = None
    headless: tuple[str, ...] = ()
    gpu_coming: bool = False
    reserved: int = 0


def tools_memory(memory: int) -> int:
    """Return how many bytes a tool's process may take on a computer with so much memory."""
    return max(_TOOLS // 4, min(_TOOLS, memory // _TOOLS_SHARE))  # pandas alone takes 200 MB


def machine(devices: Devices = Devices()) -> Machine:
    """Return this machine as it would be now without the loaded model."""
    import psutil  # here: a window need not wait for it

    memory = psutil.virtual_memory()
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    physical = psutil.cpu_count(logical=False) or usable or 1
    cores = max(1, min(physical, usable or physical))
    available = min(memory.total, memory.available + devices.held)
    fast = performance_cores()
    dark = tuple(gpu.pci for gpu in devices.gpus if is_headless(gpu.pci))
    return Machine(
        memory.total,
        available,
        cores,
        devices,
        fast,
        speeds=devices.speeds,
        headless=dark,
        reserved=tools_memory(memory.total),
    )


def is_headless(pci: str, bus: Path = Path("/sys/bus/pci/devices")) -> bool:
    """Return whether the GPU at a place on the bus is known to have no display (Linux only)."""
    connectors = list(bus.joinpath(pci, "drm").glob("card*/card*/status")) if pci else []
    try:
        states = [connector.read_text("ascii").strip() for connector in connectors]
    except OSError:  # unplugged meanwhile
        return False
    return bool(states) and "connected" not in states


def model(path: Path) -> gguf.GgufHeader:
    """Return the header of a gpt-oss that Fireside can run, without its vocabulary.

    The header is that of all its parts. Raises ModelError.
    """
    return gpt_oss.model(path)


@dataclass(frozen=True, slots=True)
class Examined:
    """This machine now, and for each model its header or the reason why it cannot be run.

    ``graphics``: the cards and drivers, also those that llama.cpp cannot use. ``build``: the GPU
    library that is being compiled.
    """

    machine: Machine
    models: tuple[tuple[ModelRef, gguf.GgufHeader | ModelError], ...]
    graphics: Graphics = UNKNOWN
    build: GpuBuild | None = None


def examine(devices: Devices, models: Sequence[ModelRef], graphics: Graphics = UNKNOWN) -> Examined:
    """Examine this machine, with the worker's ``devices``, and those models that are files."""
    headers = (
        (each, _header_or_error(each.location.path))
        for each in models
        if isinstance(each.location, FileLocation)
    )
    build = gpu_library.progress(gpu_library.root())
    here = replace(machine(devices), gpu_coming=build is not None and build.running)
    return Examined(here, tuple(headers), graphics, build)


def _header_or_error(path: Path) -> gguf.GgufHeader | ModelError:
    try:
        return model(path)
    except ModelError as error:
        return error


def on_battery() -> bool:
    """Return whether this is a portable computer that is not plugged in."""
    try:
        import psutil

        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    except OSError:  # a container whose system does not report it
        return False
    return battery is not None and battery.power_plugged is False  # None: it is not known


def saves_power() -> bool:
    """Return whether the system was told to save power, where that is known."""
    if sys.platform == "win32":
        status = (ctypes.c_uint8 * 12)()  # SYSTEM_POWER_STATUS, whose fourth byte is this flag
        return bool(ctypes.windll.kernel32.GetSystemPowerStatus(status)) and status[3] == 1
    try:
        return _POWER_MODE.read_text(encoding="ascii").strip() == "low-power"
    except (OSError, ValueError):  # not Linux, or its firmware has no modes
        return False
