"""The HTTP client: every request obeys the guard and is written to the log.

Certificates are those that the system trusts, and proxies those of the environment; httpx2 handles
both.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from pathlib import Path
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2

from app.network.connection_log import ConnectionLog, LogEntry
from app.network.guard import Guard

# Four times what httpcore2 reads at a time, which costs less Python time on a fast connection.
httpcore2.HTTP11Connection.READ_NUM_BYTES = 256 << 10

_ENTRY = "fireside-entry"  # the request extension that holds its entry in the log


class Network:
    """A factory of HTTP clients whose requests are written to the file ``log``. Thread-safe.

    While ``offline``, which may be changed at any time, every request raises Offline before a
    connection is made, and so does every response that is being read. A request that cannot be
    logged is not made, and raises LogUnwritable.
    """

    def __init__(self, log: Path, *, offline: bool = False) -> None:
        self.log = ConnectionLog(log)
        self._guard = Guard(offline=offline)

    @property
    def offline(self) -> bool:
        """The offline switch."""
        return self._guard.offline

    @offline.setter
    def offline(self, offline: bool) -> None:
        self._guard.offline = offline

    def client(self, **options: Any) -> httpx2.Client:
        """Return a client with httpx2's ``options``, to be closed by the caller."""
        hooks = options.pop("event_hooks", {})
        return httpx2.Client(
            verify=self.certificates,
            event_hooks={
                "request": [*hooks.get("request", []), self._before_request],
                "response": [self._after_response, *hooks.get("response", [])],
            },
            **options,
        )

    def async_client(self, **options: Any) -> httpx2.AsyncClient:
        """Return the same for use on an event loop. A request is logged before it is sent."""
        hooks = options.pop("event_hooks", {})
        return httpx2.AsyncClient(
            verify=self.certificates,
            event_hooks={
                "request": [*hooks.get("request", []), self._async_before],
                "response": [self._async_after, *hooks.get("response", [])],
            },
            **options,
        )

    @cached_property
    def certificates(self) -> SSLContext:
        """The certificates that the system trusts."""
        return httpx2.create_ssl_context()  # slow, so read once for all clients

    def _before_request(self, request: httpx2.Request) -> None:
        """Guard and log a request, including each one in a chain of redirects."""
        self._guard.check()
        request.extensions = request.extensions | {_ENTRY: self.log.add(_server(request.url))}

    def _after_response(self, response: httpx2.Response) -> None:
        entry = response.request.extensions[_ENTRY]
        response.stream = _LoggedStream(response, self._guard, entry)

    async def _async_before(self, request: httpx2.Request) -> None:
        self._before_request(request)

    async def _async_after(self, response: httpx2.Response) -> None:
        self._after_response(response)


def _server(url: httpx2.URL) -> str:
    """Return a host, with its port unless that is the usual one.

    It is as it is looked up, so that scripts that look like others are seen.
    """
    return url.netloc.decode("ascii")


class _LoggedStream(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A response's bytes, guarded and counted as they come."""

    def __init__(self, response: httpx2.Response, guard: Guard, entry: LogEntry) -> None:
        self._stream: Any = response.stream  # of the one kind or the other, as the client is
        self._guard = guard
        self._entry = entry
        self._received = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self._received += len(chunk)
            self._guard.check()
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._received += len(chunk)
            self._guard.check()
            yield chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)  # httpx2 asks its own stream for the elapsed time

    def close(self) -> None:
        self._end_entry()
        self._stream.close()

    async def aclose(self) -> None:
        self._end_entry()
        await self._stream.aclose()

    def _end_entry(self) -> None:
        # Even if the log has become unwritable, the entry is there, and the next request is
        # refused.
        with contextlib.suppress(OSError):
            self._entry.end(self._received)
