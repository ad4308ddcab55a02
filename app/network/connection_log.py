"""The record of every request: for what it was, and what it brought.

A file of lines, "<time> <bytes received> <host> <purpose>", with tabs between. A line is written
before its request goes out, so that none is missing where Fireside is killed, and its bytes are put
in when the answer has ended. Addresses are not in it: they may hold a signature.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_DIGITS = 15  # of the bytes

_purpose: ContextVar[str] = ContextVar("purpose", default="unknown")


@contextlib.contextmanager
def purpose(text: str) -> Iterator[None]:
    """Says what the requests of this thread are for."""
    token = _purpose.set(text)
    try:
        yield
    finally:
        _purpose.reset(token)


class LogUnwritable(OSError):
    """A request could not be put on record, and was not made. Its attributes are those of the
    OSError of the log, with the log's path as ``filename``."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A request that was made, and how many bytes its answer brought, as far as is known."""

    time: datetime
    host: str
    purpose: str
    received: int


@dataclass(frozen=True, slots=True)
class LogPosition:
    """The place of a line, ``start`` bytes from the beginning of the file."""

    log: ConnectionLog
    start: int
    line: bytes

    def end(self, received: int) -> None:
        """Puts in what came. Raises OSError."""
        time, _, rest = self.line.split(b"\t", 2)
        new = b"\t".join([time, b"%0*d" % (_DIGITS, received), rest])
        with self.log.lock, self.log.path.open("r+b") as file:
            file.seek(self.start)
            if file.read(len(self.line)) == self.line:  # else somebody has cleared the file
                file.seek(self.start)
                file.write(new)


class ConnectionLog:
    """The file at ``path``. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()

    def add(self, host: str) -> LogPosition:
        """A line for a request that is about to be made. Raises LogUnwritable."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        what = " ".join(_purpose.get().split())[:200]
        line = f"{now}\t{0:0{_DIGITS}}\t{host}\t{what}\n".encode(errors="replace")
        try:
            with self.lock, self.path.open("a+b") as file:
                if file.tell():
                    file.seek(-1, 2)
                    if file.read() != b"\n":  # the last line was cut off
                        file.write(b"\n")
                file.write(line)
                file.flush()
                return LogPosition(self, file.tell() - len(line), line)
        except OSError as error:
            raise LogUnwritable(error.errno, error.strerror, str(self.path)) from error

    def read(self) -> list[Connection]:
        """All of them, the oldest first. Raises OSError."""
        try:
            with self.lock:
                text = self.path.read_bytes()
        except FileNotFoundError:
            return []
        found = []
        for line in text.decode(errors="replace").split("\n"):
            with contextlib.suppress(ValueError):  # a damaged line
                time, received, host, what = line.split("\t")
                when = datetime.fromisoformat(time).astimezone(UTC)
                found.append(Connection(when, host, what, int(received)))
        return found
