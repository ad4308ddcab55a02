"""The place where the owner of an engine listens, and the way there, for this user only."""

from __future__ import annotations

import sys
from pathlib import Path

from app.engine.shared.frames import Door, FrameLink


def open_door(folder: Path) -> Door:
    """Listen in a private place, in ``folder`` if that can be one. Raises OSError."""
    if sys.platform == "win32":
        from app.engine.shared.pipe_door import PipeDoor

        return PipeDoor()
    else:
        from app.engine.shared.unix_door import UnixDoor

        return UnixDoor(folder)


def connect(address: str) -> FrameLink:
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
