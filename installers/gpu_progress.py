"""How far a GPU library is, written where the app reads it, and what its commands say."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.engine.gpu_library import BuildFault
from installers.terminal import lines_or_ticks

_FETCHING = 8  # per cent of the work, at most; the rest is compiling
_WRITTEN_EVERY_S = 3.0
_CAUSES = (
    (BuildFault.CHECKSUM, r"DO NOT MATCH THE HASHES"),
    (BuildFault.DISK, r"No space left on device|There is not enough space|Errno 28"),
    (
        BuildFault.MEMORY,
        r"Killed signal terminated program|out of memory|Cannot allocate memory|killed \(9\)",
    ),
    (
        BuildFault.COMPILER,
        r"unsupported (GNU|Microsoft|clang) version|No CMAKE_C(XX)?_COMPILER|Cannot find compiler"
        r"|(gcc|g\+\+|cl\.exe)'?: (not found|No such file)"
        r"|C(XX)? compiler .*is not able to compile",
    ),
    (
        BuildFault.HEADERS,
        r"Could NOT find Vulkan|Could not find .*SPIRV-Headers|no member named|glslc"
        r"|has not been declared|is not a member of .vk",
    ),
    (
        BuildFault.NETWORK,
        r"No matching distribution|Could not find a version|ConnectionError|NewConnection"
        r"|ReadTimeout|Max retries",
    ),
)


ENGLISH = {"LC_ALL": "C.UTF-8"}
"""For what `cause` reads. In plain C, Python does not start in a folder with an umlaut."""


class Failed(Exception):
    """A library cannot be compiled: why, and the last that was said, for developers."""

    def __init__(self, fault: BuildFault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault, self.detail = fault, detail


def cause(said: str, otherwise: BuildFault = BuildFault.OTHER) -> BuildFault:
    """Return why a command failed, from what it said."""
    return next((fault for fault, words in _CAUSES if re.search(words, said)), otherwise)


class Progress:
    """The state of one library: in ``file`` for the app, in ``log_file`` for developers.

    The commands that it runs find the programs in ``tools`` first.
    """

    def __init__(self, file: Path, log_file: Path, wanted: str, stamp: str) -> None:
        self._file, self._log_file = file, log_file
        self.tools: list[Path] = []
        self._told: dict[str, Any] = {
            "backend": wanted.partition(":")[0],
            "wanted": wanted,
            "stamp": stamp,
            "percent": 0,
            "seconds_left": None,
        }
        self._written = 0.0

    def fetching(self, part: float) -> None:
        """Tell how much has been fetched, from 0 to 1."""
        self._tell(int(_FETCHING * part), None)

    def compiling(self, part: float, seconds_left: float | None) -> None:
        """Tell how much is compiled, from 0 to 1."""
        percent = _FETCHING + int((100 - _FETCHING) * part)
        self._tell(percent, None if seconds_left is None else int(seconds_left))

    def fail(self, failed: Failed) -> None:
        """Tell that nothing will come of it."""
        self._told |= {"fault": failed.fault, "detail": failed.detail}
        self._write()
        self.log(f"{failed}\n")

    def log(self, text: str) -> None:
        with self._log_file.open("a", encoding="utf-8") as log:
            log.write(text)

    def run_fetch(self, command: list[str]) -> None:
        """Run pip. Raises Failed."""
        self.run(command, otherwise=BuildFault.NETWORK)

    def run(
        self,
        command: list[str],
        *,
        heard: Callable[[str], None] = lambda line: None,
        otherwise: BuildFault = BuildFault.OTHER,
    ) -> str:
        """Run a command with its output in the log, and return the output. Raises Failed."""
        said: list[str] = []
        path = os.pathsep.join([*map(str, self.tools), os.environ.get("PATH", os.defpath)])
        with subprocess.Popen(
            command,
            env={**os.environ, "PATH": path, **ENGLISH},
            close_fds=sys.platform == "win32",  # they hold the lock, too
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            self.log(f"\n$ {shlex.join(command)}\n")
            for line in lines_or_ticks(process):
                if line:
                    self.log(line)
                    said.append(line)
                    heard(line)
                if time.monotonic() - self._written > _WRITTEN_EVERY_S:
                    self._write()
        text = "".join(said)
        if process.returncode:
            raise Failed(cause(text, otherwise), _last(said))
        return text

    def _tell(self, percent: int, seconds_left: int | None) -> None:
        self._told |= {"percent": percent, "seconds_left": seconds_left}
        self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps({**self._told, "pid": os.getpid()}), "utf-8")
        part.replace(self._file)


def _last(said: list[str]) -> str:
    """Return the line that says most about a failure."""
    lines = [line.strip() for line in said if line.strip()]
    telling = [line for line in lines if re.search(r"error|Error|FAILED", line)]
    return (telling or lines or ["it said nothing"])[-1][:300]
