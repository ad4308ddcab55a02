"""The one door to the network: what goes through it is on record, and it can be shut.

Everything that Fireside asks of another computer goes through a client of a `Network`, and so does
what huggingface_hub asks, once the door is installed. Certificates are those that the system
trusts, and proxies those of the environment; httpx2 sees to both.

The record is a file of lines, "<time> <bytes received> <host> <purpose>", with tabs between. A line
is written before its request goes out, so that none is missing where Fireside is killed, and its
bytes are put in when the answer has ended. Addresses are not in it: they may hold a signature.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2
import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.utils._http import default_client_factory, hf_request_event_hook

from app.base.errors import Offline

# Else the library asks huggingface.co, whatever the endpoint, which programs it is to look for.
constants.HF_HUB_DISABLE_TELEMETRY = True
# Else it fetches files past its own client, which is the one that is ours.
constants.HF_HUB_DISABLE_XET = True

# More at a time than the library takes by itself costs fewer turns of Python.
httpcore2.HTTP11Connection.READ_NUM_BYTES = 256 << 10

_DIGITS = 15  # of the bytes
_ENTRY = "fireside-entry"  # where a request carries its line's place

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


class Network:
    """Makes clients; ``log`` is the file of their requests. Thread-safe.

    While ``offline``, which may be changed at any time, every request raises `Offline`, before a
    connection is made, and so does every answer that is on its way. A request that cannot be put on
    record raises LogUnwritable instead of being made.
    """

    def __init__(self, log: Path, *, offline: bool = False) -> None:
        self.offline = offline
        self._log = _Log(log)

    def client(self, **options: Any) -> httpx2.Client:
        """A client with httpx2's ``options``, to be closed by whoever asked for it."""
        hooks = options.pop("event_hooks", {})
        return httpx2.Client(
            verify=self._certificates,
            event_hooks={
                "request": [*hooks.get("request", []), self._before],
                "response": [self._after, *hooks.get("response", [])],
            },
            **options,
        )

    @cached_property
    def _certificates(self) -> SSLContext:
        return httpx2.create_ssl_context()  # reading them takes a while

    def install(self) -> None:
        """Has huggingface_hub go through this door, too, with its client as it is otherwise."""
        huggingface_hub.set_client_factory(
            lambda: self.client(
                event_hooks={"request": [hf_request_event_hook]},
                follow_redirects=True,
                timeout=None,
            )
        )

    def close(self) -> None:
        """Undoes `install`."""
        huggingface_hub.set_client_factory(default_client_factory)

    def entries(self) -> list[Connection]:
        """What is on record, the oldest first. Raises OSError where it cannot be read."""
        return self._log.read()

    def _before(self, request: httpx2.Request) -> None:
        """Of each request, that after a redirection too."""
        if self.offline:
            raise Offline
        request.extensions = request.extensions | {_ENTRY: self._log.add(request.url.host)}

    def _after(self, response: httpx2.Response) -> None:
        response.stream = _Counted(self, response, response.request.extensions[_ENTRY])


class _Counted(httpx2.SyncByteStream):
    """An answer's bytes as they come."""

    def __init__(self, network: Network, response: httpx2.Response, entry: _Entry) -> None:
        assert isinstance(response.stream, httpx2.SyncByteStream)
        self._network = network
        self._stream = response.stream
        self._entry = entry
        self._received = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self._received += len(chunk)
            if self._network.offline:
                raise Offline
            yield chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)  # the response asks it how long it took

    def close(self) -> None:
        # Where it cannot be written any more, the line is there nevertheless, and the next request
        # is refused.
        with contextlib.suppress(OSError):
            self._entry.end(self._received)
        self._stream.close()


@dataclass(frozen=True, slots=True)
class _Entry:
    """The place of a line, ``start`` bytes from the beginning of the file."""

    log: _Log
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


class _Log:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()

    def add(self, host: str) -> _Entry:
        """Raises LogUnwritable."""
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
                return _Entry(self, file.tell() - len(line), line)
        except OSError as error:
            raise LogUnwritable(error.errno, error.strerror, str(self.path)) from error

    def read(self) -> list[Connection]:
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
