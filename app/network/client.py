"""The one door to the network: what goes through it is on record, and it can be shut.

Everything that Fireside asks of another computer goes through a client of a `Network`, and so does
what huggingface_hub asks, once the door is installed. Certificates are those that the system
trusts, and proxies those of the environment; httpx2 sees to both.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
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
from app.network.connection_log import (
    Connection,
    ConnectionLog,
    LogPosition,
    LogUnwritable,
    purpose,
)

__all__ = ["Connection", "LogUnwritable", "Network", "purpose"]

# Else the library asks huggingface.co, whatever the endpoint, which programs it is to look for.
constants.HF_HUB_DISABLE_TELEMETRY = True
# Else it fetches files past its own client, which is the one that is ours.
constants.HF_HUB_DISABLE_XET = True

# More at a time than the library takes by itself costs fewer turns of Python.
httpcore2.HTTP11Connection.READ_NUM_BYTES = 256 << 10

_ENTRY = "fireside-entry"  # where a request carries its line's place


class Network:
    """Makes clients; ``log`` is the file of their requests. Thread-safe.

    While ``offline``, which may be changed at any time, every request raises `Offline`, before a
    connection is made, and so does every answer that is on its way. A request that cannot be put on
    record raises LogUnwritable instead of being made.
    """

    def __init__(self, log: Path, *, offline: bool = False) -> None:
        self.offline = offline
        self._log = ConnectionLog(log)

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

    def __init__(self, network: Network, response: httpx2.Response, entry: LogPosition) -> None:
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
