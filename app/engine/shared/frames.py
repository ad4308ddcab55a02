"""Connections to other processes of this user, and the messages on them, each after its length."""

from __future__ import annotations

import struct
import threading
import time
from abc import ABC, abstractmethod

LONGEST = 64 << 20
"""Bytes of a message: a chat with many attached files has some millions."""
STALL_S = 10.0
"""Seconds after which an end that does not read counts as gone."""
_PIECE = 1 << 16
_LENGTH = struct.Struct(">I")


class LinkLost(Exception):
    """The other end is gone, does not read, or sends what is no message."""


class FrameLink(ABC):
    """A connection to another process of this user.

    One thread may receive while another sends.
    """

    def __init__(self) -> None:
        self._sending = threading.Lock()
        self._arrived = bytearray()

    def send(self, message: bytes) -> None:
        """Send a message. Raises LinkLost, also if the other end reads nothing for `STALL_S`."""
        if len(message) > LONGEST:
            raise LinkLost(f"a message of {len(message)} bytes")
        with self._sending:
            left = memoryview(_LENGTH.pack(len(message)) + message)
            while left:
                left = left[self._write(left, STALL_S) :]

    def receive(self, timeout: float | None = None, limit: int = LONGEST) -> bytes | None:
        """Return the next message; None if it is not there after ``timeout`` seconds.

        Raises LinkLost, also for a message that has more than ``limit`` bytes.
        """
        ending = None if timeout is None else time.monotonic() + timeout
        while (message := self._whole(limit)) is None:
            left = None if ending is None else max(0.0, ending - time.monotonic())
            piece = self._read(_PIECE, left)
            if piece is None:
                return None
            self._arrived += piece
        return message

    def _whole(self, limit: int) -> bytes | None:
        """Return the message that has arrived whole."""
        head = _LENGTH.size
        if len(self._arrived) < head:
            return None
        (length,) = _LENGTH.unpack_from(self._arrived)
        if length > limit:
            raise LinkLost(f"a message of {length} bytes")
        if len(self._arrived) < head + length:
            return None
        message = bytes(memoryview(self._arrived)[head : head + length])
        del self._arrived[: head + length]
        return message

    @abstractmethod
    def _write(self, data: memoryview, timeout: float) -> int:
        """Send some of the bytes, and return how many. Raises LinkLost."""

    @abstractmethod
    def _read(self, size: int, timeout: float | None) -> bytes | None:
        """Return bytes that have come; None if none have in time. Raises LinkLost."""

    @abstractmethod
    def end(self) -> None:
        """End the connection, from any thread: whoever sends or receives gets LinkLost.

        What was sent before can still be received.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the connection, once no thread uses it."""


class DoorClosed(Exception):
    """Nobody listens there, or nobody who may."""


class Door(ABC):
    """A place where one process listens. ``address`` tells others the way."""

    address: str

    @abstractmethod
    def accept(self) -> FrameLink | None:
        """Wait for the next connection by this user; None once the door is closed.

        Others' connections are refused.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop listening, from any thread; `accept` returns None."""
