"""Compiles the GPU libraries that `from_source.py` has chosen, in a process of its own.

    python installers/gpu_library.py [--gently] FOLDER cuda:86,89 vulkan

FOLDER is the environment that has llama.cpp; everything goes into its `gpu` folder, the log into
`gpu/build.log`, and how far it is into `gpu/build.json` (`app/engine/gpu_library.py` reads it). It
may be ended at any time: the next one goes on where it stopped. Only one runs at a time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.engine import gpu_library as known
from app.engine.gpu_library import BuildFault
from installers import gpu_compile, gpu_cut, gpu_downloads
from installers.gpu_progress import Failed, Progress

GPU = Path(__file__).resolve().parent / "gpu"
LOG, LOCK = "build.log", "build.lock"
BUSY = 3  # exit code: another one is at it
_LEFT_BEHIND_S = 180  # for what a killed one has left running


class Wanted(NamedTuple):
    """A library to compile; ``architectures`` are CUDA's."""

    backend: str
    architectures: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Wanted:
        backend, _, rest = text.partition(":")
        return cls(backend, tuple(filter(None, rest.split(","))))

    def __str__(self) -> str:
        return ":".join(filter(None, (self.backend, ",".join(self.architectures))))

    @property
    def stamp(self) -> str:
        """A digest of all that the library depends on; another one makes it stale."""
        facts = gpu_downloads.needed(self.backend, gpu_downloads.here())
        digest = hashlib.sha256(repr((self, facts, gpu_compile.flags(self))).encode())
        for file in (Path(gpu_cut.__file__), *sorted(GPU.iterdir())):
            digest.update(file.read_bytes())
        return digest.hexdigest()[:16]


def is_ready(root: Path, wanted: Wanted) -> bool:
    """Return whether the library is there, complete, and the one that is wanted."""
    return any(
        library.backend == wanted.backend and _stamp_in(library.folder) == wanted.stamp
        for library in known.found(root)
    )


def forget_stale(root: Path, wanted: Iterable[Wanted]) -> None:
    """Make the app stop loading libraries that are to be compiled anew."""
    for one in wanted:
        if not is_ready(root, one):
            (root / known.FOLDER / one.backend / known.MANIFEST).unlink(missing_ok=True)


def _stamp_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / known.MANIFEST).read_text("utf-8")).get("stamp"))
    except (OSError, ValueError):
        return ""


# --- one at a time ---------------------------------------------------------------------------


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[bool]:
    """Yield whether this process is the only one at it, for as long as it is.

    Where it can be, the lock is its commands', too: if this process is killed, the next one waits
    for the compiler that it leaves behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOCK, "a") as file:
        os.set_inheritable(file.fileno(), True)
        yield _locked(file)


def _locked(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a network's folder that knows no locks
        return True
    return True


# --- building --------------------------------------------------------------------------------


def build(root: Path, wanted: Wanted, progress: Progress) -> None:
    """Fetch, compile, try and install one library. Raises Failed."""
    work = root / known.FOLDER / "work"
    begun = time.monotonic()
    try:
        _forget_other_work(work, wanted)
        _fetch(work, wanted, progress)
        compiled = gpu_compile.library(work, wanted, progress)
        _install(root, wanted, compiled, progress)
    except OSError as error:
        fault = BuildFault.DISK if error.errno == 28 else BuildFault.OTHER
        raise Failed(fault, str(error)) from error
    shutil.rmtree(work, ignore_errors=True)
    minutes = (time.monotonic() - begun) / 60
    progress.log(
        f"{wanted}: ready after {minutes:.1f} minutes; "
        f"the processors' time: {gpu_compile.used_seconds():.0f} s\n"
    )


def _forget_other_work(work: Path, wanted: Wanted) -> None:
    """Begin anew where what was begun is not what is wanted now; NVIDIA's tools may stay.

    CMake does not go on in a folder that was moved, either.
    """
    file, stamp = work / "stamp", f"{wanted.stamp} {work.absolute()}"
    if not file.exists() or file.read_text("utf-8") != stamp:
        for name in ("source", "cuda", "vulkan"):
            shutil.rmtree(work / name, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        file.write_text(stamp, "utf-8")


def _fetch(work: Path, wanted: Wanted, progress: Progress) -> None:
    """Fetch what is not there yet, and unpack it."""
    downloads = gpu_downloads.needed(wanted.backend, gpu_downloads.here())
    if not downloads:
        raise Failed(BuildFault.OTHER, f"nothing for {gpu_downloads.here()}")
    all_bytes, done = sum(one.size for one in downloads), 0
    for one in downloads:
        progress.fetching(done / all_bytes)
        is_source = one.name == gpu_downloads.SOURCE
        target = work / ("source" if is_source else "tools")
        there = work / "fetched" / one.stem
        if not (there.exists() and target.exists()):
            file = gpu_downloads.fetch(one, work / "download", sys.executable, progress.run_fetch)
            if is_source:
                gpu_downloads.unpack_ggml(file, target)
                if wanted.backend == "cuda" and gpu_compile.is_cut():
                    left = gpu_cut.cut(target, GPU)
                    progress.log(f"{left} CUDA files are left\n")
            else:
                gpu_downloads.unpack_wheel(file, target)
            shutil.rmtree(work / "download")
            there.parent.mkdir(exist_ok=True)
            there.touch()
        done += one.size
    if wanted.backend == "cuda":
        gpu_downloads.unpack_toolkit(gpu_compile.toolkit(work))


def _install(root: Path, wanted: Wanted, compiled: Path, progress: Progress) -> None:
    """Put the library and what it needs into its folder, if llama.cpp can load it."""
    folder = root / known.FOLDER / wanted.backend
    new, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir(parents=True)
    shutil.copy2(compiled, new / known.file_name(wanted.backend))
    preload = []
    if wanted.backend == "cuda":
        for file in gpu_compile.runtime(root / known.FOLDER / "work"):
            _link_or_copy(file, new / file.name)
            preload.append(file.name)
        for file in gpu_compile.licences(root / known.FOLDER / "work"):
            shutil.copy2(file, new / f"licence-{file.parts[-3].partition('-')[0]}.txt")
    cut = wanted.backend == "cuda" and gpu_compile.is_cut()
    manifest = {
        "backend": wanted.backend,
        "ggml": _try(new, wanted, preload, progress),
        "architectures": list(wanted.architectures),
        "weights": list(gpu_cut.WEIGHTS) if cut else [],
        "head": gpu_cut.HEAD if cut else 0,
        "preload": preload,
        "stamp": wanted.stamp,
    }
    part = new / "manifest.part"
    part.write_text(json.dumps(manifest, indent=1), "utf-8")
    part.replace(new / known.MANIFEST)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _link_or_copy(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:
        shutil.copy2(file, target)


_TRY = """
import ctypes, pathlib, sys
lib, file, *preload = sys.argv[1:]
def opened(name):
    names = (f"lib{name}.so.0", f"lib{name}.so", f"{name}.dll")
    files = [pathlib.Path(lib) / name for name in names]
    return ctypes.CDLL(str(next(file for file in files if file.exists())))
