"""The bytes of a ZIM file, which may be in parts: ``.zimaa``, ``.zimab``, and so on.

It is read, not mapped into memory: the process would be killed if its drive were unplugged.
"""

from __future__ import annotations

import itertools
import string
import struct
import threading
from bisect import bisect_right
from io import RawIOBase
from pathlib import Path


class ZimFault(Exception):
    """A file that is no ZIM, is damaged or incomplete, or cannot be read; the message says how."""


class ZimBytes:
    """The bytes of the file at ``path``, or of its parts if that is the first of them. Thread-safe.

    Raises ZimFault.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._files: list[RawIOBase] = []
        self._begins: list[int] = []
        self.size = 0
        try:
            for part in _parts(path):
                if not part.is_file():  # a pipe would block
                    raise ZimFault("not a file" if part.exists() else "it is not there")
                file = part.open("rb", buffering=0)
                self._files.append(file)
                self._begins.append(self.size)
                self.size += file.seek(0, 2)
        except (OSError, ZimFault) as error:
            self.close()
            raise ZimFault(getattr(error, "strerror", "") or str(error)) from error

    def read(self, place: int, size: int) -> bytes:
        """Return exactly ``size`` bytes."""
        if place < 0 or size < 0 or place + size > self.size:
            raise ZimFault("it is incomplete")
        pieces = []
        try:
            with self._lock:
                part = bisect_right(self._begins, place) - 1
                while size:
                    file = self._files[part]
                    file.seek(place - self._begins[part])
                    piece = file.read(size)
                    pieces.append(piece)
                    place, size = place + len(piece), size - len(piece)
                    part = bisect_right(self._begins, place) - 1 if size else part
                    if not piece:
                        raise ZimFault("it is incomplete")
        except (OSError, ValueError) as error:  # a closed file is a ValueError
            raise ZimFault(str(error)) from error
        return b"".join(pieces)

    def upto(self, place: int, size: int) -> bytes:
        """Return so many bytes, or what there is before the end."""
        return self.read(place, max(0, min(size, self.size - place)))

    def numbers(self, form: str, place: int) -> tuple[int, ...]:
        """Return little-endian numbers in the form that `struct` names."""
        return struct.unpack(f"<{form}", self.read(place, struct.calcsize(f"<{form}")))

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for file in self._files:
                file.close()


def _parts(path: Path) -> list[Path]:
    if not path.suffix.lower().startswith(".zima"):
        return [path]
    letters = itertools.product(string.ascii_lowercase, repeat=2)
    found = list(
        itertools.takewhile(Path.exists, (path.with_suffix(f".zim{a}{b}") for a, b in letters))
    )
    return found or [path]
