"""Finding the graphics cards of this computer and their drivers, without any package.

Three are asked: NVIDIA's driver, Vulkan's loader, and on Linux the kernel, which also knows cards
that no driver runs. On Windows those cannot be seen, so a card without a driver is no card there.
On a Mac nothing is asked, since Metal is part of the system.

Drivers crash and hang, so each is asked in a process of its own.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base import driver_libraries
from app.base.graphics import AMD, INTEL, NVIDIA, Asked, Cuda, Graphics, PciCard, Vulkan
from app.base.processes import ChildEnded, ChildProcess, write_output_to

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_PATIENCE = 10.0
"""Seconds for a driver: NVIDIA's takes some for each card that has been idle."""
_DISPLAY = 0x03  # the PCI base class of VGA, 3D and other display controllers


def look(root: Path = Path("/"), patience: float = _PATIENCE) -> Graphics:
    """Return the cards and drivers of this computer, in about 0.2 s.

    ``root`` is that of Linux's files, ``patience`` how many seconds a driver may take.
    """
    if sys.platform == "darwin":
        return Graphics(metal=True)
    answers = dict(zip(_QUESTIONS, _ask(tuple(_QUESTIONS), patience), strict=True))
    found = Graphics(answers["cuda"], answers["vulkan"])
    return with_linux(found, root) if sys.platform == "linux" else found


# --- Linux ------------------------------------------------------------------------------------


def with_linux(found: Graphics, root: Path) -> Graphics:
    """Add what the files of a Linux say."""
    wsl = "microsoft" in _text(root / "proc/version").lower()
    return Graphics(
        found.cuda,
        found.vulkan,
        tuple(_pci_cards(root / "sys/bus/pci/devices")),
        _text(root / "sys/module/nvidia/version"),
        wsl,
        wsl and (root / "dev/dxg").exists(),
        _distributions(root / "etc/os-release"),
    )


def _pci_cards(devices: Path) -> Iterator[PciCard]:
    """Yield the cards on the PCI bus; /sys/class/drm has only those with a driver."""
    with suppress(OSError):
        for device in sorted(devices.iterdir()):
            with suppress(ValueError):
                kind = int(_text(device / "class"), 16) >> 16
                vendor = int(_text(device / "vendor"), 16)
                if kind == _DISPLAY and vendor in (NVIDIA, AMD, INTEL):
                    told = _text(device / "uevent").splitlines()
                    names = (line.removeprefix("DRIVER=") for line in told if "DRIVER=" in line)
                    model = int(_text(device / "device"), 16)
                    yield PciCard(device.name.lower(), vendor, model, next(names, ""))


def _distributions(release: Path) -> tuple[str, ...]:
    lines = (line.partition("=") for line in _text(release).splitlines())
    told = {name.strip(): value.strip().strip("\"'") for name, _, value in lines}
    return (*told.get("ID", "").split(), *told.get("ID_LIKE", "").split())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


# --- Asking the drivers -----------------------------------------------------------------------

_QUESTIONS: dict[str, type[Cuda] | type[Vulkan]] = {"cuda": Cuda, "vulkan": Vulkan}


def _ask(names: tuple[str, ...], patience: float) -> Iterator[Any]:
    """Yield the answer to each question; they are asked side by side."""
    until = time.monotonic() + patience
    children = [_start(name) for name in names]
    for name, child in zip(names, children, strict=True):
        yield _answer(name, child, until)


def _start(name: str) -> ChildProcess | None:
    try:
        return ChildProcess(_child, (name,), name=f"{name} driver")
    except OSError:  # no memory, or too many processes
        return None


def _answer(name: str, child: ChildProcess | None, until: float) -> Cuda | Vulkan:
    expected = _QUESTIONS[name]
    if child is None:
        return expected()
    try:
        while (left := until - time.monotonic()) > 0:
            if isinstance(answer := child.receive(left), expected):  # it may be None before time
                return answer
    except ChildEnded:
        return expected(Asked.CRASHED)
    finally:
        child.kill()
    return expected(Asked.HUNG)


def _child(connection: Connection, name: str) -> None:
    """Ask one library, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    write_output_to(Path(os.devnull))  # drivers print
    connection.send(driver_libraries.cuda() if name == "cuda" else driver_libraries.vulkan())
