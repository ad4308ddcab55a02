"""Transports that look at the very address they connect to, and may refuse it.

A name that was looked up and found harmless may lead elsewhere when it is looked up again. So it is
looked up once, in the step that connects; each redirect, and each new connection, meets that step.
Where this computer has a proxy, that one looks names up, and only the name can be judged.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import partial
from urllib.request import (  # type: ignore[attr-defined]  # typeshed lacks the latter
    getproxies,
    proxy_bypass_environment,
)

import httpcore2
import httpx2

from app.base.types import is_loopback
from app.network import watched_socket
from app.network.watched_socket import (
    MOST_ADDRESSES,
    NEXT_ADDRESS_S,
    Watch,
    WatchedStream,
    connected,
    keep_alive,
    resolved,
)

Judge = Callable[[str, Sequence[str]], None]
"""Raises for a host that may not be reached, by its name and all its addresses."""
AsyncJudge = Callable[[str, Sequence[str]], Awaitable[None]]

_CONNECT_S = 4.0


def proxy_for(url: httpx2.URL) -> str:
    """Return the address of the proxy that this computer has for an address; empty for none.

    It is that of the environment, or of the system's settings on Windows and macOS. This computer
    itself is never reached through one.
    """
    if is_loopback(url.host):
        return ""
    proxies = getproxies()
    address = proxies.get(url.scheme) or proxies.get("all") or ""
    if not address or proxy_bypass_environment(url.host):
        return ""
    return address if "://" in address else f"http://{address}"


class GuardedTransport(httpx2.HTTPTransport):
    """Sends requests of one thread, each step of it under ``watch``.

    ``judge`` is asked before an address is connected to; what it raises comes out of the request.
    With a ``proxy`` it is asked about that one's addresses, not about what is beyond it.
    ``connect_s`` is how many seconds it may take to look a name up and make a connection.
    """

    def __init__(
        self,
        certificates: ssl.SSLContext,
        judge: Judge,
        watch: Watch,
        *,
        proxy: str = "",
        connect_s: float = _CONNECT_S,
    ) -> None:
        super().__init__(verify=certificates, trust_env=False, proxy=proxy or None)
        # httpx2 has no parameter for it; its own pool was not used yet.
        self._pool._network_backend = _Backend(judge, watch, connect_s)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, judge: Judge, watch: Watch, connect_s: float) -> None:
        self._judge, self._watch, self._connect_s = judge, watch, connect_s

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> WatchedStream:
        end = time.monotonic() + self._connect_s
        addresses = resolved(host, port, self._watch, self._connect_s)
        self._judge(host, addresses)
        made = connected(addresses, port, self._watch, end - time.monotonic())
        keep_alive(made)
        return WatchedStream(made, self._watch)

    def sleep(self, seconds: float) -> None:
        self._watch.pause(seconds)


class AsyncGuardedTransport(httpx2.AsyncBaseTransport):
    """The same on an event loop, for a server that the user has set up.

    A request goes through the proxy of its address, if there is one; ``judge`` is then asked about
    its host, without addresses.
    """

    def __init__(self, certificates: ssl.SSLContext, judge: AsyncJudge) -> None:
        self._certificates, self._judge = certificates, judge
        self._direct = httpx2.AsyncHTTPTransport(verify=certificates, trust_env=False)
        self._direct._pool._network_backend = _AsyncBackend(judge)
        self._proxied: dict[str, httpx2.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        proxy = proxy_for(request.url)
        if not proxy:
            return await self._direct.handle_async_request(request)
        await self._judge(request.url.host, ())
        if proxy not in self._proxied:
            self._proxied[proxy] = httpx2.AsyncHTTPTransport(
                verify=self._certificates, trust_env=False, proxy=proxy
            )
        return await self._proxied[proxy].handle_async_request(request)

    async def aclose(self) -> None:
        for each in (self._direct, *self._proxied.values()):
            await each.aclose()


class _AsyncBackend(httpcore2.AsyncNetworkBackend):
    def __init__(self, judge: AsyncJudge) -> None:
        self._judge, self._backend = judge, httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            addresses = await resolved_async(host, port, timeout)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"{host} cannot be looked up") from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        await self._judge(host, addresses)
        options = tuple(socket_options or ())
        return await _first(
            [
                partial(self._backend.connect_tcp, each, port, timeout, local_address, options)
                for each in addresses[:MOST_ADDRESSES]
            ]
        )

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


async def _first(
    attempts: Sequence[Callable[[], Coroutine[None, None, httpcore2.AsyncNetworkStream]]],
) -> httpcore2.AsyncNetworkStream:
    """Return the first connection that is made; each attempt begins when those before are late.

    Raises httpcore2's ConnectError and ConnectTimeout.
    """
    waiting, running = list(attempts), set[asyncio.Task[httpcore2.AsyncNetworkStream]]()
    fault: Exception = httpcore2.ConnectError("it has no address")
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.create_task(waiting.pop(0)()))
            patience = NEXT_ADDRESS_S if waiting else None
            done, running = await asyncio.wait(
                running, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
            made = [task for task in done if not task.exception()]
            running.update(made[1:])  # to be closed with the others
            if made:
                return made[0].result()
            fault = next((each for task in done if (each := _fault_of(task))), fault)
    finally:
        for task in running:
            task.add_done_callback(_close)
            task.cancel()
    raise fault


def _fault_of(task: asyncio.Task[httpcore2.AsyncNetworkStream]) -> Exception | None:
    error = task.exception()
    return error if isinstance(error, Exception) else None


def _close(task: asyncio.Task[httpcore2.AsyncNetworkStream]) -> None:
    """Close a connection that came too late."""
    if not task.cancelled() and not task.exception():
        task.get_loop().create_task(task.result().aclose())


async def resolved_async(host: str, port: int, timeout: float | None = None) -> list[str]:
    """Return the addresses of a host. Raises OSError; TimeoutError, which is one, if it is late."""
    async with asyncio.timeout(timeout):
        try:
            return await asyncio.to_thread(watched_socket.resolve, host, port)
        except UnicodeError as error:
            raise OSError(f"{host} is no name of a host") from error
