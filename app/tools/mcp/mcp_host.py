"""Connections to MCP servers: one thread, one event loop, and one task a server.

Each task enters and leaves its own ``async with``, as anyio demands, and waits in between until it
is told to stop. Outside there are only futures. The SDK is imported on this thread, with the first
server: that takes a second, and the window does not wait for it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from app import __version__
from app.base.errors import Cancelled, FiresideError, McpServerEnded, McpServerError
from app.base.threads import report_errors
from app.network.connection_log import Purpose, purpose
from app.tools.mcp.approvals import Declaration
from app.tools.mcp.connection_errors import typed_error
from app.tools.mcp.declared import declarations
from app.tools.mcp.wire import Connect, Wire

if TYPE_CHECKING:
    from mcp import Client

T = TypeVar("T")

OPEN_S = 20.0
"""How long a server may take to start and to list its functions."""
CALL_S = 60.0

_LEAST_PAUSE_S = 0.5  # between two listings that a server asks for
_END_S = 5.0
_CLOSE_S = 8.0


class McpHost:
    """The connections, by the servers' names. Thread-safe.

    ``on_functions`` is called with the functions of a server whenever it says that they have
    changed, ``on_end`` when a connection has ended by itself, both on the loop's thread.
    """

    def __init__(
        self,
        on_functions: Callable[[str, tuple[Declaration, ...]], None],
        on_end: Callable[[str, McpServerError], None],
    ) -> None:
        self._on_functions, self._on_end = on_functions, on_end
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._finish = asyncio.Event()
        self._closed = False
        self._links: dict[str, _Link] = {}  # changed on the loop only

    def open(
        self, name: str, connect: Connect, *, seconds: float = OPEN_S
    ) -> Future[tuple[Declaration, ...]]:
        """Connect to a server; an earlier connection is closed. Returns its functions.

        Fails with McpServerError, Offline, or Cancelled.
        """
        return self._submit(lambda: self._open(name, connect, seconds))

    def call(
        self, name: str, function: str, arguments: dict[str, Any], *, seconds: float = CALL_S
    ) -> Future[tuple[dict[str, Any], int]]:
        """Call a function of a connected server. Cancelling the future tells the server so.

        Returns the result as a JSON object of the protocol, and the bytes received meanwhile. Fails
        with McpServerError, Offline, or Cancelled.
        """
        return self._submit(lambda: self._call(name, function, arguments, seconds))

    def shut(self, name: str) -> Future[None]:
        """Close a connection, if there is one; whatever waits for it fails."""
        with self._lock:
            if self._loop is None:  # no thread is begun for that
                nothing: Future[None] = Future()
                nothing.set_result(None)
                return nothing
        return self._submit(lambda: self._shut(name))

    def close(self) -> None:
        """Close all connections, and end the thread."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop and thread:
            with contextlib.suppress(RuntimeError):  # it has ended already
                loop.call_soon_threadsafe(self._finish.set)
            thread.join(_CLOSE_S)

    def _submit(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        with self._lock:
            if self._closed:
                failed: Future[T] = Future()
                failed.set_exception(Cancelled())
                return failed
            if self._loop is None:
                started: Future[asyncio.AbstractEventLoop] = Future()
                self._thread = threading.Thread(
                    target=report_errors, args=(self._run, started), name="mcp", daemon=True
                )
                self._thread.start()
                self._loop = started.result()
            return asyncio.run_coroutine_threadsafe(work(), self._loop)

    def _run(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        # The SDK logs each line of a server that is no message, with a traceback, and results.
        for name in ("mcp", "client", "httpx2", "httpcore2"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        with asyncio.Runner() as runner:
            started.set_result(runner.get_loop())
            runner.run(self._until_finished())

    async def _until_finished(self) -> None:
        await self._finish.wait()
        await asyncio.gather(*(self._shut(name) for name in list(self._links)))

    async def _open(self, name: str, connect: Connect, seconds: float) -> tuple[Declaration, ...]:
        await self._shut(name)
        link = self._links[name] = _Link(name, connect, seconds, self._on_functions)
        link.task.add_done_callback(lambda _: self._forget(link))
        try:
            return await asyncio.shield(link.functions)
        except asyncio.CancelledError:
            if link.functions.cancelled():
                raise Cancelled from None
            await link.stop()
            raise

    async def _call(
        self, name: str, function: str, arguments: dict[str, Any], seconds: float
    ) -> tuple[dict[str, Any], int]:
        link = self._links.get(name)
        if link is None or link.client is None:
            raise McpServerEnded(name)
        before = link.wire.received
        try:
            async with link.wire.clock(seconds):
                # The SDK sends each request in the context in which it was asked for.
                with purpose(f"{Purpose.MCP}{name}: {Purpose.CALL}{function}"):
                    result = await link.client.call_tool(function, arguments)
            answer = result.model_dump(by_alias=True, mode="json", exclude_none=True)
            return answer, link.wire.received - before
        except Exception as error:
            typed = typed_error(name, error, link.wire, seconds)
            if isinstance(typed, McpServerEnded):
                link.wire.end(typed)
            if link.wire.ended.is_set():
                await asyncio.wait({link.task}, timeout=_END_S)  # then it can be started again
            raise typed from error

    async def _shut(self, name: str) -> None:
        if link := self._links.get(name):
            await link.stop()

    def _forget(self, link: _Link) -> None:
        if self._links.get(link.name) is link:
            del self._links[link.name]
        if link.error and not link.stopping.is_set():
            self._on_end(link.name, link.error)


class _Link:
    """A connection: made, kept and ended by one task."""

    def __init__(
        self,
        name: str,
        connect: Connect,
        seconds: float,
        on_functions: Callable[[str, tuple[Declaration, ...]], None],
    ) -> None:
        self.name = name
        self.wire = Wire()
        self.client: Client | None = None
        self.error: McpServerError | None = None
        """Why it ended, once it was up."""
        self.stopping = asyncio.Event()
        self._altered = asyncio.Event()
        self._connect, self._seconds, self._on_functions = connect, seconds, on_functions
        loop = asyncio.get_running_loop()
        self.functions: asyncio.Future[tuple[Declaration, ...]] = loop.create_future()
        self.task = loop.create_task(self._run(), name=f"mcp {name}")

    async def stop(self) -> None:
        """End it, and wait until all of it is gone."""
        self.stopping.set()
        if not self.functions.done():
            self.task.cancel()
        await asyncio.wait({self.task})

    async def _run(self) -> None:
        failed: FiresideError | None = None
        try:
            with purpose(f"{Purpose.MCP}{self.name}"):
                await self._live()
        except Exception as error:  # noqa: BLE001 - of the SDK and the transport
            failed = typed_error(self.name, error, self.wire, self._seconds)
        finally:
            self.client = None
            if not self.functions.done():
                if failed:
                    self.functions.set_exception(failed)
                    self.functions.exception()  # seen, even if nobody waits for it any more
                else:
                    self.functions.cancel()
            else:
                self.error = failed if isinstance(failed, McpServerError) else self.wire.error

    async def _live(self) -> None:
        client = _client(self._connect(self.wire), self)  # which loads the SDK the first time
        async with contextlib.AsyncExitStack() as stack:
            async with self.wire.clock(self._seconds):
                await stack.enter_async_context(client)
                functions = await declarations(client)
            self.client = client
            if not self.functions.done():
                self.functions.set_result(functions)
            await stack.enter_async_context(_listening(client, self.alter))
            await self._until_over(client)

    def alter(self) -> None:
        """Have the functions listed again soon."""
        self._altered.set()

    async def _until_over(self, client: Client) -> None:
        over = [asyncio.ensure_future(each.wait()) for each in (self.stopping, self.wire.ended)]
        try:
            while not any(each.done() for each in over):
                altered = asyncio.ensure_future(self._altered.wait())
                await asyncio.wait([*over, altered], return_when=asyncio.FIRST_COMPLETED)
                altered.cancel()
                if self._altered.is_set() and not any(each.done() for each in over):
                    self._altered.clear()
                    async with self.wire.clock(self._seconds):
                        self._on_functions(self.name, await declarations(client))
                    await asyncio.wait(over, timeout=_LEAST_PAUSE_S)
        finally:
            for each in over:
                each.cancel()


def _client(transport: Any, link: _Link) -> Client:
    from mcp import Client, types

    async def heard(message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            link.alter()

    return Client(
        transport,
        message_handler=heard,
        client_info=types.Implementation(name="Fireside", version=__version__),
        cache=None,
    )


@contextlib.asynccontextmanager
async def _listening(client: Client, alter: Callable[[], None]) -> AsyncIterator[None]:
    """Call ``alter`` when the server says, by the newest protocol, that its list has changed."""
    # Of a result, its text is what counts; patterns of the server's own would run here unbounded.
    vars(client.session)["validate_tool_result"] = _unchecked
    task = asyncio.ensure_future(_listen(client, alter))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _listen(client: Client, alter: Callable[[], None]) -> None:
    from mcp.client.subscriptions import ListenNotSupportedError

    tools = client.server_capabilities.tools
    if not (tools and tools.list_changed):
        return
    # Without it, what is called is still compared with what was approved, at the next start.
    with contextlib.suppress(ListenNotSupportedError, Exception):
        async with client.listen(tools_list_changed=True) as changes:
            async for _ in changes:
                alter()


async def _unchecked(name: str, result: object) -> None:
    pass


def settled(
    future: Future[T], cancel: threading.Event, *, poll: float = 0.05, shared: bool = False
) -> T:
    """Wait for a future, and return its result.

    Raises Cancelled once ``cancel`` is set, which also cancels the future, unless it is ``shared``
    with others who wait for it.
    """
    # A pool that ends cancels its futures without waking those who wait for them.
    while not (concurrent.futures.wait([future], poll).done or future.done()):
        if cancel.is_set():
            if not shared:
                future.cancel()
            raise Cancelled
    try:
        return future.result()
    except concurrent.futures.CancelledError:
        raise Cancelled from None
