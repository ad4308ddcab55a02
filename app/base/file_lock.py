"""Locks between processes, on open files: the system gives them back when a process ends."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = "lists.lock"
"""The file whose lock one has while a list, or the settings, in its folder are changed."""

_FAR = 1 << 30  # Windows: the byte that is locked, so that the others can read the text
_LONGEST_S = 10.0  # a list is read and written in milliseconds
_POLL_S = 0.005


def open_lock(path: Path) -> int:
    """Open a file to be locked, and create it if need be. Raises OSError."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o600)


def try_lock(file: int) -> bool:
    """Lock an open file; return False if it is locked already.

    Raises OSError if nothing can be locked there.
    """
    try:
        if sys.platform == "win32":
            os.lseek(file, _FAR, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the latter on Windows
        return False
    return True


def unlock(file: int) -> None:
    """Give a lock back. Raises OSError."""
    if sys.platform == "win32":
        os.lseek(file, _FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_UN)


@contextlib.contextmanager
def changing(path: Path) -> Iterator[None]:
    """Keep other threads and processes from changing a list while it is read, changed and written.

    All that change lists in the folder of ``path``, or settings, have to do so within this, and
    none within another. The lock is on a file beside them, since one that is replaced keeps none.
    Where the system has no locks, as on some network drives, nobody is kept. Raises OSError, also
    if another process does not give it back.
    """
    file = open_lock(path.with_name(NAME))
    try:
        _wait(file)
        yield
    finally:
        with contextlib.suppress(OSError):
            unlock(file)
        os.close(file)


def _wait(file: int) -> None:
    """Lock a file as soon as it is free. Raises TimeoutError."""
    latest = time.monotonic() + _LONGEST_S
    while True:
        try:
            if try_lock(file):
                return
        except OSError:  # there are no locks
            return
        if time.monotonic() > latest:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        time.sleep(_POLL_S)
