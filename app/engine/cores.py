"""The fast cores of a processor that has slow ones, too."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

_CORE = 0  # RelationProcessorCore of enum LOGICAL_PROCESSOR_RELATIONSHIP
_RECORD = struct.Struct("<II BB 20x H Q H")  # SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX of a core


def performance_cores() -> int:
    """Return how many fast cores this process may use; 0 if all are alike, or if that is unknown.

    A core counts once, however many threads it has.
    """
    try:
        if sys.platform == "win32":
            return of_windows(_windows_records(), _windows_affinity())
        if sys.platform == "darwin":
            return _of_macos()
        return of_linux(Path("/sys/devices"), os.sched_getaffinity(0))
    except (OSError, ValueError, AttributeError):  # a system that does not tell
        return 0


def of_linux(devices: Path, allowed: set[int]) -> int:
    """Return the fast cores by ``devices``, the folder /sys/devices, of the ``allowed`` numbers.

    Only hybrid processors of Intel's have cpu_core there.
    """
    fast = devices / "cpu_core" / "cpus"
    if not fast.exists():
        return 0
    siblings = "system/cpu/cpu{}/topology/thread_siblings_list"
    usable = allowed & set(_listed(fast.read_text("ascii")))
    return len({(devices / siblings.format(n)).read_text("ascii") for n in usable})


def of_windows(records: bytes, allowed: int) -> int:
    """Return the fast cores by the records of GetLogicalProcessorInformationEx.

    ``allowed``: a mask of the processors in the first group; those of others all count.
    """
    classes = []
    at = 0
    while at + _RECORD.size <= len(records):
        relation, size, _, efficiency, _, mask, group = _RECORD.unpack_from(records, at)
        if relation == _CORE and (group or mask & allowed):
            classes.append(efficiency)
        at += max(size, _RECORD.size)
    return classes.count(max(classes)) if len(set(classes)) > 1 else 0


def _listed(text: str) -> Iterator[int]:
    """Yield the numbers in a list like "0-7,16"."""
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _windows_records() -> bytes:
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined, unused-ignore]
    size = ctypes.c_uint32()
    kernel.GetLogicalProcessorInformationEx(_CORE, None, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    if not kernel.GetLogicalProcessorInformationEx(_CORE, buffer, ctypes.byref(size)):
        return b""
    return buffer.raw[: size.value]


def _windows_affinity() -> int:
    import psutil

    return sum(1 << number for number in psutil.Process().cpu_affinity() or [])


def _of_macos() -> int:
    """Return the fast cores by sysctl; an Intel Mac has no perflevel1."""
    system = ctypes.CDLL(None)

    def told(name: bytes) -> int:
        value, size = ctypes.c_int(), ctypes.c_size_t(ctypes.sizeof(ctypes.c_int))
        told = system.sysctlbyname(name, ctypes.byref(value), ctypes.byref(size), None, 0)
        return 0 if told else value.value

    slow = told(b"hw.perflevel1.physicalcpu")
    return told(b"hw.perflevel0.physicalcpu") if slow else 0
