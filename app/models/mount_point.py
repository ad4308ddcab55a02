"""Whether the drive of a folder is there: what is written onto a mount point is lost from sight as
soon as its drive comes back, and fills the disk below."""

from __future__ import annotations

import os
from pathlib import Path

from app.base.errors import DriveMissing


def mount_of(folder: Path) -> str:
    """The place where the drive of ``folder`` is mounted now."""
    path = Path(os.path.realpath(folder))
    while not os.path.ismount(path) and path != path.parent:
        path = path.parent
    return str(path)


def check(folder: Path, mount: str, *, chosen: bool) -> None:
    """Raises DriveMissing where ``mount``, at which the drive of ``folder`` once was, has no drive
    now. A folder that was ``chosen`` by a person is never made for them: where it is gone, so is
    its drive."""
    mounts = [mount, *_promised(folder)] if mount else _promised(folder)
    if not all(map(os.path.ismount, mounts)) or (chosen and not folder.is_dir()):
        raise DriveMissing("", "", folder)


def _promised(folder: Path) -> list[str]:
    """The mount points at or above ``folder`` that the system's own table has (fstab(5))."""
    try:
        lines = Path("/etc/fstab").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return []  # not every system has one
    fields = [line.split() for line in lines.splitlines() if not line.lstrip().startswith("#")]
    points = [field[1].replace("\\040", " ") for field in fields if len(field) > 1]
    return [point for point in points if point != "/" and folder.is_relative_to(point)]
