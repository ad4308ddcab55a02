"""The GPU libraries beside llama.cpp, and the state of one that is being compiled.

llama.cpp itself runs on the processor. What it needs for a GPU lies in a folder of its own,
``gpu/cuda`` or ``gpu/vulkan`` under `root`, and is loaded when the engine starts. The folder's
manifest is written last, so a folder without one is not finished. `installers/gpu_library.py` and
the packages write both files; this module uses the standard library only, so that they can, too.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.base import log

FOLDER, MANIFEST, BUILD = "gpu", "gpu_library.json", "build.json"
LOG = "build.log"
BACKENDS = ("cuda", "vulkan")

_EXACT = 12  # from this major version of CUDA's architectures on, ggml compiles for one alone
_SILENT_S = 60  # the builder writes every few seconds
_LONGEST_S = 86_400  # that compiling takes; more is a mistake
_MOST = 1 << 20  # bytes of either file
_SHOWN = 1000  # characters of what the compiler said last
_ALWAYS = {"f32", "f16", "bf16"}
# ggml's names of its types, by their numbers in a model's file; `gguf.BLOCKS` has their sizes.
_KINDS = {
    0: "f32", 1: "f16", 2: "q4_0", 3: "q4_1", 6: "q5_0", 7: "q5_1", 8: "q8_0", 9: "q8_1",
    10: "q2_k", 11: "q3_k", 12: "q4_k", 13: "q5_k", 14: "q6_k", 15: "q8_k", 16: "iq2_xxs",
    17: "iq2_xs", 18: "iq3_xxs", 19: "iq1_s", 20: "iq4_nl", 21: "iq3_s", 22: "iq2_s",
    23: "iq4_xs", 24: "i8", 25: "i16", 26: "i32", 27: "i64", 28: "f64", 29: "iq1_m", 30: "bf16",
    34: "tq1_0", 35: "tq2_0", 39: "mxfp4", 40: "nvfp4", 41: "q1_0", 42: "q2_0",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GpuLibrary:
    """A GPU library that is complete.

    ``ggml``: the version and commit of the ggml that it was compiled for, as `Ggml.version` tells;
    with another one it must not be loaded. ``architectures``: of CUDA's cards ("86"). ``weights``:
    the kinds that it multiplies beside unquantized ones; none means all. ``head``: the only size
    of attention heads that it has; 0 means all. What it has not, llama.cpp does on the processor.
    ``preload``: libraries of its folder that have to be loaded before it, in this order.
    """

    folder: Path
    backend: str
    ggml: str
    architectures: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    head: int = 0

    @property
    def file(self) -> Path:
        return self.folder / file_name(self.backend)

    def runs_on(self, capability: tuple[int, int]) -> bool:
        """Return whether it has code for an NVIDIA card.

        Code for one architecture runs on later ones of its major version, but for 12.x, where
        ggml uses what only that very one has.
        """
        major, minor = capability
        built = [divmod(int(one), 10) for one in self.architectures]
        return not built or any(
            major == one and (minor == least or (minor > least and major < _EXACT))
            for one, least in built
        )

    def lacks(self, kinds: Iterable[int]) -> tuple[str, ...]:
        """Return the names of those of a model's ``kinds`` of weights that it cannot multiply.

        ``kinds`` are ggml's numbers, as a tensor's `type` has them.
        """
        if not self.weights:
            return ()
        names = {_KINDS.get(kind, str(kind)) for kind in kinds}
        return tuple(sorted(names - _ALWAYS - set(self.weights)))


class BuildFault(StrEnum):
    """Why a GPU library could not be compiled."""

    NETWORK = "network"
    """Something could not be downloaded."""
    CHECKSUM = "checksum"
    """What was downloaded is not what was expected."""
    DISK = "disk"
    """The disk is full."""
    COMPILER = "compiler"
    """There is no C++ compiler, or one that CUDA does not know."""
    HEADERS = "headers"
    """Vulkan's headers, shader compiler or library are missing or too old."""
    MEMORY = "memory"
    """The compiler was ended for want of memory."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class GpuBuild:
    """A GPU library that is being compiled, or whose compiling ended before its end.

    ``running`` is false after a failure, which ``fault`` names and ``detail`` describes for
    developers, and after an end that nobody announced: the next start of the set-up goes on.
    ``seconds_left`` is None while it cannot be told.
    """

    backend: str
    percent: int
    seconds_left: int | None
    running: bool
    fault: BuildFault | None = None
    detail: str = ""


def root() -> Path:
    """Return the folder with the GPU libraries' folder: the environment's or the program's."""
    frozen = getattr(sys, "frozen", False)
    return Path(sys.executable).parent if frozen else Path(sys.prefix)


