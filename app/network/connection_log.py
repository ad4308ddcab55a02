"""The log of all requests: time, host, purpose, and the number of bytes received.

A text file with a line "<time> <bytes received> <host> <purpose>" for each, separated by tabs; the
host has its port, unless that is the usual one. The line is written before its request goes out, so
that none is missing after a kill, and the bytes are filled in when the response has ended. URLs are
not logged, since they may hold a signature. Purposes are in English, whatever the user's language.
Of a log that has grown too long, the older half of the requests to the local server goes.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from app.base.files import replace_text

SERVED = "local server: "
"""What begins the purpose of a request that another program has made to Fireside."""
_IS_SERVED = re.compile(rb"\t" + SERVED.encode() + rb"[^\t]*$")
_LARGEST = 8 * 1024 * 1024  # bytes: some 60,000 requests
_DIGITS = 15  # of the count of bytes, so that it can be filled in

_purpose: ContextVar[str] = ContextVar("purpose", default="unknown")


@contextlib.contextmanager
def purpose(text: str) -> Iterator[None]:
    """Log the requests of this thread, or task, with the purpose ``text``."""
    token = _purpose.set(text)
    try:
        yield
    finally:
        _purpose.reset(token)


class LogUnwritable(OSError):
    """A request was not made, since it could not be logged.

    Its attributes are those of the log's OSError, with the log's path as ``filename``.
    """


@dataclass(frozen=True, slots=True)
class Connection:
    """A request that was made, and the bytes ``received`` for it, 0 while that is unknown.

    One to the local server is logged when it has ended.
    """

    time: datetime
    host: str
    purpose: str
    received: int

    @property
    def served(self) -> bool:
        """Whether another program has made it, to the local server."""
        return self.purpose.startswith(SERVED)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line in the log, ``start`` bytes from the beginning of the file."""

    log: ConnectionLog
    start: int
    line: bytes

    def end(self, received: int) -> None:
        """Fill in the bytes received. Raises OSError."""
        time, _, rest = self.line.split(b"\t", 2)
        new = b"\t".join([time, b"%0*d" % (_DIGITS, received), rest])
        with self.log.lock, self.log.path.open("r+b") as file:
            file.seek(self.start)
            if file.read(len(self.line)) == self.line:  # otherwise the file was cleared meanwhile
                file.seek(self.start)
                file.write(new)


class ConnectionLog:
    """The log at ``path``. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()
        self._longest = _LARGEST

    def add(self, host: str) -> LogEntry:
        """Append a line for a request about to be made. Raises LogUnwritable."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        text = " ".join(_purpose.get().split())[:200]
        line = f"{now}\t{0:0{_DIGITS}}\t{host}\t{text}\n".encode(errors="replace")
        try:
            with self.lock, self._opened() as file:
                if file.tell():
                    file.seek(-1, 2)
                    if file.read() != b"\n":  # the last line was cut off
                        file.write(b"\n")
                file.write(line)
                file.flush()
                return LogEntry(self, file.tell() - len(line), line)
        except OSError as error:
            raise LogUnwritable(error.errno, error.strerror, str(self.path)) from error

    def _opened(self) -> BinaryIO:
        """Return the file to append to, after it was shortened if it is too long."""
        file = self.path.open("a+b")
        if file.tell() <= self._longest:
            return file
        with file:
            file.seek(0)
            lines = file.readlines()
        served = [at for at, line in enumerate(lines) if _IS_SERVED.search(line)]
        older = {*served[: len(served) // 2]}
        left = b"".join(line for at, line in enumerate(lines) if at not in older)
        self._longest = max(_LARGEST, len(left) + _LARGEST // 2)
        with contextlib.suppress(OSError):  # on Windows, while another process has it open
            replace_text(self.path, left.decode(errors="replace"))
        return self.path.open("a+b")

    def read(self) -> list[Connection]:
        """Return all entries, oldest first; damaged lines are left out. Raises OSError."""
        try:
            with self.lock:
                text = self.path.read_bytes()
        except FileNotFoundError:
            return []
        found = []
        for line in text.decode(errors="replace").split("\n"):
            with contextlib.suppress(ValueError):
                time, received, host, what = line.split("\t")
                when = datetime.fromisoformat(time).astimezone(UTC)
                found.append(Connection(when, host, what, int(received)))
        return found
