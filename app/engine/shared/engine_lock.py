"""The lock of the process that has the engine of a data folder, and what it says to the others.

The system holds it on an open file, and gives it back when the process ends, however that happens.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from app.base.file_lock import open_lock, try_lock, unlock

NAME = "engine.lock"
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class OwnerRecord:
    """The process that has the engine, and its host.

    ``address``: where it listens; empty if it cannot. ``kind``: "window" or the command's name.
    """

    pid: int
    host: str
    kind: str
    address: str

    @property
    def is_here(self) -> bool:
        """Whether it is on this computer: a folder may be shared over a network."""
        return self.host == platform.node()


class EngineLock:
    """A lock file in ``folder``, which stays where it is."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._file: int | None = None

    def take(self) -> bool:
        """Take the lock; return False if another process has it.

        Raises OSError if nothing can be locked there.
        """
        while True:
            file = open_lock(self.path)
            try:
                if not try_lock(file):
                    os.close(file)
                    return False
                if self._is(file):
                    self._file = file
                    return True
            except OSError:
                os.close(file)
                raise
            os.close(file)  # it was removed meanwhile

    def left(self) -> OwnerRecord | None:
        """Return what an owner that died has left."""
        return read_record(self.path)

    def publish(self, kind: str, address: str) -> None:
        """Say who has the lock. Raises OSError."""
        assert self._file is not None
        record = OwnerRecord(os.getpid(), platform.node(), kind, address)
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, json.dumps(asdict(record)).encode("ascii"))

    def give_back(self) -> None:
        """Give the lock back, if this has it."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(file, 0)
            with contextlib.suppress(OSError):
                unlock(file)
            os.close(file)

    def _is(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), os.stat(self.path))
        except FileNotFoundError:
            return False


def read_record(path: Path) -> OwnerRecord | None:
    """Return who has said last to have the lock at ``path``; None if nobody has.

    If the lock keeps others from reading, as on SMB, nothing is known of its owner.
    """
    try:
        with path.open("rb") as file:
            read = json.loads(file.read(_LONGEST))
        record = OwnerRecord(read["pid"], read["host"], read["kind"], read["address"])
    except PermissionError:
        return OwnerRecord(0, "", "", "")
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    texts = (record.host, record.kind, record.address)
    return record if type(record.pid) is int and all(type(t) is str for t in texts) else None
