"""The transport to a server over streamable HTTP, by the guarded client of `app.network`.

Every request goes through that client: it obeys the offline switch and is in the log, also those by
which the user is signed in. A redirect is followed within its own origin only, by the SDK.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from app.base.errors import ServerAddressRefused, ServerFlooding
from app.network.client import Network
from app.tools.mcp.oauth import SignIn
from app.tools.mcp.servers import Server
from app.tools.mcp.wire import Wire

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_LONGEST_ANSWER = 64 << 20
_LONGEST_EVENT = 32 << 20
_TIMEOUT = httpx2.Timeout(20.0, read=300.0)  # the latter for a stream in which nothing happens


@asynccontextmanager
async def remote(
    server: Server, network: Network, sign_in: SignIn | None, wire: Wire
) -> AsyncIterator[TransportStreams]:
    """Connect to the server. ``sign_in`` signs the user in where that is asked for."""
    from mcp.client.streamable_http import streamable_http_client

    addresses = _Addresses(server)

    async def limit(response: httpx2.Response) -> None:
        response.stream = _Limited(response.stream, server.name, wire)

    options: dict[str, Any] = {
        "headers": dict(server.headers),
        "timeout": _TIMEOUT,
        "event_hooks": {"request": [addresses.check], "response": [limit]},
    }
    if sign_in:
        options["auth"] = sign_in.provider(wire, addresses.allow)
    try:
        async with (
            network.async_client(**options) as client,
            streamable_http_client(
                server.url, http_client=client, max_sse_event_size=_LONGEST_EVENT
            ) as streams,
        ):
            yield streams
    finally:
        if sign_in:
            sign_in.close()


class _Addresses:
    """The rule where requests may go.

    TLS is needed beyond this computer. What a server names in its metadata may be anything; unless
    the server itself is on this computer or in the local network, none of that may be.
    """

    def __init__(self, server: Server) -> None:
        self._name, self._url = server.name, httpx2.URL(server.url)
        self._is_inside: bool | None = None

    async def check(self, request: httpx2.Request) -> None:
        """Raise ServerAddressRefused for a request that may not be sent."""
        await self.allow(request.url)

    async def allow(self, url: httpx2.URL) -> None:
        """Raise ServerAddressRefused for an address to which none may be sent."""
        secure = url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))
        if not secure or not url.host:
            raise ServerAddressRefused(self._name, url.host)
        if url.host == self._url.host:
            return
        if self._is_inside is None:
            self._is_inside = await _is_inside(self._url)
        if not self._is_inside and await _is_inside(url):
            raise ServerAddressRefused(self._name, url.host)


class _Limited(httpx2.AsyncByteStream):
    """The bytes of a response, counted, and not without end."""

    def __init__(self, stream: Any, name: str, wire: Wire) -> None:
        self._stream, self._name, self._wire = stream, name, wire

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            self._wire.received += len(chunk)
            if size > _LONGEST_ANSWER:
                error = ServerFlooding(self._name)
                self._wire.end(error)
                raise error
            yield chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def aclose(self) -> None:
        await self._stream.aclose()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _is_inside(url: httpx2.URL) -> bool:
    """Return whether an address leads to this computer or a local network.

    A name that is not known here leads nowhere, unless a proxy knows it.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return any(not ipaddress.ip_address(str(each[4][0]).split("%")[0]).is_global for each in found)
