"""The wall on Linux, by what every user may do: no root, no namespaces, no other program."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
from collections.abc import Sequence
from pathlib import Path

from app.tools.python.wall import Wall, landlock, seccomp
from app.tools.python.wall.detachment import detach, own_files

_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _SET_NO_NEW_PRIVS = 1, 4, 22, 38  # of prctl
_FILTER = 2  # SECCOMP_MODE_FILTER
_DROP_BOUND = 24  # PR_CAPBSET_DROP
_CAPABILITIES = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
_CAPSET = {"x86_64": 126, "aarch64": 91}

_LARGEST_FILE = 4 << 20
_MOST_DESCRIPTORS = 128
_MOST_THREADS = 1024  # more than this computer runs now; the kernel counts all of a user's
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/nix/store")
_DEVICES = ("/dev/null", "/dev/random", "/dev/urandom")


def lock(readable: Sequence[Path], scratch: Path, memory: int, descriptors: Sequence[int]) -> Wall:
    """Put this process behind the wall; see `app.tools.python.wall.lock`."""
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("the wall would not hold the other threads")
    scratch = scratch.resolve(strict=True)
    detach(scratch, descriptors)
    system = map(Path, (*_LIBRARIES, *_DEVICES))
    paths = [path.resolve() for path in (*readable, *own_files(), *system)]
    layers: list[str] = []
    missing: list[str] = []

    def layer(name: str, holds: bool) -> None:
        (layers if holds else missing).append(name)

    layer("no new privileges", _prctl(_SET_NO_NEW_PRIVS, 1))
    layer("ends with its parent", _prctl(_SET_PDEATHSIG, signal.SIGKILL))
    layer("no dumps", _prctl(_SET_DUMPABLE, 0))
    layer("limits", _limit(memory))
    layer("no capabilities", _drop_capabilities())
    version = landlock.version()
    files = version > 0 and _restrict_files(paths, scratch)
    layer(f"Landlock {version}" if files else "Landlock", files)
    layer("seccomp", _restrict_calls())  # the last: it forbids all of the above
    return Wall(tuple(layers), tuple(missing))


def _limit(memory: int) -> bool:
    import resource  # Unix has it

    limits = {
        resource.RLIMIT_DATA: memory,  # not RLIMIT_AS: WebAssembly reserves far more than it takes
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: _LARGEST_FILE,
        resource.RLIMIT_NOFILE: _MOST_DESCRIPTORS,
        resource.RLIMIT_NPROC: _running() + _MOST_THREADS,
    }
    try:
        for kind, most in limits.items():
            _, hard = resource.getrlimit(kind)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))
    except OSError:
        return False
    return True


def _running() -> int:
    """Return how many threads there are on this computer."""
    return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])


def _drop_capabilities() -> bool:
    """Give up root's powers, if this is root: its files are then Landlock's matter."""
    for capability in range(64):
        _prctl(_DROP_BOUND, capability)
    number = _CAPSET.get(platform.machine())
    header, none = struct.pack("=Ii", _CAPABILITIES, 0), bytes(24)
    library = ctypes.CDLL(None)
    return number is not None and library.syscall(ctypes.c_long(number), header, none) == 0


def _restrict_files(readable: Sequence[Path], scratch: Path) -> bool:
    try:
        landlock.restrict(readable, [scratch])
    except OSError:
        return False
    return True


def _restrict_calls() -> bool:
    machine = platform.machine()
    if not seccomp.known(machine) or struct.calcsize("P") != 8:
        return False
    code = seccomp.assembled(seccomp.program(machine, os.getpid()))
    array = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(array))
    return _prctl(_SET_SECCOMP, _FILTER, program)


def _prctl(option: int, first: int, second: bytes | int = 0) -> bool:
    last = second if isinstance(second, bytes) else ctypes.c_ulong(second)
    zeros = (ctypes.c_ulong(0), ctypes.c_ulong(0))
    result = ctypes.CDLL(None).prctl(option, ctypes.c_ulong(first), last, *zeros)
    return int(result) == 0
