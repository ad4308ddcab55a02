"""Check that the drive of a folder is mounted.

Files written into an empty mount point fill the underlying disk, and are hidden as soon as the
drive is back.
"""

from __future__ import annotations

import os
from pathlib import Path

from app.base.errors import DriveMissing


def mount_of(folder: Path) -> str:
    """Return the place where the drive of ``folder`` is mounted now."""
    path = Path(os.path.realpath(folder))
    while not os.path.ismount(path) and path != path.parent:
        path = path.parent
    return str(path)


def check(folder: Path, mount: str, *, chosen: bool) -> None:
    """Raise DriveMissing if no drive is at ``mount``, the last known mount point of ``folder``.

    A folder ``chosen`` by the user is never created, so if it is gone, its drive is assumed to be
    missing.
    """
    mounts = [mount, *_in_fstab(folder)] if mount else _in_fstab(folder)
    if not all(map(os.path.ismount, mounts)) or (chosen and not folder.is_dir()):
        raise DriveMissing("", "", folder)


def _in_fstab(folder: Path) -> list[str]:
    """Return the mount points at or above ``folder`` that fstab(5) lists."""
    try:
        lines = Path("/etc/fstab").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return []  # not every system has one
    fields = [line.split() for line in lines.splitlines() if not line.lstrip().startswith("#")]
    points = [field[1].replace("\\040", " ") for field in fields if len(field) > 1]
    return [point for point in points if point != "/" and folder.is_relative_to(point)]
