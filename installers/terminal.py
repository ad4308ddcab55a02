"""A long job's line in the terminal, its log, and what to do if it fails."""

from __future__ import annotations

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
from collections.abc import Iterator
from typing import TextIO

from installers import places


class SetupError(Exception):
    """Setting up cannot go on; the message says why and what to do."""


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
    return f"See the full log: {places.LOG}"


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
        cwd=places.ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    with process, places.LOG.open("a", encoding="utf-8") as log:
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
