"""The process that has a data folder open: whether it still runs, and how to end it."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

LOCK = "fireside.lock"
"""The lock file in the data folder, written by QLockFile: pid, program, and host, one a line."""
_SLACK_S = 2.0  # between the clock that dates files and the one that dates processes
_GRACE_S = 3.0  # to end by itself


def holder(folder: Path) -> psutil.Process | None:
    """Return the process that holds a data folder; None if it has ended or is not on this computer.

    A process that began after the lock was written, or whose program is another, only has the same
    id.
    """
    import psutil  # here: a window need not wait for it

    lock = folder / LOCK
    try:
        pid, program, host = lock.read_text(encoding="utf-8", errors="replace").split("\n")[:3]
        written = lock.stat().st_mtime
        process = psutil.Process(int(pid))
        with process.oneshot():
            names = {process.name().lower(), Path(process.exe()).name.lower()}
            began = process.create_time()
            ended = not _runs(process)
    except (OSError, ValueError, psutil.Error):
        return None
    names |= {name.removesuffix(".exe") for name in names}
    here = host in ("", platform.node())
    if ended or not here or program.lower() not in names or began > written + _SLACK_S:
        return None
    return process


def end(process: psutil.Process) -> bool:
    """End a process that hangs, with its children; return whether it is gone.

    No chats are lost by that, whenever it happens.
    """
    import psutil

    family = [process]
    with suppress(psutil.Error):
        family += process.children(recursive=True)
    with suppress(psutil.Error):
        process.terminate()
    _, left = psutil.wait_procs(family, _GRACE_S)
    for each in left:
        with suppress(psutil.Error):
            each.kill()
    _, left = psutil.wait_procs(left, _GRACE_S)
    return not any(map(_runs, left))


def _runs(process: psutil.Process) -> bool:
    """Return whether a process still does anything: a dead one may wait to be reaped."""
    import psutil

    with suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
