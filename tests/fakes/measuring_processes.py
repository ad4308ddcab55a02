"""Faulty workers for the measurement of speeds (app/engine/speed_meter.py)."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path

from app.engine.probe import Devices, Gpu, Speeds

DEVICES = Devices((Gpu("Vulkan0", "A card", 1 << 30, 1 << 30),), version="fake 1")
SPEEDS = Speeds(processor=((1, 10.0), (2, 19.0)))


def _begin(connection: Connection) -> None:
    name, number = connection.recv()
    assert name == "measure"
    connection.send((number, DEVICES))
    connection.send((number, SPEEDS))


def dies(connection: Connection, log: Path) -> None:
    """End as by a driver's crash, at the first GPU."""
    _begin(connection)
    os._exit(139)


def hangs(connection: Connection, log: Path) -> None:
    """Say nothing more, at the first GPU."""
    _begin(connection)
    time.sleep(600)
