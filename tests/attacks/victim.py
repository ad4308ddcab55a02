"""The process that native attempts attack, and the table of what they achieved.

`python -m tests.attacks.victim [--bare] [--user UID]` prints one JSON object: what the wall is made
of, and a row for each attempt. It is a process of its own since without a wall the attempts
succeed: they signal it, write its memory, and set its limits. Its children are forked, so they
start with all that it has: secrets, sockets and descriptors. What they must not know is made after
the fork.
"""

from __future__ import annotations

import argparse
import ctypes
import encodings.idna  # noqa: F401  # another user may be unable to read Python's library
import json
import os
import pty
import resource
import select
import shutil
import signal
import socket
import tempfile
import time
import traceback
import tty
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.tools.python import wall
from app.tools.python.wall import linux  # noqa: F401
from tests.attacks import native
from tests.attacks.attempts import ATTEMPTS, Attempt
from tests.attacks.world import MARK, World, raw

_MEMORY = 2 << 30
_PATIENCE_S = 20
_ATTRIBUTE = "user.poison"


@dataclass(slots=True)
class Row:
    """What became of an attempt."""

    name: str
    succeeded: bool
    said: str
    layer: str
    needs: str


class Victim:
    """The process with the secrets. ``behind``: whether its children are behind the wall."""

    def __init__(self, folder: Path, behind: bool) -> None:
        self._behind = behind
        self._before: dict[Path, object] = {}
        self.holds: dict[str, Any] = {}
        self.world = world = World(
            folder / "home", folder / "scratch", folder / "program", folder / "outside"
        )
        for each in (world.home, world.scratch, world.program, world.outside):
            each.mkdir()
        world.key.parent.mkdir()
        self._secrets = {
            name: MARK + os.urandom(12).hex().encode()
            for name in ("key", "chats", "name", "descriptor")
        }
        self._secrets["environment"] = os.environb[b"FIRESIDE_SECRET"]
        (world.home / self._secrets["name"].decode()).touch()
        self._files = {
            world.key: self._secrets["key"],
            world.database: self._secrets["chats"],
            world.module: b"code of this machine",
            world.code: b"code of the program",
        }
        self._restore()
        open_file, path = tempfile.mkstemp(dir=folder)
        os.write(open_file, self._secrets["descriptor"])
        os.unlink(path)
        self._sockets = self._listen()
        self._terminal, other = pty.openpty()
        tty.setraw(other)
        self._other_side = other
        world.terminal = os.ttyname(other)
        world.parent = os.getpid()
        self._signals = {signal.SIGUSR1: 0, signal.SIGCONT: 0}
        for number in self._signals:
            signal.signal(number, self._count)
        ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1 & (1 << 64) - 1), 0, 0, 0)  # for Yama
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        self.said = b""
        self.child = 0
        self._start()

    # --- What it has ------------------------------------------------------------------------

    def _listen(self) -> dict[str, socket.socket]:
        made = {"tcp": socket.create_server(("127.0.0.1", 0))}
        with suppress(OSError):
            made["tcp6"] = socket.create_server(("::1", 0), family=socket.AF_INET6)
            self.world.tcp6 = made["tcp6"].getsockname()[1]
        made["udp"] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made["udp"].bind(("127.0.0.1", 0))
        for name, address in (
            ("unix", str(self.world.socket)),
            ("abstract", f"\0fireside-{os.getpid()}"),
        ):
            made[name] = socket.socket(socket.AF_UNIX)
            made[name].bind(address)
            made[name].listen()
        self.world.tcp = made["tcp"].getsockname()[1]
        self.world.udp = made["udp"].getsockname()[1]
        return made

    def _count(self, number: int, _: object) -> None:
        self._signals[signal.Signals(number)] += 1

    def _restore(self) -> None:
        """Make the files what they were, and the scratch folder and the outside empty."""
        for path, content in self._files.items():
            with suppress(FileNotFoundError):
                if path.read_bytes() == content and self._state(path) == self._before.get(path):
                    continue
                path.unlink()
            path.write_bytes(content)
            path.chmod(0o600)
        for folder in (self.world.scratch, self.world.outside):
            for path in folder.iterdir():
                if path != self.world.socket:
                    path.unlink()
        for path in (self.world.home / ".profile", self.world.program / "sitecustomize.py"):
            path.unlink(missing_ok=True)
        self._before = {path: self._state(path) for path in self._files}

    @staticmethod
    def _state(path: Path) -> object:
        try:
            status = path.lstat()
        except FileNotFoundError:
            return None
        attributes = tuple(os.listxattr(path, follow_symlinks=False))
        content = path.read_bytes() if path.is_file() and status.st_size < 1 << 20 else b""
        return (
            status.st_mode,
            status.st_mtime_ns,
            status.st_size,
            status.st_ino,
            attributes,
            content,
        )

    # --- The attacker -------------------------------------------------------------------------

    def _start(self) -> None:
        """Fork an attacker, and make what it must not have inherited."""
        theirs, ours = os.pipe()
        back, told = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            _attack(self.world, theirs, told, self._behind)
        os.close(theirs)
        os.close(told)
        self._orders, self._answers = os.fdopen(ours, "wb", 0), os.fdopen(back, "rb", 0)
        self._secrets["memory"] = MARK + os.urandom(12).hex().encode()
        self._memory = ctypes.create_string_buffer(self._secrets["memory"], 64)
        self._counter = ctypes.create_string_buffer(8)
        self.holds = json.loads(self._answers.readline())

    def end(self) -> None:
        self._orders.close()
        self._answers.close()
        with suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.child, 0)

    def run(self, attempt: Attempt) -> Row:
        """Let the attacker try, and look at what has happened."""
        self._restore()
        self.world.address = ctypes.addressof(self._memory)
        self.world.counter = ctypes.addressof(self._counter)
        self._signals_before = dict(self._signals)
        self._own = self._own_values()
        order = {"attempt": attempt.name, **self._addresses()}
        self._orders.write(json.dumps(order).encode() + b"\n")
        ready, _, _ = select.select([self._answers], [], [], _PATIENCE_S)
        answer = self._answers.readline() if ready else b""
        told = json.loads(answer) if answer else {"said": "", "error": "the attacker has ended"}
        self.said = bytes.fromhex(told["said"])
        if not answer:
            with suppress(ChildProcessError):
                os.waitpid(self.child, 0)
        succeeded = attempt.proof(self)
        self._drain()
        if self.parent_changed("tracer"):  # a traced process stops at its next signal
            self.end()
            answer = b""
        self._heal()
        if not answer:
            self._start()
        error = told["error"] or ("done" if succeeded else "without effect")
        return Row(attempt.name, succeeded, error, attempt.layer, attempt.needs)

    def _addresses(self) -> dict[str, int]:
        return {"address": self.world.address, "counter": self.world.counter}

    # --- Evidence -----------------------------------------------------------------------------

    def shown(self, secret: str) -> bool:
        return self._secrets[secret] in self.said

    def changed(self, path: Path) -> bool:
        return self._state(path) != self._before.get(path)

    def hits(self, place: str) -> bool:
        if place in ("signal", "continued"):
            number = signal.SIGUSR1 if place == "signal" else signal.SIGCONT
            deadline = time.monotonic() + 0.02
            while self._signals[number] == self._signals_before[number]:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.001)
            return True
        if place == "listening":
            return self.said.isdigit() and self._can_connect(int(self.said))
        if place == "keys":
            return self.said.isdigit() and "fireside-poison" in Path("/proc/keys").read_text()
        source: Any = self._sockets.get(place)
        if place == "terminal":
            source = self._terminal
        elif place == "typed":
            source = self._other_side
        return bool(source) and bool(select.select([source], [], [], 0.02)[0])

    def has_descriptor(self, kind: str) -> bool:
        folder = Path(f"/proc/{self.child}/fd")
        try:
            names = [os.readlink(each) for each in folder.iterdir()]
        except PermissionError:  # not even its parent may look, so the attacker's word counts
            return bool(self.said)
        found = sum(name.removeprefix("/").startswith(kind) for name in names)
        return found > (400 if not kind else len(self._sockets) if kind == "socket:" else 0)

    def parent_changed(self, what: str) -> bool:
        return self._own_values()[what] != self._own[what]

    def child_status(self, field: str) -> int:
        for line in Path(f"/proc/{self.child}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1])
        return 0

    def survived(self) -> bool:
        """Start another attacker from a process that ends, and look for it."""
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            self._orders.close()
            self._start()
            self._orders.write(b'{"attempt": "outlive its parent", "address": 0, "counter": 0}\n')
            self._answers.readline()
            os.write(writing, str(self.child).encode())
            os._exit(0)
        os.waitpid(between, 0)
        grandchild = int(os.read(reading, 20))
        for each in (reading, writing):
            os.close(each)
        time.sleep(0.05)
        alive = _lives(grandchild)
        with suppress(ProcessLookupError):
            os.kill(grandchild, signal.SIGKILL)
        return alive

    def _own_values(self) -> dict[str, object]:
        status = Path("/proc/self/status").read_text()
        limits = Path(f"/proc/{self.child}/limits").read_text() if _lives(self.child) else ""
        dumps = [line.split()[4] for line in limits.splitlines() if "core file" in line]
        try:
            namespace = os.readlink(f"/proc/{self.child}/ns/ipc")
        except (PermissionError, FileNotFoundError):
            namespace = self.said.decode(errors="replace")
        return {
            "tracer": [line for line in status.splitlines() if line.startswith("TracerPid")],
            "counter": self._counter.raw,
            "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE),
            "priority": os.getpriority(os.PRIO_PROCESS, 0),
            "cores": os.sched_getaffinity(0),
            "namespace": namespace,
            "dumps": dumps,
        }

    @staticmethod
    def _can_connect(port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return True
        except OSError:
            return False

    def _drain(self) -> None:
        """Take what has arrived, so that the next attempt begins with nothing."""
        while found := select.select(list(self._sockets.values()), [], [], 0)[0]:
            for each in found:
                if each is self._sockets["udp"]:
                    each.recv(100)
                else:
                    each.accept()[0].close()
        while ends := select.select([self._terminal, self._other_side], [], [], 0)[0]:
            for number in ends:
                os.read(number, 4096)

    def _heal(self) -> None:
        """Undo what has been done to this process, where that is possible."""
        resource.setrlimit(resource.RLIMIT_NOFILE, self._own["descriptors"])  # type: ignore[arg-type]
        os.sched_setaffinity(0, self._own["cores"])  # type: ignore[arg-type]
        with suppress(PermissionError):  # a user cannot become faster again
            os.setpriority(os.PRIO_PROCESS, 0, self._own["priority"])  # type: ignore[arg-type]
        ctypes.memset(self._counter, 0, 8)
        with suppress(OSError, ValueError):
            raw("keyctl", 9, int(self.said), -4)  # unlink


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in ("Z", "X")


def _attack(world: World, orders: int, answers: int, behind: bool) -> None:
    """Be the attacker, until the orders end."""
    try:
        told: dict[str, Any] = {"layers": (), "missing": ()}
        if behind:
            told = asdict(wall.lock([world.program], world.scratch, _MEMORY, (2, orders, answers)))
        os.write(answers, json.dumps(told).encode() + b"\n")
        with os.fdopen(orders, "rb", closefd=False) as lines:
            for line in lines:
                os.write(answers, _try(world, json.loads(line)))
    except BaseException:  # noqa: BLE001  # a fork must never return into the victim
        traceback.print_exc()
    finally:
        os._exit(0)


def _try(world: World, order: dict[str, Any]) -> bytes:
    attempt = next(each for each in ATTEMPTS if each.name == order["attempt"])
    world.address, world.counter = order["address"], order["counter"]
    native.forget()
    said, error = b"", ""
    try:
        result = attempt.run(world)
        said = result if isinstance(result, bytes) else str(result or "").encode()
    except Exception as failure:  # noqa: BLE001  # whatever stops it
        error = f"{type(failure).__name__}: {failure}"
    return json.dumps({"said": said.hex(), "error": error}).encode() + b"\n"


def main() -> None:
    """Print what each attempt has achieved."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--user", type=int)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fireside-"))
    try:
        if options.user is not None:
            os.chown(folder, options.user, options.user)
            os.setgroups([])
            os.setresgid(*[options.user] * 3)
            os.setresuid(*[options.user] * 3)
            ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: /proc/self is this user's
        victim = Victim(folder, not options.bare)
        try:
            rows = [asdict(victim.run(attempt)) for attempt in ATTEMPTS]
        finally:
            victim.end()
        print(json.dumps({"holds": victim.holds, "rows": rows}))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
