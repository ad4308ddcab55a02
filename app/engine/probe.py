"""Facts about models and this machine; no decisions."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.base import gguf
from app.base.errors import UnsupportedArchitecture

ARCHITECTURE = "gpt-oss"


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in bytes; ``cores`` are the physical ones that this process may use."""

    memory: int
    available: int
    cores: int


def machine() -> Machine:
    """This one, now."""
    memory = psutil.virtual_memory()
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    physical = psutil.cpu_count(logical=False) or usable or 1
    return Machine(memory.total, memory.available, max(1, min(physical, usable or physical)))


def model(path: Path) -> gguf.Header:
    """The header of a file that Fireside can run, without its vocabulary.

    gpt-oss is told by the file's own metadata, never by its name. Raises ModelError.
    """
    header = gguf.read(path)
    if header.architecture != ARCHITECTURE:
        raise UnsupportedArchitecture(path, header.architecture)
    return header
