"""The places and numbers that the attacker is told, and the raw calls that it makes."""

from __future__ import annotations

import ctypes
import os
import platform
from dataclasses import dataclass
from pathlib import Path

MARK = b"FIRESIDE-SECRET-"
"""How each secret begins; what follows is random."""

_NUMBERS = {  # x86-64, arm64
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fanotify_init": (300, 262),
    "inotify_init1": (294, 26),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "rt_sigqueueinfo": (129, 138),
    "setns": (308, 268),
    "setxattr": (188, 5),
    "tgkill": (234, 131),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}


@dataclass(slots=True)
class World:
    """What there is to attack. All of it is made for one run, in temporary folders."""

    home: Path
    scratch: Path
    program: Path
    """A folder that may be read behind the wall: it has ``code.py`` and ``module.cwasm``."""
    outside: Path
    """A folder beside the others."""
    parent: int = 0
    tcp: int = 0
    tcp6: int = 0
    udp: int = 0
    terminal: str = ""
    address: int = 0
    """Where in the parent's memory its secret is."""
    counter: int = 0
    """Where in the parent's memory eight bytes are that nobody else may change."""

    @property
    def key(self) -> Path:
        """A key of the user."""
        return self.home / ".ssh" / "id_ed25519"

    @property
    def database(self) -> Path:
        """The chats of the user."""
        return self.home / "fireside.db"

    @property
    def module(self) -> Path:
        """The compiled module, which the child loads as code of its machine."""
        return self.program / "module.cwasm"

    @property
    def code(self) -> Path:
        """A module of the program."""
        return self.program / "code.py"

    @property
    def socket(self) -> Path:
        """A unix socket with a path, such as a desktop's bus."""
        return self.outside / "bus"


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def raw(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
    """Make a system call without the C library's help. Raises OSError."""
    number = _NUMBERS[name][platform.machine() == "aarch64"]
    library = ctypes.CDLL(None, use_errno=True)
    given = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    result = int(library.syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
    return result


def vector(address: int, length: int) -> ctypes.Array[ctypes.c_char]:
    """Return a struct iovec."""
    return ctypes.create_string_buffer(bytes(_Vector(address, length)))
