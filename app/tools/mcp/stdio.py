"""The transport to a server that is a program: a line of JSON for each message.

It is ours and not the SDK's, since that one reads lines of any length, logs each that is no
message with a traceback, and does not tell which process it has started.
"""

from __future__ import annotations

import asyncio
import asyncio.subprocess as aio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCMessage, jsonrpc_message_adapter

from app.base.errors import McpServerEnded, McpServerFlooding, McpServerUnstartable
from app.tools.mcp import server_process
from app.tools.mcp.server_environment import environment
from app.tools.mcp.server_log import ServerLog
from app.tools.mcp.server_process import Warden
from app.tools.mcp.servers import Server
from app.tools.mcp.wire import Wire

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_CHUNK = 1 << 18
_LONGEST_MESSAGE = 32 << 20
_MOST_GARBAGE = 16 << 20  # bytes of lines that are no messages
_MOST_UNASKED = 20_000  # messages since the last one of ours
_SHOWN = 200  # bytes of a line that is no message, in the log
_LOGGED = 100  # such lines, in the log
_EXIT_S = 1.5  # for a server to end once its input is closed, as the protocol has it
_TERMINATE_S = 1.0
_POLL_S = 0.01


class _Flood(Exception):
    pass


@asynccontextmanager
async def stdio(
    server: Server, program: Path, log: ServerLog, warden: Warden, wire: Wire
) -> AsyncIterator[TransportStreams]:
    """Start the program and connect to it; at the end, end it and all that it has started.

    Raises McpServerUnstartable.
    """
    warden.start()
    mark = os.urandom(8).hex()
    warden.watch(mark)
    try:
        transport, process = await _start(server, program, mark)
    except BaseException:
        warden.forget(mark)
        raise
    to_session, from_server = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_server, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    reader = _Reader(server.name, process, to_session, log, wire)
    try:
        warden.watch(mark, process.pid)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(reader.run)
            tasks.start_soon(_write, process, from_session, reader)
            tasks.start_soon(_keep_errors, process, log)
            try:
                yield from_server, to_server
            finally:
                wire.end()
                with anyio.CancelScope(shield=True):
                    from_server.close()
                    to_server.close()
                    await _stop(process, mark, 0.0 if wire.error else _EXIT_S)
                tasks.cancel_scope.cancel()
    finally:
        # Here, too, if what is above was cancelled.
        server_process.kill(process.pid, mark)
        warden.forget(mark)
        transport.close()
        for stream in (to_session, from_server, to_server, from_session):
            stream.close()


async def _start(
    server: Server, program: Path, mark: str
) -> tuple[asyncio.SubprocessTransport, aio.Process]:
    loop = asyncio.get_running_loop()
    protocol = aio.SubprocessStreamProtocol(limit=_CHUNK, loop=loop)
    try:
        transport, _ = await loop.subprocess_exec(
            lambda: protocol,
            str(program),
            *server.args,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=environment(server.env) | {server_process.MARK: mark},
            cwd=Path(server.cwd).expanduser() if server.cwd else Path.home(),
            **server_process.NEW_GROUP,
        )
    except (OSError, ValueError) as error:  # the latter: a NUL in an argument
        reason = getattr(error, "strerror", None) or str(error)
        raise McpServerUnstartable(server.name, reason) from error
    return transport, aio.Process(transport, protocol, loop)


class _Reader:
    """The reader of a server's messages."""

    def __init__(
        self,
        name: str,
        process: aio.Process,
        session: MemoryObjectSendStream[SessionMessage | Exception],
        log: ServerLog,
        wire: Wire,
    ) -> None:
        self.unasked = 0
        self._name, self._process, self._session = name, process, session
        self._log, self._wire = log, wire
        self._garbage = self._logged = 0

    async def run(self) -> None:
        """Pass messages on until there are no more, then go on reading for nobody."""
        try:
            await self._pass_on()
            self._wire.end(McpServerEnded(self._name, self._log.tail()))
        except _Flood:
            self._wire.end(McpServerFlooding(self._name))
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            self._wire.end()  # the session is over
        finally:
            self._session.close()
        assert self._process.stdout
        while await self._process.stdout.read(_CHUNK):  # a full pipe would keep it from ending
            pass

    async def _pass_on(self) -> None:
        assert self._process.stdout
        begun: list[bytes] = []
        size = 0
        while chunk := await self._process.stdout.read(_CHUNK):
            self._wire.received += len(chunk)
            *lines, rest = chunk.split(b"\n")
            for line in lines:
                await self._take(b"".join((*begun, line)))
                begun, size = [], 0
            begun.append(rest)
            size += len(rest)
            if size > _LONGEST_MESSAGE:
                raise _Flood

    async def _take(self, line: bytes) -> None:
        if not (line := line.strip()):
            return
        try:
            message = _message(line)
        except (ValueError, RecursionError):
            self._garbage += len(line) + 1
            if self._garbage > _MOST_GARBAGE:
                raise _Flood from None
            if self._logged < _LOGGED:
                self._logged += 1
                self._log.write(line[:_SHOWN] + b"\n")
            return
        self.unasked += 1
        if self.unasked > _MOST_UNASKED:
            raise _Flood
        await self._session.send(SessionMessage(message))


def _message(line: bytes) -> JSONRPCMessage:
    """Return the message on a line. Raises ValueError."""
    if line[:1] != b"{":
        raise ValueError  # what does not begin like an object is not even parsed
    try:
        return jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        # Bytes that are no text, or half a surrogate pair, spoil a few characters, not a message.
        value = json.loads(line.decode("utf-8", "replace"))
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        return jsonrpc_message_adapter.validate_json(text, by_name=False)


async def _write(
    process: aio.Process, messages: MemoryObjectReceiveStream[SessionMessage], reader: _Reader
) -> None:
    assert process.stdin
    with suppress(OSError, anyio.ClosedResourceError):  # it has ended; the reader says so
        async for each in messages:
            reader.unasked = 0
            text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
            process.stdin.write(text.encode() + b"\n")
            await process.stdin.drain()


async def _keep_errors(process: aio.Process, log: ServerLog) -> None:
    assert process.stderr
    while data := await process.stderr.read(_CHUNK):
        log.write(data)


async def _stop(process: aio.Process, mark: str, grace: float) -> None:
    """Close the server's input; if it does not end then, have it terminated, and at last killed."""
    assert process.stdin
    process.stdin.close()
    if not await _has_ended(process, grace):
        server_process.terminate(process.pid)
        await _has_ended(process, _TERMINATE_S)
    server_process.kill(process.pid, mark)
    await _has_ended(process, _TERMINATE_S)


async def _has_ended(process: aio.Process, seconds: float) -> bool:
    """Return whether it ends within ``seconds``.

    `Process.wait` also waits until nobody holds the pipes, such as a child of the server's.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while process.returncode is None and loop.time() < deadline:
        await asyncio.sleep(_POLL_S)
    return process.returncode is not None
