"""In the worker process: ggml's own list of devices, which llama-cpp-python does not offer.

Declared as in ggml's ggml-backend.h. The libraries must be loaded already. Call `load_backends`
first, then llama_backend_init, then anything else.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.base import driver_libraries
from app.engine.gpu_library import GpuLibrary
from app.engine.placement import MovedExperts
from app.engine.plan import Plan, Share
from app.engine.probe import BackendFault, Gpu, UnusedBackend

_CPU, _GPU, _INTEGRATED = 0, 1, 2  # enum ggml_backend_dev_type
_UNIFIED = ("Metal", "MTL")  # Apple's GPUs report themselves as discrete ones
_MOST_DEVICES = 16  # llama_max_devices
_NOTHING = rb"^fireside-none$"  # the name of no tensor


class _Override(ctypes.Structure):
    """struct llama_model_tensor_buft_override."""

    _fields_ = (("pattern", ctypes.c_char_p), ("buffer_type", ctypes.c_void_p))


class _Capabilities(ctypes.Structure):
    """struct ggml_backend_dev_caps."""

    _fields_ = tuple(
        (name, ctypes.c_bool)
        for name in ("parallel", "host_buffer", "buffer_from_host_ptr", "events", "mmap_support")
    )


class _Properties(ctypes.Structure):
    """struct ggml_backend_dev_props."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("memory_free", ctypes.c_size_t),
        ("memory_total", ctypes.c_size_t),
        ("type", ctypes.c_int),
        ("device_id", ctypes.c_char_p),
        ("capabilities", _Capabilities),
    )


