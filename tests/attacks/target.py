"""What programs of a model attack, and what they achieved: run through a real box.

Everything that could be reached is here: a fake home, listeners, this process itself. Whatever
arrives, changes or is shown counts, whichever program it was meant for.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.tools.python.python_box import BoxEnded, BoxResult, PythonBox
from app.tools.python.runtime import Runtime
from tests.attacks.guest import Program
from tests.attacks.world import MARK

MEMORY = 512 << 20
_OWN = 700 << 20  # bytes that the process may take beside WebAssembly's memory


@dataclass(slots=True)
class Outcome:
    """What became of a program. ``evidence`` is what it achieved: nothing, if all is well."""

    name: str
    evidence: list[str]
    said: str
    seconds: float


class Target:
    """The place that is attacked, in a folder of its own. Use it in the main thread."""

    def __init__(
        self, folder: Path, runtime: Runtime, start: Callable[[], PythonBox], flood: int = 30
    ) -> None:
        self._runtime, self._start = runtime, start
        self._secret = MARK + os.urandom(12).hex().encode()
        self._home, self._outside = folder / "home", folder / "outside"
        for each in (self._home, self._outside, self._home / ".ssh"):
            each.mkdir()
        self._key, self._database = self._home / ".ssh/id_ed25519", self._home / "fireside.db"
        for path in (self._key, self._database, self._home / self._secret.decode()):
            path.write_bytes(self._secret)
        self._closing = ExitStack()
        self._listeners: list[socket.socket] = []
        self._signals = 0
        places = self._listen(folder)
        self._places = {
            "key": str(self._key),
            "database": str(self._database),
            "home": str(self._home),
            "outside": str(self._outside),
            "module": str(runtime.module),
            "pid": os.getpid(),
            "flood": flood,
            **places,
        }
        for number in (signal.SIGUSR1, signal.SIGCONT):
            self._closing.callback(signal.signal, number, signal.signal(number, self._count))
        os.environ["FIRESIDE_SECRET"] = self._secret.decode()
        self._closing.callback(os.environ.pop, "FIRESIDE_SECRET")
        inherited = os.open(self._key, os.O_RDONLY)
        os.set_inheritable(inherited, True)
        self._closing.callback(os.close, inherited)
        self._before = self._state()
        self.box = start()
        self._closing.callback(self._end)

    def close(self) -> None:
        """End the box, and close the listeners."""
        self._closing.close()

    def _end(self) -> None:
        self.box.kill()

    def _listen(self, folder: Path) -> dict[str, object]:
        made: dict[str, object] = {"tcp6": 9, "unix": str(folder / "bus")}
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        made |= {"tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1]}
        self._listeners += [tcp, udp]
        with suppress(OSError):
            tcp6 = socket.create_server(("::1", 0), family=socket.AF_INET6)
            made["tcp6"] = tcp6.getsockname()[1]
            self._listeners.append(tcp6)
        for address in (str(made["unix"]), f"\0fireside-{os.getpid()}"):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(address)
            listener.listen()
            self._listeners.append(listener)
        for each in self._listeners:
            self._closing.callback(each.close)
        return made

    def _count(self, *_: object) -> None:
        self._signals += 1

    def _state(self) -> dict[str, object]:
        """Return what nobody else may change."""
        paths = [self._home, self._outside, *self._home.rglob("*"), *self._outside.rglob("*")]
        runtime = (self._runtime.module, self._runtime.stdlib, self._runtime.stdlib.parent)
        files = {
            str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns, path.lstat().st_size)
            for path in (*paths, *runtime)
        }
        return files | {
            "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
            "priority": os.getpriority(os.PRIO_PROCESS, 0),
            "signals": self._signals,
        }

    def attack(self, program: Program) -> Outcome:
        """Run a program, and look at what it has achieved."""
        if not self.box.alive:
            self.box.kill()
            self.box = self._start()
        pid: int | None = getattr(self.box, "pid", None)
        begun = time.perf_counter()
        text, result = "", BoxResult(ended="the process has ended")
        try:
            for each in self.box.run(
                program.code.format(**self._places), program.seconds, threading.Event()
            ):
                if isinstance(each, BoxResult):
                    result = each
                else:
                    text += each
        except BoxEnded as ended:
            result = BoxResult(ended=f"the box: {ended}")
        seconds = time.perf_counter() - begun
        text += result.stdout + result.stderr
        evidence = self._evidence(program, result, text)
        if pid is not None:
            evidence += _of_process(pid)
        if evidence:
            self._settle()
        return Outcome(program.name, evidence, _told(result), seconds)

    def _settle(self) -> None:
        """Begin anew after a program that has achieved something."""
        self._before = self._state()
        while ready := select.select(self._listeners, [], [], 0)[0]:
            for each in ready:
                if each.type == socket.SOCK_DGRAM:
                    each.recv(100)
                else:
                    each.accept()[0].close()

    def _evidence(self, program: Program, result: BoxResult, text: str) -> list[str]:
        found: list[str] = []
        files = b"".join(content for _, content in result.files)
        if MARK in text.encode(errors="replace") or MARK in files:
            found.append("shows a secret")
        if "GOT" in text:
            found.append("did: " + text[text.index("GOT") :][:200])
        if program.wants not in text or "SyntaxError" in text or "NameError" in text:
            found.append("did not run as it was meant: " + text[-300:])
        if result.ended not in ("", *program.ends) and "" not in program.ends:
            found.append(f"ended by {result.ended}")
        if result.ended.startswith("the "):
            found.append(f"ended the process: {result.ended}")
        if result.stdout == "FORGED" or any("/../" in name for name, _ in result.files):
            found.append("forged an answer")
        if len(text) > 5 << 20:
            found.append("more output than is kept")
        ready = select.select(self._listeners, [], [], 0)[0]
        found += [f"reached {each.getsockname()}" for each in ready]
        after = self._state()
        found += [
            f"changed {key}"
            for key in after | self._before
            if after.get(key) != self._before.get(key)
        ]
        return found


def _of_process(pid: int) -> list[str]:
    found: list[str] = []
    with suppress(psutil.NoSuchProcess):
        child = psutil.Process(pid)
        if child.children():
            found.append("has children")
        if (takes := child.memory_info().rss) > MEMORY + _OWN:
            found.append(f"takes {takes >> 20} MB")
        if "socket" in _descriptors(pid):
            found.append("has sockets")
    return found


def _descriptors(pid: int) -> list[str]:
    try:
        return [os.readlink(each).partition(":")[0] for each in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:  # not dumpable: only root may look
        return []


def _told(result: BoxResult) -> str:
    lines = (result.stdout + result.stderr).strip().splitlines() or [""]
    return " ".join(filter(None, (result.ended, lines[-1][:60])))
