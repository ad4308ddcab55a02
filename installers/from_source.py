"""Fireside from a clone, in one command.

    python3 installers/from_source.py               set everything up, open the window
    python3 installers/from_source.py ARGUMENT...   the same, with arguments for Fireside
    python3 installers/from_source.py test          set everything up, run all tests
    python3 installers/from_source.py test OPTION...   the same, with options for pytest

Needs Python 3.11 or newer and a C++ compiler; this file uses only what comes with Python.
Everything goes into `.venv` in the clone, the log too (`.venv/setup.log`). System libraries are
installed only on Debian and Ubuntu and only by root; anyone else is shown the command. Once
everything is there, a run starts at once.

To have llama.cpp compiled another way, set CMAKE_ARGS for one run, for example
`CMAKE_ARGS=-DGGML_CUDA=on`; it stays that way until another value is given.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import queue
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn, TextIO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOG = VENV / "setup.log"
STATE = VENV / "setup.json"
LLAMA_CMAKE = ROOT / "installers" / "llama-cpp.cmake"
SETUP_FILES = (ROOT / "pyproject.toml", ROOT / "constraints.txt", LLAMA_CMAKE)

QUESTION = "What is the capital of France?"
EFFORTS = ("low", "medium", "high")
SUITES = ("unit", "ui", "e2e")
INTERRUPTED = 130

# What Qt is linked against and does not bring along, by the package that Debian has it in.
LIBRARIES = {
    "libdbus-1.so.3": "libdbus-1-3",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}


class SetupError(Exception):
    """Setting up cannot go on; the message says why and what to do."""


class State(NamedTuple):
    """What `.venv` was set up for; kept in it, so that the next run knows."""

    stamp: str
    dev: bool
    cmake_args: str

    @classmethod
    def load(cls) -> State | None:
        try:
            return cls(**json.loads(STATE.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def save(self) -> None:
        STATE.write_text(json.dumps(self._asdict()), "utf-8")

    def covers(self, wanted: State) -> bool:
        """Return whether this does for what is wanted.

        More packages do, and so does any way of compiling, unless one is asked for.
        """
        return (
            self.stamp == wanted.stamp
            and self.dev >= wanted.dev
            and wanted.cmake_args in ("", self.cmake_args)
        )


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


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_libraries() -> list[str]:
    return [name for name in LIBRARIES if not loads(name)] if sys.platform == "linux" else []


def missing_venv() -> list[str]:
    """Return the package that this Python lacks for making virtual environments.

    Debian has that part of Python in a package of its own.
    """
    if importlib.util.find_spec("ensurepip"):
        return []
    return ["python{}.{}-venv".format(*sys.version_info)]


def how_to_install(manager: str, libraries: list[str], packages: list[str]) -> str:
    """Return a sentence for a person who may install system packages."""
    commands = {
        "apt-get": f"sudo apt-get install {' '.join(packages)}",
        "dnf": f"sudo dnf install {' '.join(map(dnf_name, libraries))}",
    }
    if manager in commands:
        return f"To install missing system packages, run: {commands[manager]}"
    return f"Install the system packages that provide {', '.join(libraries)}."


def dnf_name(library: str) -> str:
    """Return a library's name as dnf finds its package by."""
    return f"'{library}()(64bit)'"


def progress(line: str) -> str:
    """Return how far a build is, from a line of ninja's ([3/70]) or make's ([ 4%])."""
    if found := re.match(r"\s*\[(\d+)/(\d+)\] ", line):
        return f"{100 * int(found[1]) // max(1, int(found[2]))} %"
    if found := re.match(r"\s*\[\s*(\d+)%\] ", line):
        return f"{found[1]} %"
    return ""


def last_lines(said: list[str]) -> list[str]:
    """Return what a failed command said last, without what pip adds after its compiler."""
    of_pip = (i for i, line in enumerate(said) if "error: subprocess-exited-with-error" in line)
    end = next(of_pip, len(said))
    return said[max(0, end - 15) : end]


def advice(log: str) -> str:
    """Return what to do about a failed installation, from what its log says."""
    if "Could not find a version" in log or "ConnectionError" in log or "NewConnection" in log:
        return "Couldn't download the packages. Check your internet connection."
    if "No space left on device" in log:
        return "The disk is full. Fireside needs about 2 GB here and in the temporary folder."
    if "CMAKE_CXX_COMPILER" in log or "CMAKE_C_COMPILER" in log or "nmake" in log.lower():
        return "No C++ compiler found. " + {
            "win32": "Install Visual Studio Build Tools with 'Desktop development with C++'.",
            "darwin": "Install one with: xcode-select --install",
        }.get(sys.platform, "Install one. On Debian and Ubuntu: sudo apt-get install g++")
    return f"See the full log: {LOG}"


# --- running things --------------------------------------------------------------------------


