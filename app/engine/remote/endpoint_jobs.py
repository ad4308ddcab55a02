"""Work on endpoints that may take long: their tests, and changes of the list with their keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from app.base.jobs import Jobs
from app.base.secrets import SecretPlace
from app.base.types import Endpoint
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_server import RemoteServer, SavedEndpoint, server_url

if TYPE_CHECKING:  # a window need not wait for it
    from app.network.endpoint_client import EndpointClient


_AT_ONCE = 4  # a server may be silent for long while others are asked


class EndpointJobs:
    """A service that does it on threads of its own, through ``client``, which is loaded late.

    ``forget`` drops what is allowed for an origin of which no model is left in the list. Only
    `find` and `look_here` reach the network.
    """

    def __init__(
        self,
        client: Callable[[], EndpointClient],
        endpoints: EndpointList,
        forget: Callable[[str], object] = lambda origin: None,
    ) -> None:
        self._client, self._endpoints, self._forget = client, endpoints, forget
        self._jobs = Jobs("servers", _AT_ONCE)
        # One after the other: what was asked for last holds, however long the keyring took before.
        self._changes = Jobs("server changes", 1)

    def find(
        self,
        address: str,
        stop: threading.Event,
        *,
        key: str | None = None,
        unencrypted: bool = False,
        model: str = "",
    ) -> Future[RemoteServer]:
        """Ask the server at an address, as it was typed, what it is and which models it has.

        Without a ``key``, the one that is kept for it is sent. ``unencrypted``: the user accepts
        that it has no TLS. ``model`` is the id of one that it may not list. Fails with RemoteError,
        Offline, SecretUnreadable, and Cancelled once ``stop`` is set.
        """

        def work() -> RemoteServer:
            from app.engine.remote import detection

            url = server_url(address) or ""
            sent = self._endpoints.key(url, stop) if key is None else key
            return detection.find_server(
                self._client(), address, sent, stop, unencrypted=unencrypted, model=model
            )

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

        return self._changes.submit(work)

    def learn(self, found: SavedEndpoint) -> Future[None]:
        """Note what was found about an endpoint's server; fails as `EndpointList.learn` does."""
        return self._changes.submit(lambda: self._endpoints.learn(found))

    def remove(self, endpoint: Endpoint) -> Future[None]:
        """Remove an endpoint; fails as `EndpointList.remove` does, and with StoreError."""

        def work() -> None:
            try:
                self._endpoints.remove(endpoint)
            finally:  # its key may be left, but it is gone
                if endpoint.origin not in {each.endpoint.origin for each in self._endpoints.all()}:
                    self._forget(endpoint.origin)

        return self._changes.submit(work)

    def keep_key(self, url: str, key: str) -> Future[SecretPlace | None]:
        """Keep the key for a server, or remove it if empty. Fails with SecretUnwritable."""
        return self._changes.submit(lambda: self._endpoints.keep_key(url, key))

    def key_places(self, urls: Iterable[str]) -> Future[dict[str, SecretPlace]]:
        """Return where the keys of these servers are kept, by address, of those that have one."""
        wanted = set(urls)

        def work() -> dict[str, SecretPlace]:
            found = {url: self._endpoints.key_place(url) for url in wanted}
            return {url: place for url, place in found.items() if place}

        return self._jobs.submit(work)

    def stop(self) -> None:
        """Stop what can be stopped, and start nothing new."""
        self._jobs.stop()
        self._changes.stop()

    def close(self) -> None:
        """Call `stop`, and wait for the work under way."""
        self.stop()
        self._jobs.close()
        self._changes.close()
