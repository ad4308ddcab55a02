"""What Windows offers without an administrator: a job and mitigation policies. Written, not run.

Neither hides files nor shuts the network, so on Windows WebAssembly is the boundary. These bound
the process: it starts no other, takes no more memory than it may, ends with its parent, and sees
nothing of the desktop.
"""

from __future__ import annotations

import ctypes
import os
import tempfile
from pathlib import Path
from typing import Any

from app.tools.python.wall import Wall

_EXTENDED_LIMITS, _UI_RESTRICTIONS = 9, 4  # JOBOBJECTINFOCLASS
_ACTIVE_PROCESS, _PROCESS_MEMORY, _DIE_ON_EXCEPTION, _KILL_ON_CLOSE = 0x8, 0x100, 0x400, 0x2000
_ALL_OF_UI = 0xFF
_DUPLICATE_HANDLE = 0x40  # PROCESS_DUP_HANDLE
_CLOSE_SOURCE, _SAME_ACCESS = 1, 2
_POLICIES = (  # PROCESS_MITIGATION_POLICY, and its flags
    ("no win32k", 4, 1),  # DisallowWin32kSystemCalls
    ("no extension points", 6, 1),  # DisableExtensionPoints
    ("no foreign images", 10, 0b011),  # NoRemoteImages, NoLowMandatoryLabelImages
    ("no child processes", 13, 1),  # NoChildProcessCreation
)


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
        ("io", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


def lock(memory: int, scratch: Path) -> Wall:
    """Put this process behind the wall; see `app.tools.python.wall.lock`."""
    os.chdir(scratch)
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    os.environ.clear()
    os.environ.update(kept | {"TEMP": str(scratch), "TMP": str(scratch)})
    tempfile.tempdir = None
    kernel = ctypes.CDLL("kernel32", use_last_error=True)  # 64 bits have one calling convention
    for name in ("CreateJobObjectW", "GetCurrentProcess", "OpenProcess"):
        getattr(kernel, name).restype = ctypes.c_void_p
    layers: list[str] = []
    missing: list[str] = []
    for name, holds in (
        *_job(kernel, memory),
        *((name, _policy(kernel, *policy)) for name, *policy in _POLICIES),
    ):
        (layers if holds else missing).append(name)
    return Wall(tuple(layers), tuple(missing))


def _job(kernel: Any, memory: int) -> list[tuple[str, bool]]:
    """Put this process into a job of its own; tell what of it holds."""
    job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
    flags = _ACTIVE_PROCESS | _PROCESS_MEMORY | _DIE_ON_EXCEPTION | _KILL_ON_CLOSE
    limits = _Limits(flags=flags, active_processes=1, process_memory=memory)
    screen = ctypes.c_uint32(_ALL_OF_UI)
    this = ctypes.c_void_p(kernel.GetCurrentProcess())
    return [
        ("job object", _set(kernel, job, _EXTENDED_LIMITS, limits)),
        ("no desktop", _set(kernel, job, _UI_RESTRICTIONS, screen)),
        ("in the job", bool(kernel.AssignProcessToJobObject(job, this))),
        ("ends with its parent", _hand_to_parent(kernel, job, this)),
    ]


def _set(kernel: Any, job: ctypes.c_void_p, kind: int, value: Any) -> bool:
    size = ctypes.sizeof(value)
    return bool(kernel.SetInformationJobObject(job, kind, ctypes.byref(value), size))


def _hand_to_parent(kernel: Any, job: ctypes.c_void_p, this: ctypes.c_void_p) -> bool:
    """Leave the parent the only handle of the job: when it ends, the job does."""
    parent = ctypes.c_void_p(kernel.OpenProcess(_DUPLICATE_HANDLE, 0, os.getppid()))
    if not parent:
        return False
    theirs = ctypes.c_void_p()
    moved = kernel.DuplicateHandle(
        this, job, parent, ctypes.byref(theirs), 0, 0, _CLOSE_SOURCE | _SAME_ACCESS
    )
    kernel.CloseHandle(parent)
    return bool(moved)


def _policy(kernel: Any, policy: int, flags: int) -> bool:
    value = ctypes.c_uint32(flags)
    size = ctypes.sizeof(value)
    return bool(kernel.SetProcessMitigationPolicy(policy, ctypes.byref(value), size))
