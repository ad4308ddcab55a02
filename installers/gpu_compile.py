"""Compiling ggml's library for a GPU with what has been fetched, and how long that takes."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import gpu_library as known
from app.engine.gpu_library import BuildFault
from installers import gpu_cut, gpu_vulkan
from installers.gpu_progress import Failed, Progress

if TYPE_CHECKING:
    from installers.gpu_library import Wanted

# Seconds that one core needs for a file whose name begins so; others need _OTHER.
_SECONDS = {
    "cuda": (("mmq-instance", 50), ("mmvq.", 95), ("attention", 45), ("mmf", 23), ("fattn", 25)),
    "vulkan": (("ggml-vulkan.cpp", 90),),
}
_OTHER = {"cuda": 12, "vulkan": 2}
CORE_MINUTES = {"cuda": 28, "vulkan": 10}
"""What one core needs for all, for one architecture."""
_MEMORY = {"cuda": (0.0, 1.0), "vulkan": (2.5, 0.7)}
"""GiB that compiling takes at its peak: in any case, and for each job."""
_STEP = re.compile(r"\[(\d+)/(\d+)\] .*?([^/\\ ]+)\s*$")
MATRIX_CORES = "GL_KHR_cooperative_matrix supported"
"""What ggml's configuration says of a shader compiler that is new enough."""


def is_cut(platform: str = sys.platform) -> bool:
    """Return whether CUDA's library is compiled in part: not where the linker is another."""
    return platform == "linux"


def flags(wanted: Wanted) -> list[str]:
    """Return what CMake is told, beside the places of things."""
    common = {
        "CMAKE_BUILD_TYPE": "Release",
        "BUILD_SHARED_LIBS": "ON",
        "GGML_BACKEND_DL": "ON",
        "GGML_CPU": "OFF",
        "GGML_NATIVE": "OFF",
        "GGML_OPENMP": "OFF",
        "GGML_CCACHE": "OFF",
        "GGML_BUILD_TESTS": "OFF",
        "GGML_BUILD_EXAMPLES": "OFF",
        f"GGML_{wanted.backend.upper()}": "ON",
        "CMAKE_INSTALL_RPATH": "$ORIGIN",
        "CMAKE_BUILD_WITH_INSTALL_RPATH": "ON",
    }
    if wanted.backend == "cuda":
        common |= {
            # Its machine code only: a newer compiler's other code fails on an older driver.
            "CMAKE_CUDA_ARCHITECTURES": ";".join(f"{one}-real" for one in wanted.architectures),
            "GGML_CUDA_GRAPHS": "ON",  # as llama.cpp has it; ggml by itself has not
            "GGML_CUDA_NCCL": "OFF",
            "GGML_CUDA_NO_VMM": "ON",  # so it loads without a driver, too
            "GGML_CUDA_FA_QUANTS": "f16-f16,q8_0-q8_0",
        }
    return [f"-D{name}={value}" for name, value in common.items()]


def toolkit(work: Path) -> Path:
    """Return the folder of NVIDIA's unpacked wheels."""
    return work / "tools" / "nvidia" / "cu13"


def runtime(work: Path, platform: str = sys.platform) -> list[Path]:
    """Return NVIDIA's libraries that CUDA's library needs, in the order of loading."""
    names = ("cudart", "cublasLt", "cublas")
    if platform == "win32":
        folder = toolkit(work) / "bin" / "x86_64"
        return [next(folder.glob(f"{name}64_*.dll")) for name in names]
    return [toolkit(work) / "lib" / f"lib{name}.so.13" for name in names]


def licences(work: Path) -> list[Path]:
    """Return the licences of those libraries."""
    tools = work / "tools"
    return [
        file
        for name in ("nvidia_cuda_runtime", "nvidia_cublas")
        for file in tools.glob(f"{name}-*/licenses/*.txt")
    ]


# --- how long --------------------------------------------------------------------------------


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def jobs(backend: str, cores: int, memory: float) -> int:
    """Return how many files to compile at a time; ``memory`` is what is free, in GiB."""
    always, each = _MEMORY[backend]
    return max(1, min(cores, int((memory - always) / each)))


def free_memory() -> float:
    """Return the memory that is free, in GiB; a guess where the system is not Linux."""
    try:
        found = re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())
    except OSError:
        found = None
    return int(found[1]) / (1 << 20) if found else 2.0 * cores()


