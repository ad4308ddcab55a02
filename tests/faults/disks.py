"""Small separate file systems, to be filled, broken and cut off."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_SHUTDOWN, _NO_LOG_FLUSH = 0x8004587D, 2  # EXT4_IOC_SHUTDOWN, as in linux/fs/ext4/ext4.h

EXT4 = False
"""Whether there can be an ext4 in a file here."""


class Disk:
    """A file system mounted at ``root``; ``image`` is the file of an ext4."""

    def __init__(self, root: Path, image: Path | None) -> None:
        self.root = root
        self.image = image

    def mount(self) -> None:
        if self.image:
            run("mount", "-o", "loop,errors=remount-ro", str(self.image), str(self.root))
        else:
            run("mount", "-t", "tmpfs", "-o", "size=6m", "none", str(self.root))

    def unmount(self) -> None:
        for _ in range(50):
            if run("umount", str(self.root), check=False) == 0:
                return
            time.sleep(0.1)  # a killed process still has files open
        run("umount", "-l", str(self.root))

    def fill(self, left: int) -> None:
        """Fill the disk, leaving so many bytes."""
        free = os.statvfs(self.root).f_bavail * os.statvfs(self.root).f_frsize
        with contextlib.suppress(OSError), (self.root / "ballast").open("ab") as ballast:
            for _ in range(max(0, free - left) // 4096):
                ballast.write(b"x" * 4096)
                ballast.flush()

    def free(self) -> None:
        (self.root / "ballast").unlink(missing_ok=True)

    def break_down(self) -> None:
        """Make the kernel mount the disk read-only, as after an I/O error (ext4 only)."""
        device = subprocess.check_output(
            ["findmnt", "-n", "-o", "SOURCE", str(self.root)], text=True
        ).strip()
        with contextlib.suppress(OSError):
            Path("/sys/fs/ext4", Path(device).name, "trigger_fs_error").write_text("1")

    def cut_power(self) -> None:
        """Drop everything that is not on the disk, and any later write (ext4 only)."""
        handle = os.open(self.root, os.O_RDONLY)
        fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        os.close(handle)


@contextlib.contextmanager
def disk(*, ext4: bool) -> Iterator[Disk]:
    """Yield a mounted disk of some megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        root, image = Path(folder, "disk"), Path(folder, "image") if ext4 else None
        root.mkdir()
        if image:
            with image.open("wb") as file:
                file.truncate(10 << 20)
            run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
        made = Disk(root, image)
        made.mount()
        try:
            yield made
        finally:
            made.unmount()


def can_mount(*, ext4: bool) -> bool:
    """Return whether this user may mount one on this system."""
    try:
        with disk(ext4=ext4):
            return True
    except (OSError, subprocess.SubprocessError):
        return False


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder read-only for everybody, meanwhile."""
    run("mount", "--bind", str(folder), str(folder))
    run("mount", "-o", "remount,bind,ro", str(folder))
    try:
        yield
    finally:
        run("umount", str(folder))


def run(*command: str, check: bool = True) -> int:
    return subprocess.run(command, check=check, capture_output=True).returncode
