"""Which servers run: started when they are needed, and stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from app.base.errors import (
    Cancelled,
    FiresideError,
    McpServerError,
    McpServerUnapproved,
    McpServerUnstartable,
    Offline,
    ToolsForbidden,
)
from app.base.jobs import Jobs
from app.network.connection_log import LogEntry, Purpose
from app.tools.mcp.approvals import Approvals, Approved, Declaration
from app.tools.mcp.mcp_host import McpHost, settled
from app.tools.mcp.server_status import McpServerState
from app.tools.mcp.servers import Server
from app.tools.mcp.starter import Starter


@dataclass
class _Run:
    """What is known of a server since this program's start; ``state`` is None if it does not run.

    ``stops`` counts how often it was stopped, ``stopping`` is the last time.
    """

    state: McpServerState | None = None
    error: FiresideError | None = None
    functions: tuple[Declaration, ...] | None = None
    entry: LogEntry | None = None
    starting: Future[None] | None = None
    stopping: Future[None] | None = None
    stops: int = 0


class ServerRuns:
    """The servers that run, or have run. Thread-safe.

    ``server_of`` returns the configuration of a server, ``tell`` is called when a state changes.
    """

    def __init__(
        self,
        starter: Starter,
        approved: Approvals,
        jobs: Jobs,
        server_of: Callable[[str], Server | None],
        tell: Callable[[], None],
        *,
        offline: bool,
        allowed: bool,
        open_s: float,
        call_s: float,
    ) -> None:
        self._starter, self._approvals, self._jobs = starter, approved, jobs
        self._server_of, self._tell = server_of, tell
        self._offline, self._open_s, self._call_s = offline, open_s, call_s
        self._allowed = allowed
        self._host = McpHost(self._listed, self._ended)
        self._lock = threading.Lock()
        self._runs: dict[str, _Run] = {}

    @property
    def offline(self) -> bool:
        """Whether the network is switched off, so that no server may run."""
        return self._offline

    def state(self, name: str) -> tuple[McpServerState | None, FiresideError | None]:
        """Return the status of a server, and why it failed."""
        with self._lock:
            run = self._runs.get(name, _Run())
            return run.state, run.error

    def functions(self, name: str) -> tuple[Declaration, ...] | None:
        """Return what a server has declared last; None if it has not run yet."""
        with self._lock:
            return self._runs.get(name, _Run()).functions

    def start(self, name: str) -> Future[None]:
        """Start a server, or wait for one that starts; one that runs stays as it is."""
        with self._lock:
            if not self._allowed:
                return _failed(ToolsForbidden())
            if self._offline:
                return _failed(Offline())
            if self._jobs.ending.is_set():
                return _failed(Cancelled())
            run = self._runs.setdefault(name, _Run())
            if run.state is McpServerState.STARTING and run.starting and not run.starting.done():
                return run.starting  # else it was cancelled before it began
            if run.state is McpServerState.RUNNING:
                done: Future[None] = Future()
                done.set_result(None)
                return done
            run.state, run.error = McpServerState.STARTING, None
            before, stops = run.stopping, run.stops
            run.starting = self._jobs.submit(lambda: self._start(name, before, stops))
            return run.starting

    def stop(self, name: str) -> Future[None]:
        """End a server until it is needed again; one that starts now does not."""
        with self._lock:
            run = self._runs.setdefault(name, _Run())
            run.stops += 1
            run.state = run.error = None
            shut = self._host.shut(name)  # now, whatever holds the jobs up
            run.stopping = self._jobs.submit(lambda: self._stop(name, shut))
            return run.stopping

    def forget(self, name: str) -> None:
        """Drop what is known of a server that has been stopped."""
        with self._lock:
            self._runs.pop(name, None)

    def call(
        self, name: str, function: str, arguments: dict[str, Any], cancel: threading.Event
    ) -> dict[str, Any]:
        """Call a function of a server that runs; see `McpServers.call`."""
        server = self._server_of(name)
        if server is None:
            raise McpServerUnapproved(name)
        entry: LogEntry | None = None
        if server.is_local:  # requests to others are in the log themselves
            try:
                entry = self._starter.log(name, f"{Purpose.CALL}{function}")
            except OSError as error:
                raise McpServerUnstartable(name, error.strerror or str(error)) from error
        received = 0
        try:
            called = self._host.call(name, function, arguments, seconds=self._call_s)
            answer, received = settled(called, cancel)
        finally:
            _end(entry, received)
        return answer

    def set_offline(self, offline: bool) -> None:
        """Switch the network off, which ends all servers, or on."""
        with self._lock:
            was, self._offline = self._offline, offline
            running = [name for name, run in self._runs.items() if run.state]
        if offline and not was:
            for name in running:
                self.stop(name)

    def close(self) -> None:
        """End all servers."""
        self._host.close()
        for name in list(self._runs):
            self._end_entry(name)

    def _start(self, name: str, before: Future[None] | None, stops: int) -> None:
        """Start a server after ``before``, unless it has been stopped more often than ``stops``."""
        self._tell()
        if before:
            wait([before])
        try:
            functions = self._open(name, stops)
        except (FiresideError, OSError) as error:
            if isinstance(error, FiresideError):
                typed = error
            else:
                typed = McpServerUnstartable(name, error.strerror or str(error))
            self._end_entry(name)
            match typed:
                case McpServerUnapproved():
                    self._settle(name, stops, McpServerState.CHANGED)
                case Offline() | Cancelled():
                    self._settle(name, stops, None)
                case _:
                    self._settle(name, stops, McpServerState.FAILED, typed)
            raise typed from error
        with self._lock:  # before it counts as running: whoever waits looks at the functions next
            self._runs.setdefault(name, _Run()).functions = functions
        self._keep(name, functions)
        if not self._settle(name, stops, McpServerState.RUNNING):
            with suppress(FiresideError):
                self._host.shut(name).result()
            raise Cancelled

    def _open(self, name: str, stops: int) -> tuple[Declaration, ...]:
        server = self._server_of(name)
        if self._offline:
            raise Offline
        if server is None or self._starter.start_of(server) != self._approvals.of(name).start:
            raise McpServerUnapproved(name)
        connect, entry = self._starter.connector(server)
        with self._lock:
            run = self._runs.setdefault(name, _Run())
            run.entry = entry
            if run.stops != stops:
                raise Cancelled
            opened = self._host.open(name, connect, seconds=self._open_s)
        return opened.result()

    def _settle(
        self,
        name: str,
        stops: int,
        state: McpServerState | None,
        error: FiresideError | None = None,
    ) -> bool:
        """Set how a start has ended, and return True, unless the server was stopped meanwhile."""
        with self._lock:
            run = self._runs.setdefault(name, _Run())
            is_wanted = run.stops == stops
            if is_wanted:
                run.state, run.error = state, error
        self._tell()
        return is_wanted

    def _stop(self, name: str, shut: Future[None]) -> None:
        with suppress(FiresideError):
            shut.result()
        self._end_entry(name)
        self._tell()

    def _listed(self, name: str, functions: tuple[Declaration, ...]) -> None:
        """Take what a server says that it declares now."""
        with self._lock:
            self._runs.setdefault(name, _Run()).functions = functions
        self._keep(name, functions)
        self._tell()

    def _keep(self, name: str, functions: tuple[Declaration, ...]) -> None:
        """Approve what a server declares the first time, since its start was approved."""
        if not self._approvals.of(name).is_listed:
            first = Approved(functions=functions, is_listed=True)
            self._approvals.change(
                name, lambda old: old if old.is_listed else replace(first, start=old.start)
            )

    def _ended(self, name: str, error: McpServerError) -> None:
        self._end_entry(name)
        with self._lock:
            run = self._runs.setdefault(name, _Run())
            run.state, run.error = McpServerState.FAILED, error
        self._tell()

    def _end_entry(self, name: str) -> None:
        with self._lock:
            run = self._runs.get(name, _Run())
            entry, run.entry = run.entry, None
        _end(entry, 0)


def _end(entry: LogEntry | None, received: int) -> None:
    if entry:
        with suppress(OSError):
            entry.end(received)


def _failed(error: FiresideError) -> Future[None]:
    failed: Future[None] = Future()
    failed.set_exception(error)
    return failed