def minutes(wanted: Wanted, jobs: int) -> float:
    """Return how long compiling takes here."""
    return CORE_MINUTES[wanted.backend] * max(1, len(wanted.architectures)) / jobs


def used_seconds() -> float:
    """Return the processors' seconds that the commands have taken."""
    times = os.times()
    return times.children_user + times.children_system


# --- compiling -------------------------------------------------------------------------------


def configure(work: Path, wanted: Wanted, progress: Progress) -> str:
    """Have CMake make ninja's files, and return what it says. Raises Failed."""
    tools, made = work / "tools", work / wanted.backend
    cmake = tools / "cmake" / "data" / "bin" / ("cmake.exe" if os.name == "nt" else "cmake")
    command = [
        *(str(cmake), "-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja(work, wanted)[0]}"),
        *("-S", str(work / "source"), "-B", str(made), *flags(wanted)),
    ]
    if wanted.backend == "cuda":
        if is_cut():
            gpu_cut.write_parts(made / "fireside", wanted.architectures)
        compiler = toolkit(work) / "bin" / ("nvcc.exe" if os.name == "nt" else "nvcc")
        command += [f"-DCUDAToolkit_ROOT={toolkit(work)}", f"-DCMAKE_CUDA_COMPILER={compiler}"]
    else:
        command += gpu_vulkan.flags(tools)
    progress.tools = [Path(ninja(work, wanted)[0]).parent]  # Vulkan's shaders have a CMake within
    said = progress.run(command)
    if wanted.backend == "vulkan" and MATRIX_CORES not in said:
        raise Failed(BuildFault.HEADERS, "glslc does not know GL_KHR_cooperative_matrix")
    return said


def ninja(work: Path, wanted: Wanted) -> list[str]:
    """Return ninja's command for a library."""
    program = next((work / "tools").glob("ninja-*.data/scripts/ninja*"))
    return [program.as_posix(), "-C", str(work / wanted.backend)]


def library(work: Path, wanted: Wanted, progress: Progress) -> Path:
    """Configure and compile; return the library. Raises Failed."""
    configure(work, wanted, progress)
    target, made = f"ggml-{wanted.backend}", work / wanted.backend
    plan = progress.run([*ninja(work, wanted), "-n", target]).splitlines()
    watch = Watch(wanted.backend, plan, made, progress)
    count = jobs(wanted.backend, cores(), free_memory())
    progress.run([*ninja(work, wanted), f"-j{count}", target], heard=watch.heard)
    name = known.file_name(wanted.backend)
    return next(path for path in made.rglob(name) if not path.is_symlink())


class Watch:
    """Tells from ninja's lines how much is done; what is left is weighed by its files.

    ``plan``: what ninja says that it is going to do. Where ninja looks for files first, the plan
    does not tell, and the number of steps has to do.
    """

    def __init__(self, backend: str, plan: Iterable[str], made: Path, progress: Progress) -> None:
        self._backend, self._progress = backend, progress
        self._whole = made / "fireside-whole"
        self._begun, self._done, self._left = time.monotonic(), 0.0, 0.0
        steps = [step for step in map(_STEP.match, plan) if step]
        if not any("Re-running CMake" in step[0] for step in steps):
            self._begin(sum(self._weigh(step[3]) for step in steps))

    def heard(self, line: str) -> None:
        step = _STEP.match(line)
        if step and int(step[1]):  # 0: it looks whether it has to do anything
            if not self._left:
                self._begin(int(step[2]) * _OTHER[self._backend])
            self._done += self._weigh(step[3])
            self._tell()

    def _begin(self, left: float) -> None:
        if not self._whole.exists():
            self._whole.write_text(str(left), "utf-8")
        self._left = left
        self._tell()

    def _tell(self) -> None:
        left = max(0.0, self._left - self._done)
        took = time.monotonic() - self._begun
        # The first few files tell too little about this computer.
        seconds = took * left / self._done if self._done > 0.03 * self._left else None
        whole = max(float(self._whole.read_text("utf-8")), left, 1.0)
        self._progress.compiling(1 - left / whole, seconds)

    def _weigh(self, name: str) -> float:
        known_seconds = _SECONDS[self._backend]
        return next(
            (s for start, s in known_seconds if name.startswith(start)), _OTHER[self._backend]
        )
