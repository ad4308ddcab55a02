"""Fireside from a clone, in one command.

    python3 installers/from_source.py               set everything up, open the window
    python3 installers/from_source.py ARGUMENT...   the same, with arguments for Fireside
    python3 installers/from_source.py test          set everything up, run all tests
    python3 installers/from_source.py test OPTION...   the same, with options for pytest

Needs Python 3.11 or newer and a C++ compiler; this file uses only what comes with Python.
Everything goes into `.venv` in the clone, the logs too (`.venv/setup.log`, `.venv/gpu/build.log`).
System libraries are installed only on Debian and Ubuntu and only by root; anyone else is shown the
command. Once everything is there, a run starts at once.

If there is a GPU that llama.cpp can use, its library is compiled in the background, while Fireside
runs on the CPU. `--gpu` before all other arguments changes that, and is remembered:

    --gpu none      the CPU only
    --gpu cuda      for NVIDIA's GPUs
    --gpu vulkan    for any GPU; `cuda,vulkan` is both
    --gpu auto      what suits this computer

The tests run without a GPU's library unless `--gpu` is given.

The Python that the model may use is compiled in the background, too, once: about two minutes of one
core, with 2.4 GB of memory. The tests wait for it.

To have llama.cpp itself compiled another way, set CMAKE_ARGS for one run, for example
`CMAKE_ARGS=-DGGML_BLAS=on`; it stays that way until another value is given.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

# A bare Python has not installed us.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from installers import places
from installers.places import ROOT
from installers.setup_state import State
from installers.system_packages import install_libraries, missing_libraries, missing_venv
from installers.terminal import SetupError, clock, run_logged

LLAMA_CMAKE = ROOT / "installers" / "llama-cpp.cmake"
SETUP_FILES = (ROOT / "pyproject.toml", ROOT / "constraints.txt", LLAMA_CMAKE)

QUESTION = "What is the capital of France?"
EFFORTS = ("low", "medium", "high")
SUITES = ("unit", "ui", "e2e")
INTERRUPTED = 130


# --- facts -----------------------------------------------------------------------------------


def make_stamp(files: Iterable[Path]) -> str:
    """Return a digest of the clone's place, Python's version and what says what to install."""
    digest = hashlib.sha256(repr((str(ROOT), sys.version_info[:2])).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def llama_cmake_args(own: str, include: Path) -> str:
    """Return CMAKE_ARGS for llama-cpp-python, which splits it as a shell would on every system."""
    return " ".join(
        [
            "-DLLAVA_BUILD=OFF",
            shlex.quote(f"-DCMAKE_PROJECT_llama.cpp_INCLUDE={include.as_posix()}"),
            *([own] if own else []),
        ]
    )


def has_screen(platform: str, environment: Mapping[str, str]) -> bool:
    """Return whether a window can be opened.

    Only a Linux without a display server has no screen; Qt can be told to do without.
    """
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not platform.startswith("linux") or any(environment.get(name) for name in names)


# --- setting up ------------------------------------------------------------------------------


def set_up(*, dev: bool) -> None:
    """Make `.venv` hold everything; at once when it already does."""
    own = os.environ.get("CMAKE_ARGS", "").strip()
    wanted = State(make_stamp(SETUP_FILES), dev, own)
    there = State.load()
    if there is not None and there.covers(wanted) and venv_python().exists():
        install_libraries(missing_libraries(), [])
        return
    places.VENV.mkdir(exist_ok=True)
    from installers.gpu_library import lock  # needs Python 3.11 to be imported

    with lock(places.VENV) as alone:
        if not alone:
            raise SetupError("Fireside is being set up here already. Try again in a few minutes.")
        _set_up(there, wanted)


def _set_up(there: State | None, wanted: State) -> None:
    """Make `.venv` hold what is wanted; ``there`` is what it was set up for before."""
    begun = time.monotonic()
    dev, own = wanted.dev, wanted.cmake_args
    places.LOG.write_text("", "utf-8")
    print(f"Setting up Fireside in {places.VENV} (log: setup.log)", flush=True)
    install_libraries(missing_libraries(), missing_venv())
    other_way = False
    if there is not None:
        other_way = own not in ("", there.cmake_args)
        own = own or there.cmake_args
        there._replace(stamp="unfinished").save()
    make_venv()
    install_python_packages(dev=dev, cmake_args=own, compile_again=other_way)
    there = there or wanted
    there._replace(stamp=wanted.stamp, dev=dev, cmake_args=own).save()
    print(f"Ready after {clock(time.monotonic() - begun)} minutes.\n", flush=True)


def venv_python() -> Path:
    return places.VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_venv() -> None:
    """Make the virtual environment, or again if it is broken or of another Python."""
    probe = "import pip, sys; print(sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [venv_python(), "-c", probe], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        answer = ""
    if answer.strip() == repr(tuple(sys.version_info[:2])):
        return
    for part in ("bin", "Scripts", "Include", "Lib", "include", "lib", "lib64"):
        remove(places.VENV / part)
    run_logged("Creating .venv", [sys.executable, "-m", "venv", str(places.VENV)])


def remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def install_python_packages(*, dev: bool, cmake_args: str, compile_again: bool) -> None:
    pip = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    # An older one does not know `--group`.
    run_logged("Updating pip", [*pip, "install", "pip>=25.1"])
    if compile_again:
        run_logged("Removing llama.cpp", [*pip, "uninstall", "-y", "llama-cpp-python"])
    run_logged(
        "Downloading Python packages",
        [
            *(*pip, "install", "-v", "-c", str(ROOT / "constraints.txt")),
            *(["--no-cache-dir"] if cmake_args else []),  # it may hold one compiled otherwise
            *("-e", str(ROOT)),
            *(["--group", "dev"] if dev else []),
        ],
        CMAKE_ARGS=llama_cmake_args(cmake_args, LLAMA_CMAKE),
    )


# --- the two commands ------------------------------------------------------------------------


def become(command: list[str]) -> NoReturn:
    """Go on as another program; Windows has no such thing, so there it is waited for."""
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.run(command).returncode)
    os.execv(command[0], command)


def set_up_gpu(option: str, *, foreground: bool) -> None:
    """Have llama.cpp's library for the GPU compiled."""
    from installers import gpu_choice  # needs Python 3.11 to be imported

    gpu_choice.prepare(venv_python(), option, foreground=foreground)


