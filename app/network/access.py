"""Lazy access to the network: it is opened when it is first used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.jobs import Jobs

if TYPE_CHECKING:
    from app.network.client import Network
    from app.network.connection_log import Connection
    from app.network.updates import LatestRelease


class NetworkAccess:
    """A lazily opened `Network` whose requests are logged in the file ``log``. Thread-safe.

    ``hub`` is the address of the hub, empty for the usual one; ``hub_token`` returns the user's
    token for it, and may take long.
    """

    def __init__(
        self,
        log: Path,
        jobs: Jobs,
        *,
        offline: bool,
        hub: str = "",
        hub_token: Callable[[], str] = lambda: "",
    ) -> None:
        self._log = log
        self._jobs = jobs
        self._offline = offline
        self._hub, self._hub_token = hub, hub_token
        self._token: str | None = None  # until it was read, or set
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._network: Network | None = None
        self._has_hub = False

    def open(self) -> Network:
        """Return the network, loaded and opened when it is first used, also for the hub."""
        network = self.bare()
        with self._opening:  # not the other lock: the window must not wait for the token
            if not self._has_hub:
                from app.network import hub_client

                token = self._hub_token()
                with self._lock:
                    if self._token is None:  # else it was changed, or removed, meanwhile
                        self._token = token
                    self._has_hub = True
                    hub_client.install(network)
                    hub_client.configure(self._hub, self._token)
        return network

    def bare(self) -> Network:
        """Return the network for other servers than the hub: no library or token is loaded."""
        from app.network.client import Network

        with self._lock:
            if self._network is None:
                self._network = Network(self._log, offline=self._offline)
            return self._network

    def set_hub(self, *, address: str | None = None, token: str | None = None) -> None:
        """Change the address of the hub or the token for the next requests."""
        with self._lock:
            self._hub = self._hub if address is None else address
            self._token = self._token if token is None else token
            if self._has_hub:
                from app.network import hub_client

                hub_client.configure(self._hub, self._token or "")

    def set_offline(self, offline: bool) -> None:
        """Switch the network off or on."""
        with self._lock:
            self._offline = offline
            if self._network:
                self._network.offline = offline

    def connections(self) -> Future[list[Connection]]:
        """Return every request that was made, the oldest first. Fails with OSError."""

        def work() -> list[Connection]:
            from app.network.connection_log import ConnectionLog

            return ConnectionLog(self._log).read()

        return self._jobs.submit(work)

    def latest_release(self) -> Future[LatestRelease]:
        """Look up the newest release. Fails with UpdatesUnknown or Offline."""

        def work() -> LatestRelease:
            network = self.open()
            from app.network import updates

            return updates.latest_release(network)

        return self._jobs.submit(work)

    def close(self) -> None:
        """Restore huggingface_hub's own HTTP client."""
        if self._has_hub:
            from app.network import hub_client

            hub_client.uninstall()
            hub_client.configure("", "")
