"""Finds the GPU, says what is compiled for it, lets the person say no, and has it done.

It uses only what comes with Python, but Python 3.11: `from_source.py` imports it late.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from app.engine import gpu_library as known
from app.engine.gpu_library import BuildFault
from app.wording.graphics import BACKENDS
from installers import gpu_compile, gpu_downloads, gpu_vulkan, places
from installers.gpu_library import BUSY, LOCK, LOG, Wanted, forget_stale, is_ready, lock
from installers.setup_state import State
from installers.terminal import SetupError, StatusLine

BUILDER = Path(__file__).with_name("gpu_library.py")
REPORT = Path(__file__).with_name("gpu_report.py")
DISK = {"cuda": (1.6, 0.64), "vulkan": (0.5, 0.1)}
"""GB that a library takes while it is compiled, and afterwards."""
REFUSED = {
    "cuda": set("'\"$`,"),
    "vulkan": set() if sys.platform == "win32" else set("'\"$`\\&;()<>|"),
}
"""Characters of a path with which it cannot be compiled: nvcc does not find its headers, and a
shell reads the names of Vulkan's shaders. A space does no harm."""
TRIED_AGAIN = {BuildFault.NETWORK, BuildFault.DISK, BuildFault.MEMORY, BuildFault.CHECKSUM}
FAULTS = {
    BuildFault.NETWORK: "The download failed. Check your internet connection.",
    BuildFault.CHECKSUM: "A download was not what it should be, so it was not used.",
    BuildFault.DISK: "The disk is full.",
    BuildFault.COMPILER: "No suitable C++ compiler found. "
    + (
        "Run this in Visual Studio's x64 Native Tools prompt."
        if sys.platform == "win32"
        else "CUDA needs GCC 16 or older."
    ),
    BuildFault.HEADERS: "Vulkan's headers or its shader compiler (glslc) are missing or too old.",
    BuildFault.MEMORY: "There was not enough memory for the compiler.",
    BuildFault.OTHER: "See the log.",
}


class Seen(NamedTuple):
    """What `gpu_report.py` says."""

    cards: list[str]
    drivers: str
    backend: str
    reason: str
    architectures: list[str]
    advice: list[str]


def prepare(python: Path, option: str, *, foreground: bool = False) -> None:
    """Have the GPU's library compiled if there is a GPU, and the person has not said no.

    ``option`` is what `--gpu` says, or "". Nothing here keeps Fireside from starting: whatever
    goes wrong is said, and the CPU is used. Raises SetupError if the option is no choice.
    """
    try:
        _prepare(python, option, foreground=foreground)
    except OSError as error:  # the folder is another person's, or the disk is full
        print(f"  Couldn't set up the GPU, so Fireside uses the CPU: {error}", flush=True)


def _prepare(python: Path, option: str, *, foreground: bool) -> None:
    state = State.load()
    if state is None or sys.platform == "darwin":  # Metal is built in
        return
    choice = option or state.gpu
    if choice not in ("auto", "none"):
        asked_for(choice)
    if not option and "GGML_" in state.cmake_args:
        return  # the person compiles llama.cpp for the GPU another way
    root = places.VENV
    if choice == "none":
        state._replace(gpu=choice, libraries="").save()
        _stop(root)
        if (root / known.FOLDER).exists():
            shutil.rmtree(root / known.FOLDER, ignore_errors=True)
            print("The GPU's library was removed. Fireside uses the CPU.", flush=True)
        return
    if option or state.seen != fingerprint():
        state = _chosen(python, state._replace(gpu=choice), root)
        state.save()
    wanted = [Wanted.parse(text) for text in state.libraries.split()]
    if option not in ("", "auto"):  # what is not found today may be there tomorrow
        for backend in set(known.BACKENDS) - {one.backend for one in wanted}:
            shutil.rmtree(root / known.FOLDER / backend, ignore_errors=True)
    forget_stale(root, wanted)
    todo = [one for one in wanted if not is_ready(root, one)]
    if todo and (option or _worth_trying(root, todo)):
        _compile(python, root, todo, foreground=foreground)


# --- what is wanted --------------------------------------------------------------------------


