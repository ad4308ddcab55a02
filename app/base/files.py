"""Small files: reads that end, and atomic writes."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

Stamp = tuple[int, int, int]
"""What changes with every version of a file."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file to be read. Raises OSError, also if it is none: a pipe might never end."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(handle, "rb")


def read_regular(path: Path, largest: int) -> bytes:
    """Return what a file has, at most ``largest`` bytes. Raises OSError, also if it has more."""
    with open_regular(path) as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = 0o666, errors: str = "strict") -> Iterator[TextIO]:
    """Yield a UTF-8 text file to write to, which replaces ``path`` at the end.

    A crash leaves the old file or the new one. ``mode`` has the new file's permissions, before the
    umask; ``errors`` is the encoder's error handler, for lone surrogates. Raises OSError.
    """
    growing = path.with_name(f".fireside-{os.urandom(8).hex()}")
    opener = functools.partial(os.open, mode=mode)
    try:
        with open(
            growing, "x", encoding="utf-8", errors=errors, newline="\n", opener=opener
        ) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        growing.replace(path)
    except BaseException:
        growing.unlink(missing_ok=True)
        raise


def replace_text(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only, and flush it to the disk.

    Raises OSError.
    """
    with replacing(path, mode=0o600) as file:
        file.write(text)
    sync(path.parent)


def stamp_of(path: Path) -> Stamp | None:
    """Return what changes with every version of a file; None if there is none."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def put_aside(path: Path) -> Path:
    """Rename a damaged file to an unused name, and return that. Raises OSError."""
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.{number}.old")):
        number += 1
    path.replace(aside)
    return aside


def sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to the disk, so that they survive a power cut.

    On Windows, folders need no flushing. Raises OSError.
    """
    folder = path.is_dir()
    if folder and sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
