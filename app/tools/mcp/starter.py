"""How a configuration becomes a transport: with its program, its secrets and its log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.errors import FiresideError, McpServerCommandMissing
from app.base.secrets import Secrets
from app.network.connection_log import LogEntry, Purpose, purpose
from app.tools.mcp.approvals import Start, program_of, start_of
from app.tools.mcp.function_names import server_names
from app.tools.mcp.placeholders import filled
from app.tools.mcp.server_log import ServerLog
from app.tools.mcp.server_process import Warden
from app.tools.mcp.servers import Server
from app.tools.mcp.system_browser import SystemBrowser, secret_name
from app.tools.mcp.wire import Connect, Wire

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from mcp.client._transport import TransportStreams

    from app.network.client import Network


class Starter:
    """Makes transports. ``logs`` is the folder of the servers' logs. Thread-safe; may take long."""

    def __init__(self, network: Callable[[], Network], secrets: Secrets, logs: Path) -> None:
        self._network, self._secrets, self._logs = network, secrets, logs
        self._warden = Warden()
        self.browser: SystemBrowser | None = None

    def start_of(self, server: Server) -> Start:
        """Return how a server would start now. A value that is missing counts as empty."""
        ready = filled(server, self._input(server.name), strict=False)
        return start_of(server, program_of(ready))

    def connector(self, server: Server) -> tuple[Connect, LogEntry | None]:
        """Return what makes the transport, and the entry in the log of a program's start.

        Raises McpServerCommandMissing, McpServerInputMissing, LogUnwritable.
        """
        ready = filled(server, self._input(server.name))
        if not server.is_local:
            return self._remote(ready), None
        program = program_of(ready)
        if program is None:
            raise McpServerCommandMissing(server.name, ready.command)
        log = ServerLog(self.log_of(server.name))

        def connect(wire: Wire) -> AbstractAsyncContextManager[TransportStreams]:
            from app.tools.mcp.stdio import stdio

            return stdio(ready, program, log, self._warden, wire)

        return connect, self.log(server.name, f"{Purpose.START}{program.name}")

    def _remote(self, server: Server) -> Connect:
        network, sign_in = self._network(), None
        if not any(name.lower() == "authorization" for name, _ in server.headers):
            from app.tools.mcp.oauth import SignIn

            sign_in = SignIn(server, self._secrets, self.browser)

        def connect(wire: Wire) -> AbstractAsyncContextManager[TransportStreams]:
            from app.tools.mcp.streamable_http import remote

            return remote(server, network, sign_in, wire)

        return connect

    def log(self, name: str, what: str) -> LogEntry:
        """Enter into the log of connections what a program is started or asked for.

        Raises LogUnwritable.
        """
        with purpose(what):
            return self._network().log.add(f"mcp: {' '.join(name.split())}")

    def log_of(self, name: str) -> Path:
        """Return the file with what a server writes beside its messages."""
        key = hashlib.sha256(name.encode()).hexdigest()[:8]
        return self._logs / f"{server_names([name])[name]}-{key}.log"

    def set_input(self, name: str, id: str, value: str) -> None:
        """Keep the value for ``${input:id}`` with the secrets. Raises SecretUnwritable."""
        self._secrets.set(_input_name(name, id), value)

    def sign_out(self, name: str) -> None:
        """Forget the tokens for a server. Raises SecretUnwritable."""
        self._secrets.delete(secret_name(name))

    def forget(self, name: str) -> None:
        """Delete a server's secrets and its log, as far as that can be done."""
        for secret in self._secrets.names():
            if secret == secret_name(name) or _is_input_of(secret, name):
                with suppress(FiresideError):
                    self._secrets.delete(secret)
        with suppress(OSError):
            self.log_of(name).unlink(missing_ok=True)

    def close(self) -> None:
        """End the process that watches over the servers'."""
        self._warden.close()

    def _input(self, name: str) -> Callable[[str], str]:
        return lambda id: self._secrets.get_or_empty(_input_name(name, id))


def _input_name(server: str, id: str) -> str:
    return f"mcp input {id} {server}"


def _is_input_of(secret: str, server: str) -> bool:
    words = secret.split(" ", 3)  # an id has no spaces
    return words[:2] == ["mcp", "input"] and words[3:] == [server]