def asked_for(choice: str) -> list[Wanted]:
    """Return the libraries that `--gpu` names: "cuda", "vulkan", both with a comma, "cuda:86".

    Raises SetupError.
    """
    wanted: dict[str, Wanted] = {}
    for part in choice.split(","):
        if part.isdigit() and "cuda" in wanted:  # "cuda:86,89"
            before = wanted["cuda"]
            wanted["cuda"] = before._replace(architectures=(*before.architectures, part))
            continue
        one = Wanted.parse(part)
        numbers = set(one.architectures)
        if one.backend not in known.BACKENDS or (numbers and one.backend != "cuda"):
            raise SetupError("--gpu needs one of: auto, none, cuda, vulkan, cuda,vulkan.")
        wanted[one.backend] = one
    numbers = {number for one in wanted.values() for number in one.architectures}
    if unknown := numbers - gpu_downloads.architectures():
        raise SetupError(f"CUDA doesn't compile for architecture {', '.join(sorted(unknown))}.")
    return list(wanted.values())


def _chosen(python: Path, state: State, root: Path) -> State:
    """Look for a GPU, and return what to compile for it, unless the person says no."""
    seen = look(python)
    for line in describe(seen):
        print(f"  {line}", flush=True)
    wanted = suitable(seen, state.gpu)
    if any(one.backend == "vulkan" for one in wanted) and not gpu_vulkan.is_there():
        print(f"  {gpu_vulkan.ADVICE}", flush=True)
        wanted = [one for one in wanted if one.backend != "vulkan"]
    state = state._replace(seen=fingerprint(), libraries=" ".join(map(str, wanted)))
    todo = [one for one in wanted if not is_ready(root, one)]
    if not todo:
        return state
    free = shutil.disk_usage(root).free / 1e9
    needed = sum(DISK[one.backend][0] for one in todo)
    if free < needed:
        print(f"  Not enough disk space for the GPU: {needed:.1f} GB needed, {free:.1f} GB free.")
        return state._replace(seen="", libraries="")  # there may be more next time
    print(offer(todo), flush=True)
    if state.gpu == "auto" and not _agreed():
        print("  Fireside uses the CPU. To change that: --gpu auto", flush=True)
        return state._replace(gpu="none", libraries="")
    return state


def look(python: Path) -> Seen:
    """Return what is here. Whatever goes wrong, there is no GPU."""
    nothing = Seen([], "", "", "No GPU found, so Fireside uses the CPU.", [], [])
    try:
        said = subprocess.run(
            [python, str(REPORT)], capture_output=True, text=True, timeout=60, check=True
        )
        return Seen(**json.loads(said.stdout))
    except (OSError, ValueError, TypeError, subprocess.SubprocessError):
        return nothing


def describe(seen: Seen) -> list[str]:
    """Return what to say about the cards and their drivers."""
    drivers = f"; drivers: {seen.drivers}" if seen.drivers else ""
    found = [f"Found: {', '.join(seen.cards)}{drivers}."] if seen.cards else []
    return [*found, seen.reason, *seen.advice]


def suitable(seen: Seen, choice: str) -> list[Wanted]:
    """Return the libraries to compile: those asked for, or the one that suits the GPU."""
    if choice == "auto":
        wanted = [Wanted(seen.backend)] if seen.backend else []
    else:
        wanted = asked_for(choice)
    able = [number for number in seen.architectures if number in gpu_downloads.architectures()]
    ready = []
    for one in wanted:
        if one.backend == "cuda" and not one.architectures:
            one = one._replace(architectures=tuple(able))
            if not able:
                print("  CUDA can't use a GPU here. For another computer's: --gpu cuda:86")
                continue
        if refused := REFUSED[one.backend] & set(str(places.VENV)):
            print(
                f"  The compiler can't work in a folder with {' '.join(sorted(refused))} in its "
                "path.\n  To use the GPU, rename the folder, then run this command again."
            )
            continue
        if not gpu_downloads.needed(one.backend, gpu_downloads.here()):
            print(f"  NVIDIA's compiler isn't available for this system ({gpu_downloads.here()}).")
            continue
        ready.append(one)
    return ready


def fingerprint() -> str:
    """Return a digest of this place and of what Linux says of cards and drivers, in a millisecond.

    Other systems say nothing: there, `--gpu auto` looks again.
    """
    facts = [
        (file.parent.name, _text(file), _text(file.with_name("device")))
        for file in sorted(Path("/sys/bus/pci/devices").glob("*/vendor"))
        if _text(file.with_name("class")).startswith("0x03")
    ]
    vulkan = sorted(file.name for file in Path("/usr/share/vulkan/icd.d").glob("*.json"))
    nvidia = _text(Path("/sys/module/nvidia/version"))
    headers = gpu_vulkan.is_there()
    everything = (facts, vulkan, nvidia, headers, str(places.VENV))
    return hashlib.sha256(repr(everything).encode()).hexdigest()[:16]


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except OSError:
        return ""