base, ggml = opened("ggml-base"), opened("ggml")
for name in preload:
    ctypes.CDLL(name, ctypes.RTLD_GLOBAL)
for name in ("ggml_version", "ggml_commit"):
    getattr(base, name).restype = ctypes.c_char_p
ggml.ggml_backend_load.restype = ctypes.c_void_p
base.ggml_backend_reg_dev_count.argtypes = [ctypes.c_void_p]
base.ggml_backend_reg_dev_count.restype = ctypes.c_size_t
ctypes.CDLL(file)  # says what is missing, which ggml does not
registry = ggml.ggml_backend_load(file.encode())  # none: Vulkan finds no driver
print(base.ggml_backend_reg_dev_count(registry) if registry else 0, "devices")
print(base.ggml_version().decode(), base.ggml_commit().decode())
"""


def _try(folder: Path, wanted: Wanted, preload: list[str], progress: Progress) -> str:
    """Load the library as the app does, in a process that may die; return ggml's version.

    The environment's llama.cpp is found without running it. Raises Failed.
    """
    code = "import importlib.util as u; print(*u.find_spec('llama_cpp').submodule_search_locations)"
    where = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    lib = Path(where.stdout.strip()) / "lib"
    file = folder / known.file_name(wanted.backend)
    loaded = subprocess.run(
        [sys.executable, "-c", _TRY, str(lib), str(file), *(str(folder / one) for one in preload)],
        capture_output=True,
        text=True,
        errors="replace",
    )
    progress.log(loaded.stdout + loaded.stderr)
    if loaded.returncode:
        last = (loaded.stderr.strip().splitlines() or [f"ended with {loaded.returncode}"])[-1]
        raise Failed(BuildFault.OTHER, last)
    return loaded.stdout.splitlines()[-1]


def main(arguments: list[str]) -> int:
    if arguments[0] == "--gently":
        arguments = arguments[1:]
        if hasattr(os, "nice"):
            os.nice(10)
    root, wanted = Path(arguments[0]), [Wanted.parse(text) for text in arguments[1:]]
    for _ in range(_LEFT_BEHIND_S):
        with lock(root / known.FOLDER) as alone:
            if alone:
                return 0 if all(_made(root, one) for one in wanted) else 1
        build = known.progress(root)
        if build is not None and build.running:
            break
        time.sleep(1)
    return BUSY


def _made(root: Path, wanted: Wanted) -> bool:
    """Make a library if it is not there; return whether it is there now."""
    folder = root / known.FOLDER
    if not is_ready(root, wanted):
        progress = Progress(folder / known.BUILD, folder / LOG, str(wanted), wanted.stamp)
        try:
            build(root, wanted, progress)
        except Failed as failed:
            progress.fail(failed)
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, the app has to hear of it
            progress.log(traceback.format_exc())
            progress.fail(Failed(BuildFault.OTHER, f"{type(error).__name__}: {error}"))
            return False
    (folder / known.BUILD).unlink(missing_ok=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