class Ggml:
    """ggml's libraries in ``folder``. Raises OSError if they are missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._base, self._ggml = _library(folder, "ggml-base"), _library(folder, "ggml")
        self._unable: set[str] = set()
        """The places on the bus of NVIDIA's cards that CUDA's library cannot run."""

    def load_backends(
        self, libraries: Sequence[GpuLibrary] = (), *, gpus: bool = True
    ) -> tuple[UnusedBackend, ...]:
        """Load the backends that are libraries of their own; return those that were left out.

        These are the best variant for this processor, those of the GPUs whose drivers are installed
        (GGML_BACKEND_DL), and ``libraries``, compiled for this ggml alone. Without ``gpus``, only
        the first. The log says which. What is built in is there anyway.

        llama.cpp would look for them beside the program and in the current folder.
        """
        count = _declare(self._ggml, "ggml_backend_reg_count", ctypes.c_size_t)
        path = ctypes.c_char_p
        load = _declare(self._ggml, "ggml_backend_load_all_from_path", None, path)
        if not count():
            if gpus:
                load(os.fsencode(self._folder))
            else:
                self._load(self._best_for_processor())
        if not gpus:
            return ()
        return tuple(unused for library in libraries for unused in self._load_library(library))

    def _load_library(self, library: GpuLibrary) -> Iterator[UnusedBackend]:
        """Load a GPU library, after those that it needs; yield why not, if so."""
        if library.backend in map(str.lower, self.backends()):
            return  # llama.cpp has its own
        if library.ggml != self.version():
            yield UnusedBackend(library.backend, BackendFault.OTHER_VERSION, library.ggml)
            return
        cards = driver_libraries.cuda().cards if library.backend == "cuda" else ()
        unable = [card for card in cards if not library.runs_on(card.capability)]
        self._unable.update(card.pci for card in unable)
        for card in unable:  # on them it would end the process
            yield UnusedBackend(library.backend, BackendFault.OTHER_CARD, card=card.name)
        if not cards or len(unable) < len(cards):
            yield from self._load_with_needed(library)

    def _load_with_needed(self, library: GpuLibrary) -> Iterator[UnusedBackend]:
        try:
            # By name, the system would not find them in this folder. Once they are loaded, it takes
            # them for the ones that are needed.
            for name in library.preload:
                ctypes.CDLL(str(library.folder / name), ctypes.RTLD_GLOBAL)
            ctypes.CDLL(str(library.file))  # says what is missing; ggml does not
        except OSError as error:
            yield UnusedBackend(library.backend, BackendFault.NOT_LOADED, str(error))
            return
        if not self._load(library.file):
            yield UnusedBackend(library.backend, BackendFault.NOT_LOADED)

    def _load(self, file: Path) -> bool:
        load = _declare(self._ggml, "ggml_backend_load", ctypes.c_void_p, ctypes.c_char_p)
        return bool(load(os.fsencode(file)))

    def _best_for_processor(self) -> Path:
        """Return the library of the CPU that ggml itself would choose (ggml_backend_load_best)."""
        prefix, suffix = ("", "dll") if sys.platform == "win32" else ("lib", "so")
        scores: dict[Path, int] = {}
        for file in self._folder.glob(f"{prefix}ggml-cpu-*.{suffix}"):
            with suppress(OSError, AttributeError):
                scores[file] = _declare(
                    ctypes.CDLL(str(file)), "ggml_backend_score", ctypes.c_int
                )()
        best = max(scores, key=lambda file: scores[file], default=None)
        return best if best and scores[best] else self._folder / f"{prefix}ggml-cpu.{suffix}"

    def gpus(self) -> tuple[Gpu, ...]:
        """Return every graphics processor that one of the backends finds and can use."""
        found = (
            self._gpu(device, unified=kind == _INTEGRATED)
            for device in self._devices()
            if (kind := self._kind(device)) in (_GPU, _INTEGRATED)
        )
        return tuple(gpu for gpu in found if gpu.pci not in self._unable or gpu.api != "CUDA")

    def backends(self) -> tuple[str, ...]:
        """Return the names of the backends of this llama.cpp that could be loaded."""
        count = _declare(self._ggml, "ggml_backend_reg_count", ctypes.c_size_t)
        get = _declare(self._ggml, "ggml_backend_reg_get", ctypes.c_void_p, ctypes.c_size_t)
        name = _declare(self._base, "ggml_backend_reg_name", ctypes.c_char_p, ctypes.c_void_p)
        return tuple(name(get(i)).decode() for i in range(count()))

    def version(self) -> str:
        """Return ggml's version and the commit it was built from."""
        names = ("ggml_version", "ggml_commit")
        return " ".join(_declare(self._base, name, ctypes.c_char_p)().decode() for name in names)

    def choose(self, shares: Sequence[Share]) -> Any:
        """Return the GPUs of ``shares`` as a NULL-terminated array; without any, the CPU is used.

        The weights of long batches are copied from the CPU to the first one.
        """
        found = self._by_name()
        chosen = [found[share.gpu.name] for share in shares if share.gpu.name in found]
        return (ctypes.c_void_p * (len(chosen) + 1))(*chosen, None)

    def function(self, name: str, result: Any, *arguments: Any) -> Any:
        """Return a function of ggml-base. Raises AttributeError if this one has none."""
        return _declare(self._base, name, result, *arguments)

    def find(self, gpu: Gpu | None) -> int | None:
        """Return the device of a GPU, or the processor's; None if there is none."""
        if gpu:
            return self._by_name().get(gpu.name)
        return next((device for device in self._devices() if self._kind(device) == _CPU), None)

    def overrides(self, plan: Plan) -> Any:
        """Return where the moved experts lie, as an array that ends in NULL.

        While it has anything, llama.cpp does not let several GPUs work on a prompt at a time, for
        which each would need four copies of a batch's masks. So it has something unless that is
        wanted.
        """
        cpu = _declare(self._base, "ggml_backend_cpu_buffer_type", ctypes.c_void_p)()
        kind = _declare(
            self._base, "ggml_backend_dev_buffer_type", ctypes.c_void_p, ctypes.c_void_p
        )
        found = self._by_name()
        overrides = [
            _Override(pattern.encode(), kind(found[to]) if to else cpu)
            for pattern, to in patterns(plan.moved)
        ]
        if not overrides and len(plan.shares) > 1 and not plan.pipeline:
            overrides = [_Override(_NOTHING, cpu)]
        return (_Override * (len(overrides) + 1))(*overrides, _Override(None, None))

    def _kind(self, device: int) -> int:
        kind = _declare(self._base, "ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)
        return int(kind(device))

    def _by_name(self) -> dict[str, int]:
        name = _declare(self._base, "ggml_backend_dev_name", ctypes.c_char_p, ctypes.c_void_p)
        return {name(device).decode(): device for device in self._devices()}

    def _devices(self) -> Sequence[int]:
        count = _declare(self._ggml, "ggml_backend_dev_count", ctypes.c_size_t)
        get = _declare(self._ggml, "ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
        return [get(i) for i in range(count())]

    def _gpu(self, device: int, *, unified: bool) -> Gpu:
        pointer = ctypes.POINTER(_Properties)
        ask = _declare(self._base, "ggml_backend_dev_get_props", None, ctypes.c_void_p, pointer)
        told = _Properties()
        ask(device, ctypes.byref(told))
        called = told.name.decode()
        return Gpu(
            name=called,
            description=told.description.decode(errors="replace"),
            memory=told.memory_total,
            available=free_memory(told.memory_free, told.memory_total),
            unified=unified or called.startswith(_UNIFIED),
            pci=(told.device_id or b"").decode(errors="replace").lower(),
        )


def free_memory(told: int, total: int) -> int:
    """Return a GPU's free memory in bytes, given what ggml tells.

    A Vulkan driver may tell that more is used than its budget, for example since other programs
    need memory, and ggml subtracts without a sign (ggml_backend_vk_get_device_memory).
    """
    return 0 if told >= 1 << 63 else min(told, total)


def split(shares: Sequence[Share]) -> Any:
    """Return llama.cpp's tensor_split for ``shares``: exactly their layers.

    A layer is on the first GPU whose part of the sum is larger than the layer's part of all layers,
    where the output is one more layer, the last.
    """
    counts = [float(share.layers) for share in shares]
    if counts:
        counts[-1] += 1
    return (ctypes.c_float * _MOST_DEVICES)(*counts)


def patterns(moved: Sequence[MovedExperts]) -> list[tuple[str, str]]:
    """Return regular expressions for the names of moved tensors, with the device of each.

    There are few, since llama.cpp tries each of them on each tensor.
    """
    layers: dict[tuple[tuple[str, ...], str], list[int]] = {}
    for each in moved:
        layers.setdefault((each.parts, each.to), []).append(each.layer)
    return [
        (rf"^blk\.({'|'.join(map(str, numbers))})\.ffn_({'|'.join(parts)})_exps\.", to)
        for (parts, to), numbers in layers.items()
    ]


def _library(folder: Path, name: str) -> ctypes.CDLL:
    """Open the library that llama.cpp has loaded.

    llama.cpp asks for it by its version: a wheel has no links, and a second copy would keep a
    second list of devices.
    """
    unix = (f"lib{name}.so.0", f"lib{name}.0.dylib", f"lib{name}.so", f"lib{name}.dylib")
    files = (*unix, f"{name}.dll", f"lib{name}.dll")
    found = [folder / file for file in files if (folder / file).exists()]
    if not found:
        raise FileNotFoundError(folder / files[0])
    return ctypes.CDLL(str(found[0]))


def _declare(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    return function
