"""A server's program: started in a group of processes of its own, and ended with all of them.

Nothing of it outlives Fireside. On Unix a small process of ours, the warden, waits at a pipe until
Fireside is gone, however that came about, and then kills the groups that it was told of. On Windows
the processes are in a job, which the system ends when its last handle, ours, is closed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import psutil

from app.base.processes import ChildProcess

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

NEW_GROUP: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    NEW_GROUP = {"creationflags": _FLAGS}
"""The options of `subprocess` by which a program gets a group of its own, and no console."""

_GRACE_S = 0.5


class Warden:
    """The keeper of the groups that must not outlive this process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: ChildProcess | None = None
        self._groups: set[int] = set()
        self._jobs: dict[int, object] = {}

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
                for pid in self._groups:
                    self._child.send(pid)

    def watch(self, pid: int) -> None:
        """Have the group of the process ``pid`` end with this one. Raises OSError."""
        with self._lock:
            self._groups.add(pid)
            if self._child:
                self._child.send(pid)
            if sys.platform == "win32":
                from app.tools.mcp.windows_job import KillingJob

                self._jobs[pid] = KillingJob(pid)

    def forget(self, pid: int) -> None:
        """Stop watching, since all of the group has ended: its number may come to be another's."""
        with self._lock:
            self._groups.discard(pid)
            self._jobs.pop(pid, None)
            if self._child:
                self._child.send(-pid)

    def close(self) -> None:
        """End the warden; whatever it still watches is killed."""
        with self._lock:
            child, self._child = self._child, None
            self._jobs.clear()
        if child:
            child.send(0)
            child.close(_GRACE_S)


def terminate(pid: int) -> None:
    """Ask all of a group to end."""
    _signal(pid, signal.SIGTERM)


def kill(pid: int, family: Iterable[psutil.Process]) -> None:
    """Kill a group, and those of its ``family`` that have left it."""
    for child in family:
        with contextlib.suppress(psutil.Error, OSError):  # it has ended, or is not ours
            child.kill()
    _signal(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


def descendants(pid: int) -> list[psutil.Process]:
    """Return what a process has started, and what that has, and so on."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


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
    groups: set[int] = set()
    with contextlib.suppress(EOFError, OSError):
        while pid := connection.recv():
            if pid > 0:
                groups.add(pid)
            else:
                groups.discard(-pid)
    for pid in groups:
        kill(pid, descendants(pid))
