"""CUDA's library with the real compiler, for a GPU that need not be here.

    python -m tests.gpu_build FOLDER            configure, compile one file: 2 minutes of one core
    python -m tests.gpu_build FOLDER --whole    compile all, load it: 30 minutes of one core

Fetches 0.7 GB from PyPI into FOLDER, where a second run goes on. Needs Linux and a C++ compiler,
but neither a driver nor NVIDIA's toolkit.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from app.engine import gpu_library as known
from installers import gpu_compile, gpu_library
from installers.gpu_library import Wanted
from installers.gpu_progress import Progress

MOST_FILES = 75
ONE = "fill.cu.o"


def one_file(root: Path, wanted: Wanted) -> None:
    """Configure, and compile one of the files that are left."""
    folder = root / known.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress(folder / known.BUILD, folder / "build.log", str(wanted), wanted.stamp)
    work = folder / "work"
    begun = time.monotonic()
    gpu_library._forget_other_work(work, wanted)
    gpu_library._fetch(work, wanted, progress)
    print(f"fetched and unpacked in {time.monotonic() - begun:.0f} s")
    said = gpu_compile.configure(work, wanted, progress)
    print(*re.findall(r"-- (Found CUDAToolkit.*|Using CMAKE_CUDA_ARCH.*)", said), sep="\n")
    steps = progress.run([*gpu_compile.ninja(work, wanted), "-n", "ggml-cuda"])
    files = re.findall(r"\S+\.cu\.o$", steps, re.MULTILINE)
    print(f"{len(files)} CUDA files are left")
    assert 0 < len(files) <= MOST_FILES
    progress.run([*gpu_compile.ninja(work, wanted), next(f for f in files if f.endswith(ONE))])
    print(f"{ONE} after {time.monotonic() - begun:.0f} s")


def whole(root: Path, wanted: Wanted) -> None:
    """Compile and install all; ggml loads it, and without a driver lists no card."""
    code = gpu_library.main([str(root), str(wanted)])
    log = (root / known.FOLDER / "build.log").read_text("utf-8")
    print(*log.splitlines()[-6:], sep="\n")
    assert code == 0
    (library,) = known.found(root)
    print(library)
    for file in sorted(library.folder.iterdir()):
        print(f"{file.stat().st_size / 1e6:8.1f} MB  {file.name}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    which = whole if "--whole" in sys.argv else one_file
    which(Path(sys.argv[1]), Wanted("cuda", ("86",)))
