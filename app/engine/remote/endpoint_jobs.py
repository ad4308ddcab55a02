"""Work on endpoints that may take long: their tests, and changes of the list with their keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from app.base.errors import ServerUnencrypted
from app.base.jobs import Jobs
from app.base.secrets import SecretPlace
from app.base.types import Endpoint
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_server import RemoteServer, SavedEndpoint, is_exposed

if TYPE_CHECKING:  # a window need not wait for it
    from app.network.endpoint_client import EndpointClient


class EndpointJobs:
    """A service that does it on the threads of ``jobs``, through ``client``, which is loaded late.

    Only `examine` and `look_here` reach the network.
    """

    def __init__(
        self, client: Callable[[], EndpointClient], endpoints: EndpointList, jobs: Jobs
    ) -> None:
        self._client, self._endpoints, self._jobs = client, endpoints, jobs

    def examine(
        self, url: str, stop: threading.Event, *, key: str | None = None, unencrypted: bool = False
    ) -> Future[RemoteServer]:
        """Ask the server at ``url`` what it is and which models it has.

        Without a ``key``, the one that is kept for it is sent. ``unencrypted``: the user accepts
        that it has no TLS. Fails with RemoteError, Offline, SecretUnreadable, and Cancelled once
        ``stop`` is set.
        """

        def work() -> RemoteServer:
            from app.engine.remote import detection

            if is_exposed(url) and not unencrypted:
                raise ServerUnencrypted(url)
            sent = self._endpoints.key(url) if key is None else key
            return detection.examine(self._client(), url, sent, stop, unencrypted=unencrypted)

        return self._jobs.submit_until(stop, work)

    def look_here(self, stop: threading.Event) -> Future[tuple[RemoteServer, ...]]:
        """Look for servers on the usual ports of this computer.

        Fails with Offline, and with Cancelled once ``stop`` is set.
        """

        def work() -> tuple[RemoteServer, ...]:
            from app.engine.remote import usual_ports

            return usual_ports.servers_here(self._client(), stop)

        return self._jobs.submit_until(stop, work)

    def save(self, saved: SavedEndpoint, key: str | None = None) -> Future[None]:
        """Add an endpoint, or change it, and keep ``key`` for its server, unless that is None.

        Fails with SecretUnwritable, so that nothing is added, and EndpointsUnwritable.
        """

        def work() -> None:
            if key is not None:
                self._endpoints.keep_key(saved.endpoint.url, key)
            self._endpoints.save(saved)

        return self._jobs.submit(work)

    def remove(self, endpoint: Endpoint) -> Future[None]:
        """Remove an endpoint; fails as `EndpointList.remove` does."""
        return self._jobs.submit(lambda: self._endpoints.remove(endpoint))

    def keep_key(self, url: str, key: str) -> Future[SecretPlace | None]:
        """Keep the key for a server, or remove it if empty. Fails with SecretUnwritable."""
        return self._jobs.submit(lambda: self._endpoints.keep_key(url, key))

    def key_places(self, urls: Iterable[str]) -> Future[dict[str, SecretPlace]]:
        """Return where the keys of these servers are kept, by address, of those that have one."""
        wanted = set(urls)

        def work() -> dict[str, SecretPlace]:
            found = {url: self._endpoints.key_place(url) for url in wanted}
            return {url: place for url, place in found.items() if place}

        return self._jobs.submit(work)
