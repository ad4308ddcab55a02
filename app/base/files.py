"""Small files that are written as a whole."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = 0o666, errors: str = "strict") -> Iterator[TextIO]:
    """Yield a file to write to, in UTF-8, which takes the place of ``path`` at the end.

    A crash leaves the old file or the new one. ``mode`` has the new file's permissions, from which
    the umask is taken; ``errors`` is what becomes of lone surrogates. Raises OSError.
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
    """Write a file that only its owner may read, all of it or nothing, and bring it to the disk.

    Raises OSError.
    """
    with replacing(path, mode=0o600) as file:
        file.write(text)
    sync(path.parent)


def sync(path: Path) -> None:
    """Bring a file to the disk, or the names in a folder, so that a power cut leaves them there.

    Windows does it for folders by itself. Raises OSError.
    """
    folder = path.is_dir()
    if folder and sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