# --- saying and asking -----------------------------------------------------------------------


def offer(wanted: Iterable[Wanted]) -> str:
    """Return what is going to be done, how long that takes here, and what it takes."""
    lines = []
    for one in wanted:
        jobs = gpu_compile.jobs(one.backend, gpu_compile.cores(), gpu_compile.free_memory())
        minutes = max(1, round(gpu_compile.minutes(one, jobs)))
        files = gpu_downloads.needed(one.backend, gpu_downloads.here())
        fetched = sum(file.size for file in files) / 1e9
        fetched += gpu_vulkan.DOWNLOAD / 1e9 if one.backend == "vulkan" else 0
        during, after = DISK[one.backend]
        name = BACKENDS[one.backend]
        lines.append(
            f"  Compiling llama.cpp for {name} takes about {minutes} minutes here ({jobs} at a "
            f"time), in the background.\n"
            f"  Download: {fetched:.1f} GB. Disk: {during:.1f} GB meanwhile, {after:.1f} GB "
            "afterwards. Until it is ready, Fireside uses the CPU."
        )
        if one.backend == "cuda":
            lines.append(
                "  NVIDIA's compiler and libraries come from NVIDIA on PyPI, under its licence: "
                f"{gpu_downloads.licence()}"
            )
    return "\n".join(lines)


def _agreed() -> bool:
    """Ask on a terminal; elsewhere the answer is yes."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    try:
        answer = input("  Set up the GPU? [Y/n] ")
    except EOFError:
        return True
    return not answer.strip().lower().startswith("n")


# --- compiling -------------------------------------------------------------------------------


def _worth_trying(root: Path, todo: Iterable[Wanted]) -> bool:
    """Return whether to begin without being asked; say why not."""
    told = _told(root)
    if told.get("stamp") not in {one.stamp for one in todo} or not told.get("fault"):
        return True
    fault = BuildFault(told["fault"])
    if fault in TRIED_AGAIN:
        return True
    print(failure(root, fault), flush=True)
    return False


def failure(root: Path, fault: BuildFault) -> str:
    return (
        f"Couldn't compile llama.cpp for the GPU, so Fireside uses the CPU. {FAULTS[fault]}\n"
        f"Log: {root / known.FOLDER / LOG}. To try again: --gpu auto"
    )


def _compile(python: Path, root: Path, todo: list[Wanted], *, foreground: bool) -> None:
    running = _told(root)
    if not running.get("fault") and running.get("wanted") != str(todo[0]):
        _stop(root)
    builder, what = [str(python), str(BUILDER)], [str(root), *map(str, todo)]
    if foreground:
        _wait_for(subprocess.Popen([*builder, *what]), root)
        return
    (root / known.FOLDER).mkdir(exist_ok=True)
    with (root / known.FOLDER / LOG).open("ab") as log:
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        if sys.platform == "win32":
            apart = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
            options["creationflags"] = apart | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        else:
            options["start_new_session"] = True  # the terminal's end is not its own
        subprocess.Popen([*builder, "--gently", *what], **options)


def _wait_for(builder: subprocess.Popen[bytes], root: Path) -> None:
    """Show how far the builder is, until its end."""
    status = StatusLine("Compiling llama.cpp for the GPU")
    try:
        while builder.poll() is None:
            time.sleep(0.5)
            if build := known.progress(root):
                status.detail = f"{build.percent} %"
            status.tick()
    except KeyboardInterrupt:
        builder.terminate()
        raise
    finally:
        status.clear()
    if builder.returncode == BUSY:
        print("  It is being compiled already, in the background.", flush=True)
    elif builder.returncode:
        fault = _told(root).get("fault") or BuildFault.OTHER
        print(failure(root, BuildFault(fault)), flush=True)
    else:
        print("  llama.cpp is ready for the GPU.", flush=True)


def _stop(root: Path) -> None:
    """End a builder whose library is not wanted any more."""
    folder = root / known.FOLDER
    if not (folder / LOCK).exists():
        return
    for _ in range(50):
        with lock(folder) as free:
            if free:
                return
        process = _told(root).get("pid")
        if isinstance(process, int) and process > 0:
            try:
                if sys.platform == "win32":
                    os.kill(process, signal.SIGTERM)
                else:
                    os.killpg(process, signal.SIGTERM)
            except OSError:
                pass
        time.sleep(0.1)


def _told(root: Path) -> dict[str, Any]:
    try:
        told = json.loads((root / known.FOLDER / known.BUILD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
