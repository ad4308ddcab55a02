"""The wall on kernels and machines that offer less: what is told, and what still holds.

`python -m tests.attacks.kernels` prints for each case which layers it has, and what a process
behind that wall could still do.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.tools.python import wall
from app.tools.python.wall import landlock, linux

_PROBES: dict[str, Callable[[Path], object]] = {
    "read": lambda folder: (folder / "secret").read_text(),
    "write": lambda folder: (folder / "written").write_text("x"),
    "scratch": lambda folder: (folder / "scratch" / "own").write_text("x"),
    "socket": lambda _: socket.socket().close(),
    "thread": lambda _: threading.Thread(target=int).start(),
}


def _run(pretend: Callable[[], object], folder: Path) -> dict[str, Any]:
    """Return what a process behind the wall tells and can do, after ``pretend`` was called."""
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        told: dict[str, Any] = {}
        with suppress(BaseException):
            pretend()
            told = asdict(wall.lock((), folder / "scratch", 1 << 30, (writing,)))
        can = []
        for name, probe in _PROBES.items():
            with suppress(OSError):
                probe(folder)
                can.append(name)
        os.write(writing, json.dumps({**told, "can": can}).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        answer: dict[str, Any] = json.loads(file.read() or b"{}")
    os.waitpid(pid, 0)
    return answer


def _landlock(version: int) -> Callable[[], object]:
    return lambda: setattr(landlock, "version", lambda: version)


def _no_seccomp() -> None:
    linux.seccomp.known = lambda _: False  # type: ignore[attr-defined]


def _another_machine() -> None:
    platform.machine = lambda: "riscv64"


def main() -> None:
    """Print what each kernel gives."""
    cases: dict[str, Callable[[], object]] = {
        f"Landlock {version}": _landlock(version) for version in range(landlock.version() + 1)
    }
    cases |= {"no seccomp": _no_seccomp, "another machine": _another_machine}
    with tempfile.TemporaryDirectory(prefix="fireside-") as name:
        folder = Path(name)
        (folder / "scratch").mkdir()
        (folder / "secret").write_text("x")
        print(json.dumps({case: _run(pretend, folder) for case, pretend in cases.items()}))


if __name__ == "__main__":
    main()
