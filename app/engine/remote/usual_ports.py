"""Servers of models on this computer, at the ports where they listen unless told otherwise."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from app.base import outside
from app.base.errors import Cancelled, KeyRefused, RemoteError
from app.engine.remote.detection import examine
from app.engine.remote.remote_server import RemoteServer, ServerKind

if TYPE_CHECKING:  # a window need not wait for it
    from app.network.endpoint_client import EndpointClient

_SECONDS = 2.0


def servers_here(client: EndpointClient, cancel: threading.Event) -> tuple[RemoteServer, ...]:
    """Return the servers on this computer's usual ports, within two seconds.

    No other computer is asked, and no key is sent: a server that wants one is returned without
    models. Fireside's own is left out. Raises Offline, Cancelled, LogUnwritable.
    """
    ports = outside.value("server_ports")
    with ThreadPoolExecutor(len(ports), thread_name_prefix="usual port") as pool:
        found = list(pool.map(lambda port: _at(client, port, cancel), ports))
    if cancel.is_set():
        raise Cancelled
    return tuple(each for each in found if each and each.kind is not ServerKind.FIRESIDE)


def _at(client: EndpointClient, port: int, cancel: threading.Event) -> RemoteServer | None:
    url = f"http://127.0.0.1:{port}/v1"
    try:
        return examine(client, url, "", cancel, seconds=_SECONDS)
    except KeyRefused as error:
        own = ServerKind.FIRESIDE if "fireside" in error.message.lower() else ServerKind.OTHER
        return RemoteServer(url, own)
    except RemoteError:
        return None
