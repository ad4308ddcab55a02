"""The MCP servers of the user: which there are, their status, and calls of their functions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app.base.errors import FiresideError, McpServerUnapproved
from app.base.jobs import Jobs
from app.base.secrets import Secrets
from app.base.settings import Folders
from app.tools.mcp import approvals
from app.tools.mcp.approvals import Approvals, Approved, difference
from app.tools.mcp.function_names import function_names, server_names
from app.tools.mcp.mcp_host import CALL_S, OPEN_S, settled
from app.tools.mcp.mcp_tool import McpTool
from app.tools.mcp.placeholders import inputs
from app.tools.mcp.server_runs import ServerRuns
from app.tools.mcp.server_status import (
    FunctionStatus,
    McpServersChanged,
    McpServerState,
    McpServerStatus,
    StartReview,
    function_status,
)
from app.tools.mcp.servers import Server, ServerFile
from app.tools.mcp.starter import Starter
from app.tools.mcp.system_browser import SystemBrowser

if TYPE_CHECKING:
    from app.network.client import Network

_AT_ONCE = 16  # servers that may be slow to start before others have to wait
_NO_SECRETS: Mapping[str, str] = MappingProxyType({})

LOGS = "mcp"
"""The folder of the servers' logs, in the data folder."""


class McpServers:
    """The servers in the data folder. Thread-safe; futures fail with FiresideError.

    ``network`` returns what requests go through, and may take long. ``publish`` is called with
    `McpServersChanged`, on any thread. Nothing is loaded or started before a server is, and none
    is unless tools are ``allowed``. A server may take ``open_s`` seconds to start, and ``call_s``
    for a call.
    """

    def __init__(
        self,
        folders: Folders,
        network: Callable[[], Network],
        secrets: Secrets,
        publish: Callable[[McpServersChanged], None],
        *,
        offline: bool = False,
        allowed: bool = True,
        open_s: float = OPEN_S,
        call_s: float = CALL_S,
    ) -> None:
        self._publish = publish
        self._file = ServerFile(folders.mcp)
        self._approvals = Approvals(folders.data / approvals.FILE)
        self._starter = Starter(network, secrets, folders.data / LOGS)
        self._jobs = Jobs("mcp", _AT_ONCE)
        # What was asked for last holds, so each of these has one thread; `_values` may wait for
        # `_changes`, which wait for other processes, and for the keyring.
        self._changes = Jobs("mcp changes", 1)
        self._values = Jobs("mcp values", 1)
        self._runs = ServerRuns(
            self._starter,
            self._approvals,
            self._jobs,
            self._server,
            self.tell,
            offline=offline,
            allowed=allowed,
            open_s=open_s,
            call_s=call_s,
        )
        self._lock, self._telling = threading.Lock(), threading.Lock()
        self._leaving: set[str] = set()  # servers of which something is still to be removed
        self._tools: dict[str, McpTool] = {}

    # --- Which there are ---

    def all(self) -> tuple[McpServerStatus, ...]:
        """Return all servers, in the order of the file."""
        return tuple(self._status(server) for server in self._file.servers())

    def tell(self) -> None:
        """Publish how all stand, so that what is told last is newest, whichever threads tell."""
        with self._telling:
            self._publish(McpServersChanged(self.all()))

    def names(self) -> set[str]:
        """Return the names that are taken, also by servers that are being removed."""
        there = {each.name for each in self._file.servers()}
        with self._lock:
            return there | self._leaving

    def status(self, name: str) -> McpServerStatus | None:
        """Return the status of a server, None if there is none of the name."""
        server = self._server(name)
        return self._status(server) if server else None

    def tools(self) -> tuple[McpTool, ...]:
        """Return a tool for each server that is switched on."""
        on = [s.name for s in self._file.servers() if self._approvals.of(s.name).start]
        with self._lock:
            return tuple(self._tools.setdefault(name, McpTool(self, name)) for name in on)

    def put(self, server: Server, *, instead: str = "") -> Future[None]:
        """Add a server, or change the one of the same name, or of the name ``instead``.

        It is off, or `CHANGED`, until its start is approved. Fails with OSError.
        """

        def change() -> None:
            self._file.put(server, instead=instead)
            self._runs.stop(server.name)
            self.tell()

        if instead in ("", server.name):
            return self._changes.submit(change)
        return self._drop(instead, change)

    def add(
        self, found: tuple[Server, ...], secrets: Mapping[str, str] = _NO_SECRETS
    ) -> Future[tuple[Server, ...]]:
        """Add servers, and return them; one whose name is taken gets a number.

        ``secrets`` are values as for `set_input`. Fails with OSError and SecretUnwritable.
        """

        def work() -> tuple[Server, ...]:
            added = []
            for server in found:
                taken = self.names()
                name, number = server.name, 1
                while name in taken:
                    number += 1
                    name = f"{server.name} {number}"
                for id, value in secrets.items():  # first: once it is there, it may be started
                    self._starter.set_input(name, id, value)
                added.append(replace(server, name=name))
                self._file.put(added[-1])
            self.tell()
            return tuple(added)

        return self._changes.submit(work)

    def remove(self, name: str) -> Future[None]:
        """Remove a server, what was approved of it, its secrets and its log. Fails with OSError."""
        return self._drop(name, lambda: self._file.remove(name))

    def log_of(self, name: str) -> Path:
        """Return the file with what a server writes beside its messages; it may be missing."""
        return self._starter.log_of(name)

    # --- What was approved ---

    def review(self, name: str) -> Future[StartReview]:
        """Return how a server would start now, and what has changed since that was approved."""

        def work() -> StartReview:
            now = self._starter.start_of(self._require(name))
            old = self._approvals.of(name).start
            return StartReview(now, difference(old, now) if old and old != now else "")

        return self._jobs.submit(work)

    def approve(self, name: str, pin: str) -> Future[None]:
        """Switch a server on, to start as it was reviewed: ``pin`` is that of the review's start.

        Fails with OSError, and McpServerUnapproved if it would start differently by now.
        """

        def work() -> None:
            now = self._starter.start_of(self._require(name))
            if now.pin != pin:
                raise McpServerUnapproved(name)
            self._approvals.change(name, lambda approved: replace(approved, start=now))
            self._runs.stop(name)
            self.tell()

        return self._changes.submit(work)

    def revoke(self, name: str) -> Future[None]:
        """Switch a server off; what was approved of its functions is kept. Fails with OSError."""

        def work() -> None:
            self._approvals.change(name, lambda approved: replace(approved, start=None))
            self._runs.stop(name)

        return self._changes.submit(work)

    def approve_function(self, name: str, function: str, seen: str) -> Future[None]:
        """Switch on a function that is new or has changed; ``seen`` is the pin of what was seen.

        Fails with OSError.
        """

        def work() -> None:
            listed = self._runs.functions(name) or ()
            now = next((each for each in listed if (each.name, each.pin) == (function, seen)), None)
            if now:
                self._approvals.change(name, lambda approved: approved.with_function(now))
            self.tell()

        return self._changes.submit(work)

    def set_input(self, name: str, id: str, value: str) -> Future[None]:
        """Keep the value for ``${input:id}`` in a server's configuration, with the secrets."""
        return self._values.submit(lambda: self._starter.set_input(name, id, value))

    # --- Running ---

    def start(self, name: str) -> Future[None]:
        """Start a server, or wait for one that starts; one that runs stays as it is."""
        return self._runs.start(name)

    def stop(self, name: str) -> Future[None]:
        """End a server until it is needed again; one that starts now does not."""
        return self._runs.stop(name)

    def call(
        self,
        name: str,
        function: str,
        pin: str,
        arguments: dict[str, Any],
        cancel: threading.Event,
    ) -> dict[str, Any]:
        """Call a function, which is still what ``pin`` was given for, and return its answer.

        The server is started if need be. Raises McpServerError, Offline, and Cancelled once
        ``cancel`` is set.
        """
        settled(self.start(name), cancel, shared=True)
        known = next((f for f in self.functions(name) if f.declaration.name == function), None)
        if known is None or not known.is_approved or known.pin != pin:
            raise McpServerUnapproved(name)
        return self._runs.call(name, function, arguments, cancel)

    def functions(self, name: str) -> tuple[FunctionStatus, ...]:
        """Return the functions of a server that are known: approved, changed or new."""
        approved, listed = self._approvals.of(name), self._runs.functions(name)
        mine = server_names(server.name for server in self._file.servers()).get(name, "")
        now = {each.name: each for each in (approved.functions if listed is None else listed)}
        called = function_names(mine, now)
        return tuple(
            function_status(each, approved, called[each.name], is_listed=listed is not None)
            for each in now.values()
        )

    def unavailable(self, name: str) -> str:
        """Return a word for why a server cannot be used now; empty if it can."""
        server = self._server(name)
        state = self._state(server)[0] if server else McpServerState.OFF
        if state in (McpServerState.OFF, McpServerState.CHANGED):
            return state
        return "offline" if self._runs.offline else ""

    def set_offline(self, offline: bool) -> None:
        """Switch the network off or on. While it is off, no server runs: it could use it unseen."""
        if offline != self._runs.offline:
            self._runs.set_offline(offline)
            self.tell()

    def set_browser(self, browser: SystemBrowser) -> None:
        """Have the user sign in there to servers that ask for it; without one, those fail."""
        self._starter.browser = browser

    def sign_out(self, name: str) -> Future[None]:
        """Forget the tokens for a server. Fails with SecretUnwritable."""
        self._runs.stop(name)
        return self._values.submit(lambda: self._starter.sign_out(name))

    def close(self) -> None:
        """End all servers."""
        pools = self._jobs, self._changes, self._values
        for pool in pools:
            pool.stop()
        self._runs.close()
        self._starter.close()
        for pool in pools:
            pool.close()

    # --- Within ---

    def _drop(self, name: str, change: Callable[[], None]) -> Future[None]:
        """Forget all that is known of a server once ``change`` has taken it from the list."""
        with self._lock:
            self._leaving.add(name)

        def work() -> Future[None]:
            change()
            self._approvals.put(name, Approved())
            return self._runs.stop(name)

        changed = self._changes.submit(work)

        def forget() -> None:
            try:
                changed.result().result()  # it has ended
                self._runs.forget(name)
                with self._lock:
                    self._tools.pop(name, None)
                self._starter.forget(name)
            finally:
                self._left(name)
            self.tell()

        return self._values.submit(forget)

    def _left(self, name: str) -> None:
        """Take note that nothing of a server is to be removed any more."""
        with self._lock:
            self._leaving.discard(name)

    def _status(self, server: Server) -> McpServerStatus:
        state, error = self._state(server)
        return McpServerStatus(server, state, self.functions(server.name), error, inputs(server))

    def _state(self, server: Server) -> tuple[McpServerState, FiresideError | None]:
        start = self._approvals.of(server.name).start
        state, error = self._runs.state(server.name)
        if start is None:
            state = McpServerState.OFF
        elif state is None:
            same = approvals.is_as_configured(start, server)
            state = McpServerState.READY if same else McpServerState.CHANGED
        return state, error

    def _server(self, name: str) -> Server | None:
        return next((each for each in self._file.servers() if each.name == name), None)

    def _require(self, name: str) -> Server:
        if server := self._server(name):
            return server
        raise McpServerUnapproved(name)
