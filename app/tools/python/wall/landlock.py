"""Landlock: which files this process may open, whoever it runs as (Linux 5.13 and later).

Each version of its interface (ABI) knows more; what the kernel does not know is left out. Meant by
the numbers: 1 files, 2 moving between folders, 3 emptying files, 4 TCP, 5 the devices' own calls,
6 abstract sockets and signals.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the numbers of the calls, the same on every machine
_VERSION = 1  # the flag that asks for the version
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_ALL_FIRST = (1 << 13) - 1
_MOVE, _TRUNCATE, _DEVICE_CALLS = 1 << 13, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_CALLS
_TCP = 0b11  # bind, connect
_SCOPES = 0b11  # abstract unix sockets, signals

_READING = _READ_FILE | _READ_DIR
# No links, pipes, sockets or devices: the parent may look into the folder afterwards.
_WRITING = _READING | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _TRUNCATE


def version() -> int:
    """Return the version of the kernel's Landlock; 0 if it has none, or it is switched off."""
    with suppress(OSError):
        return _call(_CREATE, None, 0, _VERSION)
    return 0


def restrict(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Open nothing but these files and folders from now on. What does not exist is left out.

    The process must have given up new privileges. Raises OSError.
    """
    has = version()
    handled = _ALL_FIRST
    for since, right in ((2, _MOVE), (3, _TRUNCATE), (5, _DEVICE_CALLS)):
        handled |= right if has >= since else 0
    fields = (handled, *([_TCP] if has >= 4 else []), *([_SCOPES] if has >= 6 else []))
    ruleset = _call(_CREATE, struct.pack(f"={len(fields)}Q", *fields), 8 * len(fields), 0)
    try:
        for paths, rights in ((readable, _READING), (writable, _WRITING)):
            for path in paths:
                _allow(ruleset, path, rights & handled)
        _call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_FILES
        _call(_ADD, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: int | bytes | None) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    given = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    result: int = library.syscall(ctypes.c_long(number), *given)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
