"""What a server writes beside its messages: a small file for the user."""

from __future__ import annotations

import contextlib
from pathlib import Path

_LIMIT = 1 << 20  # bytes after which the file begins again


class ServerLog:
    """The file at ``path``. What cannot be written is lost: a server matters more than its log."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, data: bytes) -> None:
        """Append what a server wrote."""
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            with self.path.open("ab") as file:
                if file.tell() + len(data) > _LIMIT:
                    file.truncate(0)
                file.write(data[-_LIMIT:])

    def tail(self, size: int = 2000) -> str:
        """Return the last bytes of the file as text."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, self.path.stat().st_size - size))
                return file.read().decode("utf-8", errors="replace").strip()
        except OSError:
            return ""
