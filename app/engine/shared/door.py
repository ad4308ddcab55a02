"""Where the owner of an engine listens, and how its guests get there, for this user only."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from pathlib import Path

from app.engine.shared.frames import Link


class DoorClosed(Exception):
    """Nobody listens there, or nobody who may."""


class Door(ABC):
    """A place where one process listens. ``address`` tells others the way."""

    address: str

    @abstractmethod
    def accept(self) -> Link | None:
        """Wait for the next connection by this user; None once the door is closed.

        Others' connections are refused.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop listening, from any thread; `accept` returns None."""


def open_door(folder: Path) -> Door:
    """Listen in a private place, in ``folder`` if that can be one. Raises OSError."""
    if sys.platform == "win32":
        from app.engine.shared.pipe_door import PipeDoor

        return PipeDoor()
    else:
        from app.engine.shared.unix_door import UnixDoor

        return UnixDoor(folder)


def connect(address: str) -> Link:
    """Return a connection to whoever listens at ``address``.

    Raises DoorClosed if nobody does, or another user.
    """
    if sys.platform == "win32":
        from app.engine.shared.pipe_door import connect_pipe

        return connect_pipe(address)
    else:
        from app.engine.shared.unix_door import connect_socket

        return connect_socket(address)


def remove_left(address: str) -> None:
    """Remove what a process that died has left at its ``address``."""
    if sys.platform != "win32":
        from app.engine.shared.unix_door import remove_socket

        remove_socket(address)
