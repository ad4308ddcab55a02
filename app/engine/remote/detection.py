"""Which server is at an address, and which models it has."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from app.base.errors import RemoteError, ServerForeign
from app.engine.remote.remote_server import RemoteServer, ServedHere
from app.engine.remote.server_faults import fault

if TYPE_CHECKING:  # a window need not wait for it
    from app.network.endpoint_client import EndpointClient

_SECONDS = 20.0
_PORTS = 11434, 1234, 8080, 8000


def examine(client: EndpointClient, url: str, key: str, cancel: threading.Event) -> RemoteServer:
    """Ask a server what it is and which models it has. Raises RemoteError, Offline, Cancelled."""
    with client.send(url, f"{url}/models", cancel, key=key, seconds=_SECONDS) as response:
        body = response.read()
        if response.status_code != 200:
            raise fault(url, "", response.status_code, body)
    try:
        listed: Any = response.json()
        models = tuple(ServedHere(each["id"]) for each in listed["data"])
    except (ValueError, TypeError, KeyError):
        raise ServerForeign(url, body[:200].decode("utf-8", "replace")) from None
    return RemoteServer(url, models=models)


def servers_here(client: EndpointClient, cancel: threading.Event) -> tuple[RemoteServer, ...]:
    """Return the servers on the usual ports of this computer. Raises Offline, Cancelled."""
    found = []
    for port in _PORTS:
        with contextlib.suppress(RemoteError):
            found.append(examine(client, f"http://127.0.0.1:{port}/v1", "", cancel))
    return tuple(found)
