"""Faulty and slow workers, for what is measured and for what is made of it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from app.base.answer_events import Done, Prompt, Stats, StopReason
from app.engine.probe import Devices, DeviceSpeed, Gpu, Speeds

DEVICES = Devices((Gpu("Vulkan0", "A card", 24 << 30, 24 << 30),), version="fake 1")
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


def dies_at_once(connection: Connection, log: Path) -> None:
    """End before anything is measured."""
    _, number = connection.recv()
    connection.send((number, DEVICES))
    os._exit(1)


def hangs(connection: Connection, log: Path) -> None:
    """Say nothing more, at the first GPU."""
    _begin(connection)
    time.sleep(600)


def answers_slowly(connection: Connection, log: Path) -> None:
    """Answer each question with 100 tokens, one a second, and obey all other commands."""
    _serve(connection, Devices())


def has_a_card(connection: Connection, log: Path) -> None:
    """Do the same on a computer with a GPU."""
    _serve(connection, DEVICES)


def _serve(connection: Connection, devices: Devices) -> None:
    stats = Stats(10, 10, 100, 0, 1.0, 100.0, 0, 1, 4096)
    payloads = {
        "devices": (devices,),
        "measure": (devices, replace(SPEEDS, gpus=(("Vulkan0", DeviceSpeed(300.0)),))),
        "ask": (Prompt(10, 4096), Done(StopReason.END, stats)),
    }
    while True:
        name, number, *_ = connection.recv()
        if name == "close":
            return
        for payload in payloads.get(name, ()):
            connection.send((number, payload))
        connection.send((number, None))
