"""Small files that are written as a whole."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Writes all or nothing: a crash leaves the old file or the new one. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        sync(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Brings a file to the disk, or the names in a folder, so that a power cut leaves them as
    they are. Windows does it for folders by itself. Raises OSError."""
    folder = path.is_dir()
    if folder and sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
