"""The transport to a server over streamable HTTP, by the guarded client of `app.network`.

Every request goes through that client: it obeys the offline switch and is in the log, also those by
which the user is signed in. A redirect is followed within its own origin only, by the SDK. Where a
request may go is checked by the address that is connected to.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from app.base.errors import McpServerAddressRefused, McpServerFlooding
from app.network.client import Network
from app.network.guarded_transport import AsyncGuardedTransport, proxy_for, resolved_async
from app.network.public_address import is_public, may_be_public
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
        "transport": AsyncGuardedTransport(network.certificates, addresses.judge),
        "headers": dict(server.headers),
        "timeout": _TIMEOUT,
        "event_hooks": {"request": [addresses.check], "response": [limit]},
    }
    if sign_in:
        options["auth"] = sign_in.provider(wire, addresses.allow_in_browser)
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
    the server itself is on this computer or in the local network, none of that may be. A server
    that was outside stays outside: its name may not lead inside later.
    """

    def __init__(self, server: Server) -> None:
        self._name, self._url = server.name, httpx2.URL(server.url)
        self._is_inside: bool | None = None

    async def check(self, request: httpx2.Request) -> None:
        """Raise McpServerAddressRefused for a request whose address is refused."""
        self._check(request.url)

    def _check(self, url: httpx2.URL) -> None:
        secure = url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host))
        if not secure or not url.host:
            raise McpServerAddressRefused(self._name, url.host)

    async def judge(self, host: str, addresses: Sequence[str]) -> None:
        """Raise McpServerAddressRefused for a host that may not be connected to.

        There are no ``addresses`` where a proxy looks them up.
        """
        inside = _is_inside(host, addresses)
        if host == "localhost" and not all(map(_is_loopback, addresses)):
            raise McpServerAddressRefused(self._name, host)  # TLS was not asked for
        if host == self._url.host and self._is_inside is None:
            self._is_inside = inside
        if not inside:
            return
        if self._is_inside is None:  # what the user is signed in by may be asked first
            self._is_inside = _is_inside(self._url.host, await _looked_up(self._url))
        if not self._is_inside:
            raise McpServerAddressRefused(self._name, host)

    async def allow_in_browser(self, url: httpx2.URL) -> None:
        """Raise McpServerAddressRefused for an address that the browser may not be sent to.

        The browser connects by itself, so this looks the name up before.
        """
        self._check(url)
        await self.judge(url.host, await _looked_up(url))


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
                error = McpServerFlooding(self._name)
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


def _is_inside(host: str, addresses: Sequence[str]) -> bool:
    """Return whether a host is this computer, or one of its network."""
    return not all(map(is_public, addresses)) if addresses else not may_be_public(host)


async def _looked_up(url: httpx2.URL) -> Sequence[str]:
    """Return the addresses of a host; none if a proxy looks them up, or if it is not known."""
    if proxy_for(url):
        return ()
    try:
        return await resolved_async(url.host, url.port or 443)
    except OSError:
        return ()
