"""A server's program: started in a group of processes of its own, and ended with all of them.

Nothing of it outlives Fireside. On Unix a small process of ours, the warden, waits at a pipe until
Fireside is gone, however that came about, and then kills what it was told of: a group, and whatever
else has its mark, a variable that processes inherit even if they have left the group. It is told of
the mark before the program starts, so that there is no moment in which it misses one. On Windows
the processes are in a job, which the system ends when its last handle, ours, is closed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import psutil

from app.base.processes import ChildProcess

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MARK = "FIRESIDE_SERVER"
"""The variable by which the processes of a server are known."""

NEW_GROUP: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    NEW_GROUP = {"creationflags": _FLAGS}
"""The options of `subprocess` by which a program gets a group of its own, and no console."""

_GRACE_S = 0.5
_LOOKS = 5  # for processes that have been started while others were killed


class Warden:
    """The keeper of the groups that must not outlive this process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: ChildProcess | None = None
        self._groups: dict[str, int] = {}  # by their marks; 0 for one that is only about to start
        self._jobs: dict[str, object] = {}

    def start(self) -> None:
        """Get ready, so that no moment is lost once a program has started. Raises OSError."""
        if sys.platform == "win32":
            return
        with self._lock:
            if self._child and not self._child.alive:
                self._child.close(0)
                self._child = None
            if self._child is None:
                self._child = ChildProcess(_guard, name="warden")
                for group in self._groups.items():
                    self._child.send_now(group)

    def watch(self, mark: str, pid: int = 0) -> None:
        """Have all with ``mark``, and the group of the process ``pid``, end with this process.

        Raises OSError.
        """
        with self._lock:
            self._groups[mark] = pid
            if self._child:
                self._child.send_now((mark, pid))
            if sys.platform == "win32" and pid:
                from app.tools.mcp.windows_job import KillingJob

                self._jobs[mark] = KillingJob(pid)

    def forget(self, mark: str) -> None:
        """Stop watching, since all of the group has ended: its number may come to be another's."""
        with self._lock:
            self._groups.pop(mark, None)
            self._jobs.pop(mark, None)
            if self._child:
                self._child.send_now((mark, None))

    def close(self) -> None:
        """End the warden; whatever it still watches is killed."""
        with self._lock:
            child, self._child = self._child, None
            self._jobs.clear()
        if child:
            child.send_now(None)
            child.close(_GRACE_S)


def terminate(pid: int) -> None:
    """Ask all of a group to end."""
    _signal(pid, signal.SIGTERM)


def kill(pid: int, mark: str) -> None:
    """Kill a group, if there is a ``pid``, and what has its mark."""
    if pid:
        _signal(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    for _ in range(_LOOKS):
        if not (found := [process for process in psutil.process_iter() if _has(process, mark)]):
            return
        for process in found:
            with contextlib.suppress(psutil.Error, OSError):
                process.kill()


def _has(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(MARK) == mark
    except (psutil.Error, OSError):  # it is somebody else's, or has ended
        return False


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            os.kill(pid, number)
        else:
            os.killpg(pid, number)


def _guard(connection: Connection) -> None:
    """Run the warden: kill the groups it was told of once the other end of the pipe is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a Ctrl+C in a terminal reaches all in it
        signal.signal(number, signal.SIG_IGN)
    groups: dict[str, int] = {}
    with contextlib.suppress(EOFError, OSError):
        while mark_and_pid := connection.recv():
            mark, pid = mark_and_pid
            if pid is None:
                groups.pop(mark, None)
            else:
                groups[mark] = pid
    for mark, pid in groups.items():
        kill(pid, mark)
