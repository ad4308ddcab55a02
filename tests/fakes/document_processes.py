"""Faulty reader processes for the supervisor (app/documents/supervisor.py)."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection


def dies(connection: Connection) -> None:
    """Exit in the middle of a file."""
    connection.recv()
    connection.send((0, 9))
    os._exit(3)


def speaks_and_ends(connection: Connection) -> None:
    """Send a message, and exit."""
    connection.send("the last words")


def hangs(connection: Connection) -> None:
    """Never finish."""
    connection.recv()
    connection.send((0, 9))
    time.sleep(600)


def grows(connection: Connection) -> None:
    """Allocate ever more memory."""
    connection.recv()
    held = []
    while True:
        held.append(bytearray(os.urandom(1 << 20)))
        time.sleep(0.005)
