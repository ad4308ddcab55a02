"""What the process may do that compiles Python's module: hang, end, or say what it lacks."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection

from app.base import errors


def hangs(connection: Connection) -> None:
    connection.recv()


def ends(connection: Connection) -> None:
    os._exit(3)


def lacks_memory(connection: Connection) -> None:
    connection.send(errors.PythonNeedsMemory(2, 1))
