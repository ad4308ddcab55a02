"""Requests to a server of models: each can be stopped at any moment, in every step of it.

A redirect is an error. What is sent goes to the very address that the user has added, through the
proxy of the environment if there is one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from app import __version__
from app.base import errors as e
from app.network import page_faults as faults
from app.network.client import Network
from app.network.connection_log import purpose
from app.network.guarded_transport import GuardedTransport, proxy_for
from app.network.watched_socket import Watch

_SILENCE_S = 600.0  # a prompt may be processed for minutes


class EndpointClient:
    """Sends requests to servers of models. Thread-safe.

    ``network`` opens the network when it is first needed.
    """

    def __init__(self, network: Callable[[], Network]) -> None:
        self._network = network

    @contextmanager
    def send(
        self,
        url: str,
        address: str,
        cancel: threading.Event,
        *,
        key: str = "",
        body: Any = None,
        seconds: float = _SILENCE_S,
    ) -> Iterator[httpx2.Response]:
        """Open a response from ``address``, which is below the endpoint ``url``.

        GET without a ``body``, else POST of it as JSON. The status is not looked at. ``seconds`` is
        how long nothing may come. Raises RemoteError, Offline, and Cancelled once ``cancel`` is
        set, here and while the response is read.
        """
        network = self._network()
        watch = Watch(24 * 3600.0, cancel, lambda: network.offline)
        headers = {"User-Agent": f"Fireside/{__version__}", "Accept-Encoding": "identity"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        with contextlib.ExitStack() as stack:
            stack.enter_context(purpose("ask a model"))
            stack.enter_context(_typed(url))
            client = stack.enter_context(
                network.client(
                    transport=GuardedTransport(
                        network.certificates, _anywhere, watch, proxy=proxy_for(httpx2.URL(address))
                    ),
                    timeout=httpx2.Timeout(30.0, read=seconds),
                    follow_redirects=False,
                )
            )
            method = "GET" if body is None else "POST"
            yield stack.enter_context(client.stream(method, address, headers=headers, json=body))


def _anywhere(host: str, addresses: object) -> None:
    """Allow any address: the user has added it."""


@contextmanager
def _typed(url: str) -> Iterator[None]:
    """Raise Fireside's errors in the place of the network's."""
    try:
        yield
    except faults.NameUnknown:
        raise e.ServerNameUnknown(url) from None
    except faults.HostSilent:
        raise e.ServerSilent(url, _SILENCE_S) from None
    except faults.CertificateRefused as fault:
        raise e.ServerUnsafe(url, str(fault)) from fault
    except (faults.PageFault, httpx2.ConnectError) as fault:
        raise e.ServerUnreachable(url, str(fault)) from fault
    except httpx2.HTTPError as fault:
        raise e.AnswerCutOff(url) from fault
