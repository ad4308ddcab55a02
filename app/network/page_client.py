"""Fetching pages of the web, at addresses that nobody vouches for, and asking search engines.

A page is asked for as little as possible, and believed as little as possible. There are no cookies,
no names and passwords, no page it was come from; nothing that a page refers to is fetched. An
address leads to the internet or is refused, also after a redirect, and by the address that is
connected to (`guarded_transport`). Size and time are bounded, whatever the server sends.

What is fetched where this computer has a proxy is decided by the user: a proxy looks names up
itself, so that only names can be judged. Until then nothing is: neither the proxy nor the guard is
gone round in silence.
"""

from __future__ import annotations

import contextlib
import re
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence

import httpx2

from app import REPOSITORY, __version__
from app.network.client import Network
from app.network.connection_log import LogUnwritable, Purpose, purpose
from app.network.fetched import FetchedPage, ServiceAnswer, ServiceRequest
from app.network.guarded_transport import GuardedTransport, Judge, proxy_for
from app.network.page_faults import (
    AddressInside,
    AddressUnusable,
    AnswerBroken,
    AnswerUnreadable,
    HostSilent,
    HostUnreachable,
    PageFault,
    ProxyRefuses,
    ProxyUndecided,
    RedirectRefused,
    StatusRefused,
    TooManyRedirects,
)
from app.network.public_address import is_public, may_be_public
from app.network.unpacker import PACKED, Unpacker
from app.network.watched_socket import Watch

