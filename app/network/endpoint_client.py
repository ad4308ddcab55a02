"""Requests to a server of models: each can be stopped at any moment, in every step of it.

A redirect is an error, and so is a connection without TLS to another computer that the user has not
accepted. What is sent goes to the very address that the user has added, through the proxy of the
environment if there is one. Each request has a connection of its own: a new one costs two round
trips, or 2 ms of this computer, of a request that takes seconds; and one that is kept may be dead.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2

from app import __version__
from app.base import errors as e
from app.base.plain_line import plain_line
from app.base.types import is_loopback
from app.network import page_faults as faults
from app.network.client import Network
from app.network.connection_log import Purpose, purpose
from app.network.endpoint_response import EndpointResponse, shown
from app.network.guarded_transport import GuardedTransport, Judge, proxy_for
from app.network.watched_socket import Watch

SILENCE_S = 600.0
"""How long nothing may come: a prompt may be processed for minutes."""

_LONGEST_PURPOSE = 300  # characters
_CONNECT_S = 10.0
_WRITE_S = 30.0
_LONGEST_S = 24 * 3600.0
_PROBLEMS = {
    # OpenSSL's x509_vfy.h.
    **dict.fromkeys((2, 19, 20, 21, 27), "authority"),
    **{9: "early", 10: "expired", 18: "self-signed", 62: "host", 64: "host"},
    # macOS's SecBase.h, by truststore.
    **{-67843: "authority", -67818: "expired", -67602: "host"},
    # Windows' winerror.h, by truststore.
    **dict.fromkeys((0x800B0109, 0x800B010A), "authority"),
    **{0x800B0101: "expired", 0x800B010F: "host"},
}
"""What is wrong with a certificate, in `ServerUnsafe`'s words, by the system's code for it."""


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
        seconds: float = SILENCE_S,
        whole: float = _LONGEST_S,
        what: str = Purpose.ASK,
        unencrypted: bool = False,
    ) -> Iterator[EndpointResponse]:
        """Open a response from ``address``, which is below the endpoint ``url``.

        GET without a ``body``, else POST of it as JSON. The status is not looked at, but for a
        redirect. ``seconds`` is how long nothing may come, ``whole`` how long all of it may take;
        ``what`` is its purpose in the log. ``unencrypted``: another computer may be reached without
        TLS. Raises RemoteError, Offline, and Cancelled once ``cancel`` is set, here and while the
        response is read.
        """
        sending = _Sending(url, seconds, whole)
        target = sending.target(address)
        if target.scheme == "http" and not unencrypted and not is_loopback(target.host):
            raise e.ServerUnencrypted(url)
        network = self._network()
        watch = Watch(min(whole, _LONGEST_S), cancel, lambda: network.offline)
        watch.check()
        headers = {"User-Agent": f"Fireside/{__version__}", "Accept-Encoding": "identity"}
        content = None
        if body is not None:  # half of a surrogate pair, as a file may have it, becomes "?"
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        if key:
            headers["Authorization"] = f"Bearer {sending.key(key)}"
        with contextlib.ExitStack() as stack:
            stack.enter_context(purpose(plain_line(what, _LONGEST_PURPOSE)))
            stack.enter_context(sending.typed())
            judge, connect_s = _judge(url, target, unencrypted), min(_CONNECT_S, seconds)
            transport = sending.transport(network.certificates, judge, watch, connect_s)
            client = stack.enter_context(
                network.client(
                    transport=transport,
                    timeout=httpx2.Timeout(connect_s, read=seconds, write=_WRITE_S),
                    follow_redirects=False,
                )
            )
            response = stack.enter_context(
                client.stream(
                    "GET" if body is None else "POST",
                    target,
                    headers=headers,
                    content=content,
                    extensions={"trace": sending.trace},
                )
            )
            answer = EndpointResponse(url, response, watch, key)
            if answer.location:
                raise e.ServerMoved(url, answer.location)
            yield answer

    def pause(self, seconds: float, cancel: threading.Event) -> None:
        """Wait. Raises Offline, and Cancelled once ``cancel`` is set."""
        network = self._network()
        Watch(seconds + _WRITE_S, cancel, lambda: network.offline).pause(seconds)


class _Sending:
    """How far a request has come, and what an error means there."""

    def __init__(self, url: str, seconds: float, whole: float) -> None:
        self._url, self._seconds = url, min(seconds, whole)
        self._is_to_proxy = self._is_sent = self._is_answered = False
        self.proxy = ""
        """The address of the proxy; empty for none."""

    def target(self, address: str) -> httpx2.URL:
        """Return the address, and look for its proxy. Raises ServerAddressInvalid."""
        try:
            found = httpx2.URL(address)
            if found.scheme not in ("http", "https") or not found.host or found.userinfo:
                raise ValueError
        except (httpx2.InvalidURL, ValueError):
            raise e.ServerAddressInvalid(self._url) from None
        self.proxy = "" if is_loopback(found.host) else proxy_for(found)
        return found

    def key(self, key: str) -> str:
        """Return a key as a header can have it. Raises KeyRefused."""
        key = key.strip()
        if not (key.isascii() and key.isprintable()):
            raise e.KeyRefused(self._url, "")
        return key

    def transport(
        self, certificates: ssl.SSLContext, judge: Judge, watch: Watch, connect_s: float
    ) -> GuardedTransport:
        """Return what connects. Raises ServerProxyFailed if the proxy is of an unknown kind."""
        try:
            return GuardedTransport(
                certificates, judge, watch, proxy=self.proxy, connect_s=connect_s
            )
        except (ImportError, ValueError) as fault:  # of SOCKS, or of no kind at all
            raise self._unpassed("its kind is not supported") from fault

    def trace(self, event: str, info: object) -> None:
        """Note a step that was done, as httpcore2 reports it."""
        if event == "http11.send_request_headers.started" and isinstance(info, dict):
            self._is_to_proxy = info["request"].method == b"CONNECT"
        elif event == "http11.send_request_body.complete":
            self._is_sent = not self._is_to_proxy
        elif event == "http11.receive_response_headers.complete":
            self._is_answered = True

    @contextmanager
    def typed(self) -> Iterator[None]:
        """Raise Fireside's errors in the place of the network's."""
        try:
            yield
        except (faults.PageFault, httpx2.HTTPError, ssl.SSLError) as fault:
            raise self._fault(fault) from fault

    def _fault(self, fault: Exception) -> e.RemoteError:
        reason = shown((str(fault) or type(fault).__name__).encode())
        if isinstance(fault, faults.CertificateRefused):
            return self._unsafe(fault)
        if self._is_sent:
            return self._broken(fault, reason)
        match fault:
            case faults.ProxyRefuses() | httpx2.ProxyError():
                return self._unpassed(reason)
            case faults.HostSilent():
                reason = "no answer"
            case faults.NoNetwork():
                reason = "no network"
            case faults.NameUnknown():
                reason = "its name is unknown"
        if self.proxy and isinstance(fault, faults.PageFault):
            return self._unpassed(reason)
        if isinstance(fault, faults.NameUnknown):
            return e.ServerNameUnknown(self._url)
        return e.ServerUnreachable(self._url, reason)

    def _broken(self, fault: Exception, reason: str) -> e.RemoteError:
        if isinstance(fault, faults.HostSilent):
            return e.ServerSilent(self._url, self._seconds)
        spoken = "illegal" in reason or "too long" in reason  # h11's words: it is no HTTP
        if isinstance(fault, httpx2.RemoteProtocolError) and spoken and not self._is_answered:
            return e.ServerForeign(self._url, reason)
        return e.AnswerCutOff(self._url)

    def _unsafe(self, fault: faults.CertificateRefused) -> e.RemoteError:
        reason = shown(str(fault).encode())
        if fault.code is None:
            return e.ServerWithoutTls(self._url, reason)
        return e.ServerUnsafe(self._url, reason, _PROBLEMS.get(fault.code, ""))

    def _unpassed(self, reason: str) -> e.RemoteError:
        with contextlib.suppress(httpx2.InvalidURL, ValueError):
            found = httpx2.URL(self.proxy)
            host = found.host if found.port is None else f"{found.host}:{found.port}"
            return e.ServerProxyFailed(self._url, host, reason)
        return e.ServerProxyFailed(self._url, "", reason)


def _judge(url: str, target: httpx2.URL, unencrypted: bool) -> Judge:
    """Return what looks at the addresses of the host, or of the proxy, before it is connected to.

    Any is allowed, since the user has added it; but a name for this computer has to be this one,
    where nothing is encrypted.
    """

    def judge(host: str, addresses: Sequence[str]) -> None:
        must_be_here = target.scheme == "http" and not unencrypted and is_loopback(target.host)
        if must_be_here and not all(is_loopback(each) for each in addresses):
            raise e.ServerUnencrypted(url)

    return judge