def log_file(root: Path) -> Path:
    """Return the file with what the compiler says."""
    return root / FOLDER / LOG


def file_name(backend: str, platform: str = sys.platform) -> str:
    """Return the name that ggml gives to a backend's library."""
    return f"ggml-{backend}.dll" if platform == "win32" else f"libggml-{backend}.so"


def found(root: Path) -> tuple[GpuLibrary, ...]:
    """Return the complete libraries under ``root``, CUDA's first; the log has why not another."""
    libraries = []
    for backend in BACKENDS:
        folder = root / FOLDER / backend
        try:
            libraries.append(_read(folder, backend))
        except FileNotFoundError as error:
            if Path(error.filename or "").name != MANIFEST:
                log.note(f"{backend}: the GPU library is incomplete")
        except (OSError, ValueError, TypeError, KeyError):
            log.note(f"{backend}: the GPU library's manifest is damaged")
    return tuple(libraries)


def progress(root: Path) -> GpuBuild | None:
    """Return how far the library is that is being compiled; None if none is, and none failed."""
    file = root / FOLDER / BUILD
    try:
        told = _object(file)
        silent = time.time() - file.stat().st_mtime
        fault = told.get("fault")
        left = told.get("seconds_left")
        return GpuBuild(
            backend=_one_of(told["backend"], BACKENDS),
            percent=max(0, min(100, _number(told["percent"]))),
            seconds_left=None if left is None else max(0, min(_LONGEST_S, _number(left))),
            # By a clock that was set back, the last word may be from the future.
            running=not fault and abs(silent) < _SILENT_S and _exists(_number(told["pid"])),
            fault=BuildFault(fault) if fault else None,
            detail=str(told.get("detail", ""))[-_SHOWN:],
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _read(folder: Path, backend: str) -> GpuLibrary:
    told = _object(folder / MANIFEST)
    library = GpuLibrary(
        folder,
        _one_of(told["backend"], (backend,)),
        _names([told["ggml"]])[0],
        tuple(str(int(one)) for one in _names(told["architectures"])),
        tuple(name.lower() for name in _names(told["weights"])),
        _names(told["preload"]),
        _number(told.get("head", 0)),
    )
    for file in (library.file, *(folder / name for name in library.preload)):
        if file.parent != folder:
            raise ValueError(file)
        if not file.is_file():
            raise FileNotFoundError(2, "missing", str(file))
    return library


def _object(file: Path) -> dict[str, Any]:
    if file.stat().st_size > _MOST:
        raise ValueError(file)
    try:
        told = json.loads(file.read_text("utf-8"))
    except RecursionError as error:
        raise ValueError(file) from error
    if not isinstance(told, dict):
        raise ValueError(file)
    return told


def _number(value: object) -> int:
    """Return a whole number, also a process's."""
    if not isinstance(value, int) or abs(value) >= 1 << 31:
        raise ValueError(value)
    return value


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(value)
    return tuple(value)


def _one_of(value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(value)
    return str(value)


def _exists(process: int) -> bool:
    if sys.platform == "win32":
        return True  # `os.kill` would end it; its silence tells
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process > 0
