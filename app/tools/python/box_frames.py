"""The messages between the program and the box: a header in JSON, and bytes after it.

The program trusts nothing that a box sends: sizes are checked before anything is read.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

LARGEST_HEADER = 16 << 20
LARGEST_BLOBS = 160 << 20
_HEADER = struct.Struct("<II")  # the header's length, and the number of blobs
_BLOB = struct.Struct("<I")
_MOST_BLOBS = 4096


class FrameInvalid(Exception):
    """What was read is no message."""


def write(file: BinaryIO, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write a message. Raises OSError if nobody reads it any more."""
    text = json.dumps(header).encode("ascii")
    file.write(_HEADER.pack(len(text), len(blobs)) + text)
    for blob in blobs:
        file.write(_BLOB.pack(len(blob)))
        file.write(blob)
    file.flush()


def read(file: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """Read a message; None at the end. Raises FrameInvalid."""
    start = file.read(_HEADER.size)
    if len(start) < _HEADER.size:
        return None
    length, count = _HEADER.unpack(start)
    if length > LARGEST_HEADER or count > _MOST_BLOBS:
        raise FrameInvalid
    try:
        header = json.loads(_exactly(file, length))
    except (ValueError, RecursionError):
        raise FrameInvalid from None
    if not isinstance(header, dict):
        raise FrameInvalid
    blobs: list[bytes] = []
    left = LARGEST_BLOBS
    for _ in range(count):
        (size,) = _BLOB.unpack(_exactly(file, _BLOB.size))
        left -= size
        if left < 0:
            raise FrameInvalid
        blobs.append(_exactly(file, size))
    return header, blobs


def _exactly(file: BinaryIO, size: int) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise FrameInvalid
    return content