_PAGE_S = 15.0
_SERVICE_S = 15.0
_SILENCE_S = 8.0
_LARGEST_PAGE = 3_000_000
_LARGEST_PDF = 20_000_000
"""More than of a page, since a PDF cannot be read without its end."""
_LARGEST_ANSWER = 3_000_000
_LONGEST_ADDRESS = 2000
_MOST_REDIRECTS = 5
_PORTS = (None, 80, 443)
_MOVED = (301, 302, 303, 307, 308)
_HOST = re.compile(rb"[a-z0-9_.-]{1,253}|[0-9a-f:.]{2,45}")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:+-]{1,40})""", re.IGNORECASE)
_READ_TYPES = re.compile(
    r"text/[\w.+-]+|application/(pdf|json|xml|yaml|x-yaml|javascript|[\w.-]+\+(xml|json))"
)
_CONTACT = f"+https://github.com/{REPOSITORY}" if REPOSITORY else "for the person who runs it"
USER_AGENT = f"Fireside/{__version__} ({_CONTACT}) httpx2/{httpx2.__version__}"
"""What Fireside says it is, as Wikimedia asks for it: name, version, contact, library."""
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9,application/pdf;q=0.8,*/*;q=0.1",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "close",
}


class PageClient:
    """Fetches pages. Thread-safe.

    ``network`` opens the network when it is first needed. ``by_proxy`` tells whether the user has
    decided that pages go through this computer's proxy.
    """

    def __init__(self, network: Callable[[], Network], by_proxy: Callable[[], bool]) -> None:
        self._network, self._by_proxy = network, by_proxy

    def get(
        self, address: str, cancel: threading.Event, allowed: Callable[[str], bool]
    ) -> FetchedPage:
        """Return a page. ``allowed`` is asked before a redirect is followed, or even looked up.

        Raises PageFault, Offline, Cancelled, and LogUnwritable.
        """
        network = self._network()
        watch = Watch(_PAGE_S, cancel, lambda: network.offline)
        url = _usable(address)
        with purpose(Purpose.READ_PAGE):
            for _ in range(_MOST_REDIRECTS + 1):
                found = self._hop(network, url, watch)
                if isinstance(found, FetchedPage):
                    return found
                url = _usable(found)
                if not allowed(str(url)):
                    raise RedirectRefused(str(url))
        raise TooManyRedirects

    def ask(self, request: ServiceRequest, cancel: threading.Event) -> ServiceAnswer:
        """Return what a service answers. A redirect is not followed. Raises as `get` does."""
        network = self._network()
        watch = Watch(_SERVICE_S, cancel, lambda: network.offline)
        try:
            url = httpx2.URL(request.url)
        except httpx2.InvalidURL:
            raise AddressUnusable("host") from None
        judge = _anywhere if request.inside or proxy_for(url) else _only_public
        headers = _HEADERS | {"Accept": "application/json"} | dict(request.headers)
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        with (
            purpose(Purpose.SEARCH_WEB),
            _faults(),
            _client(network, judge, watch, proxy_for(url)) as client,
            client.stream(
                "GET" if request.body is None else "POST",
                url.copy_merge_params(dict(request.params)),
                headers=headers,
                content=request.body,
            ) as response,
        ):
            data, _ = _body(response, _LARGEST_ANSWER)
            return ServiceAnswer(
                response.status_code,
                _media_type(response)[0],
                data,
                response.headers.get("location", ""),
            )

    def _hop(self, network: Network, url: httpx2.URL, watch: Watch) -> FetchedPage | str:
        """Return the page, or the address that it has moved to."""
        watch.check()
        proxy = proxy_for(url)
        if proxy and not self._by_proxy():
            raise ProxyUndecided
        if proxy and not may_be_public(url.host):
            raise AddressInside(url.host, url.host)
        judge = _anywhere if proxy else _only_public
        with (
            _faults(),
            _client(network, judge, watch, proxy) as client,
            client.stream("GET", url, headers=_HEADERS) as response,
        ):
            if response.status_code in _MOVED and "location" in response.headers:
                return _joined(url, response.headers["location"])
            if response.status_code != 200:
                challenge = response.headers.get("cf-mitigated") == "challenge"
                raise StatusRefused(response.status_code, challenge=challenge)
            media_type, charset = _media_type(response)
            if not _READ_TYPES.fullmatch(media_type):
                raise AnswerUnreadable(media_type)
            is_pdf = media_type == "application/pdf"
            data, cut = _body(response, _LARGEST_PDF if is_pdf else _LARGEST_PAGE)
            return FetchedPage(str(url), media_type, charset, data, cut)


def _usable(address: str) -> httpx2.URL:
    """Return an address that may be fetched, as far as it tells itself. Raises AddressUnusable.

    It is taken apart once, by what then connects: two parsers may see two hosts.
    """
    if len(address) > _LONGEST_ADDRESS:
        raise AddressUnusable("long")
    try:
        url = httpx2.URL(address)
        port = url.port
    except (httpx2.InvalidURL, ValueError):
        raise AddressUnusable("host") from None
    if url.scheme not in ("http", "https"):
        raise AddressUnusable("scheme")
    if url.userinfo or "\\" in address:
        raise AddressUnusable("user")
    if not _HOST.fullmatch(url.raw_host):
        raise AddressUnusable("host")
    if port not in _PORTS:
        raise AddressUnusable("port")
    url = url.copy_with(fragment=None)
    if len(str(url)) > 3 * _LONGEST_ADDRESS:  # as it is sent: each byte may have become three
        raise AddressUnusable("long")
    return url


def _joined(url: httpx2.URL, location: str) -> str:
    try:
        return str(url.join(location))
    except (httpx2.InvalidURL, ValueError):
        raise AddressUnusable("host") from None


def _only_public(host: str, addresses: Sequence[str]) -> None:
    for each in addresses:
        if not is_public(each):
            raise AddressInside(host, each)


def _anywhere(host: str, addresses: Sequence[str]) -> None:
    pass


@contextlib.contextmanager
def _client(network: Network, judge: Judge, watch: Watch, proxy: str) -> Iterator[httpx2.Client]:
    try:
        transport = GuardedTransport(network.certificates, judge, watch, proxy=proxy)
    except (ImportError, ValueError) as error:  # of SOCKS, or of no kind at all
        raise ProxyRefuses("its kind is not supported") from error
    with network.client(transport=transport, trust_env=False, timeout=_SILENCE_S) as client:
        yield client


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """Turn httpx2's errors into ours."""
    try:
        yield
    except (PageFault, LogUnwritable):
        raise
    except httpx2.ProxyError as error:
        raise ProxyRefuses(str(error)) from error
    except httpx2.TimeoutException as error:
        raise HostSilent from error
    except (httpx2.ProtocolError, httpx2.InvalidURL) as error:
        raise AnswerBroken(str(error)) from error
    except (httpx2.HTTPError, OSError) as error:
        raise HostUnreachable(str(error) or type(error).__name__) from error


def _media_type(response: httpx2.Response) -> tuple[str, str]:
    """Return the type and the charset that a response says it has."""
    header = response.headers.get("content-type", "")
    charset = _CHARSET.search(header)
    return header.partition(";")[0].strip().lower(), charset[1].lower() if charset else ""


def _body(response: httpx2.Response, limit: int) -> tuple[bytes, bool]:
    """Return the body, decompressed, no more than ``limit`` bytes of it, and whether it has more.

    A body that breaks off counts as one that has more.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", *PACKED):
        raise AnswerUnreadable(encoding)
    unpack = Unpacker() if encoding in PACKED else None
    body, received = bytearray(), 0
    try:
        for chunk in response.iter_raw():
            received += len(chunk)
            body += unpack.feed(chunk, limit + 1 - len(body)) if unpack else chunk
            if max(len(body), received) > limit:
                return bytes(body[:limit]), True
    except (httpx2.RemoteProtocolError, httpx2.ReadError, zlib.error) as error:
        if not body:
            raise AnswerBroken(str(error)) from error
        return bytes(body), True
    return bytes(body), bool(unpack and not unpack.is_done)
