"""In the worker process: ggml's own list of devices, which llama-cpp-python does not offer.

Declared as in ggml's ggml-backend.h. The libraries must be loaded already. Call `load_backends`
first, then llama_backend_init, then anything else.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.engine.probe import Gpu

_CPU, _GPU, _INTEGRATED = 0, 1, 2  # enum ggml_backend_dev_type
_UNIFIED = ("Metal", "MTL")  # Apple's GPUs report themselves as discrete ones
_EXPERTS = r"blk\.%d\.ffn_(up|down|gate)_exps"


class _Override(ctypes.Structure):
    """struct llama_model_tensor_buft_override."""

    _fields_ = (("pattern", ctypes.c_char_p), ("buffer_type", ctypes.c_void_p))


class Ggml:
    """ggml's libraries in ``folder``. Raises OSError if they are missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._base, self._ggml = _library(folder, "ggml-base"), _library(folder, "ggml")

    def load_backends(self) -> None:
        """Load the backends that are libraries of their own (GGML_BACKEND_DL).

        These are the best variant for this processor, and those of the GPUs whose drivers are
        installed. The log says which. If the backends are built in, this does nothing.

        llama.cpp would look for them beside the program and in the current folder.
        """
        count = _declare(self._ggml, "ggml_backend_reg_count", ctypes.c_size_t)
        path = ctypes.c_char_p
        load = _declare(self._ggml, "ggml_backend_load_all_from_path", None, path)
        if not count():
            load(os.fsencode(self._folder))

    def gpus(self) -> tuple[Gpu, ...]:
        """Return every graphics processor that one of the backends finds."""
        kind = _declare(self._base, "ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)
        return tuple(
            self._gpu(device, unified=kind(device) == _INTEGRATED)
            for device in self._devices()
            if kind(device) in (_GPU, _INTEGRATED)
        )

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

    def choose(self, gpu: Gpu | None) -> Any:
        """Return the devices to use as a NULL-terminated array: ``gpu``, or none but the CPU."""
        name = _declare(self._base, "ggml_backend_dev_name", ctypes.c_char_p, ctypes.c_void_p)
        chosen = [d for d in self._devices() if gpu and name(d).decode() == gpu.name]
        return (ctypes.c_void_p * (len(chosen) + 1))(*chosen, None)

    def function(self, name: str, result: Any, *arguments: Any) -> Any:
        """Return a function of ggml-base. Raises AttributeError if this one has none."""
        return _declare(self._base, name, result, *arguments)

    def find(self, gpu: Gpu | None) -> int | None:
        """Return the device of a GPU, or the processor's; None if there is none."""
        kind = _declare(self._base, "ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)
        name = _declare(self._base, "ggml_backend_dev_name", ctypes.c_char_p, ctypes.c_void_p)
        for device in self._devices():
            if name(device).decode() == gpu.name if gpu else kind(device) == _CPU:
                return device
        return None

    def keep_on_cpu(self, layers: int) -> Any:
        """Return overrides for the experts of the first ``layers`` layers, ending in NULL."""
        cpu = _declare(self._base, "ggml_backend_cpu_buffer_type", ctypes.c_void_p)()
        overrides = [_Override((_EXPERTS % layer).encode(), cpu) for layer in range(layers)]
        return (_Override * (layers + 1))(*overrides, _Override(None, None))

    def _devices(self) -> Sequence[int]:
        count = _declare(self._ggml, "ggml_backend_dev_count", ctypes.c_size_t)
        get = _declare(self._ggml, "ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
        return [get(i) for i in range(count())]

    def _gpu(self, device: int, *, unified: bool) -> Gpu:
        text = ctypes.c_char_p
        name = _declare(self._base, "ggml_backend_dev_name", text, ctypes.c_void_p)(device)
        words = _declare(self._base, "ggml_backend_dev_description", text, ctypes.c_void_p)
        size = ctypes.POINTER(ctypes.c_size_t)
        memory = _declare(self._base, "ggml_backend_dev_memory", None, ctypes.c_void_p, size, size)
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        memory(device, ctypes.byref(free), ctypes.byref(total))
        called = name.decode()
        return Gpu(
            name=called,
            description=words(device).decode(errors="replace"),
            memory=total.value,
            available=free.value,
            unified=unified or called.startswith(_UNIFIED),
        )


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