class StatusLine:
    """One line that shows that a long job is alive.

    On a terminal it is rewritten in place every second, elsewhere written about twice a minute.
    """

    def __init__(self, job: str, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._live = out.isatty()
        self.begin(job)

    def begin(self, job: str) -> None:
        self.job, self.detail = job, ""
        self._begun = self._shown = time.monotonic()

    def tick(self) -> None:
        now = time.monotonic()
        if now - self._shown < (1 if self._live else 30):
            return
        self._shown = now
        text = f"  {self.job}: {clock(now - self._begun)}" + (self.detail and f", {self.detail}")
        if self._live:
            self._rewrite(text)
        else:
            print(text, flush=True, file=self._out)

    def say(self, text: str) -> None:
        """Write lines of their own above the status."""
        self.clear()
        print(text, flush=True, file=self._out)

    def clear(self) -> None:
        if self._live:
            self._rewrite("")

    def _rewrite(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{text[:width]:<{width}}\r", end="", flush=True, file=self._out)


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def lines_or_ticks(process: subprocess.Popen[str]) -> Iterator[str]:
    """Yield the process's lines as they come, and an empty one for each second without any."""
    arrived: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            arrived.put(line)
        arrived.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = arrived.get(timeout=1)
        except queue.Empty:
            yield ""
            continue
        if line is None:
            return
        yield line


def run_logged(job: str, command: list[str], **environment: str) -> None:
    """Run a long command with its output in the log, and show that it is alive."""
    status = StatusLine(job)
    said: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    with process, LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {shlex.join(command)}\n")
        try:
            for line in lines_or_ticks(process):
                log.write(line)
                said.append(line)
                watch_pip(status, line)
                status.tick()
        except KeyboardInterrupt:
            stop(process)
            raise
        finally:
            status.clear()
    if process.returncode:
        last = textwrap.indent("".join(last_lines(said)), "  | ")
        raise SetupError(f"{last}\n{status.job} failed. {advice(''.join(said))}")


def stop(process: subprocess.Popen[str]) -> None:
    """Give a process that a Ctrl+C has reached, too, the time to tidy up."""
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.terminate()


def watch_pip(status: StatusLine, line: str) -> None:
    """Tell the person when llama.cpp begins to be compiled, and how far things are."""
    if re.match(r"\s*Building wheel for llama-cpp-python .*started", line):
        status.begin("Compiling llama.cpp")
        status.say(
            "  Compiling llama.cpp for your processor. This takes a few minutes, and only happens\n"
            "  once."
        )
    elif line.startswith("Installing collected packages"):
        status.begin("Installing")
    elif found := re.match(r"Collecting ([\w.-]+)", line):
        status.detail = found[1]
    else:
        status.detail = progress(line) or status.detail


# --- setting up ------------------------------------------------------------------------------


def set_up(*, dev: bool) -> None:
    """Make `.venv` hold everything; at once when it already does."""
    own = os.environ.get("CMAKE_ARGS", "").strip()
    wanted = State(make_stamp(SETUP_FILES), dev, own)
    there = State.load()
    if there is not None and there.covers(wanted) and venv_python().exists():
        install_libraries(missing_libraries(), [])
        return
    begun = time.monotonic()
    VENV.mkdir(exist_ok=True)
    LOG.write_text("", "utf-8")
    print(f"Setting up Fireside in {VENV} (log: setup.log)", flush=True)
    install_libraries(missing_libraries(), missing_venv())
    other_way = False
    if there is not None:
        other_way = own not in ("", there.cmake_args)
        own = own or there.cmake_args
        there._replace(stamp="unfinished").save()
    make_venv()
    install_python_packages(dev=dev, cmake_args=own, compile_again=other_way)
    wanted._replace(cmake_args=own).save()
    print(f"Ready after {clock(time.monotonic() - begun)} minutes.\n", flush=True)


def install_libraries(libraries: list[str], others: list[str]) -> None:
    """Install what the system lacks where that is allowed, else say how and go on."""
    packages = others + [LIBRARIES[name] for name in libraries]
    if not packages:
        return
    manager = next(filter(shutil.which, ("apt-get", "dnf")), "")
    if sys.platform == "linux" and manager == "apt-get" and os.geteuid() == 0:
        print(f"  Installing system packages: {' '.join(packages)}", flush=True)
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"]
        install = [*apt, "install", "-y", "--no-install-recommends", *packages]
        try:
            run_logged("Reading package lists", [*apt, "update"])
            run_logged("Installing", install, DEBIAN_FRONTEND="noninteractive")
            return
        except SetupError as error:
            print(error, flush=True)
    print(f"  {how_to_install(manager, libraries, packages)}", flush=True)
    if others:
        raise SetupError("Setup can't continue without them.")
    print("  Continuing, but the window won't open until they are installed.", flush=True)


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


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
        remove(VENV / part)
    run_logged("Creating .venv", [sys.executable, "-m", "venv", str(VENV)])


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


def run(arguments: list[str]) -> int:
    """Open the window; without a screen, ask the demo model in the terminal."""
    set_up(dev=False)
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


def test(options: list[str]) -> int:
    """Run every suite in turn, the later ones also when an earlier one fails."""
    set_up(dev=True)
    codes: dict[str, int] = {}
    for suite in SUITES:
        folder = ROOT / "tests" / suite
        without_qt = ["-p", "no:pytest-qt"] if suite == "unit" else []
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
        print(f"\ntests/{suite}", flush=True)
        two = ["-n", "2"]  # processes, side by side; `-n 0` among the options undoes it
        command = [str(venv_python()), "-m", "pytest", *without_qt, *two, str(folder), *options]
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


def main(arguments: list[str]) -> int:
    if sys.hexversion < 0x030B0000:
        print(f"Fireside needs Python 3.11 or newer. This is {sys.version.split()[0]}.")
        return 1
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    try:
        return test(arguments[1:]) if arguments[:1] == ["test"] else run(arguments)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command to continue.", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
