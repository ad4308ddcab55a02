"""A connection to a server, as its transport sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from app.base.errors import McpServerError

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_SIGN_IN_S = 300.0
"""How long the user has to sign in."""


class Wire:
    """What a transport tells: bytes ``received``, and whether and why it has ``ended``.

    The clocks of what is waited for stand still while the user signs in. To be used on the loop.
    """

    def __init__(self) -> None:
        self.received = 0
        self.ended = asyncio.Event()
        self.error: McpServerError | None = None
        self._clocks: dict[asyncio.Timeout, float] = {}

    def end(self, error: McpServerError | None = None) -> None:
        """Say that nothing more will come, and why. Only the first reason counts."""
        if not self.ended.is_set():
            self.error = error
            self.ended.set()

    @asynccontextmanager
    async def clock(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError in the body after ``seconds``, not counting what the user takes."""
        async with asyncio.timeout(seconds) as timeout:
            self._clocks[timeout] = seconds
            try:
                yield
            finally:
                del self._clocks[timeout]

    @asynccontextmanager
    async def waiting_for_user(self) -> AsyncIterator[None]:
        """Stop the clocks for the body, which has a limit of its own."""
        now = asyncio.get_running_loop().time()
        self._reschedule(lambda _: now + 2 * _SIGN_IN_S)
        try:
            async with asyncio.timeout(_SIGN_IN_S):
                yield
        finally:
            now = asyncio.get_running_loop().time()
            self._reschedule(lambda seconds: now + seconds)

    def _reschedule(self, when: Callable[[float], float]) -> None:
        for timeout, seconds in self._clocks.items():
            if not timeout.expired():
                timeout.reschedule(when(seconds))


Connect = Callable[[Wire], "AbstractAsyncContextManager[TransportStreams]"]
"""Makes the transport to a server; called on the loop."""