def set_up_python(*, foreground: bool) -> None:
    """Have the CPython that the model uses compiled."""
    from installers import python_module  # needs Python 3.11 to be imported

    python_module.prepare(venv_python(), foreground=foreground)


def run(arguments: list[str], gpu: str) -> int:
    """Open the window; without a screen, ask the demo model in the terminal."""
    set_up(dev=False)
    set_up_python(foreground=False)
    set_up_gpu(gpu, foreground=False)
    fireside = [str(venv_python()), "-P", "-m", "app"]  # -P: not an `app` of the current folder
    if arguments or has_screen(sys.platform, os.environ):
        become([*fireside, *arguments])
    print(
        "No display found, so the demo model answers in this terminal:"
        " first its reasoning, then its answer.",
        flush=True,
    )
    for effort in EFFORTS:
        print(f"\n--- {QUESTION} (effort: {effort})\n", flush=True)
        asked = subprocess.run([*fireside, "ask", QUESTION, "--effort", effort])
        if asked.returncode:
            return asked.returncode
    print(
        f"\nTo ask another question: python3 {sys.argv[0]} ask 'Your question' --effort high",
        flush=True,
    )
    return 0


def test(options: list[str], gpu: str) -> int:
    """Run every suite in turn, the later ones also when an earlier one fails."""
    set_up(dev=True)
    set_up_python(foreground=True)
    if gpu:
        set_up_gpu(gpu, foreground=True)
    codes: dict[str, int] = {}
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    # The suite starts hundreds of processes, of which each would compile all of the app.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for suite in SUITES:
        folder = ROOT / "tests" / suite
        without_qt = ["-p", "no:pytest-qt"] if suite == "unit" else []
        print(f"\ntests/{suite}", flush=True)
        # Processes side by side: of three, two are at work while one waits. `-n 0` undoes it.
        # Each keeps to neighbouring tests, since those of a module share what takes long to make.
        three = ["-n", "3", "--dist", "worksteal"]
        command = [str(venv_python()), "-m", "pytest", *without_qt, *three, str(folder), *options]
        codes[suite] = subprocess.run(command, cwd=ROOT, env=environment).returncode
    print("\n" + "\n".join(f"tests/{suite}: {verdict(code)}" for suite, code in codes.items()))
    return summary(codes.values())


NO_TESTS = 5  # what pytest ends with when it found none, which options can bring about


def verdict(code: int) -> str:
    return {0: "passed", NO_TESTS: "no tests"}.get(code, f"failed (exit code {code})")


def summary(codes: Iterable[int]) -> int:
    """Return 0 when nothing failed and something passed."""
    kinds = set(codes)
    return 0 if 0 in kinds and kinds <= {0, NO_TESTS} else 1


def gpu_option(arguments: list[str]) -> tuple[str, list[str]]:
    """Return what `--gpu` at the beginning says, or "", and the other arguments."""
    first, _, value = (arguments or [""])[0].partition("=")
    if first != "--gpu":
        return "", arguments
    if value:
        return value, arguments[1:]
    if len(arguments) < 2:
        raise SetupError("--gpu needs one of: auto, none, cuda, vulkan, cuda,vulkan.")
    return arguments[1], arguments[2:]


def main(arguments: list[str]) -> int:
    if sys.hexversion < 0x030B0000:
        print(f"Fireside needs Python 3.11 or newer. This is {sys.version.split()[0]}.")
        return 1
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    try:
        gpu, arguments = gpu_option(arguments)
        if arguments[:1] != ["test"]:
            return run(arguments, gpu)
        after, options = gpu_option(arguments[1:])
        return test(options, after or gpu)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Setup failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command to continue.", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
