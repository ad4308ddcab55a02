"""Which server is at an address, and which models it has."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from app.base.errors import ServerForeign
from app.engine.remote.remote_server import RemoteServer, ServedHere
from app.engine.remote.server_faults import fault

if TYPE_CHECKING:  # a window need not wait for it
    from app.network.endpoint_client import EndpointClient

_SECONDS = 20.0


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
