"""Lazy access to the network: it is opened when it is first used."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.jobs import Jobs

if TYPE_CHECKING:
    from app.network.client import Network
    from app.network.connection_log import Connection
    from app.network.updates import LatestRelease


class NetworkAccess:
    """A lazily opened `Network` whose requests are logged in the file ``log``. Thread-safe."""

    def __init__(self, log: Path, jobs: Jobs, *, offline: bool) -> None:
        self._log = log
        self._jobs = jobs
        self._offline = offline
        self._lock = threading.Lock()
        self._network: Network | None = None

    def open(self) -> Network:
        """Return the network, loaded and opened when it is first used."""
        from app.network import hub_client
        from app.network.client import Network

        with self._lock:
            if self._network is None:
                self._network = Network(self._log, offline=self._offline)
                hub_client.install(self._network)
            return self._network

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
        if self._network:
            from app.network import hub_client

            hub_client.uninstall()
