"""Letting go of what a process was started with, on Unix, and what it has to read afterwards."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

_PACKAGES = ("site-packages", "dist-packages")  # also those of a user


def detach(scratch: Path, descriptors: Sequence[int]) -> None:
    """Close all other descriptors, leave the terminal, empty the environment, go to ``scratch``."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        if standard not in descriptors:
            os.dup2(nowhere, standard)
    for number in map(int, os.listdir("/dev/fd")):
        if number > 2 and number not in descriptors:
            os.closerange(number, number + 1)  # never raises
    with suppress(PermissionError):  # it leads a session already
        os.setsid()
    os.umask(0o077)
    os.chdir(scratch)
    _erase_environment()
    os.environ["TMPDIR"] = str(scratch)
    tempfile.tempdir = str(scratch)


def _erase_environment() -> None:
    """Empty the environment, and its strings in memory, which /proc/self/environ shows."""
    strings: list[int] = []
    with suppress(ValueError):  # a system that does not tell where they are
        variables = ctypes.POINTER(ctypes.c_void_p).in_dll(ctypes.CDLL(None), "environ")
        while variables and (address := variables[len(strings)]):
            strings.append(address)
    for address in strings:
        ctypes.memset(address, 0, len(ctypes.string_at(address)))
    os.environ.clear()


def own_files() -> Iterator[Path]:
    """Yield what this program itself may still have to read: modules are imported late."""
    yield Path(__file__).parents[3]  # the package app
    frozen: str | None = getattr(sys, "_MEIPASS", None)
    if frozen:
        yield Path(frozen)
        yield Path(sys.executable)  # its end is the archive of all modules
    prefixes = [Path(each) for each in (sys.prefix, sys.base_prefix)]
    for path in map(Path, sys.path):  # its first is often the folder of the start: any folder
        if path.name in _PACKAGES or any(prefix in path.parents for prefix in prefixes):
            yield path
